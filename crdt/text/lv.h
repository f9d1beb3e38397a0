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

/// The same of stretches that begin at `sorted`, the last of which ends at `end`: quick when the
/// one at `hint`, the one before it, or one of the next few holds `lv`. Requires that one does.
inline std::size_t index_near(std::span<const Lv> sorted, Lv end, Lv lv, std::size_t hint) {
  constexpr std::size_t kSteps = 4;
  const auto count = sorted.size();
  if (hint < count) {
    if (sorted[hint] <= lv) {
      const auto last = count - hint > kSteps ? hint + kSteps : count;
      for (auto i = hint; i < last; ++i) {
        if (lv < (i + 1 < count ? sorted[i + 1] : end)) return i;
      }
    } else if (hint > 0 && sorted[hint - 1] <= lv) {
      return hint - 1;
    }
  }
  return index_below(sorted, lv);
}

}  // namespace holm::crdt::text
