// What a stretch of UTF-8 counts for, and finding a place in it by one of the counts. Views of
// well-formed text only; owns nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace holm::crdt::text {

/// Counts that add up over stretches. Bytes and UTF-16 units are kept by what they have more than
/// code points have, so that for most text only the first and the last are anything but zero.
struct Tally {
  std::uint64_t points = 0;
  std::uint64_t extra = 0;   ///< bytes after the first of their code point
  std::uint64_t astral = 0;  ///< code points of two UTF-16 units (four bytes)
  std::uint64_t breaks = 0;  ///< '\n'

  std::uint64_t bytes() const { return points + extra; }
  std::uint64_t utf16() const { return points + astral; }

  bool operator==(const Tally&) const = default;
  Tally& operator+=(const Tally& other) {
    points += other.points;
    extra += other.extra;
    astral += other.astral;
    breaks += other.breaks;
    return *this;
  }
  /// Wraps around below zero: a change of tallies, to be added to others.
  Tally& operator-=(const Tally& other) {
    points -= other.points;
    extra -= other.extra;
    astral -= other.astral;
    breaks -= other.breaks;
    return *this;
  }
};

/// O(bytes), sixteen at a time.
Tally tally(std::string_view text);

/// '\n' in the text. O(bytes), sixteen at a time.
std::uint64_t count_breaks(std::string_view text);

/// Offset of the code point `count` after the one at offset `at`; text.size() at the last one.
/// Requires that so many are there. O(bytes between).
std::size_t offset_after(std::string_view text, std::size_t at, std::uint64_t count);

/// Offset of the code point `count` before the one at offset `at`. Requires that so many are there.
/// O(bytes between).
std::size_t offset_before(std::string_view text, std::size_t at, std::uint64_t count);

/// The code point that holds UTF-16 unit `unit`; all of them when the text has no more than `unit`.
std::uint64_t point_of_unit(std::string_view text, std::uint64_t unit);

/// Offset behind the '\n' at `index`. Requires that there is one.
std::size_t offset_after_break(std::string_view text, std::uint64_t index);

/// The greatest offset up to `at` where a code point begins or the text ends.
inline std::size_t round_down(std::string_view text, std::size_t at) {
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

}  // namespace holm::crdt::text
