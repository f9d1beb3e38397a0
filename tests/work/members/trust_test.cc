// Real ops with real keys: what is held back of removed people, shown again, and told of it.
#include "work/members/trust.h"

#include <doctest/doctest.h>

#include "tests/support/seeds.h"
#include "tests/work/members/team_of_keys.h"

namespace holm::work::members {
namespace {

using test::Actor;
using test::kDay;
using test::TeamOfKeys;

struct Crew {
  Crew() : rng(7), ana("Ana", rng), bo("Bo", rng), cy("Cy", rng), team(ana, rng) {
    team.admit(ana, bo, rng, Role::admin);
    team.admit(ana, cy, rng);
    bo.seen = cy.seen = ana.seen;
    log.bytes.fill(8);
  }
  ShortHash remove(Actor& by, const Actor& who, std::vector<LogPlace> cut = {}) {
    Op op;
    op.kind = OpKind::reduce;
    op.target = who.id;
    op.role = Role::none;
    op.cut = std::move(cut);
    return team.write(by, std::move(op));
  }
  /// Whether what `who` wrote, seeing what they see, at `seq` is held back as `as` knows it.
  bool is_held(const Actor& as, const Actor& who, std::uint64_t seq,
               const std::vector<ShortHash>& frontier) const {
    auto trust = team.trust(as);
    const auto by = trust.authority(frontier, who.id, who.device);
    REQUIRE(by);
    REQUIRE(by->role > Role::none);
    return trust.holds_back(*by, who.id, who.device, {log, seq});
  }

