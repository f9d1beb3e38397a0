#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "base/json.h"
#include "tests/support/seeds.h"
#include "tests/work/exchange/source.h"
#include "work/read.h"
#include "work/reference.h"
#include "work/schema.h"
#include "work/when.h"

namespace holm::work {
namespace {

using test::bring_trello;
using test::Device;
using test::Team;

Ref thing(const SpaceId& room, std::string_view key) {
  return {room, derived_id(room, "trello", key)};
}

std::string text_of_file(const std::filesystem::path& path) {
  return to_text(test::read_bytes(path));
}

std::size_t count(const Device& device, const SpaceId& room, std::uint32_t type) {
  return device.find({.type = type, .space = room})->size();
}

bool names(const std::vector<std::string>& list, std::string_view what) {
  return std::any_of(list.begin(), list.end(),
                     [&](const auto& line) { return line.find(what) != line.npos; });
}

/// A board of two lists and three cards, changed by tests before it is printed.
Value small_board() {
  return *parse_json(R"({
    "id": "5ca3d99a0378a65090e676ca", "name": "Test Drive", "desc": "about", "closed": false,
    "dateLastActivity": "2026-03-01T10:00:00.000Z",
    "members": [{"id": "m1", "fullName": "Ana Duarte", "username": "ana"},
                {"id": "m2", "fullName": "Bo Lindqvist", "username": "bo"}],
    "labels": [{"id": "k1", "name": "House", "color": "red"}, {"id": "k2", "name": "", "color": "sky"}],
    "lists": [{"id": "l2", "name": "Done", "pos": 200, "closed": false},
              {"id": "l1", "name": "To do", "pos": 100.5, "closed": false},
              {"id": "l3", "name": "Old", "pos": 300, "closed": true}],
    "cards": [
      {"id": "5ceedf1b0000000000000001", "idList": "l1", "name": "First", "desc": "text", "pos": 2,
       "idShort": 7, "due": "2026-05-16T08:00:00.000Z", "dueComplete": false, "closed": false,
       "idMembers": ["m1", "m2"], "idLabels": ["k1"], "badges": {"comments": 1},
       "attachments": [{"name": "plan", "url": "https://example.org/plan"}]},
      {"id": "5ceedf1b0000000000000002", "idList": "l1", "name": "Second", "pos": 1, "idShort": 8},
      {"id": "5ceedf1b0000000000000003", "idList": "l3", "name": "Third", "pos": 1, "idShort": 9,
       "dueComplete": true}],
    "checklists": [{"id": "h1", "idCard": "5ceedf1b0000000000000001", "name": "Steps", "pos": 1,
      "checkItems": [{"id": "i2", "name": "two", "state": "incomplete", "pos": 20},
                     {"id": "i1", "name": "one", "state": "complete", "pos": 10}]}],
    "actions": [{"id": "a1", "type": "commentCard", "date": "2026-02-01T09:30:00.000Z",
      "idMemberCreator": "m9", "memberCreator": {"id": "m9", "fullName": "Tess Whitlock"},
      "data": {"text": "hello", "card": {"id": "5ceedf1b0000000000000001"}}}]})");
}

/// The tree with `key` of the `index`-th entry of a list replaced.
Value with(const Value& board, std::string_view list, std::size_t index, std::string_view key,
           Value value) {
  Value out = board;
  auto items = board[list].items();
  items[index].set(key, std::move(value));
  out.set(list, Value(std::move(items)));
  return out;
}

TEST_CASE(
    "trello: lists, cards, checklists, labels and comments come with order, people and times") {
  Team team({"ana"});
  auto& ana = team["ana"];
  const auto room = test::new_room(ana, "Quay");
  const auto plan = bring_trello(ana, room, to_json(small_board()));
  CHECK(plan.created == std::map<std::string, std::uint64_t>{{"boards", 1},
                                                             {"cards", 3},
                                                             {"checklists", 1},
                                                             {"columns", 3},
                                                             {"comments", 1},
                                                             {"items", 2},
                                                             {"labels", 2},
                                                             {"links", 1},
                                                             {"people", 3}});
  const auto board = test::ask(ana, BoardShow{.board = "Quay/Test Drive", .archived = true});
  CHECK(board["key"].text() == "TD");
  CHECK(board["description"].text() == "about");
  const auto& columns = board["columns"].items();
  REQUIRE(columns.size() == 3);
  CHECK(columns[0]["title"].text() == "To do");
  CHECK(columns[0]["kind"].text() == "queue");
  CHECK(columns[1]["title"].text() == "Done");
  CHECK(columns[1]["kind"].text() == "done");
  CHECK(columns[2]["title"].text() == "Old");
  CHECK(columns[2]["archived"].flag());
  REQUIRE(columns[0]["cards"].items().size() == 2);
  CHECK(columns[0]["cards"].items()[0]["title"].text() == "Second");
  CHECK(columns[0]["cards"].items()[1]["number"].text() == "TD-7");
  REQUIRE(columns[2]["cards"].items().size() == 1);
  CHECK(columns[2]["cards"].items()[0]["archived"].flag());

  const auto card = test::ask(ana, CardShow{.card = "TD-7"});
  CHECK(card["title"].text() == "First");
  CHECK(card["text"].text() == "text");
  CHECK(card["due"].text() == "2026-05-16T08:00:00Z");
  CHECK(card["due_zone"].text() == "UTC");
  CHECK_FALSE(card["done"].flag());
  CHECK(card["created"].text() == rfc3339(WallTime(std::chrono::seconds(0x5ceedf1b))));
  CHECK(card["assignees"].items().size() == 2);
  CHECK(card["labels"].items()[0]["title"].text() == "House");
  CHECK(card["links"].items()[0]["url"].text() == "https://example.org/plan");
  const auto& items = card["checklists"].items()[0]["items"].items();
  REQUIRE(items.size() == 2);
  CHECK(items[0]["text"].text() == "one");
  CHECK(items[0]["done"].flag());
  CHECK_FALSE(items[1]["done"].flag());
  const auto& comment = card["comments"].items()[0];
  CHECK(comment["by"]["name"].text() == "Tess Whitlock");
  CHECK(comment["at"].text() == "2026-02-01T09:30:00Z");
  CHECK(comment["text"].text() == "hello");
  CHECK(card["notices"].items().empty());
  CHECK(test::ask(ana, CardShow{.card = "TD-9"})["done"].flag());
}

TEST_CASE("trello: importing again changes nothing") {
  Team team({"ana"});
  auto& ana = team["ana"];
  const auto room = test::new_room(ana, "Quay");
  bring_trello(ana, room, to_json(small_board()));
  const auto again = bring_trello(ana, room, to_json(small_board(), 2));
  CHECK(test::write_count(again) == 0);
  CHECK(again.created.empty());
  CHECK(again.unchanged == 16);
}

TEST_CASE("trello: two homes that import the same board apart hold one copy") {
  Team team({"ana", "bo"});
  const auto room = test::new_room(team["ana"], "Quay");
  team.meet();
  bring_trello(team["ana"], room, to_json(small_board()));
  bring_trello(team["bo"], room, to_json(small_board()));
  team.converge();
  CHECK(count(team["ana"], room, kCard) == 3);
  CHECK(test::ask(team["bo"], Conflicts{})["conflicts"].items().empty());
  CHECK(test::ask(team["bo"], CardShow{.card = "TD-7"})["also"].items().empty());
}

TEST_CASE("trello: people named for members of the board are those members") {
  Team team({"ana", "bo"});
  auto& ana = team["ana"];
  const auto room = test::new_room(ana, "Quay");
  const auto plan = bring_trello(ana, room, to_json(small_board()),
                                 {{"Ana Duarte", team.member("ana")}, {"@bo", team.member("bo")}});
  CHECK(plan.created.at("people") == 1);
  CHECK(names(plan.warnings, "Tess Whitlock"));
  const auto card = test::ask(ana, CardShow{.card = "TD-7"});
  std::set<std::string> assigned;
  for (const auto& person : card["assignees"].items())
    assigned.insert(std::string(person["id"].text()));
  CHECK(assigned == std::set<std::string>{team.member("ana").text(), team.member("bo").text()});
}

TEST_CASE("trello: naming people later moves their cards to them") {
  Team team({"ana"});
  auto& ana = team["ana"];
  const auto room = test::new_room(ana, "Quay");
  bring_trello(ana, room, to_json(small_board()));
  bring_trello(ana, room, to_json(small_board()), {{"Ana Duarte", team.member("ana")}});
  const auto members = members_of(ana.state(ana.ref("TD-7", {kCard})), card::kAssignees);
  CHECK(members.size() == 2);
  CHECK(std::find(members.begin(), members.end(), team.member("ana")) != members.end());
}

TEST_CASE("trello: what changed in the source is brought up to date, what people changed is kept") {
  Team team({"ana"});
  auto& ana = team["ana"];
  const auto room = test::new_room(ana, "Quay");
  auto board = small_board();
  bring_trello(ana, room, to_json(board));
  ana.run(CardSet{.card = "TD-8", .values = {{"title", "Second, renamed here"}}});
  ana.run(CardMove{.card = "TD-7", .column = "Done", .before = {}});

  board = with(board, "cards", 0, "name", "First, renamed there");
  board = with(board, "cards", 1, "name", "Second, renamed there");
  board = with(board, "cards", 0, "due", Value());
  board = with(board, "cards", 2, "idList", "l1");
  board = with(board, "cards", 2, "pos", 1.5);
  board = with(board, "lists", 0, "name", "Finished");
  const auto plan = bring_trello(ana, room, to_json(board));
  CHECK(plan.created.empty());
  CHECK(names(plan.warnings, "title changed both here and in the source"));
  CHECK(names(plan.warnings, "4 things that were here already were brought up to date"));
  const auto shown = test::ask(ana, BoardShow{.board = "Quay/Test Drive", .archived = true});
  const auto& columns = shown["columns"].items();
  CHECK(columns[1]["title"].text() == "Finished");
  std::vector<std::string> titles;
  for (const auto& card : columns[0]["cards"].items()) titles.emplace_back(card["title"].text());
  CHECK(titles == std::vector<std::string>{"Second, renamed here", "Third"});
  const auto moved = test::ask(ana, CardShow{.card = "TD-7"});
  CHECK(moved["title"].text() == "First, renamed there");
  CHECK(moved["column"]["title"].text() == "Finished");
  CHECK(moved["due"].is_null());
  CHECK(test::write_count(bring_trello(ana, room, to_json(board))) == 0);
}

TEST_CASE("trello: a card new in the source stands where the source has it") {
  Team team({"ana", "bo"});
  auto& ana = team["ana"];
  const auto room = test::new_room(ana, "Quay");
  auto board = small_board();
  bring_trello(ana, room, to_json(board));
  team.meet();
  auto cards = board["cards"].items();
  cards.push_back(*parse_json(
      R"({"id": "5ceedf1b0000000000000004", "idList": "l1", "name": "Between", "pos": 1.25})"));
  board.set("cards", Value(std::move(cards)));
  bring_trello(ana, room, to_json(board));
  bring_trello(team["bo"], room, to_json(board));
  team.converge();
  const auto shown = test::ask(ana, BoardShow{.board = "Quay/Test Drive"});
  std::vector<std::string> titles;
  for (const auto& card : shown["columns"].items()[0]["cards"].items()) {
    titles.emplace_back(card["title"].text());
  }
  CHECK(titles == std::vector<std::string>{"Second", "Between", "First"});
}

TEST_CASE("trello: cards without a list, and checklists and comments without a card") {
  Team team({"ana"});
  auto& ana = team["ana"];
  const auto room = test::new_room(ana, "Quay");
  auto board = with(small_board(), "cards", 0, "idList", "gone");
  board = with(board, "checklists", 0, "idCard", "gone");
  auto actions = board["actions"].items();
  actions[0].set("data", *parse_json(R"({"text": "x", "card": {"id": "gone"}})"));
  board.set("actions", Value(std::move(actions)));
  const auto plan = bring_trello(ana, room, to_json(board));
  CHECK(plan.created.at("cards") == 3);
  CHECK(plan.created.count("checklists") == 0);
  CHECK(names(plan.warnings, "put into “No list”"));
  CHECK(names(plan.warnings, "1 checklists belong to cards"));
  CHECK(names(plan.warnings, "1 comments belong to cards"));
}

TEST_CASE("trello: a file cut short anywhere is refused with the place, or is no board") {
  Team team({"ana"});
  auto& ana = team["ana"];
  const auto room = test::new_room(ana, "Quay");
  const auto json = to_json(small_board());
  for (std::size_t size = 0; size < json.size(); size += 37) {
    const auto plan = test::plan_trello(ana, room, std::string_view(json).substr(0, size));
    REQUIRE_FALSE(plan);
    CHECK(plan.error().code == Code::reject);
    CHECK(plan.error().what.find("ends early, at byte " + std::to_string(size)) !=
          std::string::npos);
  }
  const auto wrong = test::plan_trello(ana, room, "{\"a\": tree}");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().what.find("byte") != std::string::npos);
}

