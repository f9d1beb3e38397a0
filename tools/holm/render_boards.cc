// Boards and cards.
#include "tools/holm/render.h"

namespace holm::cli {
namespace {

/// "4 h", "90 min".
std::string length_of(std::int64_t minutes) {
  if (minutes % 60 == 0) return std::to_string(minutes / 60) + " h";
  return std::to_string(minutes) + " min";
}

std::string titles_of(const Value& things) {
  std::string out;
  for (const auto& thing : things.items()) {
    if (!out.empty()) out += ", ";
    out += thing.as_string() ? thing.text() : thing["title"].text();
  }
  return out;
}

/// What stands behind a card's title on a board.
std::string facts_of(const Value& card) {
  std::string out;
  const auto put = [&](const std::string& fact) {
    if (!fact.empty()) out += (out.empty() ? "" : "  ") + fact;
  };
  put(names_of(card["assignees"]));
  if (!card["due_shown"].text().empty()) put("due " + std::string(card["due_shown"].text()));
  if (card["priority"].text() == "urgent" || card["priority"].text() == "high")
    put(std::string(card["priority"].text()));
  if (card["items"].number() > 0)
    put(std::to_string(card["items_done"].number()) + "/" + std::to_string(card["items"].number()));
  if (!titles_of(card["labels"]).empty()) put("[" + titles_of(card["labels"]) + "]");
  if (card["comments"].number() > 0)
    put(count_of(card["comments"].number(), "comment", "comments"));
  for (const auto& flag : card["flags"].items()) put("! " + std::string(flag.text()));
  if (!card["also"].items().empty()) put("! also set");
  if (card["archived"].flag()) put("(archived)");
  return out;
}

void checklists(const Value& answer, Page& page) {
  for (const auto& checklist : answer["checklists"].items()) {
    page.heading(checklist["title"].text());
    for (const auto& item : checklist["items"].items()) {
      std::string line = item["done"].flag() ? "  [x] " : "  [ ] ";
      line += std::to_string(item["position"].number()) + ". " + std::string(item["text"].text());
      if (!item["assignee"].is_null()) line += "  " + name_of(item["assignee"]);
      if (!item["due_shown"].text().empty())
        line += "  due " + std::string(item["due_shown"].text());
      if (!item["also"].items().empty()) line += "  ! also set";
      page.line(line);
    }
  }
}

}  // namespace

void render_boards(const Value& answer, Page& page) {
  std::vector<std::vector<Cell>> rows;
  for (const auto& board : answer["boards"].items())
    rows.push_back({std::string(board["path"].text()), std::string(board["key"].text()),
                    count_of(board["columns"].number(), "column", "columns"),
                    count_of(board["cards"].number(), "card", "cards"),
                    Cell(Page::short_id(board["id"]), Style::faint)});
  if (rows.empty()) return page.line("No board here. Make one with: holm board new ROOM/TITLE");
  page.table({}, rows);
}

void render_board(const Value& answer, Page& page) {
  page.line(answer["path"].text(), Style::strong);
  page.paragraph(answer["description"].text());
  render_chips(answer, page);
  for (const auto& column : answer["columns"].items()) {
    const auto& cards = column["cards"].items();
    std::string heading = std::string(column["title"].text()) + " (" +
                          std::string(column["kind"].text()) + ", " + std::to_string(cards.size());
    if (column["limit"].number() > 0) heading += " of " + std::to_string(column["limit"].number());
    heading += column["archived"].flag() ? ", removed)" : ")";
    page.heading(heading);
    std::vector<std::vector<Cell>> rows;
    for (const auto& card : cards) {
      const auto number = card["number"].text();
      rows.push_back({"  " + (number.empty() ? Page::short_id(card["id"]) : std::string(number)),
                      std::string(card["title"].text()), Cell(facts_of(card), Style::faint)});
    }
    page.table({}, rows);
  }
}

void render_card(const Value& answer, Page& page) {
  const auto number = answer["number"].text();
  page.line(
      (number.empty() ? "" : std::string(number) + "  ") + std::string(answer["title"].text()),
      Style::strong);
  std::string place = std::string(answer["board"]["title"].text());
  if (!answer["column"].is_null()) place += ", " + std::string(answer["column"]["title"].text());
  page.field("on", place);
  if (!answer["alias"].is_null()) page.field("once", answer["alias"].text());
  page.field("assigned", names_of(answer["assignees"]));
  page.field("priority", answer["priority"].text());
  page.field("due", answer["due_shown"].text());
  page.field("not before", answer["not_before_shown"].text());
  if (!answer["estimate_minutes"].is_null())
    page.field("estimate", length_of(answer["estimate_minutes"].number()));
  if (!answer["percent"].is_null())
    page.field("progress", std::to_string(answer["percent"].number()) + " %");
  page.field("labels", titles_of(answer["labels"]));
  page.field("tags", titles_of(answer["tags"]));
  page.field("type", answer["card_type"].text());
  page.field("blocked", answer["blocked_reason"].text());
  if (!answer["waiting_on"].is_null()) {
    const auto& on = answer["waiting_on"];
    page.field("waiting on", on.has("name") ? name_of(on) : std::string(on["title"].text()));
  }
  page.field("repeats", answer["repeats"].text());
  page.field("followed by", names_of(answer["followers"]));
  if (!answer["closed"].is_null()) page.field("done", page.when(answer["closed"]));
  page.field("made", page.when(answer["created"]) + " by " + name_of(answer["created_by"]));
  page.field("id", answer["id"].text());
  if (answer["archived"].flag()) page.line("Archived.", Style::warn);
  render_chips(answer, page);
  if (!answer["text"].text().empty()) {
    page.line();
    page.paragraph(answer["text"].text());
  }
  checklists(answer, page);
  if (!answer["updates"].items().empty()) page.heading("Updates");
  for (const auto& update : answer["updates"].items()) {
    std::string line = "  " + page.when(update["at"]) + "  " + name_of(update["by"]) + ": " +
                       std::string(update["line"].text());
    if (!update["percent"].is_null())
      line += "  " + std::to_string(update["percent"].number()) + " %";
    if (!update["confidence"].is_null()) line += "  " + std::string(update["confidence"].text());
    page.line(line);
  }
  if (!answer["links"].items().empty()) page.heading("Links");
  for (const auto& link : answer["links"].items())
    page.line("  " + std::string(link["name"].text()) + "  " + std::string(link["url"].text()));
  if (!answer["comments"].items().empty()) {
    page.heading("Comments");
    render_comments(answer["comments"], page);
  }
}

}  // namespace holm::cli
