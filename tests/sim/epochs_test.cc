// Keys of epochs between whole nodes: who may read has them, and who was removed opens nothing with
// all that they ever held.
#include <doctest/doctest.h>

#include <algorithm>

#include "sync/packet.h"
#include "tests/sim/keys.h"
#include "tests/sim/world.h"
#include "tests/support/must.h"

namespace holm::sim {

using namespace std::chrono_literals;
namespace members = work::members;
namespace {

using members::EpochPlace;
using test::must;
using Scope = EpochPlace::Scope;

constexpr EpochPlace kNetwork{};
constexpr EpochPlace kCommons{Scope::commons, {}};

struct Team {
  explicit Team(std::uint64_t seed,
                const std::vector<std::string>& who = {"ana", "bo", "cy", "dee"})
      : names(who), world(seed, who) {
    must(world.found_team("ana"));
    for (const auto& name : names) {
      if (name != "ana") must(world.join(name, "ana"));
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) must(world.connect(names[i], names[k]));
    }
    must(world["ana"].run(request_of("room.new").set("name", "Yard")));
    must(world.converge(120s));
  }
  Result<Value> role(const std::string& by, const std::string& whom, const std::string& role) {
    return world[by].run(request_of("member.role").set("member", whom).set("role", role));
  }
  node::Replica& replica(const std::string& who) {
    return *world[who].node().teams().all().begin()->second;
  }
  EpochPlace room(const std::string& who, const std::string& title) {
    const auto shown = must(world[who].run(request_of("room.show").set("room", title)));
    return {Scope::room, *SpaceId::from_text(shown["space"].text())};
  }
  Bytes newest(const std::string& who, const EpochPlace& place) {
    const auto keys = replica(who).epochs().known(place);
    return keys.empty() ? Bytes() : to_bytes(keys.front()->reveal());
  }
  std::size_t held(const std::string& who, const EpochPlace& place) {
    return replica(who).epochs().known(place).size();
  }
  /// All meet and have time to see to keys.
  void settle() {
    world.heal();
    world.run_for(120s);
    must(world.leave_out_removed());
    must(world.converge(600s));
    must(check_keys(world));
  }

  std::vector<std::string> names;
  World world;
};

}  // namespace

TEST_CASE("epochs: whoever comes in has the keys of what they may read") {
  Team team(1);
  must(check_keys(team.world));
  const auto yard = team.room("ana", "Yard");
  for (const auto& place : {kNetwork, kCommons, yard}) {
    CHECK(team.newest("ana", place).size() == 32);
    for (const auto& name : team.names)
      CHECK(team.newest(name, place) == team.newest("ana", place));
  }
  CHECK(team.newest("ana", kNetwork) != team.newest("ana", kCommons));
  CHECK(team.newest("ana", yard) != team.newest("ana", kCommons));
  // No op of the team has a key in it as it is, but the one that founded it.
  auto& trust = team.replica("dee").membership();
  for (const auto& name : team.names) {
    for (const auto& place : {kCommons, yard}) {
      const auto key = team.newest(name, place);
      for (const auto& hash : trust.key_ops()) {
        const auto bytes = members::encode(*trust.op(hash));
        CHECK(std::search(bytes.begin(), bytes.end(), key.begin(), key.end()) == bytes.end());
      }
    }
  }
}

TEST_CASE("epochs: a private room's keys are its members'; who is added reads all of it") {
  Team team(2);
  must(team.world["ana"].run(request_of("room.new")
                                 .set("name", "Nook")
                                 .set("kind", "private")
                                 .set("members", Value::array().push("bo"))));
  must(team.world.converge(120s));
  const auto nook = team.room("ana", "Nook");
  CHECK(team.held("bo", nook) == 1);
  CHECK(team.held("cy", nook) == 0);
  // Bo is taken out: another key. Cy is added: that key, and the one before.
  const auto change = [&](const std::string& action, const std::string& whom) {
    must(team.world["ana"].run(
        request_of("room.member").set("room", "Nook").set("action", action).set("member", whom)));
    must(team.world.converge(120s));
    must(check_keys(team.world));
  };
  change("remove", "bo");
  CHECK(team.held("ana", nook) == 2);
  CHECK(team.held("bo", nook) == 1);
  change("add", "cy");
  CHECK(team.held("cy", nook) == 2);
  CHECK(team.newest("cy", nook) == team.newest("ana", nook));
  CHECK(team.newest("bo", nook) != team.newest("ana", nook));
}