TEST_CASE("trello: values of the wrong kind anywhere never break an import") {
  const auto json = to_json(small_board());
  test::for_each_seed(60, [&](test::Seed seed) {
    Team team({"ana"}, seed);
    auto& ana = team["ana"];
    const auto room = test::new_room(ana, "Quay");
    SeededRng rng(seed);
    // Replace some values by others of any kind.
    const std::function<void(Value&)> spoil = [&](Value& value) {
      if (rng.chance(8)) {
        const Value others[] = {Value(),   Value(true), Value(-5),      Value(1e300),
                                Value(""), Value("x"),  Value::array(), Value::object()};
        value = others[rng.below(8)];
        return;
      }
      if (value.as_array() != nullptr) {
        auto items = value.items();
        for (auto& item : items) spoil(item);
        value = Value(std::move(items));
      } else if (value.as_object() != nullptr) {
        auto entries = value.entries();
        for (auto& [key, entry] : entries) spoil(entry);
        value = Value(std::move(entries));
      }
    };
    auto board = *parse_json(json);
    spoil(board);
    const auto spoiled = to_json(board);
    const auto plan = test::plan_trello(ana, room, spoiled);
    if (!plan) {
      CHECK(plan.error().code == Code::reject);
      return;
    }
    bring_trello(ana, room, spoiled);
    CHECK(test::write_count(bring_trello(ana, room, spoiled)) == 0);
    CHECK(test::ask(ana, BoardList{})["boards"].items().size() == 1);
  });
}

