// A set of ops by their indexes, as runs: what an op's author had seen is nearly always all there
// was, or all but a little. A value.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

namespace holm::work::members {

/// Where an op stands in the list of a Rules; parents stand before children.
using OpIndex = std::uint32_t;
inline constexpr OpIndex kNoOp = ~OpIndex{0};

class Past {
 public:
  /// O(log runs).
  bool has(OpIndex op) const;
  /// Adds one. Amortised O(1) at the end, O(runs) elsewhere.
  void add(OpIndex op);
  /// Adds all of `other`. O(runs of both).
  void add(const Past& other);
  bool is_empty() const { return runs_.empty(); }
  /// Calls `body` with each, ascending.
  template <class Body>
  void each(Body body) const {
    for (const auto& run : runs_) {
      for (auto op = run.from; op < run.to; ++op) body(op);
    }
  }

  auto operator<=>(const Past&) const = default;

 private:
  struct Run {
    OpIndex from = 0;
    OpIndex to = 0;  ///< not in it

    auto operator<=>(const Run&) const = default;
  };
  std::vector<Run> runs_;  ///< ascending, with gaps between them
};

}  // namespace holm::work::members
