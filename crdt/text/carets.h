// Where the next edit of a text will be: where one of the last few stopped. People go on where they
// were, or go back to it after a correction elsewhere; two people who type do so in turn. Says for
// most runs of a history where they stand without spelling it out.
//
// Value. Threads: one at a time.
#pragma once

#include <array>
#include <cstdint>

#include "crdt/text/runs.h"

namespace holm::crdt::text {

class Carets {
 public:
  static constexpr unsigned kCount = 4;

  /// Where the last runs stopped, the latest first, moved along with edits since.
  std::uint32_t operator[](unsigned index) const { return at_[index]; }
  /// The first that stands at `pos`, or kCount.
  unsigned find(std::uint32_t pos) const {
    unsigned i = 0;
    while (i < kCount && at_[i] != pos) ++i;
    return i;
  }
  /// After a run of `len` that started at caret `index`, or elsewhere (kCount).
  void move(unsigned index, std::uint32_t flags, std::uint32_t pos, std::uint32_t len) {
    std::uint32_t stopped = pos;
    if ((flags & kInsert) != 0) {
      for (auto& at : at_) at += at > pos ? len : 0;
      stopped = pos + len;
    } else {
      if ((flags & kBackward) != 0) stopped = pos + 1 - len;
      for (auto& at : at_) {
        if (at > stopped) at = at - stopped > len ? at - len : stopped;
      }
    }
    // Whole, so that no branch depends on the index.
    for (auto i = kCount - 1; i > 0; --i) at_[i] = i <= index ? at_[i - 1] : at_[i];
    at_[0] = stopped;
  }

 private:
  std::array<std::uint32_t, kCount> at_{};
};

/// Where a run seems to start to who made it: behind the code point that it rubs out first.
inline std::uint32_t caret_of(std::uint32_t flags, std::uint32_t pos) {
  return (flags & kBackward) != 0 ? pos + 1 : pos;
}

}  // namespace holm::crdt::text
