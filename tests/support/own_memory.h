// What this process holds in its memory: to show that what is said to be wiped is wiped.
#pragma once

#include "base/bytes.h"

namespace holm::test {

/// Something to look for, kept so that it is not found itself.
struct Masked {
  Bytes bytes;  ///< each with kMask
  static constexpr std::uint8_t kMask = 0x5a;
};
/// `secret` is the caller's to wipe.
Masked masked(ByteView secret);

/// False under a sanitizer, whose own memory takes minutes to look through.
bool can_search_memory();
/// How often it is in memory that this process may write (heap, stacks, arenas). Linux. O(memory).
std::size_t copies_in_memory(const Masked& what);

}  // namespace holm::test
