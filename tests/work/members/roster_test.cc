#include "work/members/roster.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>

#include "tests/support/seeds.h"
#include "tests/work/members/team_of_keys.h"

namespace holm::work::members {
namespace {

using test::Actor;
using test::kDay;
using test::print;
using test::TeamOfKeys;

template <class T>
void shuffle(std::vector<T>& items, Rng& rng) {
  for (auto i = items.size(); i > 1; --i) std::swap(items[i - 1], items[rng.below(i)]);
}

/// An op that may or may not be allowed, from what its author has seen.
Op any_op(const std::vector<std::unique_ptr<Actor>>& actors, const Roster& known, Rng& rng) {
  Op op;
  op.kind = static_cast<OpKind>(2 + rng.below(13));  // one past the kinds that are known
  op.target = actors[rng.below(actors.size())]->id;
  op.role = static_cast<Role>(rng.below(5));
  op.time = kDay + std::chrono::hours(rng.below(400));
  op.dropped = actors[rng.below(actors.size())]->device;
  op.keys.place.scope = static_cast<EpochPlace::Scope>(rng.below(3));
  if (op.kind == OpKind::rekey && op.keys.place.scope == EpochPlace::Scope::room) {
    op.keys.place.room.bytes.fill(static_cast<std::uint8_t>(rng.below(5)));
  }
  op.room.bytes.fill(static_cast<std::uint8_t>(rng.below(5)));
  op.level = static_cast<Level>(rng.below(4));
  if (op.kind == OpKind::make_private) {
    op.members = {{op.target, static_cast<Level>(rng.below(4))}};
  }
  if (!known.invites.empty()) op.invite = known.invites.begin()->first;
  op.invite_key = actors.front()->signing.public_key();
  op.invite_psk = Bytes(32, 3);
  op.uses = rng.below(3);
  op.expires = kDay + std::chrono::days(3);
  return op;
}

TEST_CASE("roster: the same ops make the same roster in any order and any number") {
  holm::test::for_each_seed(3, [](holm::test::Seed seed) {
    SeededRng rng(seed);
    std::vector<std::unique_ptr<Actor>> actors;
    for (const auto* name : {"Ana", "Bo", "Cy", "Di", "Eve"}) {
      actors.push_back(std::make_unique<Actor>(name, rng));
    }
    TeamOfKeys team(*actors[0], rng);
    for (std::size_t i = 1; i < 4; ++i) {
      team.admit(*actors[0], *actors[i], rng, i == 1 ? Role::admin : Role::member);
    }
    actors[4]->seen = team.all;  // never let in, writes all the same
    std::vector<std::pair<ShortHash, InviteSecret>> invites;
    for (int i = 0; i < 14; ++i) {
      auto& by = *actors[rng.below(actors.size())];
      if (rng.chance(30)) by.seen = team.all;  // meets the others
      if (rng.chance(15)) {
        const auto secret = rng.id<InviteSecret>();
        invites.emplace_back(team.invite(by, secret, 1 + rng.below(2)), secret);
      } else if (!invites.empty() && rng.chance(25)) {
        const auto& [id, secret] = invites[rng.below(invites.size())];
        Actor guest("Guest " + std::to_string(i), rng);
        team.write(by, team.admission(guest, id, secret, rng.id<Digest>()));
      } else {
        team.write(by, any_op(actors, team.roster(by), rng));
      }
    }
    const auto wanted = print(resolve(team.id, team.all));
    auto ops = team.all;
    for (int i = 0; i < 4; ++i) {
      shuffle(ops, rng);
      REQUIRE(print(resolve(team.id, ops)) == wanted);
    }
    for (int i = 0; i < 10; ++i) ops.push_back(ops[rng.below(ops.size())]);
    ops.push_back(to_bytes("no op at all"));
    shuffle(ops, rng);
    REQUIRE(print(resolve(team.id, ops)) == wanted);
    // Who was never let in belongs nowhere, whatever she signed.
    CHECK(resolve(team.id, ops).role(actors[4]->id) == Role::none);
  });
}

TEST_CASE("roster: an op whose past is not here waits without effect") {
  SeededRng rng(1);
  Actor ana("Ana", rng);
  Actor bo("Bo", rng);
  TeamOfKeys team(ana, rng);
  team.admit(ana, bo, rng);
  auto ops = team.all;
  ops.erase(ops.begin() + 1);  // the invite
  CHECK(resolve(team.id, ops).role(bo.id) == Role::none);
  CHECK(resolve(team.id, team.all).role(bo.id) == Role::member);
}

TEST_CASE("roster: an invite admits as often as it says, also when used apart") {
  holm::test::for_each_seed(10, [](holm::test::Seed seed) {
    SeededRng rng(seed);
    Actor ana("Ana", rng);
    Actor bo("Bo", rng);
    Actor cy("Cy", rng);
    TeamOfKeys team(ana, rng);
    team.admit(ana, bo, rng);
    team.admit(ana, cy, rng);
    bo.seen = cy.seen;
    const auto secret = rng.id<InviteSecret>();
    const auto invite = team.invite(ana, secret, 2);
    bo.seen = cy.seen = ana.seen;
    std::vector<std::unique_ptr<Actor>> joiners;
    for (auto* by : {&ana, &bo, &cy}) {
      joiners.push_back(std::make_unique<Actor>("joiner", rng));
      team.write(*by, team.admission(*joiners.back(), invite, secret, rng.id<Digest>()));
    }
    auto ops = team.all;
    shuffle(ops, rng);
    const auto roster = resolve(team.id, ops);
    const auto in = std::count_if(joiners.begin(), joiners.end(), [&](const auto& joiner) {
      return roster.authorised(joiner->device);
    });
    CHECK(in == 2);
    CHECK(roster.invites.at(invite).used == 2);
  });
}

struct Invited {
  explicit Invited(std::uint64_t seed)
      : rng(seed), ana("Ana", rng), bo("Bo", rng), team(ana, rng), secret(rng.id<InviteSecret>()) {
    invite = team.invite(ana, secret);
  }
  bool is_in(Op op) {
    team.write(ana, std::move(op));
    return team.roster(ana).authorised(bo.device);
  }
  Op admission() { return team.admission(bo, invite, secret, rng.id<Digest>()); }
  SeededRng rng;
  Actor ana;
  Actor bo;
  TeamOfKeys team;
  InviteSecret secret;
  ShortHash invite;
};

TEST_CASE("roster: an invite admits until it expires or is closed, and no higher than it says") {
  SUBCASE("in time") {
    Invited it(1);
    CHECK(it.is_in(it.admission()));
  }
  SUBCASE("too late") {
    Invited it(1);
    auto op = it.admission();
    op.time = kDay + std::chrono::days(7) + Millis{1};
    CHECK_FALSE(it.is_in(op));
  }
  SUBCASE("closed") {
    Invited it(1);
    Op close;
    close.kind = OpKind::close_invite;
    close.invite = it.invite;
    it.team.write(it.ana, close);
    CHECK_FALSE(it.is_in(it.admission()));
  }
  SUBCASE("as more than it says") {
    Invited it(1);
    CHECK_FALSE(it.is_in(it.team.admission(it.bo, it.invite, it.secret, {}, Role::admin)));
  }
}

TEST_CASE("roster: a join proof holds for one handshake and one device alone") {
  SUBCASE("another handshake") {
    Invited it(2);
    auto op = it.admission();
    auto proof = decode_join_proof(op.join_proof);
    REQUIRE(proof.has_value());
    proof->handshake.bytes[5] ^= 1;
    op.join_proof = encode(*proof);
    CHECK_FALSE(it.is_in(op));
  }
  SUBCASE("another device") {
    Invited it(2);
    Actor eve("Eve", it.rng);
    auto op = it.admission();
    op.certificate = eve.certificate(it.team.id);
    op.target = eve.id;
    it.team.write(it.ana, op);
    CHECK_FALSE(it.team.roster(it.ana).authorised(eve.device));
  }
  SUBCASE("another secret") {
    Invited it(2);
    CHECK_FALSE(it.is_in(it.team.admission(it.bo, it.invite, it.rng.id<InviteSecret>(), {})));
  }
  SUBCASE("no proof") {
    Invited it(2);
    auto op = it.admission();
    op.join_proof.clear();
    CHECK_FALSE(it.is_in(op));
  }
}

TEST_CASE("roster: the last owner can neither leave nor be removed, one of two can") {
  SeededRng rng(3);
  Actor ana("Ana", rng);
  Actor bo("Bo", rng);
  TeamOfKeys team(ana, rng);
  team.admit(ana, bo, rng, Role::admin);
  team.set_role(ana, ana.id, OpKind::reduce, Role::none);
  CHECK(team.roster(ana).role(ana.id) == Role::owner);
  bo.seen = ana.seen;
  team.set_role(bo, ana.id, OpKind::reduce, Role::member);  // an admin does not lower an owner
  CHECK(team.roster(bo).role(ana.id) == Role::owner);
  team.set_role(ana, bo.id, OpKind::grant, Role::owner);
  team.set_role(ana, ana.id, OpKind::reduce, Role::member);
  CHECK(team.roster(ana).role(ana.id) == Role::member);
  CHECK(team.roster(ana).role(bo.id) == Role::owner);
}

TEST_CASE("roster: members raise nobody, and who was removed writes nothing more") {
  SeededRng rng(4);
  Actor ana("Ana", rng);
  Actor bo("Bo", rng);
  TeamOfKeys team(ana, rng);
  team.admit(ana, bo, rng);
  team.set_role(bo, bo.id, OpKind::grant, Role::admin);
  CHECK(team.roster(bo).role(bo.id) == Role::member);
  team.set_role(ana, bo.id, OpKind::reduce, Role::none);
  CHECK_FALSE(team.roster(ana).authorised(bo.device));
  bo.seen = team.all;
  Op room;
  room.kind = OpKind::open_room;
  room.room.bytes.fill(9);
  team.write(bo, room);
  CHECK(team.roster(bo).rooms.empty());
}

TEST_CASE("roster: promoted here, removed there: removal wins") {
  SeededRng rng(6);
  Actor ana("Ana", rng);
  Actor bo("Bo", rng);
  Actor cy("Cy", rng);
  TeamOfKeys team(ana, rng);
  team.admit(ana, bo, rng, Role::admin);
  team.admit(ana, cy, rng);
  bo.seen = cy.seen = ana.seen;
  team.set_role(ana, cy.id, OpKind::grant, Role::admin);
  team.set_role(bo, cy.id, OpKind::reduce, Role::none);
  auto ops = team.all;
  for (int order = 0; order < 5; ++order) {
    shuffle(ops, rng);
    const auto roster = resolve(team.id, ops);
    CHECK(roster.role(cy.id) == Role::none);
    CHECK_FALSE(roster.authorised(cy.device));
  }
  // Whoever has seen both may take them in again.
  ana.seen = ops;
  team.set_role(ana, cy.id, OpKind::grant, Role::member);
  CHECK(team.roster(ana).role(cy.id) == Role::member);
}

TEST_CASE("roster: a founder is known by name from the first op on, and so is the team") {
  SeededRng rng(1);
  Actor ana("Ana", rng);
  TeamOfKeys team(ana, rng);
  const auto roster = team.roster(ana);
  CHECK(roster.team_name == "Crew");
  REQUIRE(roster.person(ana.id) != nullptr);
  CHECK(roster.person(ana.id)->name == "Founder");
}

TEST_CASE("roster: a founding that is not the team's own founds nothing") {
  SeededRng rng(5);
  Actor ana("Ana", rng);
  Actor eve("Eve", rng);
  TeamOfKeys team(ana, rng);
  TeamOfKeys other(eve, rng);
  auto ops = team.all;
  auto forged = decode_op(other.all.front());
  REQUIRE(forged.has_value());
  forged->team = team.id;
  sign(*forged, eve.signing);
  ops.push_back(encode(*forged));
  const auto roster = resolve(team.id, ops);
  CHECK(roster.role(eve.id) == Role::none);
  CHECK(roster.role(ana.id) == Role::owner);
  CHECK(roster.team_name == "Crew");
}

}  // namespace
}  // namespace holm::work::members
