// Remembers the ephemeral keys that opened handshakes, so that a recorded opening is met with
// silence. Shared by the sessions of one node; bounded; forgets the oldest first.
//
// What is forgotten is not an attack: a replayed opening beyond the bound gets one handshake
// message back and fails at the next, for want of the ephemeral's secret half.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <unordered_set>

#include "base/ids.h"

namespace holm::net {

using Ephemeral = Id<struct EphemeralTag, 32>;

/// Threads: the loop's.
class ReplayGuard {
 public:
  /// entry_count_max  about 100 bytes each; above zero.
  explicit ReplayGuard(std::size_t entry_count_max = 8'192);

  /// Remembers `ephemeral`. False when it was seen before. Only openings that authenticated are
  /// brought here, so nobody without a key can push others out.
  bool first_time(const Ephemeral& ephemeral);

 private:
  std::size_t entry_count_max_;
  std::unordered_set<Ephemeral> seen_;
  std::deque<Ephemeral> order_;  // oldest first
};

}  // namespace holm::net
