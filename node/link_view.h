// What a link's sync machine reads of a replica (sync/peer.h). Threads: the loop's.
#pragma once

#include "node/replica.h"
#include "sync/peer.h"

namespace holm::node {

/// What a peer may read of a replica: everything, or nothing while it is not known to belong.
///
/// Where one side was removed, as the other knows it, what it wrote before it knew is still heard:
/// membership, which may show that it was not removed after all, and its own logs. Who hears tells
/// nothing but how far those are held here; who was told that it is heard hands over nothing else.
class LinkView final : public sync::Shared {
 public:
  explicit LinkView(Replica& replica) : replica_(replica) {}
  bool may_read = false;
  bool may_learn = false;         ///< may read the trust space, and no other
  std::optional<DeviceId> hears;  ///< theirs, removed as far as is known here
  std::optional<DeviceId> hands;  ///< ours, removed as they say

  bool is_late() const { return hears || hands; }
  std::vector<SpaceId> spaces() const override {
    // Membership first: who is not known yet may bring the ops that make it known.
    if (!may_read && !is_late()) return {replica_.trust()};
    return replica_.spaces();
  }
  Result<Digest> digest(const SpaceId& space) const override {
    if (is_cut(space)) return crdt::space_digest(TRY(positions(space)));
    return replica_.digest(space);
  }
  Result<std::vector<crdt::Position>> positions(const SpaceId& space) const override {
    auto out = TRY(replica_.positions(space));
    if (!is_cut(space)) return out;
    std::vector<crdt::Position> heard;
    for (const auto& position : out) {
      if (TRY(is_of(hears, position.log)) || TRY(is_of(hands, position.log))) {
        heard.push_back(position);
      }
    }
    return heard;
  }
  Result<Digest> held_digest(const SpaceId& space) const override {
    if (is_cut(space)) return digest(space);
    return replica_.held_digest(space);
  }
  Result<bool> knows(const crdt::Position& place) const override { return replica_.knows(place); }
  Result<std::optional<sync::Range>> next_range(
      const LogId& log, const std::vector<crdt::Position>& theirs) const override {
    if (!TRY(may_send(log))) return std::optional<sync::Range>();
    return replica_.next_range(log, theirs);
  }
  Result<std::vector<crdt::Position>> places(const LogId& log) const override {
    if (!TRY(may_send(log))) return std::vector<crdt::Position>();
    return replica_.places(log);
  }
  Result<std::vector<crdt::Position>> furthest(std::vector<crdt::Position> held) const override {
    return replica_.furthest(std::move(held));
  }
  /// Whether a log is held and is of this device.
  Result<bool> is_of(const std::optional<DeviceId>& device, const LogId& log) const {
    if (!device) return false;
    const auto info = TRY(replica_.store().logs().find(log));
    return info && info->device == *device;
  }
  /// Whether all is here that the other side may bring. Membership differs for good.
  bool is_heard(const sync::Peer& peer) const {
    const auto membership = peer.has_all_of_theirs(replica_.trust(), *this);
    return membership && *membership && peer.in_sync_in(replica_.rooms_and_commons(), *this);
  }

 private:
  bool is_cut(const SpaceId& space) const { return is_late() && space != replica_.trust(); }
  Result<bool> may_send(const LogId& log) const {
    if (!is_late() && (may_read || !may_learn)) return may_read;
    if (is_late() && !hands) return false;
    const auto info = TRY(replica_.store().logs().find(log));
    return info && (info->space == replica_.trust() || (hands && info->device == *hands));
  }

  Replica& replica_;
};

}  // namespace holm::node
