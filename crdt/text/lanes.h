// How far versions reach, one number per writer: for histories of few writers, where what two
// versions differ in is then told without a look at the graph.
//
// Refers to a history that does not change meanwhile. Source: vector clocks (Fidge, Mattern, 1988).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "crdt/text/history.h"

namespace holm::crdt::text {

class Lanes {
 public:
  static constexpr std::size_t kCount = 4;
  /// For each lane, how many of its numbers a version holds.
  using Reach = std::array<Lv, kCount>;

  /// What `history` has from `start`, a cut, on: a lane per log. Nothing when more than kCount logs
  /// wrote that, or one of them not in a row. O(spans, names and runs from there on).
  static std::optional<Lanes> of(const History& history, Lv start);

  /// How far a number and its past reach. O(log names) where several logs wrote in its span.
  Reach reach_of(const Graph::Point& point) const;
  /// How far the version reaches that a span follows.
  const Reach& before(std::uint32_t span) const { return links_[first_link(span)].before; }
  /// A run that is near the first of a span.
  std::size_t run_of(std::uint32_t span) const { return links_[first_link(span)].run; }

  /// Calls `visit(range, run)` for the numbers from .. to - 1 of a lane, in stretches, in no order;
  /// `run` is near the first.
  template <class Visit>
  void each(std::size_t lane, Lv from, Lv to, Visit visit) {
    auto& at = near_[lane];
    const auto& links = by_lane_[lane];
    while (links_[links[at]].place > from) --at;
    while (end_of(links[at]) <= from) ++at;
    for (;; ++at) {
      const auto& link = links_[links[at]];
      const auto begin = link.begin + (from - link.place);
      const auto count = std::min(to, link.place + link.len) - from;
      visit(LvRange{begin, begin + count}, std::size_t{link.run});
      from += count;
      if (from == to) return;
    }
  }

 private:
  /// Numbers of one span and one log.
  struct Link {
    Lv begin = 0;
    Lv len = 0;
    Lv place = 0;  // in its lane
    std::uint32_t lane = 0;
    std::uint32_t run = 0;
    Reach before{};  // of what its first number follows
  };

  Lv end_of(std::uint32_t link) const { return links_[link].place + links_[link].len; }
  std::uint32_t first_link(std::uint32_t span) const { return first_links_[span - first_span_]; }

  std::vector<Link> links_;  // ascending by number
  std::uint32_t first_span_ = 0;
  Lv start_ = 0;
  std::vector<std::uint32_t> first_links_;  // by span from first_span_ on
  std::array<std::vector<std::uint32_t>, kCount> by_lane_;
  std::array<std::size_t, kCount> near_{};  // in by_lane_: where the last question ended
};

}  // namespace holm::crdt::text
