// PRODUCT.md 3.1 and 3.2, "concurrent", for team, profile and room.
#include <doctest/doctest.h>

#include "base/wire.h"
#include "tests/support/memory_state.h"
#include "work/read.h"
#include "work/reference.h"
#include "work/rules/notices.h"
#include "work/schema.h"

using namespace holm;
using namespace holm::work;
using holm::test::Device;
using holm::test::Team;

TEST_CASE("team: two renames: later wins, other shown") {
  Team team({"ana", "bo"});
  auto& ana = team["ana"];
  auto& bo = team["bo"];
  ana.run(TeamRename{"Harbour"});
  bo.now += Millis{60'000};
  bo.run(TeamRename{"Quay"});
  team.converge();
  for (auto* device : {&ana, &bo}) {
    const auto object = device->state(team_ref(*device));
    CHECK(words_of(object, field::kTitle) == "Quay");
    const auto chips = rules::also_set(*device, object);
    REQUIRE(chips.size() == 1);
    CHECK(chips[0].by == team.member("bo"));
    REQUIRE(chips[0].others.size() == 1);
    CHECK(chips[0].others[0].value == Value("Harbour"));
    CHECK(chips[0].others[0].by == team.member("ana"));
    CHECK(device->notices(team_ref(*device)) ==
          std::vector<std::string>{"title also set to 'Harbour' by ana"});
  }
}

TEST_CASE("chip: stays until someone touches the field, and then goes everywhere") {
  for (const bool take : {true, false}) {
    Team team({"ana", "bo"});
    team["ana"].run(TeamRename{"Harbour"});
    team["bo"].now += Millis{60'000};
    team["bo"].run(TeamRename{"Quay"});
    team.converge();
    const auto id = team_ref(team["ana"]).object.text();
    if (take) {
      team["ana"].run(TakeValue{id, "title", "harbour"});
    } else {
      team["ana"].run(KeepValue{id, "title"});
    }
    team.converge();
    const auto object = team["bo"].state(team_ref(team["bo"]));
    CHECK(words_of(object, field::kTitle) == (take ? "Harbour" : "Quay"));
    CHECK(rules::also_set(team["bo"], object).empty());
  }
}

TEST_CASE("chip: two people who set the same value apart agree") {
  Team team({"ana", "bo"});
  team["ana"].run(TeamRename{"Quay"});
  team["bo"].run(TeamRename{"Quay"});
  team.converge();
  CHECK(rules::also_set(team["ana"], team["ana"].state(team_ref(team["ana"]))).empty());
}

TEST_CASE("profile: two of my own devices: later wins") {
  Team team({"ana", "ana/phone", "bo"});
  team["ana"].run(ProfileSet{{{"zone", "Europe/Lisbon"}, {"hours", "Mon-Fri 09:00-17:00"}}});
  team["ana/phone"].now += Millis{60'000};
  team["ana/phone"].run(ProfileSet{{{"zone", "Africa/Accra"}}});
  team.converge();
  auto& bo = team["bo"];
  const auto ana = team.member("ana");
  const auto object = bo.state(profile_ref(bo, ana));
  CHECK(words_of(object, profile::kZone, ana.view()) == "Africa/Accra");
  CHECK(words_of(object, profile::kHours, ana.view()) == "Mon-Fri 09:00-17:00");
  CHECK(bo.notices(profile_ref(bo, ana)).empty());
}

TEST_CASE("profile: only its owner's devices write it") {
  Team team({"ana", "bo"});
  auto& ana = team["ana"];
  auto& bo = team["bo"];
  ana.run(ProfileSet{{{"zone", "Europe/Lisbon"}}});
  team.converge();
  // A program that writes into another's profile all the same files it under its own member.
  crdt::Write write;
  write.object = profile_ref(bo, ana.self()).object;
  write.type = kProfile;
  write.field = profile::kZone;
  write.kind = crdt::Kind::member;
  write.value = encode(Value("Mars/Olympus"));
  bo.write(bo.commons(), {write});
  team.converge();
  CHECK(words_of(ana.state(profile_ref(ana, ana.self())), profile::kZone, ana.self().view()) ==
        "Europe/Lisbon");
}

namespace {

struct OneRoom {
  Team team{{"ana", "bo"}};
  Device& ana = team["ana"];
  Device& bo = team["bo"];
  ObjectId room = ana.run(RoomNew{"Lab", "project", ""});

  OneRoom() {
    ana.run(ThreadNew{"Lab", "Tides", "first"});
    ana.run(DocNew{"Lab/Log", "calm\n"});
    team.converge();
  }
  rules::Life life(Device& device) { return *rules::life_of(device, device.ref(room)); }
};

}  // namespace

TEST_CASE("room: archived here, written there: the writing revives the room with a notice") {
  // Whichever side's clock is ahead.
  for (const int lead : {-60'000, 0, 60'000}) {
    OneRoom lab;
    lab.bo.now += Millis{lead};
    lab.ana.run(RoomArchive{"Lab", false});
    CHECK(lab.life(lab.ana).archived);
    lab.bo.run(Say{.thread = "Tides", .text = "storm coming"});
    lab.team.converge();
    for (auto* device : {&lab.ana, &lab.bo}) {
      const auto life = lab.life(*device);
      CHECK_FALSE(life.archived);
      CHECK(life.lives);
      CHECK(life.archived_by == lab.team.member("ana"));
      CHECK(life.kept_by == std::vector<MemberId>{lab.team.member("bo")});
      CHECK(
          device->notices(device->ref(lab.room)) ==
          std::vector<std::string>{"ana archived this room while bo was writing here: it is back"});
    }
  }
}

TEST_CASE("room: editing a text in a room that was archived meanwhile revives it too") {
  OneRoom lab;
  lab.bo.now -= Millis{60'000};
  lab.bo.run(DocAppend{"Log", "storm"});
  lab.ana.run(DocAppend{"Log", "still calm"});
  lab.ana.run(RoomArchive{"Lab", false});
  lab.team.converge();
  CHECK(lab.life(lab.ana).lives);
}

TEST_CASE("room: archived with nothing new stays archived, also when two archive it apart") {
  OneRoom lab;
  lab.ana.run(RoomArchive{"Lab", false});
  lab.bo.run(RoomArchive{"Lab", false});
  lab.team.converge();
  CHECK(lab.life(lab.ana).archived);
  CHECK(lab.life(lab.bo).archived);
  CHECK(lab.ana.notices(lab.ana.ref(lab.room)).empty());
}

TEST_CASE("room: writing in it knowingly brings it back and says so") {
  OneRoom lab;
  lab.ana.run(RoomArchive{"Lab", false});
  lab.team.converge();
  const auto outcome = lab.bo.attempt(DocAppend{"Log", "storm"});
  REQUIRE(outcome);
  REQUIRE(outcome->notices.size() == 1);
  CHECK(outcome->notices[0] == "the room 'Lab' was archived: writing in it brought it back");
  lab.team.converge();
  CHECK_FALSE(lab.life(lab.ana).archived);
  CHECK_FALSE(lab.life(lab.ana).lives);
}

TEST_CASE("room: archiving it again after it came back holds") {
  OneRoom lab;
  lab.ana.run(RoomArchive{"Lab", false});
  lab.bo.run(DocAppend{"Log", "storm"});
  lab.team.converge();
  REQUIRE(lab.life(lab.ana).lives);
  lab.bo.run(RoomArchive{"Lab", false});
  lab.team.converge();
  CHECK(lab.life(lab.ana).archived);
}
