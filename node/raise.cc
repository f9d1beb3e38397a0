// How far the logs of removed people show although their remover named less: as far as what he had
// written before had built on them (TRUST.md rule 4), so that nobody takes back what they answered
// to. The part of Replica that computes it from the logs, so that every device says the same.
#include <algorithm>

#include "base/wire.h"
#include "node/built_on.h"
#include "node/replica.h"

namespace holm::node {
namespace members = work::members;
namespace {

/// Whether a cut holds back what stands in a log of a space.
bool is_about(const members::Op& cut, const store::LogInfo& log) {
  switch (cut.kind) {
    case members::OpKind::drop_device: return log.member == cut.target && log.device == cut.dropped;
    case members::OpKind::make_private: return true;
    default: return log.member == cut.target;
  }
}

std::uint64_t named_by_cut(const members::Op& cut, const LogId& log) {
  const auto at = std::lower_bound(cut.cut.begin(), cut.cut.end(), members::LogPlace{log, 0});
  return at != cut.cut.end() && at->log == log ? at->seq : 0;
}

}  // namespace

/// Of the logs that a cut is about, those that go on beyond it, and the lamport from there on.
Result<std::map<LogId, std::uint64_t>> Replica::beyond_cut(const members::Op& cut,
                                                           const SpaceId& space) const {
  std::map<LogId, std::uint64_t> out;
  for (const auto& log : TRY(store_->logs().of_space(space))) {
    if (!is_about(cut, log)) continue;
    const auto from = std::max(named_by_cut(cut, log.root), log.base_seq);
    if (log.applied_seq <= from) continue;
    const auto first = TRY(store_->logs().at(log.log, from + 1));
    if (!first) continue;
    const auto [at, is_new] = out.try_emplace(log.root, first->change.lamport);
    if (!is_new) at->second = std::min(at->second, first->change.lamport);
  }
  return out;
}

/// Whether a change says how far its author had built on others: they might write it, and it is not
/// held back by what is named. (What was raised must not raise in turn.)
bool Replica::bears_witness(const crdt::Change& change, const store::LogInfo& log) {
  const auto by = membership_.authority(change.membership, log.member, log.device);
  if (!by || by->role == members::Role::none) return false;
  const auto room = room_in_trust(log.space);
  if (!room.is_nil() &&
      membership_.level(change.membership, log.member, room).value_or(members::Level::none) <
          members::Level::writer) {
    return false;
  }
  return !membership_.holds_back(*by, log.member, log.device, {log.root, change.seq}, room,
                                 change.membership, members::Reach::named);
}

Result<std::map<LogId, std::uint64_t>> Replica::reach_of(const members::Cut& cut,
                                                         const SpaceId& space,
                                                         const std::vector<Written>& written) {
  const auto wanted = TRY(beyond_cut(*cut.op, space));
  if (wanted.empty()) return wanted;
  // What the author had written says the same as long as no more of it is here.
  Writer state;
  state.array(3 * written.size());
  for (const auto& [log, upto] : written) {
    state.id(log.log).uint(upto);
    state.bytes(membership_.standing_of(log.member, log.device, room_in_trust(space)));
  }
  auto& known = raises_[{cut.hash, space}];
  if (const auto now = state.take(); known.state != now) {
    std::uint64_t floor = UINT64_MAX;
    for (const auto& [log, lamport] : wanted) floor = std::min(floor, lamport);
    std::vector<crdt::OpId> places;
    for (const auto& [log, upto] : written) {
      for (auto seq = upto; seq > log.base_seq;) {
        const auto end = TRY(store_->logs().end_before(log.log, seq));
        const auto held = TRY(store_->logs().at(log.log, end.seq));
        if (end.seq <= log.base_seq || !held || held->change.lamport < floor) break;
        if (bears_witness(held->change, log)) {
          places.push_back({log.log, end.seq});
          break;
        }
        seq = held->change.seq - 1;
      }
    }
    known.reached = TRY(built_on(store_->logs(), space, places, wanted));
    known.state = now;
  }
  return known.reached;
}

Result<bool> Replica::raise_cuts() {
  bool is_raised = false;
  unraised_.clear();
  for (const auto& cut : membership_.cuts()) {
    std::map<SpaceId, std::vector<Written>> written;
    for (const auto& place : cut.op->built_on) {
      const auto tree = TRY(store_->logs().tree(place.log));
      if (tree.empty()) {
        unraised_.insert(SpaceId());  // nobody knows where it is yet
        continue;
      }
      const auto& space = tree[0].space;
      const bool is_there = cut.op->room.is_nil() || cut.op->room == space;
      if (space == trust_ || !is_there || tree[0].member != cut.op->author) continue;
      std::uint64_t delivered = 0;
      for (const auto& log : tree) {
        const auto upto = std::min(place.seq, log.applied_seq);
        delivered = std::max(delivered, upto);
        if (upto > log.base_seq) written[space].push_back({log, upto});
      }
      if (delivered < place.seq) unraised_.insert(space);
    }
    std::map<LogId, std::uint64_t> reached;
    for (const auto& [space, places] : written) {
      reached.merge(TRY(reach_of(cut, space, places)));
    }
    is_raised = membership_.raise_cut(cut.hash, reached) || is_raised;
  }
  return is_raised;
}

/// Whether something was delivered in this turn that may raise a cut.
bool Replica::may_raise() const {
  if (unraised_.empty() || delivered_.empty()) return false;
  return unraised_.contains(SpaceId()) ||
         std::any_of(delivered_.begin(), delivered_.end(),
                     [&](const SpaceId& space) { return unraised_.contains(space); });
}

}  // namespace holm::node
