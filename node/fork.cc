// What a replica does about a fork (docs/decisions/0016-forks.md): it keeps the branch, names it,
// and has what is merged follow. Healing itself is a delivery: receive.cc.
#include <algorithm>

#include "node/aside.h"
#include "node/graft.h"
#include "node/replica.h"
#include "node/seen.h"
#include "node/undo.h"

namespace holm::node {

Status Replica::take_branch(const store::LogInfo& log, std::uint64_t seq, const DeviceId& device,
                            const MemberId& member, std::span<const store::StoredChange> changes,
                            const crdt::Head& head, WallTime now) {
  auto& logs = store_->logs();
  if (seq < log.stored_seq && !quotas_.may_fork(now)) return {};
  auto [name, moved] = TRY(begin_branch(logs, log, seq, device, member, changes, now));
  TRY(logs.seal(name, head));
  for (const auto& settled : TRY(logs.settle_names(log.space))) {
    if (settled.from != name) moved.push_back(settled);
  }
  if (!moved.empty()) unhealed_.insert(log.space);
  TRY(rename(log.space, moved));
  forked_.push_back(log.root);
  env_.log.write(Level::warn, "the log " + log.root.text().substr(0, 12) +
                                  " has two histories: its device was copied or restored; both "
                                  "are kept");
  return incarnation_.on_forked(log.root);
}

Status Replica::attach_kept(const SpaceId& space, const LogId& log, WallTime now) {
  const KeyOf key_of = [this](const LogId& of) { return signing_key(of); };
  auto attached = TRY(attach_aside(*store_, team_, space, log, key_of, now));
  if (!attached.is_parted) return {};
  TRY(follow(space, std::move(attached.moved)));
  return incarnation_.on_forked(log);
}

Status Replica::settle_forks() {
  for (const auto& space : TRY(store_->logs().spaces())) {
    if (TRY(store_->logs().has_forks())) TRY(follow(space, {}));
    if (unhealed_.contains(space)) TRY(heal(space));
  }
  return {};
}

Status Replica::follow(const SpaceId& space, std::vector<store::Moved> moved) {
  for (const auto& settled : TRY(store_->logs().settle_names(space))) moved.push_back(settled);
  if (!moved.empty()) unhealed_.insert(space);
  return rename(space, moved);
}

Status Replica::rename(const SpaceId& space, const std::vector<store::Moved>& moved) {
  keys_.clear();
  digests_.erase(space);
  deliveries_.erase(space);
  if (moved.empty()) return {};
  TRY(rename_seen(store_->facts(), moved));
  return rename_deeds(store_->facts(), moved);
}

}  // namespace holm::node
