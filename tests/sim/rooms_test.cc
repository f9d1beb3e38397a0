// Rooms that not everybody is in, between whole nodes: what reaches whom, and what does not.
#include <doctest/doctest.h>

#include <algorithm>

#include "base/wire.h"
#include "tests/sim/world.h"
#include "tests/support/must.h"
#include "work/schema.h"

namespace holm::sim {

using namespace std::chrono_literals;
namespace members = work::members;
namespace {

using test::must;

/// Ana, who founded the team, and others; nothing is encrypted, so that disks can be searched.
struct House {
  explicit House(std::uint64_t seed,
                 const std::vector<std::string>& who = {"ana", "bo", "cy", "dee"},
                 const std::string& guest = {})
      : world(seed, who) {
    for (auto* host : world.hosts()) host->stop_encrypting();
    must(world.found_team("ana"));
    must(world["ana"].run(request_of("room.new").set("name", "Yard")));
    for (const auto& name : who) {
      if (name == "ana") continue;
      if (name == guest) {
        let_in_guest(name);
      } else {
        must(world.join(name, "ana"));
      }
    }
    for (std::size_t i = 0; i < who.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) must(world.connect(who[i], who[k]));
    }
    must(world.converge(120s));
  }
  void let_in_guest(const std::string& name) {
    const auto invite = must(world["ana"].run(request_of("invite.create")
                                                  .set("role", "guest")
                                                  .set("rooms", Value::array().push("Yard"))));
    must(world[name].run(request_of("join")
                             .set("code", invite["code"].text())
                             .set("at", world["ana"].address().text())
                             .set("timeout_ms", 600'000),
                         Millis{600'000}));
  }
  Result<Value> make(const std::string& by, const std::string& name, const std::string& with) {
    return world[by].run(request_of("room.new")
                             .set("name", name)
                             .set("kind", "private")
                             .set("members", Value::array().push(with)));
  }
  Result<Value> member(const std::string& by, const std::string& room, const std::string& action,
                       const std::string& whom, const std::string& level = {}) {
    auto request = request_of("room.member").set("room", room).set("action", action);
    request.set("member", whom);
    if (!level.empty()) request.set("level", level);
    return world[by].run(std::move(request));
  }
  Result<Value> write(const std::string& by, const std::string& path, const std::string& words) {
    return world[by].run(request_of("doc.new").set("path", path).set("text", words + "\n"));
  }
  Result<Value> append(const std::string& by, const std::string& doc, const std::string& words) {
    return world[by].run(request_of("doc.append").set("doc", doc).set("text", words + "\n"));
  }
  bool sees(const std::string& who, const std::string& doc, const std::string& words) {
    const auto shown = world[who].run(request_of("doc.show").set("doc", doc));
    return shown && (*shown)["text"].text().find(words) != std::string_view::npos;
  }
  /// Whether a word stands anywhere on somebody's disk.
  bool holds(const std::string& who, const std::string& word) {
    for (const auto& [path, content] : world[who].disk().snapshot()) {
      if (std::search(content.begin(), content.end(), word.begin(), word.end()) != content.end()) {
        return true;
      }
    }
    return false;
  }
  node::Replica& replica(const std::string& who) {
    return *world[who].node().teams().all().begin()->second;
  }
  std::size_t late(const std::string& who) {
    return must(world[who].run(request_of("tray.show")))["items"].items().size();
  }
  /// What somebody writes whose program obeys no rule of its own.
  void force(const std::string& by, const SpaceId& space, const std::string& title) {
    auto& it = replica(by);
    must(it.begin());
    (void)must(it.write(space,
                        {{.object = world.rng().id<ObjectId>(),
                          .type = work::kDocument,
                          .field = work::field::kTitle,
                          .value = encode(Value(title))}},
                        WallTime{}));
    must(it.commit());
    world[by].node().links().on_written(it, false);
  }

  World world;
};

}  // namespace

TEST_CASE("rooms: what is in a private room reaches its members' disks and no others") {
  House house(1);
  must(house.make("ana", "Zanzibarquux", "bo"));
  must(house.write("ana", "Zanzibarquux/Vexillumhorn", "glimmerfjord"));
  must(house.world.converge(120s));
  CHECK(house.sees("bo", "Zanzibarquux/Vexillumhorn", "glimmerfjord"));
  must(house.append("bo", "Vexillumhorn", "quillbasalt"));
  must(house.world.converge(120s));
  CHECK(house.sees("ana", "Vexillumhorn", "quillbasalt"));
  for (const std::string word : {"Zanzibarquux", "Vexillumhorn", "glimmerfjord", "quillbasalt"}) {
    CAPTURE(word);
    CHECK(house.holds("bo", word));
    CHECK_FALSE(house.holds("cy", word));
    CHECK_FALSE(house.holds("dee", word));
  }
  // Nor how much there is: the others hold nothing of that space at all.
  const auto space = *SpaceId::from_text(
      must(house.world["bo"].run(request_of("room.show").set("room", "Zanzibarquux")))["space"]
          .text());
  CHECK(must(house.replica("cy").store().logs().of_space(space)).empty());
  // Not even the only owner says who is in a room of others.
  must(house.make("bo", "Nook", "cy"));
  must(house.world.converge(120s));
  CHECK(house.member("ana", "Nook", "add", "ana").error().code == Code::not_found);
  CHECK(house.member("cy", "Nook", "add", "dee").error().code == Code::denied);
  must(house.member("bo", "Nook", "role", "cy", "manager"));
  must(house.world.converge(120s));
  must(house.member("cy", "Nook", "add", "dee", "reader"));
  must(house.world.converge(120s));
  CHECK(house.write("dee", "Nook/Plan", "x").error().code == Code::denied);
  must(house.write("cy", "Nook/Plan", "for-dee"));
  must(house.world.converge(120s));
  CHECK(house.sees("dee", "Nook/Plan", "for-dee"));
  CHECK_FALSE(house.holds("ana", "for-dee"));
}

TEST_CASE("rooms: who is added gets all that is there, who is taken out keeps it and no more") {
  House house(2);
  must(house.make("ana", "Den", "bo"));
  must(house.write("ana", "Den/Log", "before-cy"));
  must(house.world.converge(60s));
  must(house.member("ana", "Den", "add", "cy"));
  must(house.world.converge(120s));
  CHECK(house.sees("cy", "Den/Log", "before-cy"));
  must(house.append("cy", "Den/Log", "by-cy"));
  must(house.world.converge(60s));
  CHECK(house.sees("bo", "Den/Log", "by-cy"));
  must(house.member("ana", "Den", "remove", "cy"));
  must(house.world.converge(60s));
  must(house.append("bo", "Den/Log", "after-cy"));
  must(house.world.converge(60s));
  house.world.run_for(60s);
  CHECK(house.sees("cy", "Den/Log", "by-cy"));
  CHECK_FALSE(house.holds("cy", "after-cy"));
  CHECK(house.sees("ana", "Den/Log", "by-cy"));
  CHECK(house.append("cy", "Den/Log", "no-more").error().code == Code::denied);
  const auto shown = must(house.world["cy"].run(request_of("room.show").set("room", "Den")));
  CHECK(shown["my_level"].text() == "none");
  // And back.
  must(house.member("ana", "Den", "add", "cy"));
  must(house.world.converge(120s));
  CHECK(house.sees("cy", "Den/Log", "after-cy"));
}

TEST_CASE("rooms: what somebody wrote before they heard that they are out waits in the tray") {
  House house(3);
  must(house.make("bo", "Den", "cy"));
  must(house.write("bo", "Den/Log", "start"));
  must(house.world.converge(60s));
  house.world.split({{"cy"}, {"ana", "bo", "dee"}});
  must(house.append("cy", "Den/Log", "written-apart"));
  must(house.member("bo", "Den", "remove", "cy"));
  house.world.run_for(30s);
  house.world.heal();
  house.world.run_for(300s);
  must(house.world.converge(300s));
  CHECK_FALSE(house.sees("bo", "Den/Log", "written-apart"));
  CHECK(house.late("bo") == 1);  // who manages the room, and no admin
  CHECK(house.late("ana") == 0);
  CHECK_FALSE(house.holds("ana", "written-apart"));
  must(house.world["bo"].run(request_of("tray.accept").set("ref", "cy")));
  must(house.world.converge(60s));
  CHECK(house.sees("bo", "Den/Log", "written-apart"));
  CHECK(house.late("bo") == 0);
}

TEST_CASE("rooms: a room that is left to some: others keep what they have and hear nothing new") {
  House house(4);
  must(house.write("bo", "Yard/Log", "for-everyone"));
  must(house.world.converge(60s));
  CHECK(house.world["bo"].run(request_of("room.private").set("room", "Yard")).error().code ==
        Code::denied);
  must(house.world["ana"].run(
      request_of("room.private").set("room", "Yard").set("members", Value::array().push("bo"))));
  must(house.world.converge(60s));
  must(house.append("bo", "Yard/Log", "for-two"));
  must(house.world.converge(60s));
  house.world.run_for(60s);
  CHECK(house.sees("ana", "Yard/Log", "for-two"));
  CHECK(house.sees("cy", "Yard/Log", "for-everyone"));
  CHECK_FALSE(house.holds("cy", "for-two"));
  CHECK(house.append("cy", "Yard/Log", "x").error().code == Code::denied);
}

TEST_CASE("rooms: a guest reads and writes in their rooms, and nowhere else") {
  House house(5, {"ana", "bo", "gil"}, "gil");
  must(house.world["ana"].run(request_of("room.new").set("name", "Office")));
  must(house.write("ana", "Office/Salaries", "glimmerfjord"));
  must(house.world["ana"].run(request_of("team.rename").set("title", "Vexillumhorn")));
  must(house.write("ana", "Yard/Log", "hello-gil"));
  must(house.world.converge(120s));
  CHECK(house.sees("gil", "Yard/Log", "hello-gil"));
  must(house.append("gil", "Yard/Log", "hello-all"));
  must(house.world.converge(60s));
  CHECK(house.sees("bo", "Yard/Log", "hello-all"));
  for (const std::string word : {"Office", "Salaries", "glimmerfjord", "Vexillumhorn"}) {
    CAPTURE(word);
    CHECK_FALSE(house.holds("gil", word));
  }
  auto& gil = house.world["gil"];
  CHECK(gil.run(request_of("invite.create")).error().code == Code::denied);
  CHECK(gil.run(request_of("room.new").set("name", "Mine")).error().code == Code::denied);
  CHECK(gil.run(request_of("team.rename").set("title", "Mine")).error().code == Code::denied);
  CHECK(house.member("gil", "Yard", "add", "bo").error().code == Code::denied);
  CHECK(house.world["ana"]
            .run(request_of("invite.create").set("rooms", Value::array().push("Yard")))
            .error()
            .code == Code::usage);
  // With a program that obeys no rule: nothing of it is taken or counts.
  const auto office = *SpaceId::from_text(
      must(house.world["ana"].run(request_of("room.show").set("room", "Office")))["space"].text());
  house.force("gil", office, "smuggled-in");
  house.force("gil", house.replica("gil").commons(), "smuggled-in");
  members::Op op;
  op.kind = members::OpKind::room_member;
  op.room = office;
  op.target = house.replica("gil").self();
  op.level = members::Level::writer;
  auto& it = house.replica("gil");
  must(it.begin());
  (void)must(it.add_membership(std::move(op), WallTime{}));
  must(it.commit());
  gil.node().links().on_written(it, false);
  house.world.run_for(120s);
  CHECK_FALSE(house.holds("ana", "smuggled-in"));
  CHECK(house.replica("ana").roster().level(it.self(), office) == members::Level::none);
  const auto docs = must(house.world["bo"].run(request_of("doc.list")))["documents"];
  for (const auto& doc : docs.items()) CHECK(doc["title"].text() != "smuggled-in");
}

TEST_CASE("rooms: two people have one room for themselves, called by the other's name") {
  House house(6);
  const auto request = request_of("room.new").set("kind", "one-to-one");
  auto with_bo = request;
  must(house.world["ana"].run(with_bo.set("members", Value::array().push("bo"))));
  must(house.world.converge(60s));
  must(house.write("ana", "bo/Notes", "only-us"));
  must(house.world.converge(60s));
  CHECK(house.sees("bo", "ana/Notes", "only-us"));
  CHECK_FALSE(house.holds("cy", "only-us"));
  auto with_ana = request;
  CHECK(house.world["bo"].run(with_ana.set("members", Value::array().push("ana"))).error().code ==
        Code::usage);
  CHECK(house.member("bo", "ana", "add", "cy").error().code == Code::usage);
}

TEST_CASE("rooms: who leaves the team leaves its private rooms, and the others go on") {
  House house(7);
  must(house.make("bo", "Den", "cy"));
  must(house.write("bo", "Den/Log", "start"));
  must(house.world.converge(60s));
  must(house.world["bo"].run(request_of("member.role").set("member", "bo").set("role", "none")));
  house.world.run_for(120s);
  must(house.world.leave_out_removed());
  must(house.world.converge(300s));
  // Nobody manages it now: who writes there does.
  must(house.append("cy", "Den/Log", "goes-on"));
  must(house.member("cy", "Den", "add", "dee"));
  must(house.world.converge(120s));
  CHECK(house.sees("dee", "Den/Log", "goes-on"));
  CHECK_FALSE(house.holds("bo", "goes-on"));
  CHECK_FALSE(house.holds("ana", "goes-on"));
}

TEST_CASE("rooms: two who left apart, and meet, tell each other nothing of a room") {
  House house(31);
  must(house.make("bo", "Den", "ana"));
  must(house.write("bo", "Den/Plan", "sesame-word"));
  must(house.world.converge(120s));
  REQUIRE(house.holds("ana", "sesame-word"));
  house.world.split({{"ana", "dee"}, {"bo"}, {"cy"}});
  for (const auto* who : {"bo", "cy"}) {
    must(house.world[who].run(request_of("member.role").set("member", who).set("role", "none")));
  }
  house.world.split({{"ana", "dee"}, {"bo", "cy"}});
  house.world.run_for(600s);
  CHECK_FALSE(house.holds("cy", "sesame-word"));
}

}  // namespace holm::sim
