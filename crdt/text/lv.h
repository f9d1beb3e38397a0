// Local versions: code points of a text's history numbered in the order in which they arrived here.
// Within a run they are consecutive, and every parent has a smaller number than its children. They
// differ from device to device and never leave this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace holm::crdt::text {

using Lv = std::uint32_t;
inline constexpr Lv kNoLv = ~Lv{0};

/// Code points a text's history may take in all. Numbers above it stand for places whose makeup a
/// walker does not know.
inline constexpr Lv kLvMax = (Lv{1} << 31) - 1;

/// Local numbers, ascending, each once. As a version it stands for these and all in their past.
using Version = std::vector<Lv>;

/// begin .. end - 1
struct LvRange {
  Lv begin = 0;
  Lv end = 0;

  Lv size() const { return end - begin; }
  bool operator==(const LvRange&) const = default;
};

/// Index of the greatest of `sorted` at or below `lv`. Requires that there is one. Takes no branch
/// that depends on what it finds: these searches are where merging spends its time.
inline std::size_t index_below(std::span<const Lv> sorted, Lv lv) {
  const Lv* from = sorted.data();
  for (auto count = sorted.size(); count > 1;) {
    const auto half = count / 2;
    from += from[half] <= lv ? half : 0;
    count -= half;
  }
  return static_cast<std::size_t>(from - sorted.data());
}

}  // namespace holm::crdt::text