TEST_CASE("trello: titles of many lines or megabytes are cut, long texts come in pieces") {
  Team team({"ana"});
  auto& ana = team["ana"];
  const auto room = test::new_room(ana, "Quay");
  auto board = with(small_board(), "cards", 0, "name", std::string(3'000'000, 'x'));
  board = with(board, "cards", 1, "name", "two\nlines\t here ");
  board = with(board, "cards", 1, "desc", std::string(1'000'000, 'y'));
  const auto plan = bring_trello(ana, room, to_json(board));
  CHECK(names(plan.warnings, "the title was too long and is cut"));
  CHECK(test::ask(ana, CardShow{.card = "TD-8"})["title"].text() == "two lines here");
  CHECK(test::ask(ana, CardShow{.card = "TD-8"})["text"].text().size() == 1'000'000);
}

TEST_CASE("trello: the board that ships with the project comes whole") {
  Team team({"ana"});
  auto& ana = team["ana"];
  const auto room = test::new_room(ana, "Slipway");
  const auto json = text_of_file(test::own_sample("board.json"));
  const auto plan = bring_trello(ana, room, json);
  CHECK(plan.created.at("cards") == 40);
  CHECK(plan.created.at("columns") == 6);
  CHECK(plan.created.at("checklists") == 10);
  CHECK(plan.created.at("comments") == 27);
  CHECK(plan.created.at("people") == 7);
  CHECK(test::write_count(bring_trello(ana, room, json)) == 0);
  const auto board = test::ask(ana, BoardShow{.board = "Slipway/Slipway Tools"});
  CHECK(board["columns"].items().size() == 5);
  const auto card = test::ask(ana, CardShow{.card = "Slipway/Open the doors"});
  CHECK(card["checklists"].items().size() == 2);
  CHECK(card["comments"].items().size() == 3);
}

