// "A late message is shown in causal place and listed under 'arrived late'" (PRODUCT.md 3.2):
// whoever has read a thread to its end would not look for news in the middle of it.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "work/state.h"

namespace holm::work::rules {

/// What meets within this time came together: one exchange brings logs one after the other.
inline constexpr Millis kOneArrival{10 * 60 * 1000};

struct Arrival {
  WallTime at;        ///< on this device
  bool late = false;  ///< something that stands after it had been here for kOneArrival by then
};
/// One per object of `in_order`. Differs from device to device, as it should. O(objects).
Result<std::vector<Arrival>> arrivals(const State& state, std::span<const Ref> in_order);

}  // namespace holm::work::rules
