// What was: versions, differences, authors of lines, values set at the same time.
#include "tools/holm/render.h"

namespace holm::cli {
namespace {

/// "“x”", or "nothing" for an empty value.
std::string shown(const Value& value) {
  return value.text().empty() ? "nothing" : "\"" + std::string(value.text()) + "\"";
}

std::string version_of(const Value& version, const Page& page) {
  if (version.is_null()) return "before the first change";
  return std::string(version["version"].text()) + "  " + page.when(version["at"]) + "  " +
         name_of(version["by"]);
}

void difference_lines(const Value& text, Page& page) {
  for (const auto& hunk : text["hunks"].items()) {
    page.line("@ line " + std::to_string(hunk["to_line"].number()), Style::faint);
    for (const auto& line : hunk["lines"].items()) {
      const auto op = line["op"].text(" ");
      std::string words = std::string(op) + " " + std::string(line["text"].text());
      while (!words.empty() && (words.back() == '\n' || words.back() == '\r')) words.pop_back();
      const auto style = op == "+" ? Style::good : op == "-" ? Style::warn : Style::plain;
      const auto by = names_of(line["by"]);
      page.raw_line(page.styled(words, style) +
                    (op == " " || by.empty() ? "" : page.styled("   (" + by + ")", Style::faint)));
    }
  }
}

}  // namespace

void render_history(const Value& answer, Page& page) {
  page.line(answer["object"]["path"].text(), Style::strong);
  const auto& changes = answer["changes"].items();
  for (const auto& change : changes) {
    page.raw_line(
        page.styled(change["version"].text(), Style::faint) + "  " +
        page.styled(page.when(change["at"]), Style::plain) + "  " +
        page.styled(name_of(change["by"]), Style::strong) +
        (change["counts"].flag(true) ? "" : page.styled("  does not count", Style::warn)));
    for (const auto& sentence : change["what"].items()) page.paragraph(sentence.text(), 4);
  }
  const auto more = answer["total"].number() - static_cast<std::int64_t>(changes.size());
  if (more > 0)
    page.line("and " + count_of(more, "older change", "older changes") + "; see --limit",
              Style::faint);
}

void render_difference(const Value& answer, Page& page) {
  page.line(answer["object"]["path"].text(), Style::strong);
  page.field("from", version_of(answer["from"], page), 6);
  page.field("to", version_of(answer["to"], page), 6);
  for (const auto& field : answer["fields"].items())
    page.raw_line(page.styled(field["label"].text(), Style::strong) + ": " +
                  page.styled(shown(field["from_shown"]), Style::warn) + " became " +
                  page.styled(shown(field["to_shown"]), Style::good) +
                  page.styled("   (" + names_of(field["by"]) + ")", Style::faint));
  for (const auto& text : answer["texts"].items()) {
    page.heading(text["label"].text());
    difference_lines(text, page);
  }
  if (answer["fields"].items().empty() && answer["texts"].items().empty())
    page.line("Nothing differs.");
}

void render_blame(const Value& answer, Page& page) {
  std::vector<std::vector<Cell>> rows;
  for (const auto& line : answer["lines"].items())
    rows.push_back({Cell(std::to_string(line["line"].number()), Style::faint, Cell::Side::right),
                    name_of(line["by"]),
                    Cell(std::string(line["at"].text().substr(0, 10)), Style::faint),
                    Cell(std::string(line["version"].text()), Style::faint),
                    std::string(line["text"].text())});
  if (rows.empty()) return page.line("The text is empty.");
  page.table({}, rows);
}

void render_conflicts(const Value& answer, Page& page) {
  const auto& conflicts = answer["conflicts"].items();
  if (conflicts.empty()) return page.line("No field was set by two people at the same time.");
  for (const auto& conflict : conflicts) {
    page.raw_line(page.styled(conflict["path"].text(), Style::strong) + "  " +
                  page.styled(conflict["label"].text(), Style::plain) + "  " +
                  page.styled(Page::short_id(conflict["object"]), Style::faint));
    page.line("  is shown as " + shown(conflict["shown"]) + " (" + name_of(conflict["by"]) + ")");
    for (const auto& other : conflict["others"].items())
      page.line("  was also set to " + shown(other["shown"]) + " (" + name_of(other["by"]) +
                    (other["at"].is_null() ? "" : ", " + page.when(other["at"])) + ")",
                Style::warn);
    page.line("  holm conflicts take " + Page::short_id(conflict["object"]) + " " +
                  std::string(conflict["field"].text()) + " VALUE, or: holm conflicts keep " +
                  Page::short_id(conflict["object"]) + " " + std::string(conflict["field"].text()),
              Style::faint);
  }
}

}  // namespace holm::cli
