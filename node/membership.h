// The membership ops of one team as this device knows them, and what they amount to now or at any
// frontier. Owned by a Replica; filled from the trust space.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "work/members/roster.h"

namespace holm::node {

class Membership {
 public:
  explicit Membership(const TeamId& team) : team_(team) {}

  /// Adds encoded ops; duplicates count once. True when any was new.
  bool add(std::vector<Bytes> ops);
  void clear();
  /// What all ops known amount to. Stable address; recomputed by add().
  const work::members::Roster& roster() const { return roster_; }
  bool knows(const ShortHash& op) const { return ops_.contains(op); }
  /// What the pasts of `frontier` amount to; null when one of its ops is not known. Kept for the
  /// frontiers asked last.
  const work::members::Roster* at(const std::vector<ShortHash>& frontier);

 private:
  TeamId team_;
  std::map<ShortHash, Bytes> ops_;
  std::map<ShortHash, std::vector<ShortHash>> parents_;
  work::members::Verified verified_;
  work::members::Roster roster_;
  std::map<std::vector<ShortHash>, work::members::Roster> at_;
};

}  // namespace holm::node
