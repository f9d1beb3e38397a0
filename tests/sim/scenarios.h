// Stories of trouble, each a script of a World. The tests run every one over some seeds; holm-sim
// runs any of them over as many as there is time for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace holm::sim {

struct Outcome {
  Digest trace;
  std::uint64_t deeds = 0;   ///< requests answered well
  std::uint64_t events = 0;  ///< what the trace counted
};

struct Scenario {
  std::string_view name;
  std::string_view says;  ///< what holds, as a sentence
  Result<Outcome> (*run)(std::uint64_t seed);
  /// Of a seed that fails: what is left of it when all goes that it does not take. Null: none.
  std::string (*shrink)(std::uint64_t seed) = nullptr;
};

/// All of them, always in the same order.
const std::vector<Scenario>& scenarios();

}  // namespace holm::sim
