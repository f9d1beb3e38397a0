#include <algorithm>
#include <set>

#include "tests/support/seeds.h"
#include "tests/work/views/asking.h"
#include "work/schema.h"

namespace holm::work {
namespace {

using test::ask;
using test::column;
using test::Device;
using test::Team;
using test::texts;
using Strings = std::vector<std::string>;

void make_note(Device& device, std::string text) {
  device.run(RoomNew{.name = "Quay", .purpose = {}});
  device.run(DocNew{.path = "Quay/Note", .text = std::move(text)});
}

/// What the newest change of a thing says.
Strings newest(Device& device, const std::string& object) {
  const auto history = ask(device, History{.object = object});
  return texts(history["changes"].items()[0]["what"]);
}

void write_note(Device& device, std::string text) {
  device.run(DocWrite{.doc = "Quay/Note", .text = std::move(text), .base = {}});
}

TEST_CASE("history: newest first, in words a person knows") {
  Team team({"ana", "bo"});
  auto& ana = team["ana"];
  make_note(ana, "one two\n");
  CHECK(newest(ana, "Quay/Note") ==
        Strings{"made the document “Note”", "wrote 8 characters in text: “one two”"});
  write_note(ana, "one two three\n");
  CHECK(newest(ana, "Quay/Note") == Strings{"wrote 6 characters in text: “three”"});
  write_note(ana, "two three\n");
  CHECK(newest(ana, "Quay/Note") == Strings{"took out 4 characters of text: “one”"});
  ana.run(DocSet{.doc = "Quay/Note", .values = {{"status", "agreed"}}});
  CHECK(newest(ana, "Quay/Note") == Strings{"set status to agreed"});
  ana.run(DocSet{.doc = "Quay/Note", .values = {{"status", "stale"}}});
  CHECK(newest(ana, "Quay/Note") == Strings{"set status to stale (was agreed)"});
  ana.run(DocSet{.doc = "Quay/Note", .values = {{"reviewers", "+bo"}}});
  CHECK(newest(ana, "Quay/Note") == Strings{"added bo to reviewers"});
  ana.run(DocSet{.doc = "Quay/Note", .values = {{"reviewers", "-bo"}}});
  CHECK(newest(ana, "Quay/Note") == Strings{"took bo out of reviewers"});
  ana.run(DocRename{.doc = "Quay/Note", .path = "Quay/Newer"});
  CHECK(newest(ana, "Quay/Newer") == Strings{"renamed it from “Note” to “Newer”"});
  ana.run(DocArchive{.doc = "Quay/Newer"});
  CHECK(newest(ana, "Quay/Newer") == Strings{"archived it"});
  ana.run(DocArchive{.doc = "Quay/Newer", .off = true});
  CHECK(newest(ana, "Quay/Newer") == Strings{"brought it back"});
  const auto all = ask(ana, History{.object = "Quay/Newer"});
  CHECK(all["total"].number() == 10);
  CHECK(all["changes"].items().size() == 10);
  CHECK(all["object"]["title"].text() == "Newer");
  const auto some = ask(ana, History{.object = "Quay/Newer", .limit = 2});
  CHECK(some["changes"].items().size() == 2);
  CHECK(some["changes"].items()[0] == all["changes"].items()[0]);
  for (const auto& change : all["changes"].items()) {
    CHECK(change["version"].text().size() >= 12);
    CHECK(change["by"]["name"].text() == "ana");
    CHECK(change["counts"].flag());
    CHECK(change["at"].text().ends_with("Z"));
  }
}

TEST_CASE("history: of cards, items and messages") {
  Team team({"ana"});
  auto& ana = team["ana"];
  ana.run(RoomNew{.name = "Quay", .purpose = {}});
  ana.run(BoardNew{.path = "Quay/Repairs", .key = "R"});
  CardAdd card;
  card.board = "Quay/Repairs";
  card.title = "Door";
  ana.run(card);
  ana.run(CardMove{.card = "R-1", .column = "Doing", .before = {}});
  CHECK(newest(ana, "R-1") == Strings{"moved it to “Doing”"});
  ana.run(CardSet{.card = "R-1", .values = {{"assignees", "+ana"}}});
  CHECK(newest(ana, "R-1") == Strings{"assigned it to ana"});
  ana.run(CardDone{.card = "R-1"});
  const auto done = newest(ana, "R-1");
  CHECK(std::find(done.begin(), done.end(), "marked it done") != done.end());
  const auto item =
      ana.run(ItemAdd{.card = "R-1", .text = "sand", .checklist = {}, .assign = {}, .due = {}});
  ana.run(ItemCheck{.card = "R-1", .item = "1"});
  CHECK(newest(ana, item.text()) == Strings{"ticked it"});
  ana.run(ItemCheck{.card = "R-1", .item = "1", .off = true});
  CHECK(newest(ana, item.text()) == Strings{"took the tick off"});
  ana.run(ThreadNew{.room = "Quay", .title = "Bell", .text = {}});
  Say words;
  words.thread = "Quay/Bell";
  words.text = "hello";
  const auto message = ana.run(words);
  ana.run(React{.message = message.text(), .emoji = "👍"});
  CHECK(newest(ana, message.text()) == Strings{"reacted with 👍"});
  ana.run(Retract{.message = message.text()});
  CHECK(newest(ana, message.text()) == Strings{"retracted it"});
}

TEST_CASE("history: no character that was typed is missing from it") {
  test::for_each_seed(15, [](test::Seed seed) {
    Team team({"ana", "bo"}, seed);
    auto& ana = team["ana"];
    make_note(ana, "start\n");
    team.meet();
    SeededRng rng(seed);
    std::multiset<char> typed;
    for (const char letter : std::string("start\n")) typed.insert(letter);
    for (int i = 0; i < 40; ++i) {
      auto& device = rng.chance(50) ? ana : team["bo"];
      const auto text = *device.text(device.ref("Quay/Note"), document::kText);
      DocEdit edit;
      edit.doc = "Quay/Note";
      edit.pos = rng.below(text.size() + 1);
      edit.erase = rng.below(std::min<std::size_t>(4, text.size() - edit.pos + 1));
      for (auto left = 1 + rng.below(3); left > 0; --left) {
        edit.insert += static_cast<char>('a' + rng.below(26));
      }
      for (const char letter : edit.insert) typed.insert(letter);
      device.run(edit);
      if (rng.chance(20)) team.meet();
    }
    team.converge();
    std::multiset<char> told;
    const auto all = ask(ana, History{.object = "Quay/Note", .limit = 1000});
    for (const auto& change : all["changes"].items()) {
      for (const auto& sentence : texts(change["what"])) {
        if (!sentence.starts_with("wrote ")) continue;
        const auto from = sentence.find("“") + std::string("“").size();
        for (const char letter : sentence.substr(from, sentence.rfind("”") - from)) {
          told.insert(letter);
        }
      }
    }
    typed.erase(typed.find('\n'));  // ends of lines are trimmed in what is told
    CHECK(told == typed);
  });
}

TEST_CASE("diff: a text by lines, with who added and who removed") {
  Team team({"ana", "bo"});
  auto& ana = team["ana"];
  auto& bo = team["bo"];
  make_note(ana, "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n");
  team.meet();
  write_note(bo, "one\ntwo\nthree\nfour\nsix\nseven\neight\nnine\n");
  team.meet();
  write_note(ana, "one\ntwo\nthree\nfour\nsix\nseven\neight\nnine\nten\n");
  team.meet();
  const auto out = ask(ana, Diff{.object = "Quay/Note", .from = "-2", .to = {}});
  CHECK(column(out["authors"], "name").size() == 2);
  CHECK(out["from"]["version"].text().size() >= 12);
  REQUIRE(out["texts"].items().size() == 1);
  const auto& text = out["texts"].items()[0];
  CHECK(text["unified"].text() ==
        "@@ -2,8 +2,8 @@\n two\n three\n four\n-five\n six\n seven\n eight\n nine\n+ten\n");
  const auto& lines = text["hunks"].items()[0]["lines"].items();
  CHECK(lines[3]["op"].text() == "-");
  CHECK(lines[3]["text"].text() == "five");
  CHECK(column(lines[3]["by"], "name") == Strings{"bo"});
  CHECK(column(lines.back()["by"], "name") == Strings{"ana"});

  const auto last = ask(ana, Diff{.object = "Quay/Note", .from = {}, .to = {}});
  CHECK(column(last["authors"], "name") == Strings{"ana"});
  const auto back = ask(ana, Diff{.object = "Quay/Note", .from = "-0", .to = "-1"});
  CHECK(back["texts"].items()[0]["unified"].text().find("-ten") != std::string::npos);
  const auto none = ask(ana, Diff{.object = "Quay/Note", .from = "-1", .to = "-1"});
  CHECK(none["texts"].items().empty());
  CHECK(none["fields"].items().empty());
}

TEST_CASE("diff: hunks far apart are apart, a missing line end is told") {
  Team team({"ana"});
  auto& ana = team["ana"];
  std::string before;
  for (int i = 1; i <= 30; ++i) before += "line " + std::to_string(i) + "\n";
  make_note(ana, before);
  auto after = before;
  after.replace(after.find("line 2\n"), 6, "LINE 2");
  after.replace(after.find("line 30\n"), 8, "LINE 30");
  write_note(ana, after);
  const auto out = ask(ana, Diff{.object = "Quay/Note", .from = {}, .to = {}});
  const auto& text = out["texts"].items()[0];
  REQUIRE(text["hunks"].items().size() == 2);
  CHECK(text["unified"].text() ==
        "@@ -1,5 +1,5 @@\n line 1\n-line 2\n+LINE 2\n line 3\n line 4\n line 5\n"
        "@@ -27,4 +27,4 @@\n line 27\n line 28\n line 29\n-line 30\n+LINE 30\n"
        "\\ No newline at end of file\n");
}

TEST_CASE("diff: fields from and to, and who changed them") {
  Team team({"ana", "bo"});
  auto& ana = team["ana"];
  ana.run(RoomNew{.name = "Quay", .purpose = {}});
  ana.run(BoardNew{.path = "Quay/Repairs", .key = "R"});
  CardAdd card;
  card.board = "Quay/Repairs";
  card.title = "Door";
  ana.run(card);
  ana.run(CardSet{.card = "R-1", .values = {{"due", "2026-03-01"}, {"assignees", "+bo"}}});
  ana.run(CardMove{.card = "R-1", .column = "Doing", .before = {}});
  const auto out = ask(ana, Diff{.object = "R-1", .from = "-2", .to = {}});
  const auto fields = column(out["fields"], "field");
  CHECK(std::set<std::string>(fields.begin(), fields.end()) ==
        std::set<std::string>{"place", "assignees", "due"});
  for (const auto& field : out["fields"].items()) {
    if (field["field"].text() == "place") {
      CHECK(field["from_shown"].text() == "Next");
      CHECK(field["to_shown"].text() == "Doing");
    }
    if (field["field"].text() == "due") CHECK(field["from"].is_null());
    CHECK(column(field["by"], "name") == Strings{"ana"});
  }
}

TEST_CASE("blame: each line by who last wrote on it") {
  Team team({"ana", "bo"});
  auto& ana = team["ana"];
  auto& bo = team["bo"];
  make_note(ana, "one\ntwo\nthree");
  team.meet();
  write_note(bo, "one\ntwo and a half\nthree");
  team.meet();
  write_note(ana, "one\ntwo and a half\nthree\n\nfour\n");
  const auto out = ask(ana, Blame{.object = "Quay/Note"});
  const auto& lines = out["lines"].items();
  REQUIRE(lines.size() == 5);
  Strings by;
  for (const auto& line : lines) by.emplace_back(line["by"]["name"].text());
  CHECK(by == Strings{"ana", "bo", "ana", "ana", "ana"});
  CHECK(column(lines[1]["authors"], "name").size() == 2);
  CHECK(lines[1]["text"].text() == "two and a half");
  const auto history = ask(ana, History{.object = "Quay/Note"});
  CHECK(lines[1]["version"] == history["changes"].items()[1]["version"]);
  CHECK(lines[4]["version"] == history["changes"].items()[0]["version"]);
  CHECK(test::refused(ana, Blame{.object = "nothing here"}).code == Code::not_found);
}

TEST_CASE("versions: names tell the versions of a history apart") {
  Team team({"ana"});
  auto& ana = team["ana"];
  make_note(ana, "x\n");
  for (int i = 0; i < 60; ++i) ana.run(DocAppend{.doc = "Quay/Note", .text = "more\n"});
  const auto out = ask(ana, History{.object = "Quay/Note", .limit = 100});
  const auto versions = column(out["changes"], "version");
  CHECK(std::set<std::string>(versions.begin(), versions.end()).size() == versions.size());
  for (std::size_t i = 0; i < versions.size(); ++i) {
    const auto at = ask(ana, DocShow{.doc = "Quay/Note", .version = versions[i]});
    CHECK(at["text"].text().size() == 2 + 5 * (60 - i));
  }
}

}  // namespace
}  // namespace holm::work