TEST_CASE("epochs: a room turned private gets a key that the others do not have") {
  Team team(3);
  const auto yard = team.room("ana", "Yard");
  const auto before = team.newest("cy", yard);
  must(team.world["ana"].run(
      request_of("room.private").set("room", "Yard").set("members", Value::array().push("bo"))));
  must(team.world.converge(120s));
  must(check_keys(team.world));
  CHECK(team.newest("bo", yard) == team.newest("ana", yard));
  CHECK(team.newest("ana", yard) != before);
  CHECK(team.newest("cy", yard) == before);
}

TEST_CASE("epochs: who was removed opens nothing sealed after, with every key they ever held") {
  Team team(4);
  const auto yard = team.room("ana", "Yard");
  must(team.role("ana", "cy", "none"));
  team.settle();
  CHECK(team.world.insiders() == std::vector<std::string>{"ana", "bo", "dee"});
  for (const auto& place : {kNetwork, kCommons, yard}) {
    CHECK(team.newest("bo", place) == team.newest("ana", place));
    CHECK(team.newest("cy", place) != team.newest("ana", place));
  }
  // Somebody gives Cy all of membership, which no rule of ours can keep from happening.
  const auto opened = opened_with_all_keys_of(team.world["cy"], team.replica("ana"));
  CHECK(opened.contains(
      to_bytes(team.newest("cy", kCommons))));  // the attack does work on what was theirs
  for (const auto& place : {kNetwork, kCommons, yard}) {
    CHECK_FALSE(opened.contains(team.newest("ana", place)));
  }
}

TEST_CASE("epochs: whoever becomes a guest keeps the network's key and loses the commons'") {
  Team team(5);
  must(team.role("ana", "dee", "guest"));
  team.settle();
  CHECK(team.newest("dee", kNetwork) == team.newest("ana", kNetwork));
  CHECK(team.newest("dee", kCommons) != team.newest("ana", kCommons));
  const auto opened = opened_with_all_keys_of(team.world["dee"], team.replica("ana"));
  CHECK_FALSE(opened.contains(team.newest("ana", kCommons)));
  CHECK_FALSE(opened.contains(team.newest("ana", team.room("ana", "Yard"))));
  // And has it again, with what was sealed meanwhile, once they are a member again.
  must(team.role("ana", "dee", "member"));
  team.settle();
  CHECK(team.newest("dee", kCommons) == team.newest("ana", kCommons));
  CHECK(team.held("dee", kCommons) == team.held("ana", kCommons));
}

TEST_CASE("epochs: two islands that change keys apart end with one newest, and all have both") {
  Team team(6);
  must(team.role("ana", "bo", "admin"));
  must(team.world.converge(60s));
  team.world.split({{"ana"}, {"bo", "cy", "dee"}});
  must(team.role("ana", "dee", "none"));
  must(team.role("bo", "cy", "none"));
  CHECK(team.newest("ana", kCommons) != team.newest("bo", kCommons));
  team.settle();
  CHECK(team.world.insiders() == std::vector<std::string>{"ana", "bo"});
  for (const auto& gone : {"cy", "dee"}) {
    const auto opened = opened_with_all_keys_of(team.world[gone], team.replica("ana"));
    for (const auto& place : {kNetwork, kCommons, team.room("ana", "Yard")}) {
      CHECK_FALSE(opened.contains(team.newest("ana", place)));
    }
  }
}

