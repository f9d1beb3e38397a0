// PRODUCT.md 3.2, "concurrent", for thread, message and reactions.
#include <doctest/doctest.h>

#include <algorithm>

#include "base/wire.h"
#include "tests/support/memory_state.h"
#include "work/read.h"
#include "work/reference.h"
#include "work/rules/arrival.h"
#include "work/rules/notices.h"
#include "work/schema.h"

using namespace holm;
using namespace holm::work;
using holm::test::Device;
using holm::test::Team;

namespace {

using Sentences = std::vector<std::string>;

struct Talk {
  Team team{{"ana", "ana/phone", "bo", "cy"}};
  Device& ana = team["ana"];
  Device& bo = team["bo"];
  Device& cy = team["cy"];
  ObjectId thread;
  ObjectId question;

  Talk() {
    ana.run(RoomNew{"Lab", "project", ""});
    thread = ana.run(ThreadNew{"Lab", "Tides", ""});
    question = ana.run(Say{.thread = "Tides", .text = "When is low tide?", .intent = "question"});
    team.converge();
    bo.now = cy.now = ana.now;
  }
  rules::Resolution resolution(Device& device) {
    return *rules::resolution_of(device, device.ref(thread));
  }
  Sentences bodies(Device& device) {
    Sentences out;
    const auto replies = *rules::replies_of(device, device.ref(thread));
    for (const auto& ref : replies) out.push_back(*device.text(ref, message::kBody));
    return out;
  }
};

}  // namespace

TEST_CASE(
    "thread: resolved while someone replies: reply stays, thread shows \"resolved, 1 new\" and is "
    "open for the replier") {
  for (const int lead : {-60'000, 0, 60'000}) {
    Talk talk;
    talk.bo.now += Millis{lead};
    talk.ana.run(ThreadResolve{"Tides", "at six", false});
    const auto reply = talk.bo.run(Reply{talk.question.text(), "At seven!", false});
    talk.team.converge();
    for (auto* device : {&talk.ana, &talk.bo, &talk.cy}) {
      const auto resolution = talk.resolution(*device);
      CHECK(resolution.resolved);
      CHECK(resolution.text() == "resolved, 1 new");
      CHECK(resolution.by == talk.team.member("ana"));
      REQUIRE(resolution.unseen.size() == 1);
      CHECK(resolution.unseen[0].object == reply);
      CHECK(resolution.open_to(talk.team.member("bo")));
      CHECK_FALSE(resolution.open_to(talk.team.member("cy")));
      CHECK(device->notices(device->ref(talk.thread)) == Sentences{"resolved, 1 new: open for bo"});
      CHECK(talk.bodies(*device).size() == 2);
    }
    // Resolving it again, with the reply seen, closes it for everyone.
    talk.bo.run(ThreadResolve{"Tides", "at seven", false});
    talk.team.converge();
    CHECK(talk.resolution(talk.ana).text() == "resolved");
    CHECK_FALSE(talk.resolution(talk.ana).open_to(talk.team.member("bo")));
    talk.ana.run(ThreadResolve{"Tides", "", true});
    talk.team.converge();
    CHECK(talk.resolution(talk.cy).text() == "open");
  }
}

TEST_CASE("message: order is causal, then time") {
  Talk talk;
  // bo's clock is a day behind: the reply still comes after what it answers.
  talk.bo.now -= Millis{86'400'000};
  const auto reply = talk.bo.run(Reply{talk.question.text(), "At six.", false});
  talk.team.converge();
  talk.ana.run(Reply{reply.text(), "Thanks!", false});
  talk.team.converge();
  for (auto* device : {&talk.ana, &talk.bo, &talk.cy})
    CHECK(talk.bodies(*device) == Sentences{"When is low tide?", "At six.", "Thanks!"});
}

TEST_CASE("message: a late message is shown in causal place and listed under \"arrived late\"") {
  using std::chrono::hours;
  Talk talk;
  const auto early = talk.bo.run(Reply{talk.question.text(), "At six.", false});
  talk.ana.now += hours(1);
  talk.ana.run(Reply{talk.question.text(), "Anyone?", false});
  Team::meet(talk.ana, talk.cy);
  const auto late_at = [&](Device& device) {
    const auto refs = *rules::replies_of(device, device.ref(talk.thread));
    const auto arrivals = *rules::arrivals(device, refs);
    std::vector<ObjectId> out;
    for (std::size_t i = 0; i < refs.size(); ++i)
      if (arrivals[i].late) out.push_back(refs[i].object);
    return out;
  };
  talk.ana.now += hours(1);
  talk.cy.now = talk.ana.now + rules::kOneArrival;
  Team::meet(talk.ana, talk.bo);
  CHECK(late_at(talk.ana) == std::vector{early});
  CHECK(talk.bodies(talk.ana) == Sentences{"When is low tide?", "At six.", "Anyone?"});
  CHECK(late_at(talk.bo).empty());
  CHECK(late_at(talk.cy).empty());
  Team::meet(talk.ana, talk.cy);
  CHECK(late_at(talk.cy) == std::vector{early});
}

