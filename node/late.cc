// What is held back of people and devices that were removed, and shown again when that changes
// (TRUST.md rule 10): the half of Replica that follows membership.
#include <algorithm>
#include <set>

#include "node/replica.h"

namespace holm::node {
namespace members = work::members;
namespace {

constexpr std::size_t kReadBytes = 1u << 20;
constexpr std::size_t kReadChanges = 1024;

}  // namespace

Result<std::vector<members::LogPlace>> Replica::held_of(
    const MemberId& member, const std::optional<DeviceId>& device) const {
  std::map<LogId, std::uint64_t> held;
  for (const auto& space : TRY(store_->logs().spaces())) {
    if (space == trust_) continue;
    for (const auto& log : TRY(store_->logs().of_space(space))) {
      if (log.member != member || (device && log.device != *device)) continue;
      auto& at = held[log.root];
      at = std::max(at, log.sealed_seq);
    }
  }
  std::vector<members::LogPlace> out;
  for (const auto& [log, seq] : held) out.push_back({log, seq});
  return out;
}

Result<std::vector<members::LogPlace>> Replica::held_in(
    const SpaceId& room, const std::optional<MemberId>& member) const {
  std::map<LogId, std::uint64_t> held;
  for (const auto& log : TRY(store_->logs().of_space(room))) {
    if (member && log.member != *member) continue;
    auto& at = held[log.root];
    at = std::max(at, log.sealed_seq);
  }
  std::vector<members::LogPlace> out;
  for (const auto& [log, seq] : held) out.push_back({log, seq});
  return out;
}

bool Replica::would_be_final(members::Op op) {
  op.author = self_;
  op.device = device_;
  return membership_.would_be_final(op);
}

Status Replica::note_standings() {
  standings_.clear();
  is_unsettled_ = false;
  if (!membership_.is_anyone_cut()) return {};
  TRY(raise_cuts());
  for (const auto& space : TRY(store_->logs().spaces())) {
    if (space == trust_) continue;
    for (const auto& log : TRY(store_->logs().of_space(space))) {
      standings_[log.log] = membership_.standing_of(log.member, log.device, room_in_trust(space));
    }
  }
  return {};
}

void Replica::note_standing(const LogId& log, const SpaceId& space, const MemberId& member,
                            const DeviceId& device) {
  if (!membership_.is_anyone_cut() || standings_.contains(log)) return;
  standings_[log] = membership_.standing_of(member, device, room_in_trust(space));
}

Status Replica::settle_late() {
  const bool is_unsettled = std::exchange(is_unsettled_, false);
  if (!membership_.is_anyone_cut() && standings_.empty()) return {};
  if (!is_unsettled && !may_raise()) return {};
  if (!TRY(raise_cuts()) && !is_unsettled) return {};
  for (const auto& space : TRY(store_->logs().spaces())) {
    if (space == trust_) continue;
    for (const auto& log : TRY(store_->logs().of_space(space))) {
      const auto now = membership_.standing_of(log.member, log.device, room_in_trust(space));
      auto& was = standings_[log.log];
      if (was == now) continue;
      was = now;
      TRY(judge_again(space, log));
    }
  }
  return {};
}

/// Changes that are void stay so: that rests on their own past. What was held back and makes no
/// sense once it counts is void from then on.
Status Replica::judge_again(const SpaceId& space, const store::LogInfo& log) {
  auto& logs = store_->logs();
  std::map<ObjectId, std::vector<std::uint64_t>> touched;
  for (auto at = log.base_seq + 1; at <= log.applied_seq;) {
    const auto changes = TRY(logs.read(log.log, at, kReadBytes, kReadChanges));
    if (changes.empty()) break;
    for (const auto& [change, mark, hash] : changes) {
      at = change.last_seq() + 1;
      if (change.seq > log.applied_seq || mark == crdt::Mark::is_void) continue;
      const auto by = membership_.authority(change.membership, log.member, log.device);
      if (!by || by->role == members::Role::none) continue;
      const bool is_held =
          membership_.holds_back(*by, log.member, log.device, {change.log, change.seq},
                                 room_in_trust(space), change.membership);
      if (is_held == (mark == crdt::Mark::held)) continue;
      TRY(logs.set_mark(log.log, change.seq, is_held ? crdt::Mark::held : crdt::Mark::valid));
      for (const auto& op : change.ops) touched[op.object].push_back(change.seq);
    }
  }
  if (touched.empty()) return {};
  digests_.erase(space);
  deliveries_.erase(space);
  for (const auto& [object, seqs] : touched) {
    auto rebuilt = merger_.rebuild(space, object);
    if (!rebuilt && rebuilt.error().code == Code::corrupt) {
      merger_.forget();
      for (const auto seq : seqs) TRY(logs.set_mark(log.log, seq, crdt::Mark::is_void));
      rebuilt = merger_.rebuild(space, object);
    }
    TRY(rebuilt);
    changed_.push_back({space, object, log.log, seqs.back(), log.device == device_});
  }
  return {};
}

}  // namespace holm::node
