// The places of a text in document order, as spans in a balanced tree: whatever was ever inserted,
// erased or not, with its state in the two views of Eg-walker. It finds, splits and sums; where a
// new span belongs is the walker's business.
//
// *Prepared* is the view of the run now being placed (its author's); *shown* is what the text shows
// with all runs taken together. Value. Threads: one at a time.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "tests/crdt/text/plain/graph.h"

namespace holm::plain::text {

/// Places with consecutive local numbers that stand side by side and share their state.
struct Span {
  Lv begin = 0;
  std::uint64_t len = 0;
  Lv left = kNoLv;   ///< left origin of the first place; the others have the place before them
  Lv right = kNoLv;  ///< right origin of all of them; kNoLv is the end of the text
  std::uint32_t prepared = 0;  ///< 0: not yet inserted; 1: stands; n + 1: erased n times
  bool erased = false;         ///< by any erase that counts
  bool shows = true;           ///< neither void nor wiped

  Lv end() const { return begin + len; }
  bool visible() const { return shows && !erased; }
};

/// Code points by what they count for.
struct Sums {
  std::uint64_t places = 0;    ///< all
  std::uint64_t known = 0;     ///< inserted in the prepared view, erased or not
  std::uint64_t standing = 0;  ///< inserted and not erased in the prepared view
  std::uint64_t visible = 0;   ///< in the text shown

  Sums& operator+=(const Sums& other) {
    places += other.places;
    known += other.known;
    standing += other.standing;
    visible += other.visible;
    return *this;
  }
  /// Wraps around below zero: a change of sums, to be added to others.
  Sums& operator-=(const Sums& other) {
    places -= other.places;
    known -= other.known;
    standing -= other.standing;
    visible -= other.visible;
    return *this;
  }
};

class Sequence {
 public:
  /// Names a span for good: splitting leaves the front part under its old name.
  using Node = std::uint32_t;
  static constexpr Node kNone = ~Node{0};

  struct Spot {
    Node node = kNone;
    std::uint64_t offset = 0;
  };

  const Span& operator[](Node node) const { return nodes_[node].span; }
  Sums total() const { return root_ == kNone ? Sums{} : nodes_[root_].sums; }

  /// kNone when empty, or after the last.
  Node first() const;
  Node after(Node node) const;
  /// Sums over all spans before `node`. O(log n), as all below.
  Sums before(Node node) const;
  /// The spot of the standing (visible) code point at `index`. Requires index < total().
  Spot standing_at(std::uint64_t index) const { return at(&Sums::standing, index); }
  Spot visible_at(std::uint64_t index) const { return at(&Sums::visible, index); }
  /// The first span after `node` (kNone: of all) that is inserted in the prepared view, or kNone.
  Node known_after(Node node) const;
  /// The spot of a place, or a node of kNone when it is not in the sequence.
  Spot find(Lv lv) const;
  /// Places before the one at `lv`. Requires that it is in the sequence.
  std::uint64_t index_of(Lv lv) const;

  /// Puts a span behind `node` (kNone: in front of all) and returns its name.
  Node insert_after(Node node, const Span& span);
  /// Makes the span end before `offset` and returns the name of the rest. Requires
  /// 0 < offset < len.
  Node split(Node node, std::uint64_t offset);
  /// The node that begins with `range.begin` and, splitting as needed, ends at or before
  /// `range.end`. Requires that range.begin is in the sequence.
  Node isolate(LvRange range);
  /// Lengthens a span by `more` places.
  void extend(Node node, std::uint64_t more);
  void set_prepared(Node node, std::uint32_t prepared);
  void set_erased(Node node);

 private:
  struct Item {
    Span span;
    Sums sums;  // of the subtree
    std::uint64_t priority = 0;
    Node left = kNone, right = kNone, up = kNone;
  };

  Spot at(std::uint64_t Sums::*measure, std::uint64_t index) const;
  void sum(Node node);
  void add_upwards(Node node, const Sums& more);
  template <class Change>
  void change(Node node, Change apply);
  void rotate_up(Node node);

  std::vector<Item> nodes_;
  std::map<Lv, Node> by_lv_;  // first place of a span -> node
  Node root_ = kNone;
};

}  // namespace holm::plain::text
