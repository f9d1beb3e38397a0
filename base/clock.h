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

/// Where time comes from. Threads: as the implementation says; the real one may be read anywhere.
/// Both stand still during one turn of the loop.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
  virtual WallTime wall() const = 0;
};

}  // namespace holm
