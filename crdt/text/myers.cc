// Myers' algorithm in its divide and conquer form: two searches run towards each other, from the
// start and from the end of a box of the edit graph, and the box is cut where they meet. Departures
// from the paper: equal ends are taken off each box first; boxes wait on a stack of our own, since
// the input is from outside and recursion is not bounded by its logarithm once the bound below cuts
// boxes unevenly; a search that has used up its effort cuts the box at the point which one of the
// two has carried farthest; and when all effort is spent, the boxes that are left have nothing in
// common.
#include "crdt/text/myers.h"

#include <algorithm>
#include <cstdlib>

#include "base/ensure.h"

namespace holm::crdt::text {
namespace {

using Symbols = std::span<const std::uint32_t>;
using Index = std::int64_t;

struct Point {
  Index x = 0;
  Index y = 0;
};

/// How far a search has come on each diagonal k = x - y, counted from its own corner.
class Reach {
 public:
  explicit Reach(Index steps_max)
      : zero_(steps_max + 1), far_(static_cast<std::size_t>(2 * steps_max + 3), kNowhere) {
    at(1) = 0;  // the first step "down" from here stands on diagonal 0
  }

  Index& at(Index k) { return far_[static_cast<std::size_t>(zero_ + k)]; }

  /// Goes one step on to diagonal `k` and along it while `equal(x, y)`. Negative when there is no
  /// such point within n by m.
  template <class Equal>
  Index step(Index k, Index n, Index m, Equal equal) {
    const Index down = at(k + 1);
    const Index right = at(k - 1) + 1;
    Index x = kNowhere;
    if (down >= 0 && down - k <= m) x = down;
    if (right > 0 && right <= n) x = std::max(x, right);
    while (x >= 0 && x < n && x - k < m && equal(x, x - k)) ++x;
    at(k) = x;
    return x;
  }

 private:
  static constexpr Index kNowhere = -2;
  Index zero_;
  std::vector<Index> far_;
};

struct Split {
  Point at;
  std::size_t steps = 0;
  bool exact = true;
};

/// A point that a shortest path through the box passes, neither of its corners. Requires that the
/// first symbols differ and the last ones do, and that neither side is empty.
Split split(Symbols a, Symbols b, std::size_t differences_max) {
  const auto n = static_cast<Index>(a.size());
  const auto m = static_cast<Index>(b.size());
  const Index delta = n - m;
  const bool odd = delta % 2 != 0;
  const Index steps_max = std::min(static_cast<Index>(differences_max), (n + m + 1) / 2);
  Reach ahead(steps_max), back(steps_max);
  const auto symbol = [](Symbols of, Index at) { return of[static_cast<std::size_t>(at)]; };

  std::size_t steps = 0;
  for (Index d = 0; d <= steps_max; ++d) {
    steps += static_cast<std::size_t>(d) + 1;
    for (Index k = -d; k <= d; k += 2) {
      const Index x =
          ahead.step(k, n, m, [&](Index i, Index j) { return symbol(a, i) == symbol(b, j); });
      if (x < 0 || !odd || std::abs(delta - k) > d - 1) continue;
      const Index other = back.at(delta - k);
      if (other >= 0 && x + other >= n) return {.at = {x, x - k}, .steps = steps};
    }
    for (Index k = -d; k <= d; k += 2) {
      const Index x = back.step(
          k, n, m, [&](Index i, Index j) { return symbol(a, n - 1 - i) == symbol(b, m - 1 - j); });
      if (x < 0 || odd || std::abs(delta - k) > d) continue;
      const Index other = ahead.at(delta - k);
      if (other >= 0 && x + other >= n) return {.at = {n - x, m - (x - k)}, .steps = steps};
    }
  }

  // Out of effort: the farthest point of either search, by the symbols it leaves behind.
  Split best{.at = {}, .steps = steps, .exact = false};
  Index gain_max = -1;
  for (Index k = -steps_max; k <= steps_max; k += 2) {
    const Index x = ahead.at(k);
    if (x >= 0 && 2 * x - k > gain_max && 2 * x - k < n + m) {
      gain_max = 2 * x - k;
      best.at = {x, x - k};
    }
    const Index from_end = back.at(k);
    if (from_end >= 0 && 2 * from_end - k > gain_max && 2 * from_end - k < n + m) {
      gain_max = 2 * from_end - k;
      best.at = {n - from_end, m - (from_end - k)};
    }
  }
  return best;
}

}  // namespace

Alignment align(Symbols a, Symbols b, AlignBounds bounds) {
  struct Box {
    std::size_t a, a_end, b, b_end;
  };
  ENSURE(bounds.differences >= 2);  // fewer might not leave the corner
  Alignment out;
  std::vector<Box> boxes{{0, a.size(), 0, b.size()}};
  while (!boxes.empty()) {
    Box box = boxes.back();
    boxes.pop_back();
    std::size_t front = 0, end = 0;
    const auto least = std::min(box.a_end - box.a, box.b_end - box.b);
    while (front < least && a[box.a + front] == b[box.b + front]) ++front;
    while (end < least - front && a[box.a_end - 1 - end] == b[box.b_end - 1 - end]) ++end;
    if (front > 0) out.matches.push_back({box.a, box.b, front});
    if (end > 0) out.matches.push_back({box.a_end - end, box.b_end - end, end});
    box = {box.a + front, box.a_end - end, box.b + front, box.b_end - end};
    if (box.a == box.a_end || box.b == box.b_end) continue;

    if (bounds.steps == 0) {
      out.exact = false;
      continue;
    }
    const auto cut = split(a.subspan(box.a, box.a_end - box.a), b.subspan(box.b, box.b_end - box.b),
                           bounds.differences);
    bounds.steps -= std::min(bounds.steps, cut.steps);
    out.exact = out.exact && cut.exact;
    const auto x = box.a + static_cast<std::size_t>(cut.at.x);
    const auto y = box.b + static_cast<std::size_t>(cut.at.y);
    boxes.push_back({box.a, x, box.b, y});
    boxes.push_back({x, box.a_end, y, box.b_end});
  }

  std::sort(out.matches.begin(), out.matches.end(),
            [](const Match& one, const Match& other) { return one.a < other.a; });
  std::vector<Match> joined;
  for (const auto& match : out.matches) {
    if (!joined.empty() && joined.back().a + joined.back().len == match.a &&
        joined.back().b + joined.back().len == match.b) {
      joined.back().len += match.len;
    } else {
      joined.push_back(match);
    }
  }
  out.matches = std::move(joined);
  return out;
}

}  // namespace holm::crdt::text