TEST_CASE("message: retract beats edit") {
  for (const int lead : {-60'000, 60'000}) {
    Talk talk;
    auto& phone = talk.team["ana/phone"];
    phone.now = talk.ana.now + Millis{lead};
    talk.ana.run(Retract{talk.question.text()});
    phone.run(MessageEdit{talk.question.text(), "When is high tide?"});
    talk.team.converge();
    for (auto* device : {&talk.ana, &phone, &talk.bo}) {
      const auto ref = device->ref(talk.question);
      CHECK(rules::retracted(device->state(ref)));
      // What was said stays in its history.
      CHECK(device->history(ref)->size() == 3);
    }
  }
}

TEST_CASE("message: edited and retracted by its author only; older versions are kept") {
  Talk talk;
  const auto id = talk.question.text();
  CHECK(talk.bo.attempt(MessageEdit{id, "Why?"}).error().code == Code::denied);
  CHECK(talk.bo.attempt(Retract{id}).error().code == Code::denied);
  talk.ana.run(MessageEdit{id, "When is the next low tide?"});
  talk.team.converge();
  const auto ref = talk.bo.ref(talk.question);
  CHECK(*talk.bo.text(ref, message::kBody) == "When is the next low tide?");
  const auto history = *talk.bo.history(ref);
  const auto before = crdt::rebuild(ref.object, std::span(history).first(history.size() - 1));
  REQUIRE(before);
  CHECK(before->texts.at(message::kBody).text() == "When is low tide?");
}

TEST_CASE("message: two answers marked: both shown, asker picks") {
  Talk talk;
  const auto six = talk.bo.run(Reply{talk.question.text(), "At six.", true});
  const auto seven = talk.cy.run(Reply{talk.question.text(), "At seven.", true});
  talk.team.converge();
  for (auto* device : {&talk.ana, &talk.bo, &talk.cy}) {
    const auto ref = device->ref(talk.question);
    CHECK(rules::answers_of(*device, ref)->size() == 2);
    CHECK(device->notices(ref) == Sentences{"2 answers are marked: the asker picks one"});
  }
  const auto id = talk.question.text();
  CHECK(talk.bo.attempt(TakeValue{id, "answer", six.text()}).error().code == Code::denied);
  talk.ana.run(TakeValue{id, "answer", seven.text()});
  talk.team.converge();
  const auto answers = *rules::answers_of(talk.bo, talk.bo.ref(talk.question));
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].object == seven);
  CHECK(talk.bodies(talk.bo).size() == 3);
}

TEST_CASE("reactions: everyone's own stand side by side; taking back leaves others' alone") {
  Talk talk;
  const auto id = talk.question.text();
  talk.ana.run(React{id, "👍", false});
  talk.bo.run(React{id, "👍", false});
  talk.bo.run(React{id, "🎉", false});
  talk.team.converge();
  talk.bo.run(React{id, "👍", true});
  talk.team.converge();
  const auto state = talk.cy.state(talk.cy.ref(talk.question));
  const auto of = [&](const std::string& name) {
    const auto* cell = state.find(field::kReactions, talk.team.member(name).view());
    Sentences out;
    if (cell)
      for (const auto& value : crdt::set_values(*cell))
        out.emplace_back(decode_value(value)->text());
    return out;
  };
  CHECK(of("ana") == Sentences{"👍"});
  CHECK(of("bo") == Sentences{"🎉"});
  CHECK(of("cy").empty());
}

TEST_CASE("reactions: given here and taken back on my other device apart: add wins") {
  Talk talk;
  auto& phone = talk.team["ana/phone"];
  const auto id = talk.question.text();
  talk.ana.run(React{id, "👍", false});
  talk.team.converge();
  phone.run(React{id, "👍", true});
  talk.ana.run(React{id, "👍", true});
  talk.ana.run(React{id, "👍", false});
  talk.team.converge();
  const auto state = talk.bo.state(talk.bo.ref(talk.question));
  const auto* cell = state.find(field::kReactions, talk.team.member("ana").view());
  REQUIRE(cell);
  CHECK(crdt::set_values(*cell).size() == 1);
}