  SeededRng rng;
  Actor ana;
  Actor bo;
  Actor cy;
  TeamOfKeys team;
  LogId log;
};

TEST_CASE("trust: within the cut content stays, beyond it is held back until it is shown again") {
  Crew crew;
  const auto before = crew.team.roster(crew.bo).frontier;
  crew.remove(crew.ana, crew.bo, {{crew.log, 40}});
  CHECK_FALSE(crew.is_held(crew.ana, crew.bo, 40, before));
  CHECK(crew.is_held(crew.ana, crew.bo, 41, before));
  CHECK_FALSE(crew.is_held(crew.cy, crew.bo, 41, before));  // who has not heard of it
  Op extend;
  extend.kind = OpKind::extend;
  extend.spans = {{crew.log, 41, 50}};
  crew.team.write(crew.ana, extend);
  CHECK_FALSE(crew.is_held(crew.ana, crew.bo, 50, before));
  CHECK(crew.is_held(crew.ana, crew.bo, 51, before));
}

TEST_CASE("trust: what somebody shows again who was removed behind it stays held back") {
  Crew crew;
  const auto before = crew.team.roster(crew.cy).frontier;
  crew.bo.seen = crew.ana.seen;
  crew.remove(crew.bo, crew.cy, {{crew.log, 1}});
  crew.ana.seen = crew.bo.seen;
  Op extend;
  extend.kind = OpKind::extend;
  extend.spans = {{crew.log, 2, 9}};
  const auto seen = crew.ana.seen;
  crew.team.write(crew.bo, extend);
  CHECK_FALSE(crew.is_held(crew.bo, crew.cy, 2, before));
  crew.ana.seen = seen;  // has not heard of it
  crew.remove(crew.ana, crew.bo);
  crew.ana.seen = crew.team.all;
  CHECK(crew.is_held(crew.ana, crew.cy, 2, before));
}

TEST_CASE("trust: of who was let in by an act that does not count, all is held back") {
  Crew crew;
  const auto secret = crew.rng.id<InviteSecret>();
  const auto invite = crew.team.invite(crew.ana, secret);
  crew.bo.seen = crew.ana.seen;
  Actor zoe("Zoe", crew.rng);
  crew.team.write(crew.bo, crew.team.admission(zoe, invite, secret, crew.rng.id<Digest>()));
  zoe.seen = crew.bo.seen;
  const auto at = crew.team.roster(zoe).frontier;
  CHECK_FALSE(crew.is_held(zoe, zoe, 1, at));
  crew.remove(crew.ana, crew.bo);
  crew.ana.seen = crew.team.all;
  CHECK(crew.team.roster(crew.ana).role(zoe.id) == Role::none);
  CHECK(crew.is_held(crew.ana, zoe, 1, at));
  const auto known = crew.team.trust(crew.ana).history();
  CHECK(std::count_if(known.begin(), known.end(), [](const Judged& judged) {
          return judged.state == OpState::taken_back;
        }) == 1);
  // "Ben let Zoe in while away: admit again?" A role is enough: her device is hers all the same.
  crew.team.set_role(crew.ana, zoe.id, OpKind::grant, Role::member);
  CHECK(crew.team.roster(crew.ana).authorised(zoe.device));
}

TEST_CASE("trust: a cut that was named too low is raised by what its author had built on") {
  Crew crew;
  const auto before = crew.team.roster(crew.bo).frontier;
  const auto removal = crew.remove(crew.ana, crew.bo, {{crew.log, 5}});
  auto trust = crew.team.trust(crew.ana);
  const auto by = trust.authority(before, crew.bo.id, crew.bo.device);
  REQUIRE(by);
  const auto standing = trust.standing_of(crew.bo.id, crew.bo.device);
  CHECK_FALSE(standing.empty());
  CHECK(trust.holds_back(*by, crew.bo.id, crew.bo.device, {crew.log, 6}));
  CHECK(trust.raise_cut(removal, {{crew.log, 9}}));
  CHECK_FALSE(trust.raise_cut(removal, {{crew.log, 9}}));
  CHECK_FALSE(trust.holds_back(*by, crew.bo.id, crew.bo.device, {crew.log, 9}));
  CHECK(trust.holds_back(*by, crew.bo.id, crew.bo.device, {crew.log, 10}));
  CHECK(trust.holds_back(*by, crew.bo.id, crew.bo.device, {crew.log, 9}, {}, {}, Reach::named));
  CHECK(trust.standing_of(crew.bo.id, crew.bo.device) != standing);
  CHECK(trust.raise_cut(removal, {}));  // what it rested on does not count any more
  CHECK(trust.holds_back(*by, crew.bo.id, crew.bo.device, {crew.log, 6}));
  CHECK(trust.standing_of(crew.bo.id, crew.bo.device) == standing);
}

TEST_CASE("trust: a dropped device's late work is held back, its owner's other work is not") {
  Crew crew;
  Actor phone("Bo's phone", crew.rng);
  Op add;
  add.kind = OpKind::add_device;
  add.certificate = encode(phone.certified(crew.team.id, crew.bo.root));
  crew.team.write(crew.bo, add);
  const auto at = crew.team.roster(crew.bo).frontier;
  Op drop;
  drop.kind = OpKind::drop_device;
  drop.target = crew.bo.id;
  drop.dropped = phone.device;
  drop.cut = {{crew.log, 3}};
  crew.team.write(crew.bo, drop);
  auto trust = crew.team.trust(crew.bo);
  CHECK(trust.roster().device(phone.device)->dropped);
  const auto by_phone = trust.authority(at, crew.bo.id, phone.device);
  const auto by_bo = trust.authority(at, crew.bo.id, crew.bo.device);
  REQUIRE((by_phone && by_bo));
  CHECK_FALSE(trust.holds_back(*by_phone, crew.bo.id, phone.device, {crew.log, 3}));
  CHECK(trust.holds_back(*by_phone, crew.bo.id, phone.device, {crew.log, 4}));
  CHECK_FALSE(trust.holds_back(*by_bo, crew.bo.id, crew.bo.device, {crew.log, 4}));
}

TEST_CASE("trust: a device comes in by the root key where none is left, and by no other key") {
  Crew crew;
  Actor laptop("new", crew.rng);
  const auto add = [&](const crypto::SigningKey& root) {
    Op op;
    op.kind = OpKind::add_device;
    op.team = crew.team.id;
    op.author = crew.bo.id;
    op.device = laptop.device;
    op.past = crew.team.roster(crew.ana).frontier;
    op.time = kDay;
    op.certificate = encode(laptop.certified(crew.team.id, crew.bo.root));
    op.root_signature = crypto::sign(root, kRootLabel, root_signed_bytes(op));
    sign(op, laptop.signing);
    auto ops = crew.ana.seen;
    ops.push_back(encode(op));
    return resolve(crew.team.id, ops).authorised(laptop.device);
  };
  CHECK(add(crew.bo.root));
  CHECK_FALSE(add(crew.cy.root));
}

TEST_CASE("trust: nobody certifies a device whose keys they do not hold") {
  Crew crew;
  Op add;
  add.kind = OpKind::add_device;
  auto stolen = crew.bo.certified(crew.team.id, crew.bo.root);
  add.certificate = encode(certify(crew.cy.root, crew.team.id, stolen));
  CHECK_FALSE(decode_certificate(add.certificate, crew.team.id).has_value());
  crew.team.write(crew.cy, add);
  CHECK(crew.team.roster(crew.cy).device(crew.bo.device)->member == crew.bo.id);
}

/// A private room of Bo with Cy in it.
struct Den : Crew {
  Den() {
    Op open;
    open.kind = OpKind::open_room;
    open.nonce = Bytes(16, 7);
    open.room = room = room_of(team.id, bo.id, open.nonce);
    open.is_private = true;
    open.members = {{cy.id, Level::writer}};
    team.write(bo, open);
    ana.seen = cy.seen = bo.seen;
  }
  void give(Actor& by, const Actor& who, Level level, std::vector<LogPlace> cut = {}) {
    Op op;
    op.kind = OpKind::room_member;
    op.room = room;
    op.target = who.id;
    op.level = level;
    op.cut = std::move(cut);
    team.write(by, op);
  }
  Level level(const Actor& as, const Actor& who) const {
    return team.roster(as).level(who.id, room);
  }
  void meet() { ana.seen = bo.seen = cy.seen = team.all; }

