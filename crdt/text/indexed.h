// UTF-8 text addressed by code point: a plain string, its length in code points, and the place that
// was looked up last. Not a rope: a change costs a move of the bytes behind it.
//
// Value. Threads: one at a time, reading included (lookups remember where they ended).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace holm::crdt::text {

class IndexedText {
 public:
  IndexedText() = default;
  /// Takes well-formed UTF-8. O(bytes).
  explicit IndexedText(std::string bytes);

  const std::string& bytes() const { return bytes_; }
  /// Code points.
  std::uint64_t size() const { return size_; }

  /// `len` code points from index `pos` on; a view until the next change. Requires
  /// pos + len <= size(). O(1) for ASCII, else O(bytes to the nearest of start, end, last place).
  std::string_view slice(std::uint64_t pos, std::uint64_t len) const;
  /// Puts well-formed `inserted` in the place of `erased` code points from `pos` on. Requires
  /// pos + erased <= size(). O(bytes behind the change).
  void replace(std::uint64_t pos, std::uint64_t erased, std::string_view inserted);
  void append(const IndexedText& more);
  /// Drops all from index `size` on.
  void truncate(std::uint64_t size);

 private:
  std::size_t offset(std::uint64_t index) const;

  std::string bytes_;
  std::uint64_t size_ = 0;
  // The last place looked up: editing and reading go on near where they were.
  mutable std::uint64_t near_index_ = 0;
  mutable std::size_t near_offset_ = 0;
};

}  // namespace holm::crdt::text
