// The places of a text in document order: whatever was ever inserted, erased or not, with its state
// in the two views of Eg-walker, as spans in a B-tree. It finds, splits and sums; where a new span
// belongs is the walker's business.
//
// *Prepared* is the view of the run now being placed (its author's); *shown* is what the text shows
// with all runs taken together. Value. Threads: one at a time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "crdt/text/lv.h"
#include "crdt/text/lv_map.h"

namespace holm::crdt::text {

/// State of a span in both views.
struct PlaceState {
  /// Bits 0-29: 0 not yet inserted in the prepared view; 1 stands; n + 1 erased n times.
  std::uint32_t bits = 0;

  static constexpr std::uint32_t kErased = std::uint32_t{1} << 31;  ///< by any erase that counts
  static constexpr std::uint32_t kHidden = std::uint32_t{1} << 30;  ///< void or wiped
  static constexpr std::uint32_t kPrepared = kHidden - 1;

  std::uint32_t prepared() const { return bits & kPrepared; }
  bool is_known() const { return prepared() > 0; }
  bool stands() const { return prepared() == 1; }
  bool is_visible() const { return bits < kHidden; }
  bool is_erased() const { return (bits & kErased) != 0; }
  bool shows() const { return (bits & kHidden) == 0; }
  PlaceState with_prepared(std::uint32_t prepared) const {
    return {(bits & ~kPrepared) | prepared};
  }
  bool operator==(const PlaceState&) const = default;
};

/// Places with consecutive local numbers that stand side by side and share their state.
struct Span {
  Lv begin = 0;
  Lv len = 0;
  Lv left = kNoLv;   ///< left origin of the first place; the others have the place before them
  Lv right = kNoLv;  ///< right origin of all of them; kNoLv is the end of the text
  PlaceState state{};

  Lv end() const { return begin + len; }
};

/// Code points by what they count for. Differences wrap around below zero, to be added to others.
struct Sums {
  std::uint32_t known = 0;     ///< inserted in the prepared view, erased or not
  std::uint32_t standing = 0;  ///< inserted and not erased in the prepared view
  std::uint32_t visible = 0;   ///< in the text shown

  void operator+=(const Sums& other) {
    known += other.known;
    standing += other.standing;
    visible += other.visible;
  }
  void operator-=(const Sums& other) {
    known -= other.known;
    standing -= other.standing;
    visible -= other.visible;
  }
  bool operator==(const Sums&) const = default;
};
inline Sums sums_of(PlaceState state, Lv len) {
  return {state.is_known() ? len : 0, state.stands() ? len : 0, state.is_visible() ? len : 0};
}

class Tracker {
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

 public:
  /// For places from `first` on, and those beyond kLvMax.
  explicit Tracker(Lv first);
  /// Makes room for about so many spans.
  void reserve(std::size_t spans) { leaves_.reserve(leaves_.size() + spans / (kLeafMax / 2)); }

  /// A span, and a place in it. Valid until a span is added or split.
  struct Spot {
    std::uint32_t leaf = 0;
    std::uint32_t index = 0;
    Lv offset = 0;

    bool operator==(const Spot&) const = default;
  };
  /// Behind all spans.
  static constexpr Spot end() { return {kNone, 0, 0}; }
  static constexpr bool is_end(Spot at) { return at.leaf == kNone; }

  bool is_empty() const { return leaves_[first_].count == 0; }
  const Sums& total() const { return total_; }
  const Span& operator[](Spot at) const { return leaves_[at.leaf].spans[at.index]; }

