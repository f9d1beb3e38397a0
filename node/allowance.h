// What one source may cost: so much at once, and so much more as time goes by. What lies beyond it
// waits at whoever sends it, and is lost to nobody. A value; no threads.
#pragma once

#include <algorithm>
#include <optional>

#include "base/clock.h"

namespace holm::node {

class Allowance {
 public:
  Allowance(double at_once, double per_second)
      : at_once_(at_once), per_milli_(per_second / 1000), left_(at_once) {}

  /// Whether there is at least `cost` left.
  bool has(double cost, WallTime now) {
    count(now);
    return left_ >= cost;
  }
  /// Takes it, perhaps more than is left: then nothing is for the longer.
  void take(double cost, WallTime now) {
    count(now);
    left_ -= cost;
  }
  /// In what time there will be `cost` again.
  Millis wait(double cost) const {
    return Millis(static_cast<std::int64_t>(std::max(0.0, cost - left_) / per_milli_) + 1);
  }

 private:
  void count(WallTime now) {
    if (counted_at_ && now > *counted_at_) {
      const auto gone = static_cast<double>((now - *counted_at_).count());
      left_ = std::min(at_once_, left_ + gone * per_milli_);
    }
    counted_at_ = now;  // a clock that was put back gives nothing, and takes nothing
  }

  double at_once_;
  double per_milli_;
  double left_;
  std::optional<WallTime> counted_at_;
};

}  // namespace holm::node
