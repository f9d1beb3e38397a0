// How long to wait before trying a peer again: exponential with jitter. A value with a reference to
// randomness; knows no clock and no peer.
#pragma once

#include "base/clock.h"
#include "base/rng.h"

namespace holm::net {

struct BackoffLimits {
  Millis first{1'000};  ///< at most this long after the first failure; above zero
  Millis cap{300'000};  ///< never longer than this; at least `first`
};

/// Counts failures in a row. Threads: its owner's.
class Backoff {
 public:
  Backoff(BackoffLimits limits, Rng& rng);

  /// The wait after one more failure: uniform in [d/2, d] with d = first * 2^failures, at most cap.
  /// Half of it is jitter, so that peers cut off together do not return together.
  /// Source: Brooker, "Exponential Backoff and Jitter" (2015), "equal jitter".
  Millis next();
  /// Forgets the failures; call on success.
  void reset() { failure_count_ = 0; }
  unsigned failure_count() const { return failure_count_; }

 private:
  BackoffLimits limits_;
  Rng& rng_;
  unsigned failure_count_ = 0;
};

}  // namespace holm::net