  SpaceId room;
};

TEST_CASE("trust: a private room has who was named, and no owner can change that") {
  Den den;
  CHECK(den.level(den.ana, den.bo) == Level::manager);
  CHECK(den.level(den.ana, den.cy) == Level::writer);
  CHECK(den.level(den.ana, den.ana) == Level::none);
  den.give(den.ana, den.ana, Level::writer);
  CHECK(den.level(den.ana, den.ana) == Level::none);
  den.give(den.cy, den.ana, Level::writer);
  den.meet();
  CHECK(den.level(den.ana, den.ana) == Level::none);
  den.give(den.bo, den.ana, Level::reader);
  CHECK(den.level(den.bo, den.ana) == Level::reader);
}

TEST_CASE("trust: nobody opens a room that is another's, whatever they say they have seen") {
  Den den;
  Op open;
  open.kind = OpKind::open_room;
  open.nonce = Bytes(16, 7);
  open.room = den.room;
  open.members = {{den.ana.id, Level::manager}};
  open.past = {op_hash(den.team.all.front())};
  den.team.write(den.ana, open);
  open.nonce.clear();
  open.members.clear();
  open.past = {op_hash(den.team.all.front())};
  den.team.write(den.ana, open);
  CHECK(den.team.roster(den.ana).rooms.at(den.room).is_private);
  CHECK(den.level(den.ana, den.ana) == Level::none);
}

TEST_CASE("trust: taken out and raised apart: out, until somebody who knows of both decides") {
  Den den;
  const auto seen = den.bo.seen;
  den.give(den.bo, den.cy, Level::manager);
  auto raised = den.bo.seen;
  den.bo.seen = seen;
  den.give(den.bo, den.cy, Level::none);
  den.meet();
  CHECK(den.level(den.ana, den.cy) == Level::none);
  den.give(den.bo, den.cy, Level::writer);
  CHECK(den.level(den.bo, den.cy) == Level::writer);
}

TEST_CASE("trust: what was written before its author knew that they are out is held back") {
  Den den;
  const auto before = den.team.roster(den.cy).frontier;
  den.give(den.bo, den.cy, Level::none, {{den.log, 5}});
  auto trust = den.team.trust(den.bo);
  const auto by = trust.authority(before, den.cy.id, den.cy.device);
  REQUIRE(by);
  const auto is_held = [&](std::uint64_t seq, const SpaceId& room) {
    return trust.holds_back(*by, den.cy.id, den.cy.device, {den.log, seq}, room, before);
  };
  CHECK(trust.is_anyone_cut());
  CHECK_FALSE(is_held(5, den.room));
  CHECK(is_held(6, den.room));
  CHECK_FALSE(is_held(6, {}));  // in the commons
  CHECK_FALSE(trust.standing_of(den.cy.id, den.cy.device, den.room).empty());
  CHECK(trust.roster().rooms.at(den.room).lowered.contains(den.cy.id));
  CHECK(trust.level(before, den.cy.id, den.room) == Level::writer);
  CHECK(trust.level(den.team.roster(den.bo).frontier, den.cy.id, den.room) == Level::none);
  // Who manages the room shows it, and no owner who is not in it.
  Op extend;
  extend.kind = OpKind::extend;
  extend.room = den.room;
  extend.spans = {{den.log, 6, 9}};
  den.meet();
  den.team.write(den.ana, extend);
  trust = den.team.trust(den.ana);
  CHECK(is_held(6, den.room));
  den.team.write(den.bo, extend);
  trust = den.team.trust(den.bo);
  CHECK_FALSE(is_held(6, den.room));
  CHECK(is_held(10, den.room));
}

TEST_CASE("trust: a room that is left to some meets what was backdated to before with none") {
  Crew crew;
  Op open;
  open.kind = OpKind::open_room;
  open.nonce = Bytes(16, 9);
  const auto room = open.room = room_of(crew.team.id, crew.ana.id, open.nonce);
  crew.team.write(crew.ana, open);
  crew.bo.seen = crew.cy.seen = crew.ana.seen;
  CHECK(crew.team.roster(crew.cy).level(crew.cy.id, room) == Level::writer);
  Op leave;
  leave.kind = OpKind::make_private;
  leave.room = room;
  leave.members = {{crew.cy.id, Level::writer}};
  crew.team.write(crew.ana, leave);
  Op raise;  // Bo, an admin, as of before
  raise.kind = OpKind::room_member;
  raise.room = room;
  raise.target = crew.bo.id;
  raise.level = Level::manager;
  crew.team.write(crew.bo, raise);
  CHECK(crew.team.roster(crew.bo).level(crew.bo.id, room) == Level::manager);
  crew.ana.seen = crew.team.all;
  const auto roster = crew.team.roster(crew.ana);
  CHECK(roster.rooms.at(room).is_private);
  CHECK(roster.level(crew.bo.id, room) == Level::none);
  CHECK(roster.level(crew.cy.id, room) == Level::writer);
  CHECK(roster.manages(crew.ana.id, room));
}

TEST_CASE("trust: ops come back byte for byte, whatever kind they are of") {
  Crew crew;
  Op leave;
  leave.kind = OpKind::reduce;
  leave.target = crew.bo.id;
  leave.role = Role::member;
  leave.cut = {{crew.log, 7}};
  leave.built_on = {{crew.log, 3}};
  crew.team.write(crew.bo, leave);
  Op dismiss;
  dismiss.kind = OpKind::dismiss;
  dismiss.spans = {{crew.log, 1, 2}, {crew.log, 4, 9}};
  crew.team.write(crew.ana, dismiss);
  SpaceId room;
  room.bytes.fill(3);
  Op open;
  open.kind = OpKind::open_room;
  open.room = room;
  open.is_private = true;
  open.nonce = Bytes(16, 1);
  open.members = {{crew.bo.id, Level::reader}};
  crew.team.write(crew.ana, open);
  Op give;
  give.kind = OpKind::room_member;
  give.room = room;
  give.target = crew.cy.id;
  give.level = Level::manager;
  give.cut = {{crew.log, 2}};
  crew.team.write(crew.ana, give);
  Op leave_it;
  leave_it.kind = OpKind::make_private;
  leave_it.room = room;
  leave_it.members = {{crew.cy.id, Level::writer}};
  leave_it.built_on = {{crew.log, 4}};
  crew.team.write(crew.ana, leave_it);
  Op show;
  show.kind = OpKind::extend;
  show.room = room;
  show.spans = {{crew.log, 1, 1}};
  crew.team.write(crew.ana, show);
  Op ask;
  ask.kind = OpKind::invite;
  ask.role = Role::guest;
  ask.uses = 1;
  ask.invite_key = crew.ana.signing.public_key();
  ask.invite_psk = Bytes(32, 1);
  ask.rooms = {room};
  crew.team.write(crew.ana, ask);
  for (const auto& bytes : crew.team.all) {
    const auto op = decode_op(bytes);
    REQUIRE(op.has_value());
    CHECK(encode(*op) == bytes);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
      CHECK_FALSE(decode_op(ByteView(bytes).first(cut)).has_value());
    }
  }
}

}  // namespace
}  // namespace holm::work::members
