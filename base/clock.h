// Time as two distinct types, and the interface through which all of it comes in.
#pragma once

#include <chrono>
#include <cstdint>

namespace holm {

using Millis = std::chrono::milliseconds;

/// Monotonic time since an arbitrary start; for deadlines. Never stored or sent.
struct MonotonicTag {
  using duration = Millis;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicTag, Millis>;
  static constexpr bool is_steady = true;
};
using Time = MonotonicTag::time_point;

/// Wall time in milliseconds since 1970 UTC, as a device claims it. May be wrong; never trusted.
using WallTime = std::chrono::sys_time<Millis>;

/// Times that a device may honestly claim: what lies outside, from 2000 to 9999, is no time of
/// anything that was written here.
inline constexpr WallTime kEarliest{Millis{946'684'800'000}};
inline constexpr WallTime kLatest{Millis{253'402'300'799'999}};
constexpr bool is_possible(WallTime at) { return at >= kEarliest && at <= kLatest; }
constexpr WallTime possible(WallTime at) {
  return at < kEarliest ? kEarliest : at > kLatest ? kLatest : at;
}

/// Where time comes from. Threads: as the implementation says; the real one may be read anywhere.
/// Both stand still during one turn of the loop.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
  virtual WallTime wall() const = 0;
};

}  // namespace holm