TEST_CASE("epochs: who comes after a removal reads what was sealed before it") {
  Team team(7, {"ana", "bo", "cy", "dee", "eve"});
  must(team.role("ana", "cy", "none"));
  team.settle();
  const auto count = team.held("ana", kCommons);
  CHECK(count == 2);
  // Dee is away for the next change.
  team.world.split({{"ana", "bo", "eve"}, {"dee"}});
  must(team.role("ana", "eve", "none"));
  team.settle();
  CHECK(team.held("dee", kCommons) == count + 1);
  CHECK(team.newest("dee", kCommons) == team.newest("bo", kCommons));
}

TEST_CASE("epochs: a senior who returns against a contestable removal gets what was missed") {
  Team team(8, {"ana", "bo", "cy"});
  must(team.role("ana", "bo", "owner"));
  must(team.world.converge(60s));
  team.world.split({{"ana"}, {"bo", "cy"}});
  must(team.role("bo", "ana", "none"));
  must(team.role("ana", "bo", "none"));
  team.settle();
  CHECK(team.world.insiders() == std::vector<std::string>{"ana", "cy"});
  const auto opened = opened_with_all_keys_of(team.world["bo"], team.replica("ana"));
  CHECK_FALSE(opened.contains(team.newest("ana", kCommons)));
}

