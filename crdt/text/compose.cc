// From edits of the live text to runs. Without marks this is counting: each run follows the one
// before it, and positions are those of the edits.
//
// With marks, a run's position counts what its parents' view holds: void and wiped places stand
// there though they do not show, and what a void erase took is gone there though it does show. So
// positions are looked up in the prepared view of the whole history. A place that shows but is gone
// from that view cannot be named in it; such a place is named in the greatest version that has none
// of its (void) erases in it, as a branch of its own. Nothing that has its left origin there is
// concurrent to that version, so an insert lands right behind it. Edits are turned into runs from
// the last to the first, since that leaves the places before them where they were.
#include <algorithm>
#include <utility>

#include "crdt/text/state.h"
#include "crdt/text/utf8.h"

namespace holm::crdt {

class Text::Compose {
 public:
  Compose(State& state, const OpId& first)
      : state_(state), next_(first), parents_(state.ids_of(state.history.graph.heads())) {}

  Result<std::vector<TextRun>> run(std::span<const TextEdit> edits) {
    TRY(check(edits));
    if (state_.is_marked()) {
      through_places(edits);
    } else {
      for (const auto& edit : edits) {
        if (edit.erased > 0) follow(erase(edit.pos, edit.erased));
        if (!edit.inserted.empty()) follow(insert(edit.pos, edit.inserted));
      }
    }
    return std::move(runs_);
  }

 private:
  Status check(std::span<const TextEdit> edits) const {
    std::uint64_t size = state_.live.size(), least = 0;
    for (const auto& edit : edits) {
      const auto added = utf8::checked_count(edit.inserted);
      if (!added) return fail(Code::reject, "an edit's text is not UTF-8");
      if (edit.pos < least) return fail(Code::reject, "the edits of a text are out of order");
      if (edit.pos > size || edit.erased > size - edit.pos) {
        return fail(Code::reject, "an edit lies outside of its text");
      }
      size += *added - edit.erased;
      least = edit.pos + *added;
    }
    return {};
  }

  static TextRun insert(std::uint64_t pos, std::string text) {
    TextRun run;
    run.pos = pos;
    run.len = utf8::count(text);
    run.text = std::move(text);
    return run;
  }
  static TextRun erase(std::uint64_t pos, std::uint64_t len) {
    TextRun run;
    run.insert = false;
    run.pos = pos;
    run.len = len;
    return run;
  }

  void add(TextRun run, std::vector<OpId> parents) {
    run.id = next_;
    run.parents = std::move(parents);
    next_.seq += run.len;
    runs_.push_back(std::move(run));
  }
  /// Adds a run that follows all before it, branches apart.
  void follow(TextRun run) {
    add(std::move(run), std::move(parents_));
    parents_ = {{next_.log, next_.seq - 1}};
  }

  void through_places(std::span<const TextEdit> edits) {
    struct Hunk {
      std::uint64_t pos = 0;  // in the live text as it is now
      std::uint64_t erased = 0;
      std::string inserted;
    };
    std::vector<Hunk> hunks;
    std::uint64_t added = 0, erased = 0;
    for (const auto& edit : edits) {
      const auto pos = edit.pos + erased - added;
      // What touches is one hunk: inserts behind one place must not be branches beside each other.
      if (hunks.empty() || pos != hunks.back().pos + hunks.back().erased) {
        hunks.push_back({.pos = pos, .erased = 0, .inserted = {}});
      }
      hunks.back().erased += edit.erased;
      hunks.back().inserted += edit.inserted;
      added += utf8::count(edit.inserted);
      erased += edit.erased;
    }
    state_.places().prepare(state_.history.graph.heads());
    std::for_each(hunks.rbegin(), hunks.rend(), [&](const Hunk& hunk) {
      erase_places(hunk.pos, hunk.erased);
      if (!hunk.inserted.empty()) insert_behind(hunk.pos, hunk.inserted);
    });
  }

  void erase_places(std::uint64_t pos, std::uint64_t len) {
    const auto& tracker = state_.places().tracker();
    // A stretch of standing places side by side, not yet made a run.
    std::uint64_t standing_pos = 0, standing_len = 0;
    const auto flush = [&] {
      if (standing_len > 0) follow(erase(standing_pos, standing_len));
      standing_len = 0;
    };
    while (len > 0) {
      const auto spot = tracker.visible_at(static_cast<std::uint32_t>(pos + len - 1));
      const auto span = tracker[spot];
      const auto part = std::min<std::uint64_t>(len, spot.offset + 1);
      const auto offset = spot.offset + 1 - part;
      len -= part;
      if (span.state.stands()) {
        const auto at = tracker.before(spot).standing + offset;
        if (standing_len > 0 && at + part != standing_pos) flush();
        standing_pos = at;
        standing_len += part;
      } else {
        flush();
        const auto first = span.begin + static_cast<text::Lv>(offset);
        branch_at({first, first + static_cast<text::Lv>(part)},
                  [&](std::uint64_t at) { return erase(at, part); });
      }
    }
    flush();
  }

  void insert_behind(std::uint64_t pos, const std::string& text) {
    if (pos == 0) return follow(insert(0, text));
    const auto& tracker = state_.places().tracker();
    const auto spot = tracker.visible_at(static_cast<std::uint32_t>(pos - 1));
    const auto span = tracker[spot];
    if (span.state.stands()) {
      return follow(insert(tracker.before(spot).standing + spot.offset + 1, text));
    }
    const auto place = span.begin + spot.offset;
    branch_at({place, place + 1}, [&](std::uint64_t at) { return insert(at + 1, text); });
  }

  /// Adds the run that `make` returns for the position of the first of some places of one span,
  /// which are gone from the view of the whole history, on a version in which all of them stand.
  template <class Make>
  void branch_at(text::LvRange places, Make make) {
    auto& walker = state_.places();
    const auto& graph = state_.history.graph;
    const auto version = graph.version_without(walker.erases_of(places));
    walker.prepare(version);
    const auto spot = walker.tracker().find(places.begin);
    auto run = make(walker.tracker().before(spot).standing + spot.offset);
    walker.prepare(graph.heads());
    add(std::move(run), state_.ids_of(version));
  }

  State& state_;
  OpId next_;
  std::vector<OpId> parents_;  // of the next run that follows all
  std::vector<TextRun> runs_;
};

Result<std::vector<TextRun>> Text::compose(const OpId& first,
                                           std::span<const TextEdit> edits) const {
  state_->settle();
  return Compose(*state_, first).run(edits);
}

}  // namespace holm::crdt
