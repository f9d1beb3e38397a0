// UTF-8 text addressed by code point: a plain string and marks that tell, every few kilobytes,
// which code point stands there. Not a rope: a change costs a move of the bytes behind it.
//
// Value. Threads: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holm::plain::text {

class IndexedText {
 public:
  IndexedText() = default;
  /// Takes well-formed UTF-8. O(bytes).
  explicit IndexedText(std::string bytes);

  const std::string& bytes() const { return bytes_; }
  /// Code points.
  std::uint64_t size() const { return size_; }

  /// `len` code points from index `pos` on; a view until the next change. Requires
  /// pos + len <= size(). O(1) for ASCII, else O(log marks + bytes between two marks).
  std::string_view slice(std::uint64_t pos, std::uint64_t len) const;
  /// Puts well-formed `inserted` in the place of `erased` code points from `pos` on. Requires
  /// pos + erased <= size(). O(bytes behind the change).
  void replace(std::uint64_t pos, std::uint64_t erased, std::string_view inserted);
  void append(const IndexedText& more);
  /// Drops all from index `size` on.
  void truncate(std::uint64_t size);

 private:
  struct Mark {
    std::uint64_t index = 0;
    std::size_t offset = 0;
  };

  std::size_t offset(std::uint64_t index) const;
  bool is_ascii() const { return size_ == bytes_.size(); }
  void fill_gap(std::size_t before);

  std::string bytes_;
  std::uint64_t size_ = 0;
  std::vector<Mark> marks_;  // ascending; empty while all is ASCII
};

}  // namespace holm::plain::text
