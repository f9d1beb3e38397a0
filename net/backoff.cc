#include "net/backoff.h"

#include "base/ensure.h"

namespace holm::net {

Backoff::Backoff(BackoffLimits limits, Rng& rng) : limits_(limits), rng_(rng) {
  ENSURE(limits.first > Millis::zero() && limits.cap >= limits.first);
}

Millis Backoff::next() {
  auto longest = limits_.first;
  // Halving the cap instead of doubling first asks the question without overflow.
  for (unsigned i = 0; i < failure_count_ && longest < limits_.cap; ++i) {
    longest = longest > limits_.cap / 2 ? limits_.cap : longest * 2;
  }
  ++failure_count_;
  const auto shortest = longest.count() / 2;
  const auto span = static_cast<std::uint64_t>(longest.count() - shortest);
  return Millis(shortest + static_cast<Millis::rep>(rng_.below(span + 1)));
}

}  // namespace holm::net
