#include "tests/work/views/asking.h"
#include "work/schema.h"

namespace holm::work {
namespace {

using test::ask;
using test::column;
using test::Team;
using Strings = std::vector<std::string>;

DocNew new_doc(std::string path, std::string text) {
  return {.path = std::move(path), .text = std::move(text)};
}

TEST_CASE("doc.list: by path, of one room or all, archived ones when asked for") {
  Team team({"ana"});
  auto& ana = team["ana"];
  ana.run(RoomNew{.name = "A", .purpose = {}});
  ana.run(RoomNew{.name = "B", .purpose = {}});
  ana.run(new_doc("B/z", "1"));
  ana.run(new_doc("A/sub/y", "2"));
  ana.run(new_doc("A/x", "3"));
  CHECK(column(ask(ana, DocList{})["documents"], "path") == Strings{"A/sub/y", "A/x", "B/z"});
  CHECK(column(ask(ana, DocList{.room = "B"})["documents"], "path") == Strings{"B/z"});
  ana.run(DocArchive{.doc = "A/x"});
  CHECK(column(ask(ana, DocList{.room = "A"})["documents"], "path") == Strings{"A/sub/y"});
  CHECK(ask(ana, RoomShow{.room = "A"})["documents"].number() == 1);
  CHECK(ask(ana, DocList{.room = "A", .archived = true})["documents"].items().size() == 2);
}

TEST_CASE("doc.show: text, folder, status, and how many comments are open") {
  Team team({"ana", "bo"});
  auto& ana = team["ana"];
  ana.run(RoomNew{.name = "Quay", .purpose = {}});
  ana.run(new_doc("Quay/notes/Plan", "ring the bell ö\n"));
  ana.run(
      DocSet{.doc = "Quay/notes/Plan", .values = {{"status", "in-review"}, {"reviewers", "+bo"}}});
  const auto comment =
      ana.run(CommentAdd{.target = "Quay/notes/Plan", .text = "why?", .on = "bell"});
  ana.run(CommentReply{.comment = comment.text(), .text = "because"});
  ana.run(CommentAdd{.target = "Quay/notes/Plan", .text = "when?", .on = {}});
  ana.run(CommentResolve{.comment = comment.text()});
  const auto doc = ask(ana, DocShow{.doc = "Quay/notes/Plan", .version = {}});
  CHECK(doc["text"].text() == "ring the bell ö\n");
  CHECK(doc["length"].number() == 16);
  CHECK(doc["folder"].text() == "notes");
  CHECK(doc["path"].text() == "Quay/notes/Plan");
  CHECK(doc["room"]["title"].text() == "Quay");
  CHECK(doc["status"].text() == "in-review");
  CHECK(column(doc["reviewers"], "name") == Strings{"bo"});
  CHECK(doc["comments"].number() == 2);
  CHECK(doc["open_comments"].number() == 1);
  CHECK(doc["also"].items().empty());
}

TEST_CASE("doc.show: at a version, by its name, by how far back, by time") {
  Team team({"ana"});
  auto& ana = team["ana"];
  ana.run(RoomNew{.name = "Quay", .purpose = {}});
  ana.run(new_doc("Quay/Plan", "one"));
  const auto then = ana.now;
  ana.now += std::chrono::hours(1);
  ana.run(DocWrite{.doc = "Quay/Plan", .text = "two", .base = {}});
  ana.run(DocRename{.doc = "Quay/Plan", .path = "Quay/Newer"});
  const auto history = ask(ana, History{.object = "Quay/Newer"});
  REQUIRE(history["changes"].items().size() == 3);
  const auto first = std::string(history["changes"].items()[2]["version"].text());
  const auto at_first = ask(ana, DocShow{.doc = "Quay/Newer", .version = first});
  CHECK(at_first["text"].text() == "one");
  CHECK(at_first["title"].text() == "Plan");
  CHECK(at_first["version"]["version"].text() == first);
  CHECK(ask(ana, DocShow{.doc = "Quay/Newer", .version = "-1"})["text"].text() == "two");
  CHECK(ask(ana, DocShow{.doc = "Quay/Newer", .version = "-2"})["text"].text() == "one");
  const auto minute = std::chrono::floor<std::chrono::minutes>(then) + std::chrono::minutes(1);
  const auto hours = std::chrono::duration_cast<std::chrono::minutes>(
                         minute - std::chrono::floor<std::chrono::days>(minute))
                         .count();
  const auto time =
      "2026-01-05T0" + std::to_string(hours / 60) + ":0" + std::to_string(hours % 60) + ":00Z";
  CHECK(ask(ana, DocShow{.doc = "Quay/Newer", .version = time})["text"].text() == "one");
  CHECK(test::refused(ana, DocShow{.doc = "Quay/Newer", .version = "ffffffffffff"}).code ==
        Code::not_found);
}

TEST_CASE("doc.show: before there was a document there is nothing to show") {
  Team team({"ana"});
  auto& ana = team["ana"];
  ana.run(RoomNew{.name = "Quay", .purpose = {}});
  ana.run(new_doc("Quay/Plan", "one"));
  for (const auto* version : {"1971-01-01", "-1"})
    CHECK(test::refused(ana, DocShow{.doc = "Quay/Plan", .version = version}).code ==
          Code::not_found);
}

TEST_CASE("doc.show: fields set apart become chips with who and when") {
  Team team({"ana", "bo"});
  auto& ana = team["ana"];
  ana.run(RoomNew{.name = "Quay", .purpose = {}});
  ana.run(new_doc("Quay/Plan", "x"));
  team.meet();
  ana.run(DocSet{.doc = "Quay/Plan", .values = {{"status", "agreed"}}});
  team["bo"].now += std::chrono::minutes(5);
  team["bo"].run(DocSet{.doc = "Quay/Plan", .values = {{"status", "stale"}}});
  team.converge();
  const auto doc = ask(ana, DocShow{.doc = "Quay/Plan", .version = {}});
  CHECK(doc["status"].text() == "stale");
  REQUIRE(doc["also"].items().size() == 1);
  const auto& chip = doc["also"].items()[0];
  CHECK(chip["field"].text() == "status");
  CHECK(chip["by"]["name"].text() == "bo");
  REQUIRE(chip["others"].items().size() == 1);
  CHECK(chip["others"].items()[0]["value"].text() == "agreed");
  CHECK(chip["others"].items()[0]["by"]["name"].text() == "ana");
  CHECK(chip["others"].items()[0]["at"].text() == "2026-01-05T08:00:03Z");
  CHECK(column(doc["notices"], "kind") == Strings{"also_set"});

  const auto conflicts = ask(ana, Conflicts{});
  REQUIRE(conflicts["conflicts"].items().size() == 1);
  CHECK(conflicts["conflicts"].items()[0]["path"].text() == "Quay/Plan");
  CHECK(conflicts["conflicts"].items()[0]["field"].text() == "status");
  CHECK(ask(ana, Conflicts{.object = "Quay/Plan"})["conflicts"].items().size() == 1);
  ana.run(KeepValue{.object = "Quay/Plan", .field = "status"});
  CHECK(ask(ana, Conflicts{})["conflicts"].items().empty());
}

TEST_CASE("doc.show: a paragraph that two wrote apart is marked with both") {
  Team team({"ana", "bo"});
  auto& ana = team["ana"];
  ana.run(RoomNew{.name = "Quay", .purpose = {}});
  ana.run(new_doc("Quay/Plan", "one paragraph here\n\nanother\n"));
  team.meet();
  ana.run(
      DocWrite{.doc = "Quay/Plan", .text = "one short paragraph here\n\nanother\n", .base = {}});
  team["bo"].run(
      DocWrite{.doc = "Quay/Plan", .text = "one paragraph here, said Bo\n\nanother\n", .base = {}});
  team.converge();
  const auto doc = ask(ana, DocShow{.doc = "Quay/Plan", .version = {}});
  CHECK(doc["text"].text() == "one short paragraph here, said Bo\n\nanother\n");
  REQUIRE(doc["marks"].items().size() == 1);
  const auto& mark = doc["marks"].items()[0];
  CHECK(mark["kind"].text() == "merged");
  CHECK(mark["authors"].items().size() == 2);
  CHECK(mark["from"].number() == 0);
}

TEST_CASE("comment.list: quotes follow the words, and stay when the words go") {
  Team team({"ana", "bo"});
  auto& ana = team["ana"];
  ana.run(RoomNew{.name = "Quay", .purpose = {}});
  ana.run(new_doc("Quay/Plan", "ring the bell once\n"));
  const auto kept = ana.run(CommentAdd{.target = "Quay/Plan", .text = "loudly", .on = "bell"});
  ana.run(CommentAdd{.target = "Quay/Plan", .text = "twice!", .on = "once"});
  ana.run(CommentAdd{.target = "Quay/Plan", .text = "in general", .on = {}});
  team.meet();
  team["bo"].run(CommentReply{.comment = kept.text(), .text = "as you wish"});
  ana.run(DocWrite{.doc = "Quay/Plan", .text = "Please ring the bell\n", .base = {}});
  team.converge();
  const auto out = ask(ana, CommentList{.target = "Quay/Plan"});
  CHECK(out["target"]["title"].text() == "Plan");
  const auto& comments = out["comments"];
  CHECK(column(comments, "text") == Strings{"loudly", "twice!", "in general"});
  CHECK(column(comments, "quote") == Strings{"bell", "once", ""});
  CHECK_FALSE(comments.items()[0]["orphaned"].flag());
  CHECK(comments.items()[0]["from"].number() == 16);
  CHECK(comments.items()[1]["orphaned"].flag());
  CHECK(column(comments.items()[0]["replies"], "text") == Strings{"as you wish"});
  CHECK(comments.items()[0]["replies"].items()[0]["by"]["name"].text() == "bo");
  ana.run(CommentResolve{.comment = kept.text()});
  CHECK(ask(ana, CommentList{.target = "Quay/Plan"})["comments"].items().size() == 2);
  const auto all = ask(ana, CommentList{.target = "Quay/Plan", .resolved = true});
  CHECK(all["comments"].items().size() == 3);
  CHECK(all["comments"].items()[0]["resolved_by"]["name"].text() == "ana");
}

TEST_CASE("comment.list: resolved while somebody replied stays in sight") {
  Team team({"ana", "bo"});
  auto& ana = team["ana"];
  ana.run(RoomNew{.name = "Quay", .purpose = {}});
  ana.run(new_doc("Quay/Plan", "ring the bell once\n"));
  const auto comment = ana.run(CommentAdd{.target = "Quay/Plan", .text = "why?", .on = "bell"});
  team.meet();
  ana.run(CommentResolve{.comment = comment.text()});
  team["bo"].run(CommentReply{.comment = comment.text(), .text = "wait"});
  team.converge();
  const auto out = ask(ana, CommentList{.target = "Quay/Plan"});
  REQUIRE(out["comments"].items().size() == 1);
  CHECK(out["comments"].items()[0]["state"].text() == "resolved, 1 new");
  CHECK(column(out["comments"].items()[0]["open_for"], "name") == Strings{"bo"});
}

}  // namespace
}  // namespace holm::work
