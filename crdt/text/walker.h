// Walks the causal graph of a text and places its runs: the merge state of Eg-walker with Fugue
// order. It lives from a cut of the graph on, as long as concurrent runs are being merged or places
// are being asked for; the text itself is kept elsewhere.
//
// Refers to a history that outlives it. Threads: one at a time.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "crdt/text/edits.h"
#include "crdt/text/history.h"
#include "crdt/text/lanes.h"
#include "crdt/text/lv_map.h"
#include "crdt/text/tracker.h"

namespace holm::crdt::text {

class Walker {
 public:
  /// Starts at `start`, a cut of the graph, with the text of that version as one span of unknown
  /// makeup and length; 0 starts with nothing, and knows every place.
  Walker(const History& history, Lv start);

  Lv start() const { return start_; }
  /// Which code point of the text at the start a place is that was there by then.
  static Lv base_offset(Lv place) { return place - (kLvMax + 1); }
  /// All from start() up to here has been placed.
  Lv placed() const { return placed_; }
  const Tracker& tracker() const { return tracker_; }

  /// Places all from placed() on up to `end`, parents first, each branch to its end. Appends what
  /// that does to the text shown to `edits`, if any. False, leaving nothing usable behind, when
  /// a position lies outside of the version it was written on. O(d log d) in the runs and in those
  /// between their parents and what was placed last.
  bool place_up_to(Lv end, EditList* edits);
  /// The same for `pieces` of spans of the graph, in this order; placed() does not tell of them.
  bool place(std::span<const Graph::Piece> pieces, EditList* edits);

  /// Says how long the text shown is after what has been placed, which tells how long the unknown
  /// part is. Until then, every position counts as inside. Once, after start > 0.
  void set_size(std::uint64_t size);

  /// Moves the prepared view to `version`.
  void prepare(std::span<const Lv> version);

  /// Places that an erase took away; `backward`: it took the last of them first.
  struct Erased {
    LvRange places;
    bool backward = false;
  };
  /// The places that erase runs took away, by the numbers of the erases, in their order.
  std::vector<Erased> erased_by(LvRange erases) const;
  /// The first numbers of all erases of some of these places, ascending. O(erases).
  Version erases_of(LvRange places) const;

  std::size_t memory() const {
    return tracker_.memory() + targets_.memory() + before_.size() * kShortcutBytes;
  }

 private:
  struct Target {
    Lv begin = 0;  // of the places erased
    Lv len = 0;
    bool backward = false;  // the first erase took the last place
  };

  void prepare(std::span<const Graph::Point> version);
  /// The same for all spans from start() on.
  bool place(std::span<const Graph::Piece> pieces, Lanes& lanes, EditList* edits);
  bool place(const Graph::Piece& piece, EditList* edits);
  /// The same once the prepared view is that of its parents and run_ its first.
  bool place_runs(const Graph::Piece& piece, bool follows_last, EditList* edits);
  bool insert(const RunPart& part, bool follows_last, EditList* edits);
  bool erase(const RunPart& part, EditList* edits);
  /// As the tracker's, quick near what the last run did.
  Tracker::Spot standing_at(std::uint32_t index) const;
  /// Where a new span with these origins belongs: behind the returned spot; the end stands for the
  /// front of all.
  Tracker::Spot spot_for(const Span& span, Tracker::Spot left, Tracker::Spot next,
                         Tracker::Spot right);
  /// A spot that is known to come before a new span, to go on from; the end when there is none.
  Tracker::Spot shortcut(const Span& span, const OpId& own_id, Tracker::Spot right) const;
  /// Takes runs back, or does them again; `hint` is a run near the first.
  void turn(LvRange range, std::size_t hint, bool forward);
  void turn(const Graph::Stretch& stretch, bool forward);
  template <class Visit>
  void each_target(LvRange erases, Visit visit) const;

  const History& history_;
  Lv start_;
  Lv placed_;
  Tracker tracker_;
  LvMap<Target> targets_;  // first number of an erase -> what it erased, piece by piece
  std::vector<Graph::Point> prepared_;
  // What long searches for a spot have come by, for those that follow; places never move. Of
  // siblings with the same origins, some; and of some places, one that stands before them and all
  // that was put in front of them.
  std::map<std::pair<Lv, Lv>, std::map<OpId, Lv>> siblings_;
  std::unordered_map<Lv, Lv> before_;
  static constexpr std::size_t kShortcutBytes = 64;  // about, with what siblings_ has
  std::size_t first_run(const Graph::Piece& piece);

  std::vector<std::uint32_t> first_runs_;  // by span of the graph from first_span_ on
  std::uint32_t first_span_ = 0;
  std::size_t run_ = 0;  // index of the run turned last
  // Where the last run of the piece now being placed did something, and how much stands before it.
  Tracker::Spot near_ = Tracker::end();
  std::uint32_t near_before_ = 0;
  std::vector<Graph::Point> parents_;  // scratch
  Graph::Difference difference_;       // scratch
};

}  // namespace holm::crdt::text
