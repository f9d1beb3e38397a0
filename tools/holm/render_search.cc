// Hits of a search: title and where it lives, then why it was found.
#include "tools/holm/render.h"

namespace holm::cli {
namespace {

void render_hit(const Value& hit, Page& page) {
  std::string line = page.styled(hit["title"].text(), Style::strong) + "  " +
                     page.styled(hit["kind"].text(), Style::faint);
  const auto room = hit["room"]["title"].text();
  if (!room.empty()) line += page.styled(" in ", Style::faint) + page.styled(room, Style::faint);
  const auto& holder = hit["in"];
  if (!holder["title"].text().empty() && holder["title"].text() != hit["title"].text()) {
    line += page.styled(" / ", Style::faint) + page.styled(holder["title"].text(), Style::faint);
  }
  page.raw_line(line + "  " + page.styled(Page::short_id(hit["id"]), Style::faint));
  if (!hit["snippet"].text().empty()) page.paragraph(hit["snippet"].text(), 2);
  std::string who = hit["by"].is_null() ? std::string() : name_of(hit["by"]) + ", ";
  who += page.when(hit["when"]);
  if (hit["corrected"].flag()) who += ", a similar word";
  page.paragraph(who, 2, Style::faint);
}

}  // namespace

void render_search(const Value& answer, Page& page) {
  const auto& hits = answer["hits"].items();
  for (const auto& word : answer["corrected"].items()) {
    std::string to;
    for (const auto& near : word["to"].items()) {
      to += (to.empty() ? "" : ", ") + std::string(near.text());
    }
    page.line("Hardly anything says \"" + std::string(word["word"].text()) + "\"; looked for " +
                  to + " as well.",
              Style::warn);
  }
  if (hits.empty()) return page.line("Nothing found.");
  for (const auto& hit : hits) render_hit(hit, page);
  if (answer["partial"].flag()) {
    page.line("Older things were not all looked at; add a word or a filter.", Style::faint);
  } else if (answer["more"].flag()) {
    page.line("There is more; see --limit, or add a word.", Style::faint);
  }
}

}  // namespace holm::cli
