#include "work/exchange/trello_board.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/json.h"

namespace holm::work::trello {
namespace {

Board board_of(std::string_view json) {
  auto root = parse_json(json);
  REQUIRE(root);
  auto board = read_board(*root);
  REQUIRE_MESSAGE(board, (board ? "" : board.error().text()));
  return std::move(*board);
}

bool has_problem(const Board& board, std::string_view what) {
  return std::any_of(board.problems.begin(), board.problems.end(),
                     [&](const auto& line) { return line.find(what) != line.npos; });
}

WallTime at(std::int64_t ms) { return WallTime(Millis(ms)); }

TEST_CASE("trello board: times of every spelling, and nothing else") {
  CHECK(parse_time("1970-01-01T00:00:00Z") == at(0));
  CHECK(parse_time("2019-06-05T20:04:55.230Z") == at(1559765095230));
  CHECK(parse_time("2019-06-05T22:04:55.23+02:00") == at(1559765095230));
  CHECK(parse_time("2019-06-05T15:34:55.230-04:30") == at(1559765095230));
  CHECK(parse_time("2024-02-29T00:00:00Z").has_value());
  for (const auto* wrong :
       {"", "2019", "2019-06-05", "2023-02-29T00:00:00Z", "2019-13-01T00:00:00Z",
        "2019-06-05T24:00:00Z", "2019-06-05T20:04:55", "2019-06-05T20:04:55Zz",
        "2019-06-05T20:04:55+0200", "x019-06-05T20:04:55Z"}) {
    CHECK_FALSE(parse_time(wrong).has_value());
  }
}

TEST_CASE("trello board: an id tells when it was made") {
  CHECK(time_of_id("5ca3d99a0378a65090e676ca") == at(0x5ca3d99aLL * 1000));
  CHECK_FALSE(time_of_id("not an id").has_value());
  CHECK_FALSE(time_of_id("zca3d99a0378a65090e676ca").has_value());
}

TEST_CASE("trello board: absent keys are normal") {
  const auto board = board_of(R"({"id": "b", "lists": [], "cards": []})");
  CHECK(board.name == "Trello board");
  CHECK(board.problems.empty());
  const auto one = board_of(R"({"id": "b", "lists": [{"id": "l"}], "cards": [{"id": "c"}]})");
  CHECK(one.cards.size() == 1);
  CHECK(one.problems.empty());
}

TEST_CASE("trello board: wrong kinds anywhere are named and left out") {
  const auto board = board_of(R"({
    "id": "b", "name": 7, "desc": [], "closed": "yes", "dateLastActivity": 5,
    "members": {"a": 1}, "labels": [1, null, {"name": {}, "color": 3}], "customFields": "none",
    "lists": [3, {"id": ""}, {"id": 5}, {"id": "l", "name": {}, "pos": "top", "closed": 1},
              {"id": "l"}],
    "cards": [null, "x", {"id": "c", "idList": 9, "name": null, "desc": 4, "due": "soon",
              "idMembers": [1, "m"], "idLabels": {"x": 1}, "labels": ["x", {"id": "k"}],
              "attachments": [5, {"url": 3}, {"url": "https://x", "name": 4}], "idShort": -3}],
    "checklists": [1, {"id": "k", "idCard": "c", "checkItems": ["x", {"id": "i", "pos": {}}, {}]}],
    "actions": [1, {"type": "commentCard", "id": "a", "data": {"text": 5, "card": {"id": "c"}}},
                {"type": "commentCard", "data": 3}, {"type": 4, "data": []},
                {"type": "updateCard", "data": {"old": [], "card": {"id": "c", "closed": 1}}}]})");
  CHECK(board.lists.size() == 1);
  CHECK(board.cards.size() == 1);
  CHECK(board.cards[0].members == std::vector<std::string>{"m"});
  CHECK(board.cards[0].labels == std::vector<std::string>{"k"});
  CHECK(board.cards[0].links.size() == 1);
  CHECK_FALSE(board.cards[0].number.has_value());
  CHECK(board.checklists.size() == 1);
  CHECK(board.checklists[0].items.size() == 1);
  CHECK(board.comments.size() == 1);
  CHECK(has_problem(board, "the board: name is not text"));
  CHECK(has_problem(board, "list 1 of the file is no object"));
  CHECK(has_problem(board, "list 3 of the file has no id"));
  CHECK(has_problem(board, "list 5 of the file has an id that stood before"));
  CHECK(has_problem(board, "card 3 of the file: due is not a time"));
  CHECK(has_problem(board, "action 2 of the file: text is not text"));
}

TEST_CASE("trello board: what is no board is refused") {
  for (const auto* json :
       {"[]", "3", "{}", R"({"id": "b", "lists": {}, "cards": []})",
        R"({"lists": [], "cards": []})", R"({"id": 4, "lists": [], "cards": []})",
        R"({"id": "", "lists": [], "cards": []})"}) {
    const auto board = read_board(*parse_json(json));
    REQUIRE_FALSE(board);
    CHECK(board.error().code == Code::reject);
  }
}

TEST_CASE("trello board: problems are counted, not collected without end") {
  std::string json = R"({"id": "b", "lists": [], "cards": [)";
  for (int i = 0; i < 5000; ++i) json += "1,";
  const auto board = board_of(json + "2]}");
  CHECK(board.problems.size() == 101);
  CHECK(board.problems.back() == "and 4901 more");
}

TEST_CASE("trello board: at the cap of actions it says what may be missing") {
  std::string json = R"({"id": "b", "lists": [], "cards": [{"id": "c", "badges": {"comments": 7}}],
                         "actions": [)";
  for (int i = 0; i < 1000; ++i) {
    json += (i > 0 ? "," : "") + std::string(R"({"type": "updateCard", "date": "2019-04-0)") +
            (i < 500 ? "2" : "1") + R"(T10:00:00.000Z", "data": {}})";
  }
  const auto board = board_of(json + "]}");
  CHECK(has_problem(board, "from before 2019-04-01 may be missing; the cards count 7 more"));
}

}  // namespace
}  // namespace holm::work::trello
