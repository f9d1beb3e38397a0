// A sorted map from local numbers to small values, in chunks: quick to look up the entry at or
// below a number, quick to add to, cheap in memory.
//
// Value. Threads: one at a time.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/ensure.h"
#include "crdt/text/lv.h"

namespace holm::crdt::text {

template <class T>
class LvMap {
 public:
  /// Where an entry stands; valid until the next insert.
  struct Spot {
    std::uint32_t chunk = 0;
    std::uint32_t index = 0;
  };

  bool empty() const { return chunks_.empty(); }
  Lv key(Spot at) const { return chunks_[at.chunk]->keys[at.index]; }
  const T& value(Spot at) const { return chunks_[at.chunk]->values[at.index]; }
  T& value(Spot at) { return chunks_[at.chunk]->values[at.index]; }

  /// The greatest entry at or below `lv`. Requires that there is one. O(log n).
  Spot below(Lv lv) const {
    ENSURE(has_below(lv));
    if (near(last_, lv)) return last_;
    const auto at = static_cast<std::uint32_t>(index_below(firsts_, lv));
    const auto& chunk = *chunks_[at];
    last_ = {at, static_cast<std::uint32_t>(index_below({chunk.keys.data(), chunk.count}, lv))};
    return last_;
  }
  bool has_below(Lv lv) const { return !firsts_.empty() && firsts_[0] <= lv; }
  Spot first() const { return {}; }
  bool is_end(Spot at) const { return at.chunk >= chunks_.size(); }
  Spot next(Spot at) const {
    if (++at.index < chunks_[at.chunk]->count) return at;
    return {at.chunk + 1, 0};
  }

  /// Requires that `lv` is not there yet.
  void insert(Lv lv, const T& value) {
    if (chunks_.empty()) {
      firsts_.push_back(lv);
      chunks_.push_back(std::make_unique<Chunk>());
      return put(*chunks_[0], 0, lv, value);
    }
    const bool is_first = lv < firsts_[0];
    auto at = is_first ? Spot{} : below(lv);
    auto* chunk = chunks_[at.chunk].get();
    auto index = is_first ? 0 : at.index + 1;
    if (chunk->count == kCapacity) {
      // Numbers mostly come in ascending order: then the full chunk stays full.
      const bool is_last = index == kCapacity && at.chunk + 1 == chunks_.size();
      const std::uint32_t keep = is_last ? kCapacity : kCapacity / 2;
      auto more = std::make_unique<Chunk>();
      more->count = kCapacity - keep;
      std::copy_n(chunk->keys.begin() + keep, more->count, more->keys.begin());
      std::copy_n(chunk->values.begin() + keep, more->count, more->values.begin());
      chunk->count = keep;
      auto* rest = more.get();
      firsts_.insert(firsts_.begin() + at.chunk + 1, is_last ? lv : rest->keys[0]);
      chunks_.insert(chunks_.begin() + at.chunk + 1, std::move(more));
      if (index > keep || is_last) {
        chunk = rest;
        index -= keep;
      }
    }
    put(*chunk, index, lv, value);
    if (is_first) firsts_[0] = lv;
  }

  std::size_t memory() const {
    return chunks_.size() * (sizeof(Chunk) + sizeof(Lv) + sizeof(std::unique_ptr<Chunk>));
  }

 private:
  static constexpr std::uint32_t kCapacity = 64;
  struct Chunk {
    std::uint32_t count = 0;
    std::array<Lv, kCapacity> keys;
    std::array<T, kCapacity> values;
  };

  /// Whether the entry wanted is the one at `at` or one beside it, which `at` is moved to.
  /// Questions tend to come in runs.
  bool near(Spot& at, Lv lv) const {
    if (at.chunk >= chunks_.size()) return false;
    const auto& chunk = *chunks_[at.chunk];
    const auto end = chunk.count;
    const auto* keys = chunk.keys.data();
    auto i = at.index;
    if (i >= end) return false;
    if (keys[i] > lv) {
      if (i == 0 || keys[--i] > lv) return false;
    } else {
      if (i + 1 < end && keys[i + 1] <= lv) ++i;
      if (i + 1 < end ? keys[i + 1] <= lv
                      : at.chunk + 1 < firsts_.size() && firsts_[at.chunk + 1] <= lv) {
        return false;
      }
    }
    at.index = i;
    return true;
  }
  static void put(Chunk& chunk, std::uint32_t index, Lv lv, const T& value) {
    std::copy_backward(chunk.keys.begin() + index, chunk.keys.begin() + chunk.count,
                       chunk.keys.begin() + chunk.count + 1);
    std::copy_backward(chunk.values.begin() + index, chunk.values.begin() + chunk.count,
                       chunk.values.begin() + chunk.count + 1);
    chunk.keys[index] = lv;
    chunk.values[index] = value;
    ++chunk.count;
  }

  mutable Spot last_;  // answered last
  std::vector<Lv> firsts_;
  std::vector<std::unique_ptr<Chunk>> chunks_;
};

}  // namespace holm::crdt::text
