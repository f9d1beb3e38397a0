// Eg-walker (Gentle & Kleppmann, "Collaborative Text Editing with Eg-walker", EuroSys 2025) with
// the order of FugueMax (Weidner & Kleppmann, "The Art of the Fugue", 2023). Outline:
//
// 1. Every place of the text has two states. The *prepared* view is that of one version: the
// parents
//    of the run being placed. The *shown* text is that of everything placed so far. To place a run,
//    the prepared view is moved to its parents: what only the old version holds is taken back
//    (retreat), what only the new one holds is done again (advance). Then the run's position is an
//    index into the standing places, and the edit to the text shown is where those places are now.
// 2. An insert's left origin is the standing place before it; its right origin is the next place
//    after that one that its author knew, erased or not. Between the two lie only places that are
//    concurrent to it, in the order of the Fugue tree written flat: a place's parent is its left
//    origin, or its right origin where that descends from the left one. Children to the right go by
//    right origin, farthest first; ties, and children to the left, by id (log, then seq).
//    spot_for() walks over those that come before the new one. Where many write at one spot, it
//    goes on from what an earlier walk came by: a sibling with the same origins and a smaller id,
//    or, for what is put in front of a place that has the same left origin, from what stood before
//    that place when it came.
// 3. An erase marks the standing places it covers and remembers which, to be taken back and done
//    again with the prepared view.
//
// Departures from Eg-walker:
// - FugueMax where the paper's reference takes Fugue: the right origin is kept even where it does
// not
//   descend from the left one, and siblings go by it. So runs typed backwards (each character put
//   in front of the last) do not interleave either. Ids of ties are (log id, seq), which is ours.
// - Spans, not characters, with split on demand; and runs that are continued are one span.
// - A walk from a cut of the graph (critical version) starts with a span of unknown length that
//   stands for the text of that version. Its end is found by arithmetic from the length of the live
//   text (set_size), and what lies beyond it stays as an erased span at the end, so that right
//   origins found before and after are the same.
// - Void and wiped runs: the prepared view treats them like any others, since positions were
// counted
//   by people who took them for such. Only `shows` and `erased` differ, and these never feed back
//   into where anything is placed; so a mark gives the same result whenever it comes. A walk over a
//   marked history has to start at 0, because the text at a cut no longer tells all its places.
//
// Departure from Fugue: no tree is kept. Scanning by origins gives its order (YjsMod, as in
// Gentle's reference-crdts); the tests compare it with an explicit tree.
#include "crdt/text/walker.h"

#include <algorithm>

#include "base/ensure.h"

