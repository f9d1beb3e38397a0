#include "crdt/text/graph.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <utility>

#include "base/ensure.h"

namespace holm::crdt::text {

std::size_t Graph::index_of(Lv lv) const {
  ENSURE(lv < end_);
  if (lv >= begins_.back()) return begins_.size() - 1;
  return index_below(begins_, lv);
}

void Graph::parents_of(const Piece& piece, std::vector<Point>& out) const {
  if (piece.range.begin > begins_[piece.span]) {
    out.assign(1, {piece.range.begin - 1, piece.span});
    return;
  }
  out.clear();
  const auto& span = spans_[piece.span];
  for (std::uint32_t i = 0; i < span.parents_len; ++i) {
    out.push_back({parents_[span.parents + i], parent_spans_[span.parents + i]});
  }
}

std::vector<Graph::Point> Graph::points_of(std::span<const Lv> version) const {
  std::vector<Point> out;
  for (auto lv : version) out.push_back({lv, static_cast<std::uint32_t>(index_of(lv))});
  return out;
}

void Graph::parents_of(Lv lv, Version& out) const {
  const auto index = index_of(lv);
  if (lv > begins_[index]) {
    out.assign(1, lv - 1);
  } else {
    const auto of_span = parents(index);
    out.assign(of_span.begin(), of_span.end());
  }
}

bool Graph::follows_last(Lv lv) const {
  const auto index = index_of(lv);
  if (lv > begins_[index]) return true;
  const auto of_span = parents(index);
  return lv > 0 && of_span.size() == 1 && of_span[0] == lv - 1;
}

void Graph::advance(Version& heads, std::span<const Lv> parents, Lv last) {
  if (heads.size() <= 2 && parents.size() <= 2) {
    // Two who write at once: no search pays.
    const auto is_parent = [&](Lv head) {
      return head == parents.front() || head == parents.back();
    };
    if (!parents.empty()) {
      while (!heads.empty() && is_parent(heads.back())) heads.pop_back();
      if (heads.size() == 2 && is_parent(heads.front())) heads.erase(heads.begin());
    }
  } else if (parents.size() < 8) {
    for (auto parent : parents) {
      const auto at = std::lower_bound(heads.begin(), heads.end(), parent);
      if (at != heads.end() && *at == parent) heads.erase(at);
    }
  } else {
    std::erase_if(
        heads, [&](Lv head) { return std::binary_search(parents.begin(), parents.end(), head); });
  }
  heads.push_back(last);  // the greatest number so far, so the order holds
}

void Graph::add_cuts(std::span<const Lv> parents, Lv begin, Lv end, const Version& heads) {
  // What follows a number at or above cut - 1 follows all before the cut; any other run breaks it.
  const Lv above = parents.empty() ? 0 : parents.back() + 1;
  while (cuts_.back().first > above) cuts_.pop_back();
  if (cuts_.back().last > above) cuts_.back().last = above;
  if (heads.size() != 1) return;
  if (cuts_.back().last == begin) {
    cuts_.back().last = end;
  } else {
    cuts_.push_back({begin + 1, end});
  }
}

void Graph::append(std::span<const Lv> parents, Lv len, Joins joins) {
  ENSURE(len > 0 && len <= kLvMax - end_);
  const Lv begin = end_;
  const bool goes_on =
      joins == Joins::yes && begin > 0 && parents.size() == 1 && parents[0] == begin - 1;
  if (goes_on && is_linear()) return extend(len);
  if (!goes_on) {
    spans_.push_back({.parents = static_cast<std::uint32_t>(parents_.size()),
                      .parents_len = static_cast<std::uint32_t>(parents.size())});
    for (auto parent : parents) {
      parents_.push_back(parent);
      parent_spans_.push_back(static_cast<std::uint32_t>(index_of(parent)));
    }
    begins_.push_back(begin);
  }
  end_ += len;
  advance(heads_, parents, end_ - 1);
  add_cuts(parents, begin, end_, heads_);
}

void Graph::append(std::span<const Point> parents, Lv len) {
  ENSURE(len > 0 && len <= kLvMax - end_);
  const Lv begin = end_;
  const auto first = parents_.size();
  spans_.push_back({.parents = static_cast<std::uint32_t>(first),
                    .parents_len = static_cast<std::uint32_t>(parents.size())});
  for (const auto& parent : parents) {
    parents_.push_back(parent.lv);
    parent_spans_.push_back(parent.span);
  }
  begins_.push_back(begin);
  end_ += len;
  const auto added = std::span<const Lv>(parents_).subspan(first);
  advance(heads_, added, end_ - 1);
  add_cuts(added, begin, end_, heads_);
}

void Graph::extend(Lv len) {
  if (cuts_.back().last == end_) {
    cuts_.back().last += len;
  } else {
    cuts_.push_back({end_ + 1, end_ + len});
  }
  end_ += len;
  heads_[0] = end_ - 1;
}

void Graph::truncate(Lv end, Version heads) {
  while (!spans_.empty() && begins_.back() >= end) {
    parents_.resize(spans_.back().parents);
    parent_spans_.resize(parents_.size());
    spans_.pop_back();
    begins_.pop_back();
  }
  end_ = end;
  heads_ = std::move(heads);
  cuts_ = {{0, 0}};
  Version seen;
  for (std::size_t i = 0; i < spans_.size(); ++i) {
    const auto range = span(i);
    advance(seen, parents(i), range.end - 1);
    add_cuts(parents(i), range.begin, range.end, seen);
  }
}

Lv Graph::cut(Lv most) const {
  const auto after = std::upper_bound(cuts_.begin(), cuts_.end(), most,
                                      [](Lv at, const Cuts& cuts) { return at < cuts.first; });
  return std::min(most, std::prev(after)->last);
}

LvRange Graph::cuts_from(Lv lv) const {
  const auto at = std::lower_bound(cuts_.begin(), cuts_.end(), lv,
                                   [](const Cuts& cuts, Lv from) { return cuts.last < from; });
  if (at == cuts_.end()) return {end_, end_};
  return {std::max(at->first, lv), at->last};
}

namespace {

/// How far two versions reach into a span: one past the last number that they hold, or 0.
struct Reach {
  Lv a = 0;
  Lv b = 0;
};
// In one word, since what is stored in halves is slow to load as a whole.
std::uint64_t pack(Reach reach) { return std::uint64_t{reach.b} << 32 | reach.a; }
Reach unpack(std::uint64_t packed) {
  return {static_cast<Lv>(packed), static_cast<Lv>(packed >> 32)};
}

}  // namespace

void Graph::difference(std::span<const Lv> a, std::span<const Lv> b, Difference& out) const {
  difference(points_of(a), points_of(b), out);
}

void Graph::difference(std::span<const Point> a, std::span<const Point> b, Difference& out) const {
  out.only_a.clear();
  out.only_b.clear();
  if (a.empty() && b.empty()) return;
  auto& reach = out.reach_;
  auto& to_do = out.to_do_;
  if (reach.size() < spans_.size()) {
    reach.resize(spans_.size());
    to_do.resize(spans_.size() / 64 + 1);
  }
  // From the last span down. Spans that both versions hold alike are followed only while there are
  // others: they may turn out to hold what seemed to be of one side.
  std::size_t word = 0, lowest = to_do.size(), uneven = 0;
  const auto push = [&](std::uint32_t span, Reach more) {
    const auto at = unpack(reach[span]);
    const Reach now{std::max(at.a, more.a), std::max(at.b, more.b)};
    reach[span] = pack(now);
    uneven += std::size_t{now.a != now.b} - std::size_t{at.a != at.b};
    to_do[span / 64] |= std::uint64_t{1} << span % 64;
    word = std::max<std::size_t>(word, span / 64);
    lowest = std::min<std::size_t>(lowest, span / 64);
  };
  for (const auto& point : a) push(point.span, {point.lv + 1, 0});
  for (const auto& point : b) push(point.span, {0, point.lv + 1});
  while (uneven > 0) {
    while (to_do[word] == 0) --word;
    const auto bit = 63 - static_cast<unsigned>(std::countl_zero(to_do[word]));
    const auto index = static_cast<std::uint32_t>(word * 64 + bit);
    const auto at = unpack(reach[index]);
    reach[index] = 0;
    to_do[word] &= ~(std::uint64_t{1} << bit);
    if (at.a != at.b) {
      --uneven;
      const LvRange range{std::max(begins_[index], std::min(at.a, at.b)), std::max(at.a, at.b)};
      auto& side = at.a > at.b ? out.only_a : out.only_b;
      if (!side.empty() && side.back().range.begin == range.end) {
        side.back().range.begin = range.begin;
        side.back().span = index;
      } else {
        side.push_back({range, index});
      }
    }
    const auto& span = spans_[index];
    const Lv in_a = at.a > 0 ? ~Lv{0} : 0, in_b = at.b > 0 ? ~Lv{0} : 0;
    for (auto i = span.parents; i < span.parents + span.parents_len; ++i) {
      const auto up = parents_[i] + 1;
      push(parent_spans_[i], {up & in_a, up & in_b});
    }
  }
  for (++word; word-- > lowest;) {
    for (auto& bits = to_do[word]; bits != 0; bits &= bits - 1) {
      reach[word * 64 + static_cast<unsigned>(std::countr_zero(bits))] = 0;
    }
  }
}

std::vector<LvRange> Graph::past(std::span<const Lv> version) const {
  return missing(version, std::span<const Lv>());
}

std::vector<LvRange> Graph::missing(std::span<const Lv> version, std::span<const Lv> in) const {
  Difference both;
  difference(version, in, both);
  std::vector<LvRange> out;
  std::for_each(both.only_a.rbegin(), both.only_a.rend(),
                [&](const Stretch& stretch) { out.push_back(stretch.range); });
  return out;
}

Version Graph::version_without(const Version& without) const {
  std::vector<Lv> kept_end(spans_.size());  // of each span
  const auto kept = [&](Lv lv) { return lv < kept_end[index_of(lv)]; };
  Version out;
  for (std::size_t i = 0; i < spans_.size(); ++i) {
    const auto range = span(i);
    const auto of_span = parents(i);
    if (!std::all_of(of_span.begin(), of_span.end(), kept)) continue;
    const auto first = std::lower_bound(without.begin(), without.end(), range.begin);
    kept_end[i] = first == without.end() ? range.end : std::min(range.end, *first);
    if (kept_end[i] > range.begin) advance(out, of_span, kept_end[i] - 1);
  }
  return out;
}

std::vector<Graph::Piece> Graph::order(std::span<const LvRange> ranges) const {
  constexpr auto kNone = ~std::uint32_t{0};
  std::vector<Piece> pieces;
  for (const auto& range : ranges) {
    if (range.begin >= range.end) continue;
    for (auto i = index_of(range.begin); i < spans_.size() && begins_[i] < range.end; ++i) {
      const auto whole = span(i);
      pieces.push_back({{std::max(range.begin, whole.begin), std::min(range.end, whole.end)},
                        static_cast<std::uint32_t>(i)});
    }
  }
  if (pieces.size() <= 1) return pieces;
  // Of each span, the last of its pieces: a piece further back leads to it through the others.
  const auto lowest = pieces.front().span;
  std::vector<std::uint32_t> last_piece(pieces.back().span - lowest + 1, kNone);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    last_piece[pieces[i].span - lowest] = static_cast<std::uint32_t>(i);
  }
  const auto piece_of = [&](Lv lv, std::uint32_t span) {
    if (lv < pieces.front().range.begin || lv >= pieces.back().range.end) return kNone;
    auto at = last_piece[span - lowest];
    while (at != kNone && lv < pieces[at].range.begin) {
      at = at > 0 && pieces[at - 1].span == span ? at - 1 : kNone;
    }
    return at != kNone && lv < pieces[at].range.end ? at : kNone;
  };
  struct Links {
    std::uint32_t waits_for = 0;
    std::uint32_t next = kNone;  // chain in `links`
    std::uint64_t weight = 0;    // how much hangs on it up to the next merge
  };
  struct Link {
    std::uint32_t to, next;
  };
  std::vector<Links> nodes(pieces.size());
  std::vector<Link> links;
  links.reserve(pieces.size() * 2);
  for (std::size_t i = pieces.size(); i-- > 0;) {
    nodes[i].weight += pieces[i].range.size();
    // What starts within a span follows something outside of `ranges`.
    if (pieces[i].range.begin > begins_[pieces[i].span]) continue;
    const auto& span = spans_[pieces[i].span];
    for (auto k = span.parents; k < span.parents + span.parents_len; ++k) {
      const auto before = piece_of(parents_[k], parent_spans_[k]);
      if (before == kNone) continue;
      links.push_back({static_cast<std::uint32_t>(i), nodes[before].next});
      nodes[before].next = static_cast<std::uint32_t>(links.size() - 1);
      if (span.parents_len == 1) nodes[before].weight += nodes[i].weight;
      ++nodes[i].waits_for;
    }
  }

  // A stack: the newest continues the branch just left. The heaviest is pushed first, so that it
  // comes last.
  std::vector<std::uint32_t> ready;
  const auto heavier = [&](std::uint32_t a, std::uint32_t b) {
    return nodes[a].weight != nodes[b].weight ? nodes[a].weight > nodes[b].weight : a > b;
  };
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (nodes[i].waits_for == 0) ready.push_back(static_cast<std::uint32_t>(i));
  }
  std::sort(ready.begin(), ready.end(), heavier);
  std::vector<Piece> out;
  out.reserve(pieces.size());
  while (!ready.empty()) {
    const auto at = ready.back();
    ready.pop_back();
    out.push_back(pieces[at]);
    const auto known = ready.size();
    for (auto link = nodes[at].next; link != kNone; link = links[link].next) {
      if (--nodes[links[link].to].waits_for == 0) ready.push_back(links[link].to);
    }
    if (ready.size() > known + 1) {
      std::sort(ready.begin() + static_cast<std::ptrdiff_t>(known), ready.end(), heavier);
    }
  }
  ENSURE(out.size() == pieces.size());
  return out;
}

}  // namespace holm::crdt::text
