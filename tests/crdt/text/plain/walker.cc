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
//    spot_for() walks over those that come before the new one.
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
#include "tests/crdt/text/plain/walker.h"

#include <algorithm>
#include <iterator>

#include "base/ensure.h"

namespace holm::plain::text {
namespace {

// Local numbers of the places at the cut, which are known by position only.
constexpr Lv kBase = Lv{1} << 62;
// Longer than any text: kLvMax bounds its code points.
constexpr std::uint64_t kBaseLen = kLvMax + 1;

}  // namespace

Walker::Walker(const Graph& graph, Lv start) : graph_(graph), start_(start) {
  if (start == 0) return;
  prepared_ = {start - 1};
  sequence_.insert_after(Sequence::kNone, {.begin = kBase, .len = kBaseLen, .prepared = 1});
}

void Walker::set_size(std::uint64_t size) {
  const auto visible = sequence_.total().visible;
  ENSURE(start_ > 0 && visible >= size);
  const Lv end = kBase + kBaseLen;
  const Lv beyond = end - (visible - size);
  if (beyond == end) return;
  const auto node = sequence_.isolate({beyond, end});
  ENSURE(sequence_[node].end() == end && sequence_[node].prepared == 1);
  sequence_.set_prepared(node, 2);
  sequence_.set_erased(node);
}

bool Walker::place(LvRange piece, crdt::text::EditList& edits) {
  const auto& run = graph_.run_of(piece.begin);
  prepare(graph_.parents_of(piece.begin));
  const bool fits = run.insert ? insert(run, piece, edits) : erase(run, piece, edits);
  prepared_ = {piece.end - 1};
  return fits;
}

bool Walker::insert(const GraphRun& run, LvRange piece, crdt::text::EditList& edits) {
  const auto pos = run.pos_at(piece.begin - run.begin);
  const auto len = piece.end - piece.begin;
  if (pos > sequence_.total().standing) return false;

  Span span{.begin = piece.begin, .len = len, .prepared = 1, .shows = run.shows()};
  auto left = Sequence::kNone;
  if (pos > 0) {
    const auto spot = sequence_.standing_at(pos - 1);
    left = spot.node;
    span.left = sequence_[left].begin + spot.offset;
    if (spot.offset + 1 < sequence_[left].len) sequence_.split(left, spot.offset + 1);
  }
  const auto right = sequence_.known_after(left);
  if (right != Sequence::kNone) span.right = sequence_[right].begin;

  const auto behind = spot_for(span, left, right);
  std::uint64_t shown_at = 0;
  if (behind != Sequence::kNone) {
    shown_at = sequence_.before(behind).visible;
    if (sequence_[behind].visible()) shown_at += sequence_[behind].len;
  }
  const bool continues = behind != Sequence::kNone && behind == left &&
                         sequence_[left].end() == piece.begin && piece.begin > run.begin &&
                         sequence_[left].right == span.right && !sequence_[left].erased;
  if (continues) {
    sequence_.extend(left, len);
  } else {
    sequence_.insert_after(behind, span);
  }
  if (span.shows) edits.insert(shown_at, len, graph_.content(piece));
  return true;
}

Sequence::Node Walker::spot_for(const Span& span, Sequence::Node left, Sequence::Node right) const {
  auto behind = left;
  auto next = left == Sequence::kNone ? sequence_.first() : sequence_.after(left);
  if (next == right) return behind;

  // Indexes of places, with the edges of the text beyond both ends.
  const auto left_index = [&](Lv lv) {
    return lv == kNoLv ? std::int64_t{-1} : static_cast<std::int64_t>(sequence_.index_of(lv));
  };
  const auto right_index = [&](Lv lv) { return lv == kNoLv ? kNoLv : sequence_.index_of(lv); };
  const auto own_left = left_index(span.left);
  const auto own_right = right_index(span.right);
  const OpId own_id = graph_.id_of(span.begin);

  // True while passing siblings whose right origin lies before ours, and their descendants: they
  // belong after the new span, unless a sibling follows that belongs before it.
  bool tentative = false;
  for (; next != right; next = sequence_.after(next)) {
    const auto& other = sequence_[next];
    if (other.left == span.left) {
      if (other.right == span.right) {
        if (own_id < graph_.id_of(other.begin)) break;
        tentative = false;
      } else {
        tentative = right_index(other.right) < own_right;
      }
    } else if (left_index(other.left) < own_left) {
      break;
    }
    if (!tentative) behind = next;
  }
  return behind;
}

bool Walker::erase(const GraphRun& run, LvRange piece, crdt::text::EditList& edits) {
  if (piece.end - piece.begin > sequence_.total().standing ||
      run.pos > sequence_.total().standing - (piece.end - piece.begin)) {
    return false;
  }
  for (Lv at = piece.begin; at < piece.end;) {
    const auto spot = sequence_.standing_at(run.pos);
    const Lv place = sequence_[spot.node].begin + spot.offset;
    const auto node = sequence_.isolate({place, place + (piece.end - at)});
    const auto len = sequence_[node].len;
    if (!run.is_void) {
      if (sequence_[node].visible()) edits.erase(sequence_.before(node).visible, len);
      sequence_.set_erased(node);
    }
    sequence_.set_prepared(node, 2);
    targets_.emplace(at, Target{.begin = place, .len = len});
    at += len;
  }
  return true;
}

void Walker::prepare(const Version& version) {
  if (prepared_ == version) return;
  const auto difference = graph_.difference(prepared_, version);
  for (const auto& range : difference.only_a) turn(range, false);
  const auto& missing = difference.only_b;
  std::for_each(missing.rbegin(), missing.rend(), [&](const LvRange& range) { turn(range, true); });
  prepared_ = version;
}

void Walker::turn(LvRange range, bool forward) {
  ENSURE(range.begin >= start_);
  // An erase is taken back before the insert it erased, and done again after it.
  while (range.begin < range.end) {
    LvRange piece = range;
    const auto& run = graph_.run_of(forward ? range.begin : range.end - 1);
    if (forward) {
      range.begin = piece.end = std::min(range.end, run.end());
    } else {
      range.end = piece.begin = std::max(range.begin, run.begin);
    }
    if (run.insert) {
      turn_places(piece, forward, false);
    } else {
      for (const auto& places : erased_by(piece)) turn_places(places, forward, true);
    }
  }
}

void Walker::turn_places(LvRange places, bool forward, bool erase) {
  while (places.begin < places.end) {
    const auto node = sequence_.isolate(places);
    const auto now = sequence_[node].prepared;
    ENSURE(forward ? now >= (erase ? 1U : 0U) : now >= (erase ? 2U : 1U));
    sequence_.set_prepared(node, forward ? now + 1 : now - 1);
    places.begin = sequence_[node].end();
  }
}

std::vector<LvRange> Walker::erased_by(LvRange erases) const {
  std::vector<LvRange> out;
  auto it = targets_.upper_bound(erases.begin);
  ENSURE(it != targets_.begin());
  for (it = std::prev(it); it != targets_.end() && it->first < erases.end; ++it) {
    const auto& [first, target] = *it;
    const auto from = std::max(first, erases.begin);
    const auto to = std::min(first + target.len, erases.end);
    if (from < to) out.push_back({target.begin + (from - first), target.begin + (to - first)});
  }
  return out;
}

Version Walker::erases_of(Lv place) const {
  Version out;
  for (const auto& [first, target] : targets_) {
    if (place >= target.begin && place - target.begin < target.len) {
      out.push_back(first + (place - target.begin));
    }
  }
  return out;
}

}  // namespace holm::plain::text
