// Links to other devices, and what passes over them.
#include <cstdio>

#include "tools/holm/render.h"

namespace holm::cli {
namespace {

/// "812 B", "14.2 KB", "3.1 MB".
std::string bytes_of(std::int64_t bytes) {
  if (bytes < 1000) return std::to_string(bytes) + " B";
  const char* units[] = {"KB", "MB", "GB"};
  double size = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  for (; size >= 1000 && unit < 2; ++unit) size /= 1000;
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %s", size, units[unit]);
  return text;
}

}  // namespace

void render_sync(const Value& answer, Page& page) {
  std::vector<std::vector<Cell>> rows;
  for (const auto& peer : answer["peers"].items()) {
    const auto error = peer["error"].text();
    std::string went = "sent " + bytes_of(peer["sent_bytes"].number()) + ", received " +
                       bytes_of(peer["received_bytes"].number()) + ", " +
                       count_of(peer["round_trips"].number(), "round trip", "round trips");
    if (!error.empty()) went = "not met: " + std::string(error);
    std::string who = peer["member"].is_null() ? std::string(peer["at"].text("someone"))
                                               : name_of(peer["member"]);
    rows.push_back({who, went});
  }
  page.table({}, rows);
  if (answer["in_sync"].flag())
    page.line(
        "In sync with " + count_of(static_cast<std::int64_t>(rows.size()), "device.", "devices."),
        Style::good);
  else
    page.line("Not everyone was met; your work is safe here and goes on its way next time.",
              Style::warn);
}

void render_peers(const Value& answer, Page& page) {
  std::vector<std::vector<Cell>> rows;
  for (const auto& peer : answer["peers"].items())
    rows.push_back(
        {std::string(peer["at"].text()),
         peer["member"].is_null() ? std::string("nobody met there yet") : name_of(peer["member"]),
         peer["linked"].flag() ? Cell("linked", Style::good) : Cell("")});
  if (rows.empty()) return page.line("No address is known. Add one with: holm peers add HOST:PORT");
  page.table({"address", "member", ""}, rows);
}

void render_status(const Value& answer, Page& page) {
  if (answer.has("name")) page.line(answer["name"].text(), Style::strong);
  if (answer["listening"].as_string()) page.field("listening at", answer["listening"].text(), 14);
  if (answer.has("bytes_on_disk"))
    page.field("on disk", bytes_of(answer["bytes_on_disk"].number()), 14);
  const auto waiting = answer["unsynced_objects"].number();
  page.field("not yet sent",
             waiting == 0
                 ? "nothing"
                 : count_of(waiting, "thing that is only here", "things that are only here"),
             14);
  page.heading("Rooms and records");
  std::vector<std::vector<Cell>> rows;
  for (const auto& space : answer["spaces"].items())
    rows.push_back({std::string(space["name"].text()),
                    Cell(count_of(space["changes"].number(), "change", "changes"), Style::plain,
                         Cell::Side::right),
                    Cell(std::string(space["digest"].text().substr(0, 12)), Style::faint)});
  page.table({}, rows);
  page.heading("Devices");
  rows.clear();
  for (const auto* one : by_name(answer["devices"], "member", "this_device")) {
    const auto& device = *one;
    const bool here = device["this_device"].flag();
    const auto lacks = device["lacks"].number();
    std::string heard = device["last_heard"].is_null() ? "never heard from"
                                                       : "heard " + page.when(device["last_heard"]);
    if (here) heard = "this device";
    Cell has = lacks == 0 ? Cell("has everything", Style::good)
                          : Cell("lacks " + count_of(lacks, "change", "changes"), Style::warn);
    if (here) has = Cell("");
    rows.push_back({name_of(device["member"]), std::string(device["label"].text()), heard, has});
  }
  page.table({}, rows);
  for (const auto& warning : answer["warnings"].items()) page.line(warning.text(), Style::warn);
}

void render_event(const Value& event, Page& page) {
  std::string what;
  for (const auto& sentence : event["what"].items())
    what += (what.empty() ? "" : "; ") + std::string(sentence.text());
  page.raw_line(page.styled(page.when(event["at"]), Style::faint) + "  " +
                page.styled(event["path"].text(), Style::strong) + ": " +
                page.styled(name_of(event["by"]) + " " + what, Style::plain));
}

}  // namespace holm::cli
