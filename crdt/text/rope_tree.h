// What a rope's tree is made of. Seen by rope*.cc only.
#pragma once

#include <algorithm>
#include <cstring>

#include "crdt/text/rope.h"

namespace holm::crdt::text {

// A longer leaf costs each edit a longer move, a shorter one more splits and more memory per byte.
inline constexpr std::size_t kLeafBytes = 1536;
inline constexpr std::uint32_t kFanOut = 32;
// What is longer and does not fit where it belongs is put into leaves of its own.
inline constexpr std::size_t kShort = kLeafBytes / 4;
// Leaves of a node that are emptier on average are written into fewer.
inline constexpr std::size_t kSparse = kLeafBytes * 11 / 16;

struct Rope::Leaf {
  char text[kLeafBytes];
};

union Rope::Child {
  Leaf* leaf;
  Node* node;
};

/// Holds leaves on the lowest level, nodes above. The tallies of children lie measure by measure,
/// since a lookup adds up one of them and most edits change one or two.
struct Rope::Node {
  std::uint32_t count = 0;
  std::uint64_t points[kFanOut];
  std::uint64_t extra[kFanOut];
  std::uint64_t astral[kFanOut];
  std::uint64_t breaks[kFanOut];
  Child child[kFanOut];

  std::uint64_t bytes(std::uint32_t slot) const { return points[slot] + extra[slot]; }
  Tally tally(std::uint32_t slot) const {
    return {.points = points[slot],
            .extra = extra[slot],
            .astral = astral[slot],
            .breaks = breaks[slot]};
  }
  std::string_view text(std::uint32_t slot) const { return {child[slot].leaf->text, bytes(slot)}; }

  void set(std::uint32_t slot, const Tally& counts) {
    points[slot] = counts.points;
    extra[slot] = counts.extra;
    astral[slot] = counts.astral;
    breaks[slot] = counts.breaks;
  }
  void add(std::uint32_t slot, const Tally& change) {
    points[slot] += change.points;
    extra[slot] += change.extra;
    astral[slot] += change.astral;
    breaks[slot] += change.breaks;
  }
  Tally sum(std::uint32_t from, std::uint32_t to) const {
    Tally out;
    for (; from < to; ++from) out += tally(from);
    return out;
  }

  /// Room for `more` children at `slot`, those from there on moved up; takes out when negative.
  void shift(std::uint32_t slot, int more) {
    const auto move = [&](auto* array) {
      if (more < 0) {
        std::memmove(array + slot, array + slot - more, (count - slot + more) * sizeof *array);
      } else {
        std::memmove(array + slot + more, array + slot, (count - slot) * sizeof *array);
      }
    };
    move(points);
    move(extra);
    move(astral);
    move(breaks);
    move(child);
    count += static_cast<std::uint32_t>(more);
  }
  void insert(std::uint32_t slot, Child added, const Tally& counts) {
    shift(slot, 1);
    set(slot, counts);
    child[slot] = added;
  }
  /// Appends the children of `other` from `from` on, which leave it.
  void take(Node& other, std::uint32_t from) {
    const auto moved = other.count - from;
    const auto move = [&](auto* to, const auto* array) {
      std::memcpy(to + count, array + from, moved * sizeof *to);
    };
    move(points, other.points);
    move(extra, other.extra);
    move(astral, other.astral);
    move(breaks, other.breaks);
    move(child, other.child);
    count += moved;
    other.count = from;
  }
};

}  // namespace holm::crdt::text
