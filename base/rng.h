// Randomness as an interface, and the seeded generator that tests and the simulator draw from.
#pragma once

#include <cstdint>
#include <span>

#include "base/ids.h"

namespace holm {

/// Where randomness comes from. Threads: one at a time.
class Rng {
 public:
  virtual ~Rng() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;

  std::uint64_t next() {
    std::uint8_t raw[8];
    fill(raw);
    std::uint64_t out = 0;
    for (auto byte : raw) out = out << 8 | byte;
    return out;
  }
  /// Uniform in [0, bound). Requires: bound > 0. Rejection sampling, so without bias.
  std::uint64_t below(std::uint64_t bound) {
    const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
    for (;;) {
      const auto drawn = next();
      if (drawn < limit) return drawn % bound;
    }
  }
  /// True with probability `percent` / 100.
  bool chance(unsigned percent) { return below(100) < percent; }

  template <class AnyId>
  AnyId id() {
    AnyId out;
    fill(out.bytes);
    return out;
  }
};

/// xoshiro256** seeded by SplitMix64: fast, reproducible, not secret.
/// Source: Blackman & Vigna, "Scrambled linear pseudorandom number generators" (2021).
class SeededRng final : public Rng {
 public:
  explicit SeededRng(std::uint64_t seed);
  void fill(std::span<std::uint8_t> out) override;

 private:
  std::uint64_t draw();
  std::uint64_t state_[4];
};

}  // namespace holm