TEST_CASE("trello: the shared board comes whole, with every author and time") {
  const auto shared = test::shared_samples();
  if (!shared) return;
  const auto json = text_of_file(*shared / "trello/pipeline-server-board.json");
  Team team({"ana", "bo"});
  auto& ana = team["ana"];
  const auto room = test::new_room(ana, "Pipelines");
  const auto plan = bring_trello(ana, room, json);
  CHECK(plan.created.at("cards") == 122);
  CHECK(plan.created.at("columns") == 18);
  CHECK(plan.created.at("checklists") == 14);
  CHECK(plan.created.at("items") == 62);
  CHECK(plan.created.at("comments") == 93);
  CHECK(names(plan.warnings, "the file holds 1000 actions"));
  std::size_t archived = 0;
  const auto cards_here = ana.find({.type = kCard, .space = room});
  for (const auto& ref : *cards_here) {
    archived += is_archived(ana.state(ref)) ? 1 : 0;
  }
  CHECK(archived == 78);
  const auto source = *parse_json(json);
  std::size_t comments = 0;
  for (const auto& action : source["actions"].items()) {
    if (action["type"].text() != "commentCard") continue;
    ++comments;
    INFO("comment ", action["id"].text());
    const auto ref = thing(room, "comment:" + std::string(action["id"].text()));
    const auto comment = ana.state(ref);
    CHECK(name_of(ana, *member_of(comment, field::kCreator)) ==
          action["memberCreator"]["fullName"].text());
    CHECK(*ana.text(ref, comment::kBody) == action["data"]["text"].text());
    // The source has milliseconds always, RFC 3339 leaves zero ones out.
    const auto at = rfc3339(*moment_of(comment, field::kCreated));
    CHECK(at.substr(0, 19) == action["date"].text().substr(0, 19));
  }
  CHECK(comments == 93);
  CHECK(test::write_count(bring_trello(ana, room, json)) == 0);
  team.meet();
  const auto board =
      test::ask(team["bo"], BoardShow{.board = "Pipelines/Test Drive", .archived = true});
  CHECK(board["columns"].items().size() == 18);
  std::size_t cards = 0;
  for (const auto& column : board["columns"].items()) cards += column["cards"].items().size();
  CHECK(cards == 122);
}

