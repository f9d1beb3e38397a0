// The operating system's randomness as an Rng. For node/runtime and the tools; everything else is
// handed an Rng& and so runs from a seed in tests.
#pragma once

#include <cstdint>
#include <span>

#include "base/rng.h"

namespace holm::crypto {

/// Cryptographically secure. Threads: any, at the same time. Requires: crypto::init() was called.
class SystemRng final : public Rng {
 public:
  void fill(std::span<std::uint8_t> out) override;
};

}  // namespace holm::crypto
