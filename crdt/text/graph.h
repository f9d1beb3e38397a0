// The causal graph of one text: who follows whom, and where all of history passes through one
// point. It knows nothing of names, positions or the text that results.
//
// Kept as spans of numbers that follow one another, so that a text which one person typed is one
// span. Value. Threads: one at a time.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "crdt/text/lv.h"

namespace holm::crdt::text {

class Graph {
 public:
  /// A stretch of one span.
  struct Piece {
    LvRange range;
    std::uint32_t span = 0;
  };

  Lv end() const { return end_; }
  /// Those that nothing follows.
  const Version& heads() const { return heads_; }
  bool is_linear() const { return heads_.size() == 1 && heads_[0] + 1 == end_; }

  std::size_t spans() const { return spans_.size(); }
  /// Index of the span that holds `lv`. Requires lv < end(). O(log spans).
  std::size_t index_of(Lv lv) const;
  LvRange span(std::size_t index) const {
    return {begins_[index], index + 1 < begins_.size() ? begins_[index + 1] : end_};
  }
  /// Parents of the first number of a span; the others have the one before them.
  std::span<const Lv> parents(std::size_t index) const {
    return {parents_.data() + spans_[index].parents, spans_[index].parents_len};
  }
  /// A number, and the span that holds it.
  struct Point {
    Lv lv = 0;
    std::uint32_t span = 0;
    bool operator==(const Point&) const = default;
  };
  /// The parents of a piece's first number, into `out`.
  void parents_of(const Piece& piece, std::vector<Point>& out) const;
  std::vector<Point> points_of(std::span<const Lv> version) const;
  /// The parents of any number, into `out`.
  void parents_of(Lv lv, Version& out) const;
  /// Whether the only parent of `lv` is lv - 1.
  bool follows_last(Lv lv) const;

  /// Numbers the next `len`, each following the one before, the first following `parents` (sorted,
  /// known). Goes on with the last span where it follows that, unless told not to. O(log spans).
  enum class Joins : bool { no, yes };
  void append(std::span<const Lv> parents, Lv len, Joins joins = Joins::yes);
  /// The same where it is known which spans hold the parents; it never goes on with the last one.
  /// O(parents and heads).
  void append(std::span<const Point> parents, Lv len);
  void reserve(std::size_t spans) {
    begins_.reserve(spans);
    spans_.reserve(spans);
  }
  /// The same for what follows the only head. Requires is_linear(). O(1).
  void extend(Lv len);
  /// Forgets all from `end` on; `heads` are those from before it was added. O(spans).
  void truncate(Lv end, Version heads);

  /// The greatest known number up to `most` such that everything from it on follows everything
  /// before it (a critical version). O(log cuts).
  Lv cut(Lv most) const;
  /// The first cuts at or above `lv`, begin .. end all of them; end() twice when there are none.
  LvRange cuts_from(Lv lv) const;

  /// Numbers in a row, and the span that holds the first of them.
  struct Stretch {
    LvRange range;
    std::uint32_t span = 0;
  };
  struct Difference {
    std::vector<Stretch> only_a;  ///< descending
    std::vector<Stretch> only_b;  ///< descending

   private:
    friend class Graph;
    std::vector<std::uint64_t> reach_;  // by span: how far each version reaches
    std::vector<std::uint64_t> to_do_;  // a bit a span, of those with something in reach_
  };
  /// What one version holds and the other does not, into `out`, which is best used again. O(d) in
  /// the spans that lie between, and a step for every 64 of all in their stretch. Source: Gentle &
  /// Kleppmann, Eg-walker (2025), 3.2.
  void difference(std::span<const Point> a, std::span<const Point> b, Difference& out) const;
  void difference(std::span<const Lv> a, std::span<const Lv> b, Difference& out) const;
  /// What `version` holds and `in` does not, ascending.
  std::vector<LvRange> missing(std::span<const Lv> version, std::span<const Lv> in) const;
  /// All that `version` holds, ascending.
  std::vector<LvRange> past(std::span<const Lv> version) const;

  /// The greatest version that holds neither `without` (ascending) nor anything that follows one of
  /// them. O(spans).
  Version version_without(const Version& without) const;

  /// `ranges` (ascending, each once) cut into pieces, parents first, and each branch
  /// followed to its end before the next begins, the smaller branch first: so a walk seldom changes
  /// branches, and takes back the smaller part when it does.
  std::vector<Piece> order(std::span<const LvRange> ranges) const;

 private:
  struct Span {
    std::uint32_t parents = 0;  // offset in parents_
    std::uint32_t parents_len = 0;
  };
  struct Cuts {  // every number first .. last is a cut
    Lv first = 0;
    Lv last = 0;
  };

  static void advance(Version& heads, std::span<const Lv> parents, Lv last);
  void add_cuts(std::span<const Lv> parents, Lv begin, Lv end, const Version& heads);

  std::vector<Lv> begins_;
  std::vector<Span> spans_;  // beside begins_
  std::vector<Lv> parents_;
  std::vector<std::uint32_t> parent_spans_;  // beside parents_: the spans that hold them
  Lv end_ = 0;
  Version heads_;
  std::vector<Cuts> cuts_{{0, 0}};
};

}  // namespace holm::crdt::text
