#include "files/cutter.h"

#include <algorithm>

#include "base/ensure.h"

namespace holm::files {
namespace {

// Level 2 of normalised chunking: two bits stricter than 2^16 before the normal size, two laxer
// after it.
constexpr std::uint64_t kStrict = std::uint64_t{1} << (64 - 18);
constexpr std::uint64_t kLax = std::uint64_t{1} << (64 - 14);

}  // namespace

std::size_t first_cut(const Gear& gear, ByteView rest) {
  ENSURE(!rest.empty());
  if (rest.size() <= kChunkMin) return rest.size();
  const auto* at = rest.data() + kChunkMin - kCutWindow;
  const auto* const ready = rest.data() + kChunkMin;
  const auto* const normal = rest.data() + std::min(rest.size(), kChunkNormal);
  const auto* const end = rest.data() + std::min(rest.size(), kChunkMax);
  std::uint64_t hash = 0;
  for (; at < ready; ++at) hash = (hash << 1) + gear[*at];
  for (; at < normal; ++at) {
    if (hash < kStrict) return static_cast<std::size_t>(at - rest.data());
    hash = (hash << 1) + gear[*at];
  }
  for (; at < end; ++at) {
    if (hash < kLax) return static_cast<std::size_t>(at - rest.data());
    hash = (hash << 1) + gear[*at];
  }
  return static_cast<std::size_t>(end - rest.data());
}

Status Cutter::feed(ByteView bytes, const Sink& sink) {
  if (!held_.empty()) {
    // Chunks that begin in what is held are cut there; the others where they lie.
    const auto before = held_.size();
    append(held_, bytes.first(std::min(bytes.size(), kChunkMax)));
    std::size_t at = 0;
    while (at < before && held_.size() - at >= kChunkMax) {
      const auto rest = ByteView(held_).subspan(at);
      const auto cut = first_cut(*gear_, rest);
      TRY(sink(rest.first(cut)));
      at += cut;
    }
    if (at < before) {  // all of `bytes` was taken, and does not decide where the next one ends
      held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(at));
      return {};
    }
    bytes = bytes.subspan(at - before);
  }
  while (bytes.size() >= kChunkMax) {
    const auto cut = first_cut(*gear_, bytes);
    TRY(sink(bytes.first(cut)));
    bytes = bytes.subspan(cut);
  }
  held_.assign(bytes.begin(), bytes.end());
  return {};
}

Status Cutter::finish(const Sink& sink) {
  ByteView rest = held_;
  while (!rest.empty()) {
    const auto cut = first_cut(*gear_, rest);
    TRY(sink(rest.first(cut)));
    rest = rest.subspan(cut);
  }
  held_.clear();
  return {};
}

}  // namespace holm::files
