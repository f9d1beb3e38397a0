// What a link's sync machine reads of a replica (sync/peer.h). Threads: the loop's.
#pragma once

#include "node/replica.h"
#include "sync/peer.h"

namespace holm::node {

/// What a peer may read of a replica: everything; nothing, while it is not known to belong; or,
/// when one side was removed, how far one device's own logs are held here.
class LinkView final : public sync::Shared {
 public:
  explicit LinkView(Replica& replica) : replica_(replica) {}
  bool may_read = false;
  bool may_learn = false;        ///< may read the trust space, and no other
  std::optional<DeviceId> only;  ///< of the two sides' devices the one that was removed

  std::vector<SpaceId> spaces() const override {
    if (only) {
      auto out = replica_.spaces();
      std::erase(out, replica_.trust());
      return out;
    }
    // Membership first: who is not known yet may bring the ops that make it known.
    if (!may_read) return {replica_.trust()};
    return replica_.spaces();
  }
  Result<Digest> digest(const SpaceId& space) const override {
    if (only) return crdt::space_digest(TRY(positions(space)));
    return replica_.digest(space);
  }
  Result<std::vector<crdt::Position>> positions(const SpaceId& space) const override {
    auto out = TRY(replica_.positions(space));
    if (!only) return out;
    std::vector<crdt::Position> theirs;
    for (const auto& position : out) {
      if (TRY(is_theirs(position.log))) theirs.push_back(position);
    }
    return theirs;
  }
  Result<Digest> held_digest(const SpaceId& space) const override {
    if (only) return digest(space);
    return replica_.held_digest(space);
  }
  Result<bool> knows(const crdt::Position& place) const override { return replica_.knows(place); }
  Result<std::optional<sync::Range>> next_range(
      const LogId& log, const std::vector<crdt::Position>& theirs) const override {
    if (!TRY(is_told(log))) return std::optional<sync::Range>();
    return replica_.next_range(log, theirs);
  }
  Result<std::vector<crdt::Position>> places(const LogId& log) const override {
    if (!TRY(is_told(log))) return std::vector<crdt::Position>();
    return replica_.places(log);
  }
  Result<std::vector<crdt::Position>> furthest(std::vector<crdt::Position> held) const override {
    return replica_.furthest(std::move(held));
  }
  /// Whether a log is held and is of the device that alone is heard.
  Result<bool> is_theirs(const LogId& log) const {
    const auto info = TRY(replica_.store().logs().find(log));
    return info && only && info->device == *only;
  }

 private:
  Result<bool> is_told(const LogId& log) const {
    if (only) return is_theirs(log);
    if (may_read || !may_learn) return may_read;
    const auto info = TRY(replica_.store().logs().find(log));
    return info && info->space == replica_.trust();
  }

  Replica& replica_;
};

}  // namespace holm::node
