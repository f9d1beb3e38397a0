// The live text of a document: UTF-8 in a tree of pieces, addressed by code point, and by byte,
// UTF-16 unit and line as well. An edit near the last one is spared the way down the tree.
//
// Value. Threads: one at a time for changes; reading changes nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "crdt/text/tally.h"

namespace holm::crdt::text {

/// Positions and lengths are code points. Text given is well-formed UTF-8 and no view of this rope;
/// views given out are good until the next change. Lookups are O(log size).
class Rope {
 public:
  Rope() = default;
  /// O(bytes).
  explicit Rope(std::string_view utf8);
  Rope(const Rope& other);
  Rope(Rope&& other) noexcept { swap(other); }
  Rope& operator=(Rope other) noexcept {
    swap(other);
    return *this;
  }
  ~Rope() { clear(); }
  void swap(Rope& other) noexcept;

  std::uint64_t size() const { return total_.points; }
  std::uint64_t bytes() const { return total_.bytes(); }
  /// UTF-16 code units.
  std::uint64_t utf16() const { return total_.utf16(); }
  /// '\n' and one more.
  std::uint64_t lines() const { return total_.breaks + 1; }
  bool empty() const { return total_.points == 0; }

  /// Puts `len` code points in front of the one at `pos`. Requires pos <= size().
  void insert(std::uint64_t pos, std::string_view utf8, std::uint64_t len);
  /// Requires pos + len <= size().
  void erase(std::uint64_t pos, std::uint64_t len);
  void clear();

  std::string str() const { return slice(0, size()); }
  /// `len` code points from `pos` on. Requires pos + len <= size().
  std::string slice(std::uint64_t pos, std::uint64_t len) const;
  /// Appends what slice() gives.
  void append_to(std::string& out, std::uint64_t pos, std::uint64_t len) const;
  /// Calls visit(std::string_view) with what makes up slice(pos, len), in order; no view is empty
  /// or ends within a code point. Requires pos + len <= size().
  template <class Visit>
  void for_each_chunk(std::uint64_t pos, std::uint64_t len, Visit visit) const {
    require_range(pos, len);
    while (len > 0) {
      const Chunk chunk = chunk_at(pos, len);
      visit(chunk.text);
      pos += chunk.points;
      len -= chunk.points;
    }
  }

  /// Bytes, UTF-16 units and '\n' in front of `pos`. Requires pos <= size().
  std::uint64_t byte_of(std::uint64_t pos) const;
  std::uint64_t utf16_of(std::uint64_t pos) const;
  std::uint64_t line_of(std::uint64_t pos) const;
  /// The code point that the byte or unit at this offset belongs to, so within one it is rounded
  /// down; size() at the end. Requires offset <= bytes(), utf16().
  std::uint64_t pos_of_byte(std::uint64_t offset) const;
  std::uint64_t pos_of_utf16(std::uint64_t offset) const;
  /// Where the line begins: 0 or behind a '\n'. Requires line < lines().
  std::uint64_t line_start(std::uint64_t line) const;

  /// Bytes held, this object included and the allocator's own left out.
  std::size_t memory() const;
  /// Ends the program when the tree breaks a rule of its own. For tests. O(bytes).
  void ensure_sound() const;

 private:
  struct Leaf;
  struct Node;
  union Child;
  struct Chunk {
    std::string_view text;
    std::uint64_t points = 0;
  };
  /// One level of the way from the root to a leaf.
  struct Step {
    Node* node = nullptr;
    std::uint32_t slot = 0;
  };
  struct Place;
  static constexpr std::uint32_t kLevels = 12;

  void require_range(std::uint64_t pos, std::uint64_t len) const;
  template <class By, class To>
  Place find(std::uint64_t target, By by, To to) const;
  Chunk chunk_at(std::uint64_t pos, std::uint64_t len_max) const;

  void seek(std::uint64_t pos);
  void descend(std::uint64_t pos);
  std::size_t offset_in_leaf(std::uint64_t point) const;
  std::uint64_t bytes_of_node() const;
  void add(const Tally& change, std::uint32_t from_level = 0);

  void plant();
  void paste(std::uint64_t pos, std::string_view utf8);
  void make_room(std::uint64_t pos, std::size_t more);
  bool even_out(std::size_t more);
  void split_leaf(std::uint64_t point);
  void respread(std::uint32_t leaves);
  void add_leaf(Leaf* leaf, const Tally& counts);
  void add_child(std::uint32_t level, Child child, const Tally& counts);
  void split_node(std::uint32_t level);

  void cut(std::uint64_t point, std::uint64_t len);
  void remove_leaf();
  void tidy();
  void settle(std::uint32_t level);

  Child clone(Child from, std::uint32_t level);
  void drop(Child child, std::uint32_t level);
  Tally sound(Child child, std::uint32_t level, std::size_t& leaves, std::size_t& nodes) const;

  Tally total_;
  // The way to the leaf of the last edit: path_[0] holds leaves, path_[depth_ - 1] is the root.
  // There is no tree, and depth_ is 0, when and only when the text is empty.
  Step path_[kLevels];
  std::uint32_t depth_ = 0;
  std::uint64_t start_ = 0;     // position where that leaf begins
  std::uint64_t at_point_ = 0;  // a code point of that leaf whose offset is known: at_byte_
  std::size_t at_byte_ = 0;
  std::size_t leaves_ = 0;
  std::size_t nodes_ = 0;
};

}  // namespace holm::crdt::text
