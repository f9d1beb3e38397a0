#include "tests/crdt/text/plain/graph.h"

#include <algorithm>
#include <queue>
#include <utility>

#include "base/ensure.h"

namespace holm::plain::text {

std::size_t Graph::index_of(Lv lv) const {
  ENSURE(lv < end());
  if (lv >= runs_.back().begin) return runs_.size() - 1;
  const auto after = std::upper_bound(runs_.begin(), runs_.end(), lv,
                                      [](Lv at, const GraphRun& run) { return at < run.begin; });
  return static_cast<std::size_t>(after - runs_.begin()) - 1;
}

Version Graph::parents_of(Lv lv) const {
  const auto& run = run_of(lv);
  return lv > run.begin ? Version{lv - 1} : run.parents;
}

OpId Graph::id_of(Lv lv) const {
  const auto& run = run_of(lv);
  return {run.id.log, run.id.seq + (lv - run.begin)};
}

std::string_view Graph::content(LvRange range) const {
  const auto& run = run_of(range.begin);
  return run.content.slice(range.begin - run.begin, range.end - range.begin);
}

Graph::Stretch Graph::stretch(const OpId& id, std::uint64_t len_max) const {
  const auto after = by_id_.upper_bound(id);
  if (after != by_id_.begin()) {
    const auto& run = runs_[std::prev(after)->second];
    const auto offset = id.seq - run.id.seq;
    if (run.id.log == id.log && offset < run.len) {
      return {.first = run.begin + offset, .len = std::min(len_max, run.len - offset)};
    }
  }
  if (after != by_id_.end() && after->first.log == id.log) {
    len_max = std::min(len_max, after->first.seq - id.seq);
  }
  return {.first = std::nullopt, .len = len_max};
}

void Graph::advance(Version& heads, const Version& parents, Lv last) const {
  std::erase_if(heads,
                [&](Lv head) { return std::binary_search(parents.begin(), parents.end(), head); });
  heads.push_back(last);  // the greatest number so far, so the order holds
}

void Graph::add_cut(const GraphRun& run, const Version& heads, bool joined) {
  // What follows a number at or above cut - 1 follows all before the cut; any other run breaks it.
  const Lv above = run.parents.empty() ? 0 : run.parents.back() + 1;
  while (cuts_.back() > above) cuts_.pop_back();
  if (heads.size() != 1) return;
  // One cut a run is enough: a joined run moves its cut to its new end.
  if (joined && cuts_.back() == above && above > 0) cuts_.pop_back();
  cuts_.push_back(run.end());
}

void Graph::append(GraphRun run) {
  run.begin = end();
  ENSURE(run.len > 0 && run.len <= kLvMax - run.begin);
  advance(heads_, run.parents, run.end() - 1);
  if (!runs_.empty()) {
    auto& last = runs_.back();
    // Erases stay as they came: what one erase took away is asked for by its id.
    if (run.insert && last.insert && run.is_void == last.is_void && run.wiped == last.wiped &&
        run.id == OpId{last.id.log, last.id.seq + last.len} &&
        run.parents == Version{last.end() - 1} && run.pos == last.pos_at(last.len)) {
      last.content.append(run.content);
      last.len += run.len;
      add_cut(run, heads_, true);
      return;
    }
  }
  by_id_.emplace(run.id, runs_.size());
  if (run.is_void || run.wiped) ++marked_count_;
  add_cut(run, heads_, false);
  runs_.push_back(std::move(run));
}

void Graph::truncate(Lv end, Version heads) {
  while (!runs_.empty() && runs_.back().begin >= end) {
    if (runs_.back().is_void || runs_.back().wiped) --marked_count_;
    by_id_.erase(runs_.back().id);
    runs_.pop_back();
  }
  if (!runs_.empty() && runs_.back().end() > end) {
    auto& last = runs_.back();
    last.len = end - last.begin;
    if (last.content.size() > 0) last.content.truncate(last.len);
  }
  heads_ = std::move(heads);
  cuts_ = {0};
  Version seen;
  for (const auto& run : runs_) {
    advance(seen, run.parents, run.end() - 1);
    add_cut(run, seen, false);
  }
}

Lv Graph::cut(Lv most) const {
  return *std::prev(std::upper_bound(cuts_.begin(), cuts_.end(), most));
}

Graph::Difference Graph::difference(const Version& a, const Version& b) const {
  constexpr unsigned kA = 1, kB = 2, kBoth = 3;
  struct Entry {
    Lv lv;
    unsigned sides;
    bool operator<(const Entry& other) const { return lv < other.lv; }
  };
  std::priority_queue<Entry> heap;
  std::size_t one_sided = 0;
  const auto push = [&](Lv lv, unsigned sides) {
    heap.push({lv, sides});
    if (sides != kBoth) ++one_sided;
  };
  const auto pop = [&] {
    const Entry top = heap.top();
    heap.pop();
    if (top.sides != kBoth) --one_sided;
    return top;
  };

  Difference out;
  const auto emit = [&](LvRange range, unsigned sides) {
    if (range.begin >= range.end || sides == kBoth) return;
    auto& side = sides == kA ? out.only_a : out.only_b;
    if (!side.empty() && side.back().begin == range.end) {
      side.back().begin = range.begin;
    } else {
      side.push_back(range);
    }
  };

  for (auto lv : a) push(lv, kA);
  for (auto lv : b) push(lv, kB);
  while (one_sided > 0) {
    const Entry top = pop();
    const auto& run = run_of(top.lv);
    auto sides = top.sides;
    Lv upper = top.lv + 1;
    while (!heap.empty() && heap.top().lv >= run.begin) {
      const Entry inside = pop();
      emit({inside.lv + 1, upper}, sides);
      upper = inside.lv + 1;
      sides |= inside.sides;
    }
    emit({run.begin, upper}, sides);
    for (auto parent : run.parents) push(parent, sides);
  }
  return out;
}

std::vector<LvRange> Graph::past(const Version& version) const {
  auto out = difference(version, {}).only_a;
  std::reverse(out.begin(), out.end());
  return out;
}

Version Graph::version_without(const Version& without) const {
  std::vector<Lv> kept_end(runs_.size());  // of each run
  const auto kept = [&](Lv lv) { return lv < kept_end[index_of(lv)]; };
  Version out;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    const auto& run = runs_[i];
    if (!std::all_of(run.parents.begin(), run.parents.end(), kept)) continue;
    const auto first = std::lower_bound(without.begin(), without.end(), run.begin);
    kept_end[i] = first == without.end() ? run.end() : std::min(run.end(), *first);
    if (kept_end[i] > run.begin) advance(out, run.parents, kept_end[i] - 1);
  }
  return out;
}