namespace holm::crdt::text {
namespace {

// Local numbers of the places at the cut, which are known by position only.
constexpr Lv kBase = kLvMax + 1;
// Longer than any text: kLvMax bounds its code points.
constexpr Lv kBaseLen = kLvMax;

constexpr PlaceState kStands{1};

// Spans passed in search of a spot from which on it is worth remembering where that led.
constexpr unsigned kLongSearch = 32;

// Pieces of the graph to place at once from which on lanes pay.
constexpr std::size_t kLanesFrom = 32;

}  // namespace

Walker::Walker(const History& history, Lv start)
    : history_(history), start_(start), placed_(start), tracker_(start) {
  if (start == 0) return;
  prepared_ = {{start - 1, static_cast<std::uint32_t>(history.graph.index_of(start - 1))}};
  tracker_.insert_first({.begin = kBase, .len = kBaseLen, .state = kStands});
}

void Walker::set_size(std::uint64_t size) {
  const auto visible = tracker_.total().visible;
  ENSURE(start_ > 0 && visible >= size);
  const Lv beyond = static_cast<Lv>(visible - size);
  if (beyond == 0) return;
  const auto at = tracker_.isolate(tracker_.find(kBase + kBaseLen - beyond), beyond);
  ENSURE(tracker_[at].end() == kBase + kBaseLen && tracker_[at].state == kStands);
  tracker_.set_state(at, {2 | PlaceState::kErased});
}

bool Walker::place_up_to(Lv end, EditList* edits) {
  const LvRange rest{placed_, end};
  const auto pieces = history_.graph.order({&rest, 1});
  const bool is_fresh = placed_ == start_;
  if (pieces.size() >= kLanesFrom) {
    tracker_.reserve(history_.runs.index_of(end - 1) - history_.runs.index_of(rest.begin));
  }
  placed_ = end;
  if (is_fresh && pieces.size() >= kLanesFrom) {
    if (auto lanes = Lanes::of(history_, start_)) return place(pieces, *lanes, edits);
  }
  return place(pieces, edits);
}

bool Walker::place(std::span<const Graph::Piece> pieces, EditList* edits) {
  return std::all_of(pieces.begin(), pieces.end(),
                     [&](const Graph::Piece& piece) { return place(piece, edits); });
}

bool Walker::place(std::span<const Graph::Piece> pieces, Lanes& lanes, EditList* edits) {
  Lanes::Reach reach{};  // of the prepared view
  for (const auto& piece : pieces) {
    const auto& wanted = lanes.before(piece.span);
    for (std::size_t lane = 0; lane < Lanes::kCount; ++lane) {
      const auto [from, to] = std::minmax(reach[lane], wanted[lane]);
      if (from == to) continue;
      const bool forward = to == wanted[lane];
      lanes.each(lane, from, to,
                 [&, forward](LvRange range, std::size_t run) { turn(range, run, forward); });
    }
    run_ = history_.runs.index_of(piece.range.begin, lanes.run_of(piece.span));
    if (!place_runs(piece, false, edits)) return false;
    reach = lanes.reach_of({piece.range.end - 1, piece.span});
  }
  return true;
}

bool Walker::place(const Graph::Piece& piece, EditList* edits) {
  history_.graph.parents_of(piece, parents_);
  prepare(std::span<const Graph::Point>(parents_));
  run_ = first_run(piece);
  const bool follows_last = parents_.size() == 1 && parents_[0].lv + 1 == piece.range.begin;
  return place_runs(piece, follows_last, edits);
}

bool Walker::place_runs(const Graph::Piece& piece, bool follows_last, EditList* edits) {
  bool fits = true;
  near_ = Tracker::end();
  for (auto rest = piece.range; fits && rest.begin < rest.end; ++run_) {
    const auto part = history_.runs.part(run_, rest);
    fits = part.inserts() ? insert(part, follows_last, edits) : erase(part, edits);
    follows_last = true;
    rest.begin = part.range.end;
  }
  --run_;
  prepared_.assign(1, {piece.range.end - 1, piece.span});
  return fits;
}

std::size_t Walker::first_run(const Graph::Piece& piece) {
  const auto& graph = history_.graph;
  if (first_runs_.empty()) first_span_ = piece.span;
  if (piece.span < first_span_ || piece.range.begin != graph.span(piece.span).begin) {
    return history_.runs.index_of(piece.range.begin, run_);
  }
  // In the order of the graph, which pieces are not in, each is found beside the last.
  while (first_runs_.size() <= piece.span - first_span_) {
    const auto begin = graph.span(first_span_ + first_runs_.size()).begin;
    const auto hint = first_runs_.empty() ? run_ : first_runs_.back();
    first_runs_.push_back(static_cast<std::uint32_t>(history_.runs.index_of(begin, hint)));
  }
  return first_runs_[piece.span - first_span_];
}

Tracker::Spot Walker::standing_at(std::uint32_t index) const {
  return Tracker::is_end(near_) ? tracker_.standing_at(index)
                                : tracker_.standing_at(index, near_, near_before_);
}

bool Walker::insert(const RunPart& part, bool follows_last, EditList* edits) {
  if (part.pos > tracker_.total().standing) return false;
  Span span{.begin = part.range.begin,
            .len = part.range.size(),
            .state = {part.shows() ? 1 : 1 | PlaceState::kHidden}};
  Tracker::Spot left{}, next{};
  const bool at_front = part.pos == 0;
  bool in_middle = false;
  if (at_front) {
    next = tracker_.is_empty() ? Tracker::end() : tracker_.first();
  } else {
    left = standing_at(part.pos - 1);
    const auto& before = tracker_[left];
    span.left = before.begin + left.offset;
    if (left.offset + 1 < before.len) {
      in_middle = true;
    } else {
      left.offset = 0;
      next = tracker_.next(left);
    }
  }
  const auto show_at = [&](Tracker::Spot at) {
    near_ = at;
    near_before_ = part.pos;
    if (edits == nullptr || !part.shows()) return;
    edits->insert(tracker_.visible_before(at), part.range.size(),
                  history_.runs.content(part.range));
  };
  if (in_middle) {
    // Its neighbour to the right is what it splits off, which stands too.
    ++left.offset;
    span.right = span.left + 1;
    const auto rest = tracker_.split(left);
    // The front part stands right before the rest, wherever splitting has put it.
    const auto front =
        rest.index > 0 ? Tracker::Spot{rest.leaf, rest.index - 1, 0} : tracker_.find(span.left);
    show_at(tracker_.insert_after(front, span));
    return true;
  }
  const auto right = tracker_.known_from(next);
  if (!Tracker::is_end(right)) span.right = tracker_[right].begin;
  auto behind = at_front ? Tracker::end() : left;
  if (next != right) behind = spot_for(span, behind, next, right);
  if (Tracker::is_end(behind)) {
    show_at(tracker_.insert_first(span));
    return true;
  }
  if (behind == left && !at_front && follows_last) {
    const auto& before = tracker_[left];
    if (before.end() == span.begin && before.right == span.right && before.state == span.state &&
        span.len <= Tracker::kSpanMax - std::min(before.len, Tracker::kSpanMax)) {
      if (edits != nullptr && part.shows()) {
        edits->insert(tracker_.visible_before(left) + before.len, part.range.size(),
                      history_.runs.content(part.range));
      }
      near_ = left;
      near_before_ = part.pos - before.len;
      tracker_.extend(left, span.len);
      return true;
    }
  }
  show_at(tracker_.insert_after(behind, span));
  return true;
}

Tracker::Spot Walker::shortcut(const Span& span, const OpId& own_id, Tracker::Spot right) const {
  const auto group = siblings_.find({span.left, span.right});
  if (group != siblings_.end()) {
    const auto after = group->second.lower_bound(own_id);
    if (after != group->second.begin()) return tracker_.find(std::prev(after)->second);
  }
  if (!Tracker::is_end(right) && tracker_[right].left == span.left) {
    const auto found = before_.find(span.right);
    if (found != before_.end()) return tracker_.find(found->second);
  }
  return Tracker::end();
}

Tracker::Spot Walker::spot_for(const Span& span, Tracker::Spot left, Tracker::Spot next,
                               Tracker::Spot right) {
  // Whether place `a` stands before place `b`; kNoLv is beyond the edge that `edge` says.
  const auto is_before = [&](Lv a, Lv b) {
    if (a == b) return false;
    const auto at_a = tracker_.find(a), at_b = tracker_.find(b);
    if (at_a.leaf == at_b.leaf && at_a.index == at_b.index) return at_a.offset < at_b.offset;
    return tracker_.is_before(at_a, at_b);
  };
  const auto left_is_before = [&](Lv a, Lv b) {
    return b != kNoLv && (a == kNoLv || is_before(a, b));
  };
  const auto right_is_before = [&](Lv a, Lv b) {
    return a != kNoLv && (b == kNoLv || is_before(a, b));
  };
  const OpId own_id = history_.names.id_of(span.begin);

  auto behind = left;
  const auto start =
      before_.empty() && siblings_.empty() ? Tracker::end() : shortcut(span, own_id, right);
  if (!Tracker::is_end(start)) {
    behind = {start.leaf, start.index, 0};
    next = tracker_.next(behind);
  }
  unsigned steps = 0, unmarked = 0;
  // True while passing siblings whose right origin lies before ours, and their descendants: they
  // belong after the new span, unless a sibling follows that belongs before it.
  bool tentative = false;
  for (; next != right; next = tracker_.next(next), ++steps, ++unmarked) {
    const auto& other = tracker_[next];
    if (other.left == span.left) {
      if (other.right == span.right) {
        const auto other_id = history_.names.id_of(other.begin);
        if (own_id < other_id) break;
        tentative = false;
        if (unmarked >= kLongSearch) {
          siblings_[{span.left, span.right}].emplace(other_id, other.begin);
          unmarked = 0;
        }
      } else {
        tentative = right_is_before(other.right, span.right);
      }
    } else if (left_is_before(other.left, span.left)) {
      break;
    }
    if (!tentative) behind = next;
  }
  if ((steps >= kLongSearch || !Tracker::is_end(start)) && !Tracker::is_end(behind)) {
    before_.emplace(span.begin, tracker_[behind].end() - 1);
  }
  return behind;
}

bool Walker::erase(const RunPart& part, EditList* edits) {
  const auto len = part.range.size();
  const bool backward = (part.flags & kBackward) != 0;
  const auto standing = tracker_.total().standing;
  if (backward ? part.pos >= standing || len > part.pos + 1
               : len > standing || part.pos > standing - len) {
    return false;
  }
  for (Lv at = part.range.begin; at < part.range.end;) {
    const Lv done = at - part.range.begin, rest = part.range.end - at;
    auto spot = standing_at(backward ? part.pos - done : part.pos);
    Lv count = std::min(rest, tracker_[spot].len - spot.offset);
    if (backward) {
      count = std::min(rest, spot.offset + 1);
      spot.offset -= count - 1;
    }
    const auto node = tracker_.isolate(spot, count);
    const auto span = tracker_[node];
    auto state = span.state.with_prepared(2);
    if (!part.is_void()) {
      if (edits != nullptr && span.state.is_visible()) {
        edits->erase(tracker_.visible_before(node), count);
      }
      state.bits |= PlaceState::kErased;
    }
    tracker_.set_state(node, state);
    near_ = node;
    near_before_ = backward ? part.pos + 1 - done - count : part.pos;
    targets_.insert(at, {.begin = span.begin, .len = count, .backward = backward});
    at += count;
  }
  return true;
}

void Walker::prepare(std::span<const Lv> version) {
  const auto points = history_.graph.points_of(version);
  prepare(std::span<const Graph::Point>(points));
}

void Walker::prepare(std::span<const Graph::Point> version) {
  if (std::equal(prepared_.begin(), prepared_.end(), version.begin(), version.end())) return;
  history_.graph.difference(prepared_, version, difference_);
  for (const auto& stretch : difference_.only_a) turn(stretch, false);
  const auto& missing = difference_.only_b;
  std::for_each(missing.rbegin(), missing.rend(),
                [&](const Graph::Stretch& stretch) { turn(stretch, true); });
  prepared_.assign(version.begin(), version.end());
}

void Walker::turn(const Graph::Stretch& stretch, bool forward) {
  const auto span = stretch.span - first_span_;
  turn(stretch.range, span < first_runs_.size() ? first_runs_[span] : run_, forward);
}

void Walker::turn(LvRange range, std::size_t hint, bool forward) {
  ENSURE(range.begin >= start_);
  // An insert may be turned before what erased it, or after: it is the count that tells.
  for (run_ = history_.runs.index_of(range.begin, hint);; ++run_) {
    const auto run = history_.runs.run(run_);
    const LvRange part{range.begin, std::min(range.end, run.range.end)};
    if (run.inserts()) {
      tracker_.turn(part, forward);
    } else {
      each_target(part, [&](LvRange places, const Target&) { tracker_.turn(places, forward); });
    }
    if (part.end == range.end) return;
    range.begin = part.end;
  }
}

template <class Visit>
void Walker::each_target(LvRange erases, Visit visit) const {
  for (auto at = targets_.below(erases.begin); erases.begin < erases.end; at = targets_.next(at)) {
    const auto first = targets_.key(at);
    const auto& target = targets_.value(at);
    const auto from = erases.begin - first;
    const auto to = std::min(erases.end - first, target.len);
    erases.begin = first + to;
    if (target.backward) {
      visit(LvRange{target.begin + (target.len - to), target.begin + (target.len - from)}, target);
    } else {
      visit(LvRange{target.begin + from, target.begin + to}, target);
    }
  }
}

std::vector<Walker::Erased> Walker::erased_by(LvRange erases) const {
  std::vector<Erased> out;
  each_target(erases, [&](LvRange places, const Target& target) {
    out.push_back({places, target.backward});
  });
  return out;
}

Version Walker::erases_of(LvRange places) const {
  Version out;
  if (targets_.empty()) return out;
  for (auto at = targets_.first(); !targets_.is_end(at); at = targets_.next(at)) {
    const auto& target = targets_.value(at);
    const auto begin = std::max(places.begin, target.begin);
    const auto end = std::min(places.end, target.begin + target.len);
    if (begin >= end) continue;
    out.push_back(targets_.key(at) +
                  (target.backward ? target.begin + target.len - end : begin - target.begin));
  }
  return out;
}

}  // namespace holm::crdt::text
