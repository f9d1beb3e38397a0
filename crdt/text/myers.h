// What two sequences of symbols have in common: Myers' O(ND) difference algorithm in linear space,
// with a bound on its cost. Knows nothing of text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace holm::crdt::text {

/// `len` equal symbols, from index `a` of one sequence and `b` of the other.
struct Match {
  std::size_t a = 0;
  std::size_t b = 0;
  std::size_t len = 0;

  bool operator==(const Match&) const = default;
};

struct Alignment {
  std::vector<Match> matches;  ///< ascending in both, not touching in both
  bool exact = true;           ///< false when a bound was met: perhaps not the longest then
};

struct AlignBounds {
  std::size_t differences = 0;  ///< one search looks through, from each end, before it settles for
                                ///< the best split so far; at least 2
  std::size_t steps = 0;  ///< in all; what has not been searched after them counts as different
};

/// A longest common subsequence, as stretches. O((n + m) D) time for D differences, O(n + m) space.
/// Source: Myers, "An O(ND) difference algorithm and its variations" (1986), 4b.
Alignment align(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b,
                AlignBounds bounds);

}  // namespace holm::crdt::text
