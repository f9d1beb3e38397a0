// Rooms, documents and comments.
#include "tools/holm/render.h"

namespace holm::cli {
namespace {

void titles(const char* heading, const Value& things, Page& page) {
  if (things.items().empty()) return;
  page.heading(heading);
  std::vector<std::vector<Cell>> rows;
  for (const auto& thing : things.items())
    rows.push_back({"  " + std::string(thing["path"].text()),
                    Cell(Page::short_id(thing["id"]), Style::faint)});
  page.table({}, rows);
}

}  // namespace

void render_rooms(const Value& answer, Page& page) {
  std::vector<std::vector<Cell>> rows;
  for (const auto& room : answer["rooms"].items()) {
    std::string title(room["title"].text());
    if (room["archived"].flag()) title += " (archived)";
    if (room["my_level"].text() == "none") title += " (you are no longer in it)";
    rows.push_back({title, std::string(room["room_kind"].text()),
                    count_of(room["documents"].number(), "document", "documents"),
                    count_of(room["boards"].number(), "board", "boards"),
                    count_of(room["threads"].number(), "thread", "threads"),
                    Cell(Page::short_id(room["id"]), Style::faint)});
  }
  if (rows.empty()) return page.line("No room yet. Make one with: holm room new NAME");
  page.table({}, rows);
}

void render_room(const Value& answer, Page& page) {
  page.line(answer["title"].text(), Style::strong);
  page.field("kind", answer["room_kind"].text());
  page.field("purpose", answer["purpose"].text());
  if (!answer["owner"].is_null()) page.field("owner", name_of(answer["owner"]));
  page.field("made", page.when(answer["created"]) + " by " + name_of(answer["created_by"]));
  page.field("id", answer["id"].text());
  if (answer["private"].flag() || !answer["members"].items().empty()) {
    std::string who;
    const auto members = answer["members"];
    for (const auto* one : by_name(members, "name", "me")) {
      const auto level = std::string((*one)["level"].text());
      who +=
          (who.empty() ? "" : ", ") + name_of(*one) + (level == "writer" ? "" : " (" + level + ")");
    }
    page.field(answer["private"].flag() ? "only for" : "members", who);
  }
  if (answer["my_level"].text() == "none")
    page.line("You are no longer in this room. What is here stays, to read, and nothing new comes.",
              Style::faint);
  if (answer["my_level"].text() == "reader")
    page.line("You read here, and may not write.", Style::faint);
  render_chips(answer, page);
  const auto& contents = answer["contents"];
  titles("Documents", contents["documents"], page);
  titles("Boards", contents["boards"], page);
  titles("Threads", contents["threads"], page);
}

void render_documents(const Value& answer, Page& page) {
  std::vector<std::vector<Cell>> rows;
  for (const auto& document : answer["documents"].items()) {
    std::string path(document["path"].text());
    if (document["archived"].flag()) path += " (archived)";
    rows.push_back({path, std::string(document["status"].text()), page.when(document["changed"]),
                    Cell(Page::short_id(document["id"]), Style::faint)});
  }
  if (rows.empty()) return page.line("No document here. Make one with: holm doc new ROOM/TITLE");
  page.table({"document", "status", "changed", "id"}, rows);
}

void render_comments(const Value& answer, Page& page) {
  const auto& comments = answer.as_array() ? answer.items() : answer["comments"].items();
  if (answer["erased"].items().empty() && comments.empty()) return page.line("No open comment.");
  render_erased(answer, "comment", page);
  bool first = true;
  for (const auto& comment : comments) {
    if (!first) page.line();
    first = false;
    std::string state(comment["state"].text());
    page.raw_line(page.styled(name_of(comment["by"]), Style::strong) + "  " +
                  page.styled(page.when(comment["at"]), Style::faint) + "  " +
                  page.styled(Page::short_id(comment["id"]), Style::faint) +
                  (comment["resolved"].flag() ? "  " + page.styled(state, Style::good) : ""));
    if (const auto quote = comment["quote"].text(); !quote.empty())
      page.paragraph("> " + std::string(quote) +
                         (comment["orphaned"].flag() ? "  (these words are gone)" : ""),
                     2, Style::faint);
    page.paragraph(comment["text"].text(), 2);
    for (const auto& reply : comment["replies"].items()) {
      page.raw_line("    " + page.styled(name_of(reply["by"]), Style::strong) + "  " +
                    page.styled(page.when(reply["at"]), Style::faint));
      page.paragraph(reply["text"].text(), 4);
    }
  }
}

}  // namespace holm::cli
