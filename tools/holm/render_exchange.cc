// Reports of imports, exports and checks.
#include "tools/holm/render.h"

namespace holm::cli {
namespace {

/// "3 boards", "1 board", "1 person".
std::string counted(std::int64_t count, std::string kinds) {
  if (count == 1 && kinds == "people") kinds = "person";
  if (count == 1 && kinds.ends_with('s')) kinds.pop_back();
  return std::to_string(count) + " " + kinds;
}

}  // namespace

void render_import(const Value& answer, Page& page) {
  const bool dry = answer["dry_run"].flag();
  std::string what;
  for (const auto& [kind, count] : answer["created"].entries())
    what += (what.empty() ? "" : ", ") + counted(count.number(), kind);
  const auto unchanged = answer["unchanged"].number();
  const std::string room =
      answer["room"].text().empty() ? "" : " in the room " + std::string(answer["room"].text());
  const auto back = answer["brought_back"].number();
  if (back > 0)
    page.line((dry ? "Would bring back " : "Brought back ") + count_of(back, "thing", "things") +
                  " that had been taken back" + room + ".",
              Style::good);
  else if (what.empty())
    page.line("Nothing new: all of it is here already" + room + ".", Style::good);
  if (!what.empty())
    page.line((dry ? "Would bring in " : "Brought in ") + what + room + ".", Style::good);
  if (unchanged > 0 && !what.empty())
    page.line(count_of(unchanged, "thing was", "things were") + " here already and equal.");
  if (const auto skipped = answer["skipped"].number(); skipped > 0) {
    page.line("Did not come: " + count_of(skipped, "thing", "things"), Style::warn);
    for (const auto& file : answer["skipped_files"].items())
      page.line("  " + std::string(file.text()));
  }
  for (const auto& warning : answer["warnings"].items())
    page.line("! " + std::string(warning.text()), Style::warn);
  if (const auto id = answer["import_id"].text(); !id.empty())
    page.line("Take it back with: holm import undo " + std::string(id), Style::faint);
}

void render_export(const Value& answer, Page& page) {
  page.line("Wrote " + count_of(answer["files"].number(), "file", "files") + " to " +
                std::string(answer["folder"].text()) + ".",
            Style::good);
  for (const auto& warning : answer["warnings"].items())
    page.line("! " + std::string(warning.text()), Style::warn);
}

void render_verify(const Value& answer, Page& page) {
  std::vector<std::vector<Cell>> rows;
  for (const auto& team : answer["teams"].items())
    rows.push_back({std::string(team["name"].text()),
                    count_of(team["changes"].number(), "change", "changes"),
                    count_of(team["signatures"].number(), "signature", "signatures"),
                    count_of(team["objects"].number(), "thing", "things")});
  page.table({}, rows);
  for (const auto& team : answer["teams"].items())
    for (const auto* kind : {"problems", "mended", "awaited"})
      for (const auto& sentence : team[kind].items())
        page.line("! " + std::string(sentence.text()), Style::warn);
  if (answer["ok"].flag()) page.line("Everything here is whole.", Style::good);
}

}  // namespace holm::cli
