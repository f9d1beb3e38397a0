#include "work/rules/arrival.h"

#include <algorithm>

namespace holm::work::rules {

Result<std::vector<Arrival>> arrivals(const State& state, std::span<const Ref> in_order) {
  std::vector<Arrival> out;
  for (const auto& ref : in_order) out.push_back({.at = TRY(state.met_at(ref))});
  auto first_after = WallTime::max();
  for (auto one = out.rbegin(); one != out.rend(); ++one) {
    one->late = first_after < one->at - kOneArrival;
    first_after = std::min(first_after, one->at);
  }
  return out;
}

}  // namespace holm::work::rules
