// What a link's sync machine reads of a replica (sync/peer.h). Threads: the loop's.
#pragma once

#include "node/replica.h"
#include "sync/peer.h"

namespace holm::node {

/// What a peer may read of a replica: everything, or nothing while it is not known to belong.
class LinkView final : public sync::Shared {
 public:
  explicit LinkView(Replica& replica) : replica_(replica) {}
  bool may_read = false;

  std::vector<SpaceId> spaces() const override {
    // Membership first: who is not known yet may bring the ops that make it known.
    if (!may_read) return {replica_.trust()};
    return replica_.spaces();
  }
  Result<Digest> digest(const SpaceId& space) const override { return replica_.digest(space); }
  Result<std::vector<crdt::Position>> positions(const SpaceId& space) const override {
    return replica_.positions(space);
  }
  Result<Digest> held_digest(const SpaceId& space) const override {
    return replica_.held_digest(space);
  }
  Result<bool> knows(const crdt::Position& place) const override { return replica_.knows(place); }
  Result<std::optional<sync::Range>> next_range(
      const LogId& log, const std::vector<crdt::Position>& theirs) const override {
    if (!may_read) return std::optional<sync::Range>();
    return replica_.next_range(log, theirs);
  }
  Result<std::vector<crdt::Position>> places(const LogId& log) const override {
    if (!may_read) return std::vector<crdt::Position>();
    return replica_.places(log);
  }
  Result<std::vector<crdt::Position>> furthest(std::vector<crdt::Position> held) const override {
    return replica_.furthest(std::move(held));
  }

 private:
  Replica& replica_;
};

}  // namespace holm::node
