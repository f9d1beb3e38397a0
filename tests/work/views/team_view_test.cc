#include "base/json.h"
#include "tests/work/views/asking.h"

namespace holm::work {
namespace {

using test::ask;
using test::column;
using test::Team;
using Strings = std::vector<std::string>;

TEST_CASE("team.show: name, and members with roles and devices") {
  Team team({"ana", "bo", "ana/phone"});
  const auto out = ask(team["bo"], TeamShow{});
  CHECK(out["team"].text() == team.roster().team.text());
  CHECK(out["name"].text() == "Lighthouse");
  REQUIRE(out["members"].items().size() == 2);
  for (const auto& member : out["members"].items()) {
    CHECK(member["id"].text().size() == 32);
    const bool is_ana = member["name"].text() == "ana";
    CHECK(member["role"].text() == (is_ana ? "owner" : "member"));
    CHECK(member["devices"].items().size() == (is_ana ? 2 : 1));
    CHECK(member["me"].flag() != is_ana);
  }
}

TEST_CASE("team.show: two names given apart: the later stands, the other is shown beside it") {
  Team team({"ana", "bo"});
  team["ana"].run(TeamRename{.title = "North"});
  team.meet();
  team["ana"].run(TeamRename{.title = "East"});
  team["bo"].run(TeamRename{.title = "West"});
  team.converge();
  const auto out = ask(team["ana"], TeamShow{});
  REQUIRE(out["also"].items().size() == 1);
  const auto& chip = out["also"].items()[0];
  CHECK(chip["field"].text() == "title");
  CHECK(chip["value"] == out["name"]);
  CHECK(chip["others"].items()[0]["by"]["name"].text().size() > 0);
  CHECK(chip["others"].items()[0]["at"].text().starts_with("2026-01-05T08:"));
}

TEST_CASE("device.list: of everybody, or of one member") {
  Team team({"ana", "bo", "ana/phone"});
  CHECK(ask(team["bo"], DeviceList{})["devices"].items().size() == 3);
  const auto own = ask(team["ana"], DeviceList{.member = "ana"});
  REQUIRE(own["devices"].items().size() == 2);
  CHECK(own["devices"].items()[0]["member"]["name"].text() == "ana");
  CHECK(test::refused(team["ana"], DeviceList{.member = "nobody"}).code == Code::not_found);
}

TEST_CASE("profile.show: what its owner wrote") {
  Team team({"ana", "bo"});
  team["ana"].run(ProfileSet{.values = {{"name", "Ana Duarte"},
                                        {"zone", "Europe/Lisbon"},
                                        {"hours", "Mon-Fri 09:00-17:00"}}});
  team.meet();
  const auto out = ask(team["bo"], ProfileShow{.member = "Ana Duarte"});
  CHECK(out["name"].text() == "Ana Duarte");
  CHECK(out["zone"].text() == "Europe/Lisbon");
  CHECK(out["hours"].text() == "Mon-Fri 09:00-17:00");
  CHECK_FALSE(out["me"].flag());
  CHECK(ask(team["bo"], ProfileShow{})["zone"].is_null());
}

TEST_CASE("room.list and room.show: rooms and what is in them") {
  Team team({"ana", "bo"});
  auto& ana = team["ana"];
  ana.run(RoomNew{.name = "Workshop", .kind = "topic", .purpose = "tools"});
  ana.run(RoomNew{.name = "Attic", .purpose = {}});
  ana.run(DocNew{.path = "Workshop/a/Plan", .text = "x"});
  ana.run(BoardNew{.path = "Workshop/Repairs", .key = {}});
  ana.run(ThreadNew{.room = "Workshop", .title = "Talk", .text = {}});
  CHECK(column(ask(ana, RoomList{})["rooms"], "title") == Strings{"Attic", "Workshop"});
  const auto room = ask(ana, RoomShow{.room = "Workshop"});
  CHECK(room["room_kind"].text() == "topic");
  CHECK(room["purpose"].text() == "tools");
  CHECK(room["documents"].number() == 1);
  CHECK(room["created_by"]["name"].text() == "ana");
  CHECK(column(room["contents"]["documents"], "path") == Strings{"Workshop/a/Plan"});
  CHECK(column(room["contents"]["boards"], "title") == Strings{"Repairs"});
  CHECK(column(room["contents"]["threads"], "title") == Strings{"Talk"});
  ana.run(RoomArchive{.room = "Attic"});
  CHECK(column(ask(ana, RoomList{})["rooms"], "title") == Strings{"Workshop"});
  CHECK(column(ask(ana, RoomList{.archived = true})["rooms"], "title").size() == 2);
  CHECK(test::refused(ana, RoomShow{.room = "Cellar"}).code == Code::not_found);
}

TEST_CASE("room.show: archived here and written there: it is back, with a notice") {
  Team team({"ana", "bo"});
  team["ana"].run(RoomNew{.name = "Workshop", .purpose = {}});
  team.meet();
  team["ana"].run(RoomArchive{.room = "Workshop"});
  team["bo"].run(DocNew{.path = "Workshop/New", .text = "x"});
  team.converge();
  const auto room = ask(team["ana"], RoomShow{.room = "Workshop"});
  CHECK_FALSE(room["archived"].flag());
  CHECK(column(room["notices"], "kind") == Strings{"revived"});
}

TEST_CASE("answers print as JSON with ids in full and times in UTC") {
  Team team({"ana"});
  auto& ana = team["ana"];
  ana.run(RoomNew{.name = "Workshop", .purpose = {}});
  const auto id = ana.run(DocNew{.path = "Workshop/Plan", .text = "x"});
  const auto printed = to_json(ask(ana, DocShow{.doc = "Workshop/Plan", .version = {}}));
  CHECK(printed.find("\"id\":\"" + id.text() + "\"") != std::string::npos);
  CHECK(printed.find("\"created\":\"2026-01-05T08:00:02Z\"") != std::string::npos);
}

}  // namespace
}  // namespace holm::work
