#include "tests/work/views/asking.h"
#include "work/schema.h"

namespace holm::work {
namespace {

using test::ask;
using test::column;
using test::Device;
using test::Team;
using Strings = std::vector<std::string>;

CardAdd card(std::string title) {
  CardAdd out;
  out.board = "Quay/Repairs";
  out.title = std::move(title);
  return out;
}

void make_board(Device& device) {
  device.run(RoomNew{.name = "Quay", .purpose = {}});
  device.run(BoardNew{.path = "Quay/Repairs", .key = "R"});
}

const Value& column_named(const Value& board, std::string_view title) {
  for (const auto& entry : board["columns"].items()) {
    if (entry["title"].text() == title) return entry;
  }
  FAIL("no such column");
  return board;
}

TEST_CASE("board.show: columns in order, cards with number, people, due and progress") {
  Team team({"ana", "bo"});
  auto& ana = team["ana"];
  make_board(ana);
  auto first = card("Sand the door");
  first.assign = {"bo"};
  first.due = "2026-05-16T08:00:00Z";
  first.estimate = "4h";
  first.priority = "high";
  ana.run(first);
  ana.run(card("Oil the hinges"));
  ana.run(ItemAdd{.card = "R-1", .text = "coarse", .checklist = {}, .assign = {}, .due = {}});
  ana.run(ItemAdd{.card = "R-1", .text = "fine", .checklist = {}, .assign = "bo", .due = {}});
  ana.run(ItemAdd{.card = "R-1", .text = "dust", .checklist = {}, .assign = {}, .due = {}});
  ana.run(ItemCheck{.card = "R-1", .item = "1"});
  ana.run(CardMove{.card = "R-2", .column = "Doing", .before = {}});
  ana.run(CommentAdd{.target = "R-1", .text = "carefully", .on = {}});

  const auto board = ask(ana, BoardShow{.board = "Quay/Repairs"});
  CHECK(board["key"].text() == "R");
  CHECK(column(board["columns"], "title") == Strings{"Next", "Doing", "Waiting", "Done"});
  CHECK(column(board["columns"], "kind") == Strings{"queue", "doing", "waiting", "done"});
  const auto& shown = column_named(board, "Next")["cards"].items()[0];
  CHECK(shown["number"].text() == "R-1");
  CHECK(shown["title"].text() == "Sand the door");
  CHECK(column(shown["assignees"], "name") == Strings{"bo"});
  CHECK(shown["due"].text() == "2026-05-16T08:00:00Z");
  CHECK(shown["estimate_minutes"].number() == 240);
  CHECK(shown["priority"].text() == "high");
  CHECK(shown["items"].number() == 3);
  CHECK(shown["items_done"].number() == 1);
  CHECK(shown["percent"].number() == 33);
  CHECK(shown["comments"].number() == 1);
  CHECK(shown["flags"].items().empty());
  CHECK(column(column_named(board, "Doing")["cards"], "number") == Strings{"R-2"});

  const auto list = ask(ana, BoardList{.room = "Quay"});
  REQUIRE(list["boards"].items().size() == 1);
  CHECK(list["boards"].items()[0]["cards"].number() == 2);
  CHECK(list["boards"].items()[0]["columns"].number() == 4);
}

TEST_CASE("card.show: everything there is on a card") {
  Team team({"ana", "bo"});
  auto& ana = team["ana"];
  make_board(ana);
  auto added = card("Sand the door");
  added.text = "both sides";
  ana.run(added);
  ana.run(ItemAdd{
      .card = "R-1", .text = "coarse", .checklist = {}, .assign = "bo", .due = "2026-03-01"});
  ana.run(CardUpdate{.card = "R-1", .line = "half way", .percent = "50", .confidence = "on-track"});
  ana.run(CardSet{.card = "R-1",
                  .values = {{"blocked_reason", "no paper"},
                             {"percent", "60"},
                             {"tags", "+wood"},
                             {"waiting_on", "bo"}}});
  ana.run(CommentAdd{.target = "R-1", .text = "carefully", .on = {}});
  ana.run(CardDone{.card = "R-1"});
  const auto shown = ask(ana, CardShow{.card = "R-1"});
  CHECK(shown["number"].text() == "R-1");
  CHECK(shown["board"]["title"].text() == "Repairs");
  CHECK(shown["column"]["title"].text() == "Done");
  CHECK(shown["text"].text() == "both sides");
  CHECK(shown["done"].flag());
  CHECK_FALSE(shown["closed"].is_null());
  CHECK(shown["percent"].number() == 60);
  CHECK(test::texts(shown["tags"]) == Strings{"wood"});
  CHECK(shown["blocked_reason"].text() == "no paper");
  CHECK(shown["waiting_on"]["name"].text() == "bo");
  REQUIRE(shown["checklists"].items().size() == 1);
  const auto& item = shown["checklists"].items()[0]["items"].items()[0];
  CHECK(item["text"].text() == "coarse");
  CHECK(item["position"].number() == 1);
  CHECK(item["assignee"]["name"].text() == "bo");
  CHECK(item["due"].text() == "2026-03-01T17:00:00Z");
  REQUIRE(shown["updates"].items().size() == 1);
  CHECK(shown["updates"].items()[0]["line"].text() == "half way");
  CHECK(shown["updates"].items()[0]["percent"].number() == 50);
  CHECK(shown["updates"].items()[0]["confidence"].text() == "on-track");
  CHECK(column(shown["comments"], "text") == Strings{"carefully"});
}

TEST_CASE("board.show: what merging did is flagged: taken twice, two due dates, a late card") {
  Team team({"ana", "bo"});
  auto& ana = team["ana"];
  auto& bo = team["bo"];
  make_board(ana);
  ana.run(card("Sand the door"));
  ana.run(card("Oil the hinges"));
  team.meet();
  ana.run(CardSet{.card = "R-1", .values = {{"assignees", "+ana"}, {"due", "2026-03-01"}}});
  bo.run(CardSet{.card = "R-1", .values = {{"assignees", "+bo"}, {"due", "2026-03-02"}}});
  ana.run(ColumnRemove{.board = "Quay/Repairs", .column = "Waiting"});
  bo.run(CardMove{.card = "R-2", .column = "Waiting", .before = {}});
  team.converge();
  const auto board = ask(ana, BoardShow{.board = "Quay/Repairs"});
  CHECK(column(board["columns"], "title") == Strings{"Next", "Doing", "Done"});
  const auto& cards = column_named(board, "Next")["cards"].items();
  REQUIRE(cards.size() == 2);
  CHECK(cards[0]["number"].text() == "R-1");
  CHECK(test::texts(cards[0]["flags"]) == Strings{"taken twice"});
  CHECK(cards[0]["taken_twice_by"].items().size() == 2);
  REQUIRE(cards[0]["also"].items().size() == 1);
  CHECK(cards[0]["also"].items()[0]["field"].text() == "due");
  CHECK(cards[0]["also"].items()[0]["others"].items()[0]["value"].text().starts_with("2026-03-0"));
  CHECK(test::texts(cards[1]["flags"]) == Strings{"late"});
  CHECK(cards[1]["removed_column"].text() == "Waiting");
  const auto all = ask(ana, BoardShow{.board = "Quay/Repairs", .archived = true});
  CHECK(column_named(all, "Waiting")["archived"].flag());
  CHECK(column_named(all, "Waiting")["cards"].items().empty());
  CHECK(column_named(all, "Next")["cards"].items().size() == 2);
}

TEST_CASE(
    "board.show: one number asked for twice: the later card shows its new number and its old") {
  Team team({"ana", "bo"});
  auto& ana = team["ana"];
  make_board(ana);
  team.meet();
  ana.run(card("Ana's"));
  team["bo"].run(card("Bo's"));
  team.converge();
  const auto board = ask(ana, BoardShow{.board = "Quay/Repairs"});
  const auto& cards = column_named(board, "Next")["cards"].items();
  REQUIRE(cards.size() == 2);
  std::size_t renumbered = 0;
  for (const auto& shown : cards) {
    if (shown["alias"].is_null()) {
      CHECK(shown["number"].text() == "R-1");
      continue;
    }
    ++renumbered;
    CHECK(shown["number"].text() == "R-2");
    CHECK(shown["alias"].text() == "R-1");
    CHECK(test::texts(shown["flags"]) == Strings{"renumbered"});
  }
  CHECK(renumbered == 1);
}

TEST_CASE("card.show: archived here, edited there: it lives, with a notice") {
  Team team({"ana", "bo"});
  auto& ana = team["ana"];
  make_board(ana);
  ana.run(card("Sand the door"));
  team.meet();
  ana.run(CardArchive{.card = "R-1"});
  CHECK(
      column_named(ask(ana, BoardShow{.board = "Quay/Repairs"}), "Next")["cards"].items().empty());
  const auto counted = [&] { return ask(ana, BoardList{})["boards"].items()[0]["cards"].number(); };
  CHECK(counted() == 0);
  team["bo"].run(CardUpdate{.card = "R-1", .line = "still at it", .percent = {}, .confidence = {}});
  team.converge();
  const auto shown = ask(ana, CardShow{.card = "R-1"});
  CHECK_FALSE(shown["archived"].flag());
  CHECK(column(shown["notices"], "kind") == Strings{"lives"});
  CHECK(
      column_named(ask(ana, BoardShow{.board = "Quay/Repairs"}), "Next")["cards"].items().size() ==
      1);
  CHECK(counted() == 1);
}

TEST_CASE("comment.list: comments on a board") {
  Team team({"ana"});
  auto& ana = team["ana"];
  ana.run(RoomNew{.name = "Quay", .purpose = {}});
  ana.run(BoardNew{"Quay/Berths", "B"});
  ana.run(CommentAdd{.target = "Quay/Berths", .text = "too many columns", .on = {}});
  const auto list = ask(ana, CommentList{.target = "Quay/Berths"});
  CHECK(column(list["comments"], "text") == Strings{"too many columns"});
}

TEST_CASE("board.show: what is no board, and a name that fits two") {
  Team team({"ana"});
  auto& ana = team["ana"];
  make_board(ana);
  ana.run(RoomNew{.name = "Attic", .purpose = {}});
  ana.run(BoardNew{.path = "Attic/Repairs", .key = "A"});
  CHECK(test::refused(ana, BoardShow{.board = "Quay/None"}).code == Code::not_found);
  const auto two = test::refused(ana, BoardShow{.board = "Repairs"});
  CHECK(two.code == Code::usage);
  CHECK(two.text().find("Quay/Repairs") != std::string::npos);
  CHECK(two.text().find("Attic/Repairs") != std::string::npos);
}

}  // namespace
}  // namespace holm::work