  /// The first span. Requires that there is one.
  Spot first() const { return {first_, 0, 0}; }
  /// The next span, or the end.
  Spot next(Spot at) const {
    if (++at.index < leaves_[at.leaf].count) return {at.leaf, at.index, 0};
    return {leaves_[at.leaf].next, 0, 0};
  }
  /// Sums over all spans before the one at `at`. O(log n), as all below.
  Sums before(Spot at) const;
  std::uint32_t visible_before(Spot at) const;
  /// The spot of the standing (visible) code point at `index`. Requires index < total().
  Spot standing_at(std::uint32_t index) const;
  /// The same from a spot with offset 0 on, before whose span `before` code points stand. O(1) in
  /// its neighbourhood.
  Spot standing_at(std::uint32_t index, Spot near, std::uint32_t before) const;
  Spot visible_at(std::uint32_t index) const;
  /// The first span from `at` on that is inserted in the prepared view, or the end.
  Spot known_from(Spot at) const;
  /// The spot of a place. Requires that it is in the tracker.
  Spot find(Lv place) const;
  /// Whether place `a` comes before place `b` in document order; different spans.
  bool is_before(Spot a, Spot b) const;

  /// No span of known places is longer; longer ones are kept in parts.
  static constexpr Lv kSpanMax = 1024;
  /// Puts a span behind the one at `at`, or in front of all, and returns the spot of its start.
  Spot insert_after(Spot at, const Span& span);
  Spot insert_first(const Span& span);
  /// Makes the span end before at.offset and returns the spot of the rest. Requires
  /// 0 < at.offset < len.
  Spot split(Spot at);
  /// The span that begins with at.offset's place and, splitting as needed, has at most `len`
  /// places.
  Spot isolate(Spot at, Lv len);
  /// Lengthens a span by `more` places, within kSpanMax.
  void extend(Spot at, Lv more);
  void set_state(Spot at, PlaceState state);
  /// One step of the prepared state of places with consecutive numbers, splitting as needed.
  void turn(LvRange places, bool forward);

  std::size_t memory() const;

 private:
  static constexpr std::uint32_t kLeafMax = 24;
  static constexpr std::uint32_t kNodeMax = 32;

  struct Leaf {
    std::uint32_t count = 0;
    std::uint32_t parent = kNone;
    std::uint32_t slot = 0;  // in the parent
    std::uint32_t next = kNone;
    Span spans[kLeafMax];
  };
  struct Node {
    std::uint32_t count = 0;
    std::uint32_t parent = kNone;
    std::uint32_t slot = 0;
    bool above_leaves = true;
    std::uint32_t children[kNodeMax] = {};
    Sums sums[kNodeMax];
  };

  template <class Measure>
  Spot at(std::uint32_t index, Measure measure) const;
  void add(std::uint32_t leaf, const Sums& more);
  Spot put(std::uint32_t leaf, std::uint32_t index, const Span& span);
  Spot put_parts(std::uint32_t leaf, std::uint32_t index, Span span);
  void settle(const Span& span, std::uint32_t leaf, bool by_span);
  void split_leaf(std::uint32_t leaf);
  void insert_child(std::uint32_t node, std::uint32_t slot, std::uint32_t child, const Sums& sums);
  Sums sums_of_leaf(const Leaf& leaf) const;
  void adopt(std::uint32_t node, std::uint32_t from);

  std::vector<Leaf> leaves_;
  std::vector<Node> nodes_;
  std::uint32_t root_ = kNone;  // a node; none while there is one leaf
  std::uint32_t first_ = 0;
  Sums total_;
  // Which leaf has a place: for each of the known ones, since splitting a span then changes nothing
  // and a search takes one step; in pages, since erases, which have no place, take numbers too. For
  // the others, and for long stretches that never showed, which may be longer than any memory, by
  // the first of a span.
  static constexpr Lv kPage = 4096;
  using Page = std::array<std::uint32_t, kPage>;
  static const Page kNoPage;
  std::uint32_t known_leaf(Lv place) const {
    const std::size_t at = place - lowest_;
    const auto page = at / kPage;
    return page < pages_.size() ? pages_.data()[page][at % kPage] : kNone;
  }
  bool is_by_span(Lv place) const { return place > kLvMax || known_leaf(place) == kNone; }
  const Lv lowest_;
  std::vector<const std::uint32_t*> pages_;  // of pages_held_, or kNoPage
  std::vector<std::unique_ptr<Page>> pages_held_;
  std::vector<std::uint32_t> held_as_;  // beside pages_
  LvMap<std::uint32_t> by_span_;
};

}  // namespace holm::crdt::text
