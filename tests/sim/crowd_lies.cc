// What programs that obey no rule of their own do in a crowd. Their devices sign with real keys and
// know the protocol; what they cannot do is make signatures of others.
#include <algorithm>

#include "base/wire.h"
#include "tests/sim/crowd.h"
#include "work/schema.h"

namespace holm::sim {

namespace members = work::members;
using members::OpKind;
namespace {

constexpr std::size_t kHiddenMax = 3;

/// As Replica::add_membership() puts an op into the logs, whatever it says and whoever signed it.
Status put(node::Replica& replica, const members::Op& op, WallTime now) {
  const auto bytes = members::encode(op);
  const auto hash = members::op_hash(bytes);
  TRY(replica.write(replica.trust(),
                    {{.object = *ObjectId::from(hash.view()),
                      .type = work::kMembershipOp,
                      .field = work::membership_op::kOp,
                      .value = encode(Value(bytes))}},
                    now));
  return {};
}

}  // namespace

Status Crowd::lie(Deed deed, Rng& rng, std::size_t number) {
  auto* liar = any_liar(rng);
  if (deed == Deed::lie_late) {
    if (hidden_.empty()) return {};
    liar = hidden_[rng.below(hidden_.size())].get();
  }
  if (liar == nullptr) return {};
  frontiers_.push_back(liar->replica().roster().frontier);
  switch (deed) {
    case Deed::lie: return utter(*liar, any_op(*liar, rng), rng);
    case Deed::lie_late:
      if (rng.chance(30)) return intrude(*liar, rng, number);
      return utter(*liar, any_op(*liar, rng), rng);
    case Deed::forge: return forge(*liar, rng);
    case Deed::replay: return replay(*liar, rng);
    case Deed::miscut: {
      auto op = any_op(*liar, rng);
      op.kind = rng.chance(50) ? OpKind::reduce : OpKind::room_member;
      op.role = members::Role::none;
      op.level = members::Level::none;
      op.cut.clear();
      for (const auto& space : liar->replica().all_spaces()) {
        for (const auto& log : TRY(liar->replica().store().logs().of_space(space))) {
          if (rng.chance(60)) op.cut.push_back({log.root, rng.below(log.stored_seq + 3)});
        }
      }
      std::sort(op.cut.begin(), op.cut.end());
      op.cut.erase(std::unique(op.cut.begin(), op.cut.end(),
                               [](const auto& a, const auto& b) { return a.log == b.log; }),
                   op.cut.end());
      return utter(*liar, std::move(op), rng);
    }
    case Deed::intrude: return intrude(*liar, rng, number);
    case Deed::hide: return hide(*liar, rng);
    default: return {};
  }
}

/// An op of any kind about anybody.
members::Op Crowd::any_op(Station& liar, Rng& rng) {
  static constexpr OpKind kKinds[] = {
      OpKind::grant,        OpKind::grant,       OpKind::reduce,      OpKind::reduce,
      OpKind::reduce,       OpKind::drop_device, OpKind::extend,      OpKind::rekey,
      OpKind::open_room,    OpKind::room_member, OpKind::room_member, OpKind::make_private,
      OpKind::close_invite, OpKind::dismiss,     OpKind::drop_device};
  auto& replica = liar.replica();
  members::Op op;
  op.kind = kKinds[rng.below(std::size(kKinds))];
  const auto whom = rng.below(kStations);
  op.target = member(person_of(whom));
  op.role = static_cast<members::Role>(rng.below(5));
  op.dropped = stations_[whom]->identity().device();
  rng.fill(op.keys.commitment.bytes);
  op.room = places_[rng.below(places_.size())].space;
  op.level = static_cast<members::Level>(rng.below(4));
  if (op.kind == OpKind::open_room) {
    op.nonce = to_bytes(rng.id<ShortHash>().view());
    op.is_private = rng.chance(50);
    if (rng.chance(80)) op.room = members::room_of(team_, replica.self(), op.nonce);
  }
  if (op.kind == OpKind::open_room || op.kind == OpKind::make_private) {
    for (std::size_t person = 0; person < kPeople; ++person) {
      if (!rng.chance(20)) continue;
      op.members.push_back({member(person), static_cast<members::Level>(rng.below(4))});
    }
    std::sort(op.members.begin(), op.members.end());
  }
  if (op.kind == OpKind::close_invite && !replica.roster().invites.empty()) {
    op.invite = replica.roster().invites.begin()->first;
  }
  if (op.kind == OpKind::extend || op.kind == OpKind::dismiss) {
    if (rng.chance(30)) op.room = {};
    const auto logs =
        replica.store().logs().of_space(op.room.is_nil() ? replica.commons() : op.room);
    for (const auto& log : logs.value_or(std::vector<store::LogInfo>())) {
      if (rng.chance(50)) op.spans.push_back({log.root, 1, 1 + rng.below(40)});
    }
    std::sort(op.spans.begin(), op.spans.end());
    op.spans.erase(std::unique(op.spans.begin(), op.spans.end(),
                               [](const auto& a, const auto& b) { return a.log == b.log; }),
                   op.spans.end());
  }
  return op;
}

/// With a past of any time: nothing but the last op, what some liar saw once, or one op of all.
Status Crowd::utter(Station& liar, members::Op op, Rng& rng) {
  auto& replica = liar.replica();
  auto past = replica.roster().frontier;
  if (rng.chance(40)) past = frontiers_[rng.below(frontiers_.size())];
  if (rng.chance(30)) {
    const auto history = liar.replica().membership().history();
    if (!history.empty()) past = {history[rng.below(history.size())].hash};
  }
  // What the liar's own device does not hold cannot be named by it.
  std::erase_if(past,
                [&](const ShortHash& hash) { return !liar.replica().membership().knows(hash); });
  ++life_.done;
  return liar.write([&](node::Replica& own) -> Status {
    TRY(own.add_membership(std::move(op), clock_.wall(), std::move(past)));
    return {};
  });
}

/// Somebody else is named as author, or another device, or what is signed is changed afterwards.
Status Crowd::forge(Station& liar, Rng& rng) {
  auto& replica = liar.replica();
  const auto& other = *stations_[rng.below(kStations)];
  auto op = any_op(liar, rng);
  op.team = team_;
  op.author = replica.self();
  op.device = replica.self_device();
  op.past = replica.roster().frontier;
  op.time = clock_.wall();
  const auto how = rng.below(4);
  if (how == 0 || how == 1) op.author = other.replica().self();
  if (how == 1 || how == 2) op.device = other.identity().device();
  members::sign(op, liar.identity().signing);
  if (how == 3) {
    op.target = member(rng.below(kPeople));
    op.role = members::Role::owner;
  }
  ++life_.done;
  return liar.write([&](node::Replica& own) { return put(own, op, clock_.wall()); });
}

/// The certificate and proof of a join that was good, for another role or once more.
Status Crowd::replay(Station& liar, Rng& rng) {
  std::vector<members::Op> joins;
  for (const auto& judged : liar.replica().membership().history()) {
    if (judged.op->kind == OpKind::grant && !judged.op->join_proof.empty()) {
      joins.push_back(*judged.op);
    }
  }
  if (joins.empty()) return {};
  auto op = joins[rng.below(joins.size())];
  if (rng.chance(50)) op.role = static_cast<members::Role>(1 + rng.below(4));
  if (rng.chance(20)) op.target = member(rng.below(kPeople));
  if (rng.chance(20)) op.invite = joins[rng.below(joins.size())].invite;
  return utter(liar, std::move(op), rng);
}

/// Words where the liar may have no business.
Status Crowd::intrude(Station& liar, Rng& rng, std::size_t number) {
  const auto& place = places_[rng.below(places_.size())];
  const auto token = "i" + std::to_string(number) + ";";
  const auto object = rng.id<ObjectId>();
  intrusions_.push_back({token, place.space, object, person_of(number_of(liar))});
  ++life_.done;
  return liar.write([&](node::Replica& own) -> Status {
    TRY(own.write(place.space,
                  {{.object = object,
                    .type = work::kDocument,
                    .field = work::field::kTitle,
                    .value = encode(Value(token))}},
                  clock_.wall()));
    return {};
  });
}

/// A copy of a device's store, of which nobody hears yet. Where nothing proves that it goes on
/// alone it writes logs of its own; else the two go on in the same ones, which forks them.
Status Crowd::hide(Station& liar, Rng& rng) {
  if (hidden_.size() >= kHiddenMax) hidden_.erase(hidden_.begin());
  auto hidden = std::make_unique<Station>(liar.name(), liar.seed(), clock_);
  const bool is_restored = rng.chance(60);
  hidden->reseed(rng.next());
  TRY(hidden->start(team_, liar.disk(), is_restored));
  hidden_.push_back(std::move(hidden));
  return {};
}

Status Crowd::reveal(Rng& rng) {
  auto* there = any_entered(rng);
  if (hidden_.empty() || there == nullptr) return {};
  return meet(*hidden_[rng.below(hidden_.size())], *there);
}

/// Hands over all that a liar has written somewhere, in a space that the other side may not read,
/// or with something broken in it.
Status Crowd::thrust(Rng& rng) {
  auto* liar = any_liar(rng);
  auto* there = any_entered(rng);
  if (liar == nullptr || there == nullptr || liar == there) return {};
  const auto spaces = liar->replica().all_spaces();
  const auto& space = spaces[rng.below(spaces.size())];
  sync::Delta delta;
  delta.space = space;
  for (const auto& log : TRY(liar->replica().store().logs().of_space(space))) {
    if (log.member != liar->replica().self()) continue;
    if (auto range = TRY(liar->replica().next_range(log.log, 0))) delta.ranges.push_back(*range);
  }
  if (delta.ranges.empty()) return {};
  const bool is_broken = rng.chance(50);
  if (is_broken) {
    auto& range = delta.ranges[rng.below(delta.ranges.size())];
    auto& change = range.changes[rng.below(range.changes.size())];
    switch (rng.below(3)) {
      case 0: range.head.signature.bytes[rng.below(64)] ^= 1; break;
      case 1: change.time += Millis{1}; break;
      default:
        if (!change.ops.empty() && !change.ops[0].content.empty()) change.ops[0].content[0] ^= 1;
    }
  }
  const bool may_read = there->replica().may_read(there->replica().self(), space);
  Meeting meeting(liar->replica(), there->replica(), clock_.wall());
  const auto before = TRY(there->replica().held_digest(space));
  (void)TRY(meeting.thrust(std::move(delta)));
  if (TRY(there->replica().held_digest(space)) != before && !may_read &&
      there->replica().roster().role(there->replica().self()) != members::Role::none) {
    return fail(Code::failed, there->name() + " took in what it may not read");
  }
  return check_step(*there);
}

}  // namespace holm::sim