std::vector<LvRange> Graph::order(std::span<const LvRange> ranges) const {
  struct Piece {
    LvRange range;
    std::size_t waits_for = 0;
    std::vector<std::size_t> next;
  };
  std::vector<Piece> pieces;
  for (const auto& range : ranges) {
    for (Lv at = range.begin; at < range.end;) {
      const Lv stop = std::min(range.end, run_of(at).end());
      pieces.push_back({.range = {at, stop}, .waits_for = 0, .next = {}});
      at = stop;
    }
  }
  const auto piece_of = [&](Lv lv) -> std::optional<std::size_t> {
    const auto after = std::upper_bound(pieces.begin(), pieces.end(), lv,
                                        [](Lv x, const Piece& p) { return x < p.range.begin; });
    if (after == pieces.begin() || std::prev(after)->range.end <= lv) return std::nullopt;
    return static_cast<std::size_t>(after - pieces.begin()) - 1;
  };
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const auto& run = run_of(pieces[i].range.begin);
    if (pieces[i].range.begin > run.begin) continue;  // follows what lies outside of `ranges`
    for (auto parent : run.parents) {
      if (const auto before = piece_of(parent)) {
        pieces[*before].next.push_back(i);
        ++pieces[i].waits_for;
      }
    }
  }

  std::vector<std::size_t> ready;  // a stack: the newest continues the branch just left
  for (std::size_t i = pieces.size(); i-- > 0;) {
    if (pieces[i].waits_for == 0) ready.push_back(i);
  }
  std::vector<LvRange> out;
  out.reserve(pieces.size());
  while (!ready.empty()) {
    const auto i = ready.back();
    ready.pop_back();
    out.push_back(pieces[i].range);
    for (auto it = pieces[i].next.rbegin(); it != pieces[i].next.rend(); ++it) {
      if (--pieces[*it].waits_for == 0) ready.push_back(*it);
    }
  }
  ENSURE(out.size() == pieces.size());
  return out;
}

}  // namespace holm::plain::text
