// Names that benches give.
#pragma once

#include <cstdint>

#include "base/ids.h"
#include "base/rng.h"

namespace holm::bench {

/// An id whose bytes are all the same.
template <class AnyId>
AnyId filled(std::uint8_t byte) {
  AnyId out;
  out.bytes.fill(byte);
  return out;
}

/// The log of one of a trace's writers. Drawn, since names that repeat themselves pack too well.
inline LogId log_of(std::uint32_t agent) { return SeededRng(agent).id<LogId>(); }

}  // namespace holm::bench
