// Threads and messages.
#include "tools/holm/render.h"

namespace holm::cli {

void render_threads(const Value& answer, Page& page) {
  std::vector<std::vector<Cell>> rows;
  for (const auto& thread : answer["threads"].items()) {
    std::string title(thread["path"].text());
    if (thread["muted"].flag()) title += " (muted)";
    rows.push_back({title, std::string(thread["state"].text()),
                    count_of(thread["messages_count"].number(), "message", "messages"),
                    page.when(thread["changed"]),
                    Cell(Page::short_id(thread["id"]), Style::faint)});
  }
  if (rows.empty()) return page.line("No open thread. Open one with: holm thread new ROOM TITLE");
  page.table({}, rows);
}

namespace {

/// Messages that came in above others that were here before: else nobody would see them.
void render_late(const Value& thread, Page& page) {
  const auto& late = thread["arrived_late"].items();
  if (late.empty()) return;
  page.line();
  page.line("Arrived late, shown in their place below", Style::warn);
  for (const auto& id : late) {
    for (const auto& message : thread["messages"].items()) {
      if (message["id"].text() != id.text()) continue;
      page.line("  " + name_of(message["by"]) + ", " + page.when(message["at"]) + ", arrived " +
                page.when(message["arrived_at"]) + "  " + Page::short_id(id));
    }
  }
}

}  // namespace

void render_thread(const Value& answer, Page& page) {
  page.line(answer["path"].text(), Style::strong);
  page.field("state", answer["state"].text());
  page.field("summary", answer["summary"].text());
  page.field("followed by", names_of(answer["followers"]));
  page.field("id", answer["id"].text());
  render_chips(answer, page);
  render_late(answer, page);
  for (const auto& message : answer["messages"].items()) {
    page.line();
    std::string line = page.styled(name_of(message["by"]), Style::strong) + "  " +
                       page.styled(page.when(message["at"]), Style::faint) + "  " +
                       page.styled(Page::short_id(message["id"]), Style::faint);
    if (message["intent"].text() != "update")
      line += "  " + page.styled(message["intent"].text(), Style::warn);
    if (message["arrived_late"].flag()) line += "  " + page.styled("arrived late", Style::warn);
    if (message["edited"].flag()) line += "  " + page.styled("edited", Style::faint);
    page.raw_line(line);
    if (!message["to"].items().empty()) page.line("  to " + names_of(message["to"]), Style::faint);
    if (!message["reply_by_shown"].text().empty())
      page.line("  an answer is needed by " + std::string(message["reply_by_shown"].text()),
                Style::warn);
    if (!message["reply_to"].is_null())
      page.line("  in reply to " + Page::short_id(message["reply_to"]), Style::faint);
    if (message["retracted"].flag())
      page.line("  (retracted)", Style::faint);
    else
      page.paragraph(message["text"].text(), 2);
    for (const auto& file : message["attachments"].items()) {
      if (const auto erased = file["erased"].text(); !erased.empty())
        page.line("  (file " + std::string(erased) + ")", Style::faint);
      else
        page.line("  file: " + std::string(file["name"].text()) + ", " + size_of(file["bytes"]) +
                  "  " + Page::short_id(file["id"]));
    }
    std::string reactions;
    for (const auto& reaction : message["reactions"].items())
      reactions += (reactions.empty() ? "" : "  ") + std::string(reaction["emoji"].text()) + " " +
                   names_of(reaction["by"]);
    if (!reactions.empty()) page.line("  " + reactions, Style::faint);
    if (!message["answers"].items().empty()) page.line("  answered", Style::good);
  }
  render_erased(answer, "message", page);
}

}  // namespace holm::cli