// Without optimisation a tenth of it stands for the whole.
#ifdef NDEBUG
constexpr std::size_t kLargeBytes = 20'000'000;
#else
constexpr std::size_t kLargeBytes = 2'000'000;
#endif

TEST_CASE("trello: a board of twenty megabytes is planned within seconds") {
  Team team({"ana"});
  auto& ana = team["ana"];
  const auto room = test::new_room(ana, "Quay");
  std::string json =
      R"({"id": "b", "name": "Large", "lists": [{"id": "l", "name": "List"}], "cards": [)";
  std::string checklists;
  std::string actions;
  const std::string words = "The quick ferry takes the slow tools across. ";
  for (int i = 0; json.size() + checklists.size() + actions.size() < kLargeBytes; ++i) {
    const auto id = std::to_string(i);
    std::string description;
    for (int k = 0; k < 15; ++k) description += words;
    json += (i > 0 ? "," : "") + (R"({"id": "c)" + id) + R"(", "idList": "l", "name": "Card )" +
            id + R"(", "pos": )" + id + R"(, "idShort": )" + std::to_string(i + 1) +
            R"(, "desc": ")" + description + "\"}";
    checklists += (i > 0 ? "," : "") + (R"({"id": "h)" + id) + R"(", "idCard": "c)" + id +
                  R"(", "name": "Steps", "checkItems": [{"id": "x)" + id + R"(", "name": ")" +
                  words + R"("}, {"id": "y)" + id + R"(", "name": "two"}]})";
    actions +=
        (i > 0 ? "," : "") + (R"({"id": "a)" + id) +
        R"(", "type": "commentCard", "date": "2026-02-01T09:30:00.000Z", "idMemberCreator": "m",
                  "memberCreator": {"id": "m", "fullName": "M"}, "data": {"text": ")" +
        words + R"(", "card": {"id": "c)" + id + R"("}}})";
  }
  json += R"(], "checklists": [)" + checklists + R"(], "actions": [)" + actions + "]}";
  const auto start = std::chrono::steady_clock::now();
  const auto plan = test::plan_trello(ana, room, json);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  REQUIRE(plan);
  CHECK(plan->created.at("cards") > kLargeBytes / 2000);
  MESSAGE("planned ", plan->created.at("cards"), " cards in ", took.count(), " s");
  CHECK(took.count() < 20);  // one second on an idle machine
}

}  // namespace
}  // namespace holm::work