TEST_CASE("epochs: a device that came back by the phrase gets keys from whoever is there") {
  World world(9, {"ana", "bo", "new"});
  must(world.found_team("ana"));
  must(world.join("bo", "ana"));
  must(world.connect("bo", "ana"));
  world.run_for(30s);
  world["ana"].shut_down();
  must(world["new"].run(request_of("recover")
                            .set("phrase", world["ana"].phrase())
                            .set("at", world["bo"].address().text())
                            .set("timeout_ms", 60'000),
                        300s));
  must(world.connect("new", "bo"));
  world.run_for(120s);
  const auto& fresh = *world["new"].node().teams().all().begin()->second;
  const auto& bo = *world["bo"].node().teams().all().begin()->second;
  REQUIRE(fresh.epochs().known(kCommons).size() == 1);
  CHECK(to_bytes(fresh.epochs().known(kCommons).front()->reveal()) ==
        to_bytes(bo.epochs().known(kCommons).front()->reveal()));
}

TEST_CASE("epochs: who keeps a key to themselves stops nobody for longer than an hour") {
  Team team(10, {"ana", "bo", "cy"});
  // Bo's program gives nobody the key of the commons that it began.
  auto& bo = team.replica("bo");
  members::Op op;
  op.kind = members::OpKind::rekey;
  op.keys.place = kCommons;
  const auto key = crypto::SecretKey32::make(team.world.rng());
  op.keys.commitment = members::commitment_of(key);
  members::box_for(op.keys, bo.team(), {}, key, team.world.rng());
  must(bo.begin());
  (void)must(bo.add_membership(std::move(op), WallTime{}));
  must(bo.commit());
  team.world["bo"].node().links().on_written(bo, false);
  team.world.run_for(300s);
  CHECK(check_keys(team.world).error().code == Code::failed);
  team.world.run_for(3600s);
  team.settle();
  CHECK(team.newest("cy", kCommons) == team.newest("ana", kCommons));
}

TEST_CASE("epochs: what is sealed for carriers opens for members, and for nobody who was removed") {
  Team team(12);
  const auto yard = team.room("ana", "Yard").room;
  auto& ana = team.replica("ana");
  const auto seal = [&](const SpaceId& space, std::string_view words) {
    must(ana.begin());
    const auto now = team.world["ana"].node().snapshot().at;
    const auto current = must(ana.sealing_key(space, now));
    const std::vector<sync::Record> records{
        {sync::RecordKind::range, Bytes(words.begin(), words.end())}};
    const auto mailbox = sync::mailbox_of(*ana.epochs().known({}).front(), now);
    auto packet = must(sync::seal_packet(*current.key, mailbox, records, team.world.rng()));
    must(ana.commit());
    team.world["ana"].node().links().on_written(ana, false);
    return packet;
  };
  const auto opens = [&](const std::string& who, const EpochPlace& place, const Bytes& packet) {
    return sync::open_packet(team.replica(who).epochs().known(place), packet).has_value();
  };
  const EpochPlace room{Scope::room, yard};
  const auto before = seal(yard, "before");
  CHECK(opens("cy", room, before));
  must(team.role("ana", "cy", "none"));
  const auto after = seal(yard, "after");
  const auto trust = seal(ana.trust(), "membership");
  team.settle();
  CHECK(opens("bo", room, before));
  CHECK(opens("bo", room, after));
  CHECK(opens("bo", kNetwork, trust));
  CHECK_FALSE(opens("cy", room, after));
  std::vector<crypto::SecretKey32> theirs;
  for (const auto& bytes : opened_with_all_keys_of(team.world["cy"], ana)) {
    theirs.push_back(must(crypto::SecretKey32::from(bytes)));
  }
  std::vector<const crypto::SecretKey32*> keys;
  for (const auto& key : theirs) keys.push_back(&key);
  CHECK(sync::open_packet(keys, before).has_value());
  CHECK(sync::open_packet(keys, after).error().code == Code::denied);
  CHECK(sync::open_packet(keys, trust).error().code == Code::denied);
  // A key that has sealed for a week is followed by another.
  const auto count = team.held("ana", room);
  (void)seal(yard, "the same week");
  CHECK(team.held("ana", room) == count);
  team.world.split({{"ana"}, {"bo"}, {"dee"}});
  team.world.run_for(std::chrono::hours(24 * 7 + 1));
  (void)seal(yard, "a week later");
  CHECK(team.held("ana", room) == count + 1);
}

TEST_CASE("prekeys: they change every week, and what was boxed for one that is gone stays shut") {
  World world(11, {"ana", "bo"});
  must(world.found_team("ana"));
  must(world.join("bo", "ana"));
  must(world.connect("bo", "ana"));
  world.run_for(60s);
  must(world["ana"].run(request_of("room.new")
                            .set("name", "Nook")
                            .set("kind", "private")
                            .set("members", Value::array().push("bo"))));
  must(world.converge(120s));
  auto& bo = *world["bo"].node().teams().all().begin()->second;
  const auto& identity = bo.env().identity;
  const members::Op* op = nullptr;
  for (const auto& [place, epochs] : bo.roster().epochs) {
    if (place.scope == Scope::room) op = bo.membership().op(epochs.front());
  }
  REQUIRE(op != nullptr);
  const auto opens = [&](const std::vector<const crypto::KexKey*>& keys) {
    return members::key_for(op->keys, bo.team(), op->keys.commitment, bo.self_device(), keys)
        .has_value();
  };
  CHECK(opens(bo.prekeys().keys()));
  CHECK_FALSE(opens({&identity.exchange}));
  const auto first = bo.prekeys().keys().front()->public_key();
  world.split({{"ana"}, {"bo"}});
  world.run_for(std::chrono::hours(24 * 8));
  CHECK(bo.prekeys().keys().size() == 2);
  CHECK(opens(bo.prekeys().keys()));  // made by somebody who has not heard of the next
  world.run_for(std::chrono::hours(24 * 31));
  CHECK(bo.prekeys().keys().size() <= 6);
  CHECK_FALSE(opens(bo.prekeys().keys()));
  for (const auto* key : bo.prekeys().keys()) CHECK(key->public_key() != first);
  // The same out of the store; and what the box was for is known all the same.
  world["bo"].shut_down();
  must(world["bo"].boot());
  auto& again = *world["bo"].node().teams().all().begin()->second;
  op = again.membership().op(again.roster().epochs.rbegin()->second.front());
  CHECK(again.epochs().key(again.roster().epochs.rbegin()->second.front()) != nullptr);
  CHECK(again.prekeys().keys().size() >= 2);
  world.heal();
  must(world.connect("bo", "ana"));
  must(world.converge(300s));
}

}  // namespace holm::sim
