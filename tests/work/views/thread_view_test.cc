#include "tests/work/views/asking.h"

namespace holm::work {
namespace {

using test::ask;
using test::column;
using test::Device;
using test::Team;
using Strings = std::vector<std::string>;

Say say(std::string text) {
  Say out;
  out.thread = "Quay/Bell";
  out.text = std::move(text);
  return out;
}

void make_thread(Device& device) {
  device.run(RoomNew{.name = "Quay", .purpose = {}});
  device.run(ThreadNew{.room = "Quay", .title = "Bell", .text = "Who rings it?"});
}

TEST_CASE("thread.show: messages in causal order with intent, people, dates and answers") {
  Team team({"ana", "bo"});
  auto& ana = team["ana"];
  auto& bo = team["bo"];
  make_thread(ana);
  auto question = say("Bo, will you?");
  question.intent = "question";
  question.to = {"bo"};
  question.reply_by = "2026-05-01T15:00:00Z";
  const auto asked = ana.run(question);
  team.meet();
  bo.now -= std::chrono::hours(3);  // a clock that is behind does not change the order
  const auto answer = bo.run(Reply{.message = asked.text(), .text = "Once.", .answer = true});
  bo.run(React{.message = asked.text(), .emoji = "👍"});
  team.converge();
  const auto thread = ask(ana, ThreadShow{.thread = "Quay/Bell"});
  CHECK(thread["title"].text() == "Bell");
  CHECK(thread["state"].text() == "open");
  const auto& messages = thread["messages"].items();
  REQUIRE(messages.size() == 3);
  CHECK(messages[0]["text"].text() == "Who rings it?");
  CHECK(messages[1]["intent"].text() == "question");
  CHECK(column(messages[1]["to"], "name") == Strings{"bo"});
  CHECK(messages[1]["reply_by"].text() == "2026-05-01T15:00:00Z");
  CHECK(test::texts(messages[1]["answers"]) == Strings{answer.text()});
  REQUIRE(messages[1]["reactions"].items().size() == 1);
  CHECK(messages[1]["reactions"].items()[0]["emoji"].text() == "👍");
  CHECK(column(messages[1]["reactions"].items()[0]["by"], "name") == Strings{"bo"});
  CHECK_FALSE(messages[1]["edited"].flag());
  CHECK(messages[2]["by"]["name"].text() == "bo");
  CHECK(messages[2]["reply_to"].text() == asked.text());
  CHECK(messages[2]["answer_of"].text() == asked.text());
}

TEST_CASE(
    "thread.show: what arrived late stands in its place and is listed, on that device alone") {
  using std::chrono::hours;
  Team team({"ana", "bo", "cy"});
  auto& ana = team["ana"];
  auto& bo = team["bo"];
  auto& cy = team["cy"];
  make_thread(ana);
  team.meet();
  bo.now = cy.now = ana.now;
  const auto early = bo.run(say("I can, on Monday."));  // and bo's link goes
  ana.now += hours(2);
  ana.run(say("Nobody yet?"));
  cy.now += hours(30);
  Team::meet(ana, cy);  // both of ana's arrive together: neither is late
  CHECK(ask(cy, ThreadShow{.thread = "Quay/Bell"})["arrived_late"].items().empty());
  ana.now += hours(24);
  bo.now = ana.now;
  cy.now += hours(1);
  team.meet();
  for (auto* device : {&ana, &cy}) {
    const auto thread = ask(*device, ThreadShow{.thread = "Quay/Bell"});
    const auto& messages = thread["messages"].items();
    REQUIRE(messages.size() == 3);
    CHECK(messages[1]["text"].text() == "I can, on Monday.");
    CHECK(messages[1]["arrived_late"].flag());
    CHECK_FALSE(messages[0]["arrived_late"].flag());
    CHECK_FALSE(messages[2]["arrived_late"].flag());
    CHECK(test::texts(thread["arrived_late"]) == Strings{early.text()});
  }
  CHECK(ask(bo, ThreadShow{.thread = "Quay/Bell"})["arrived_late"].items().empty());
  ana.now += hours(24 * 7);  // listed for a week, marked for good
  const auto later = ask(ana, ThreadShow{.thread = "Quay/Bell"});
  CHECK(later["arrived_late"].items().empty());
  CHECK(later["messages"].items()[1]["arrived_late"].flag());
}

TEST_CASE("thread.show: edits are marked with their time, retracted words are gone") {
  Team team({"ana", "bo"});
  auto& ana = team["ana"];
  make_thread(ana);
  const auto first = ana.run(say("helo"));
  const auto second = ana.run(say("secret"));
  ana.run(React{.message = first.text(), .emoji = "🔧"});
  CHECK_FALSE(ask(ana, ThreadShow{.thread = "Quay/Bell"})["messages"].items()[1]["edited"].flag());
  ana.run(MessageEdit{.message = first.text(), .text = "hello"});
  ana.run(Retract{.message = second.text()});
  const auto thread = ask(ana, ThreadShow{.thread = "Quay/Bell"});
  const auto& messages = thread["messages"].items();
  CHECK(messages[1]["text"].text() == "hello");
  CHECK(messages[1]["edited"].flag());
  CHECK(messages[1]["edited_at"].text() == "2026-01-05T08:00:06Z");
  CHECK(messages[2]["retracted"].flag());
  CHECK(messages[2]["text"].text().empty());
}

TEST_CASE("thread.list: resolved threads leave it, but stay for whom they are open") {
  Team team({"ana", "bo"});
  auto& ana = team["ana"];
  auto& bo = team["bo"];
  make_thread(ana);
  team.meet();
  ana.run(ThreadResolve{.thread = "Quay/Bell", .summary = "Sakura does"});
  bo.run(say("one more thing"));
  team.converge();
  CHECK(ask(ana, ThreadList{})["threads"].items().empty());
  const auto all = ask(ana, ThreadList{.room = "Quay", .resolved = true});
  REQUIRE(all["threads"].items().size() == 1);
  CHECK(all["threads"].items()[0]["state"].text() == "resolved, 1 new");
  CHECK(all["threads"].items()[0]["summary"].text() == "Sakura does");
  CHECK(all["threads"].items()[0]["messages_count"].number() == 2);
  const auto mine = ask(bo, ThreadList{.room = "Quay"});
  REQUIRE(mine["threads"].items().size() == 1);
  CHECK(mine["threads"].items()[0]["open_to_me"].flag());
}

}  // namespace
}  // namespace holm::work
