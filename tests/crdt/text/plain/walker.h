// Walks the causal graph of a text and places its runs: the merge state of Eg-walker with Fugue
// order. It lives from a cut of the graph on, as long as concurrent runs are being merged or places
// are being asked for; the text itself is kept elsewhere.
//
// Refers to a Graph that outlives it. Threads: one at a time.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "crdt/text/edits.h"
#include "tests/crdt/text/plain/graph.h"
#include "tests/crdt/text/plain/sequence.h"

namespace holm::plain::text {

class Walker {
 public:
  /// Starts at `start`, a cut of the graph, with the text of that version as one span of unknown
  /// makeup and length; 0 starts with nothing, and knows every place.
  Walker(const Graph& graph, Lv start);

  Lv start() const { return start_; }
  const Sequence& sequence() const { return sequence_; }

  /// Places a piece of one run whose parents have been placed, and appends what it does to the text
  /// shown to `edits`. False, leaving nothing usable behind, when its position lies outside the
  /// version it was written on. O(d log n) in the runs between this one's parents and the last
  /// piece. Requires: pieces of earlier local numbers in its past are placed.
  bool place(LvRange piece, crdt::text::EditList& edits);

  /// Says how long the text shown is after what has been placed, which tells how long the unknown
  /// part is. Until then, every position counts as inside. Once, after start > 0.
  void set_size(std::uint64_t size);

  /// Moves the prepared view to `version`.
  void prepare(const Version& version);

  /// The places that erase runs took away, by the numbers of the erases.
  std::vector<LvRange> erased_by(LvRange erases) const;
  /// The numbers of all erases of one place, ascending. O(erases).
  Version erases_of(Lv place) const;

 private:
  struct Target {
    Lv begin;  // of the places erased
    std::uint64_t len;
  };

  bool insert(const GraphRun& run, LvRange piece, crdt::text::EditList& edits);
  bool erase(const GraphRun& run, LvRange piece, crdt::text::EditList& edits);
  /// After which node a new span with these origins belongs.
  Sequence::Node spot_for(const Span& span, Sequence::Node left, Sequence::Node right) const;
  void turn(LvRange range, bool forward);
  void turn_places(LvRange places, bool forward, bool erase);

  const Graph& graph_;
  Lv start_;
  Sequence sequence_;
  std::map<Lv, Target> targets_;  // first number of an erase -> what it erased, piece by piece
  Version prepared_;
};

}  // namespace holm::plain::text
