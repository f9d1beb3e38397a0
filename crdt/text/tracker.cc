#include "crdt/text/tracker.h"

#include <algorithm>

#include "base/ensure.h"

namespace holm::crdt::text {

const Tracker::Page Tracker::kNoPage = [] {
  Page out;
  out.fill(kNone);
  return out;
}();

Tracker::Tracker(Lv first) : lowest_(first) { leaves_.emplace_back(); }

void Tracker::settle(const Span& span, std::uint32_t leaf, bool by_span) {
  if (by_span) {
    if (by_span_.has_below(span.begin)) {
      const auto at = by_span_.below(span.begin);
      if (by_span_.key(at) == span.begin) {
        by_span_.value(at) = leaf;
        return;
      }
    }
    return by_span_.insert(span.begin, leaf);
  }
  for (Lv at = span.begin - lowest_, end = at + span.len; at < end;) {
    const auto page = at / kPage;
    if (page >= pages_.size()) {
      pages_.resize(page + 1, kNoPage.data());
      held_as_.resize(page + 1);
    }
    if (pages_[page] == kNoPage.data()) {
      held_as_[page] = static_cast<std::uint32_t>(pages_held_.size());
      pages_held_.push_back(std::make_unique<Page>(kNoPage));
      pages_[page] = pages_held_.back()->data();
    }
    const auto count = std::min(end - at, kPage - at % kPage);
    std::fill_n(pages_held_[held_as_[page]]->begin() + at % kPage, count, leaf);
    at += count;
  }
}

Sums Tracker::sums_of_leaf(const Leaf& leaf) const {
  Sums out;
  for (std::uint32_t i = 0; i < leaf.count; ++i) {
    out += sums_of(leaf.spans[i].state, leaf.spans[i].len);
  }
  return out;
}

Sums Tracker::before(Spot at) const {
  const auto& leaf = leaves_[at.leaf];
  Sums out;
  for (std::uint32_t i = 0; i < at.index; ++i) {
    out += sums_of(leaf.spans[i].state, leaf.spans[i].len);
  }
  auto slot = leaf.slot;
  for (auto n = leaf.parent; n != kNone;) {
    const auto& node = nodes_[n];
    for (std::uint32_t i = 0; i < slot; ++i) out += node.sums[i];
    slot = node.slot;
    n = node.parent;
  }
  return out;
}

std::uint32_t Tracker::visible_before(Spot at) const {
  const auto& leaf = leaves_[at.leaf];
  std::uint32_t out = 0;
  for (std::uint32_t i = 0; i < at.index; ++i) {
    out += leaf.spans[i].state.is_visible() ? leaf.spans[i].len : 0;
  }
  auto slot = leaf.slot;
  for (auto n = leaf.parent; n != kNone;) {
    const auto& node = nodes_[n];
    for (std::uint32_t i = 0; i < slot; ++i) out += node.sums[i].visible;
    slot = node.slot;
    n = node.parent;
  }
  return out;
}

template <class Measure>
Tracker::Spot Tracker::at(std::uint32_t index, Measure measure) const {
  ENSURE(index < measure(total_));
  auto l = first_;
  for (auto n = root_; n != kNone;) {
    const auto& node = nodes_[n];
    std::uint32_t i = 0;
    for (auto here = measure(node.sums[0]); index >= here; here = measure(node.sums[i])) {
      index -= here;
      ++i;
    }
    l = node.children[i];
    n = node.above_leaves ? kNone : l;
  }
  const auto& leaf = leaves_[l];
  std::uint32_t i = 0;
  for (;; ++i) {
    const auto len = measure(sums_of(leaf.spans[i].state, leaf.spans[i].len));
    if (index < len) return {l, i, index};
    index -= len;
  }
}

Tracker::Spot Tracker::standing_at(std::uint32_t index) const {
  return at(index, [](const Sums& sums) { return sums.standing; });
}
Tracker::Spot Tracker::standing_at(std::uint32_t index, Spot near, std::uint32_t before) const {
  const auto& leaf = leaves_[near.leaf];
  const auto len_of = [&](std::uint32_t i) {
    return leaf.spans[i].state.stands() ? leaf.spans[i].len : 0;
  };
  auto i = near.index;
  while (index < before && i > 0) before -= len_of(--i);
  if (index >= before) {
    for (; i < leaf.count; ++i) {
      const auto len = len_of(i);
      if (index - before < len) return {near.leaf, i, index - before};
      before += len;
    }
  }
  return standing_at(index);
}
Tracker::Spot Tracker::visible_at(std::uint32_t index) const {
  return at(index, [](const Sums& sums) { return sums.visible; });
}

Tracker::Spot Tracker::known_from(Spot at) const {
  if (is_end(at)) return at;
  const auto in_leaf = [&](std::uint32_t l, std::uint32_t from) -> Spot {
    const auto& leaf = leaves_[l];
    for (auto i = from; i < leaf.count; ++i) {
      if (leaf.spans[i].state.is_known()) return {l, i, 0};
    }
    return {kNone, 0, 0};
  };
  auto found = in_leaf(at.leaf, at.index);
  if (!is_end(found)) return found;
  // Up to the first later sibling that has any, then down to it.
  auto slot = leaves_[at.leaf].slot;
  for (auto n = leaves_[at.leaf].parent; n != kNone;) {
    const auto* node = &nodes_[n];
    auto i = slot + 1;
    while (i < node->count && node->sums[i].known == 0) ++i;
    if (i < node->count) {
      for (;;) {
        const auto child = node->children[i];
        if (node->above_leaves) return in_leaf(child, 0);
        node = &nodes_[child];
        for (i = 0; node->sums[i].known == 0;) ++i;
      }
    }
    slot = node->slot;
    n = node->parent;
  }
  return {kNone, 0, 0};
}

Tracker::Spot Tracker::find(Lv place) const {
  auto l = place > kLvMax ? kNone : known_leaf(place);
  if (l == kNone) l = by_span_.value(by_span_.below(place));
  const auto& leaf = leaves_[l];
  for (std::uint32_t i = 0; i < leaf.count; ++i) {
    const auto offset = place - leaf.spans[i].begin;  // wraps around when it is before it
    if (offset < leaf.spans[i].len) return {l, i, offset};
  }
  ENSURE(false);
  return {};
}

bool Tracker::is_before(Spot a, Spot b) const {
  if (a.leaf == b.leaf) return a.index < b.index;
  auto slot_a = leaves_[a.leaf].slot, slot_b = leaves_[b.leaf].slot;
  auto na = leaves_[a.leaf].parent, nb = leaves_[b.leaf].parent;  // all leaves are equally deep
  while (na != nb) {
    slot_a = nodes_[na].slot;
    slot_b = nodes_[nb].slot;
    na = nodes_[na].parent;
    nb = nodes_[nb].parent;
  }
  return slot_a < slot_b;
}

void Tracker::add(std::uint32_t leaf, const Sums& more) {
  total_ += more;
  auto slot = leaves_[leaf].slot;
  for (auto n = leaves_[leaf].parent; n != kNone;) {
    auto& node = nodes_[n];
    node.sums[slot] += more;
    slot = node.slot;
    n = node.parent;
  }
}

void Tracker::adopt(std::uint32_t node, std::uint32_t from) {
  const auto& parent = nodes_[node];
  for (auto i = from; i < parent.count; ++i) {
    const auto child = parent.children[i];
    if (parent.above_leaves) {
      leaves_[child].parent = node;
      leaves_[child].slot = i;
    } else {
      nodes_[child].parent = node;
      nodes_[child].slot = i;
    }
  }
}

void Tracker::insert_child(std::uint32_t n, std::uint32_t slot, std::uint32_t child,
                           const Sums& sums) {
  if (nodes_[n].count == kNodeMax) {
    const auto fresh = static_cast<std::uint32_t>(nodes_.size());
    nodes_.emplace_back();
    auto& node = nodes_[n];
    auto& half = nodes_[fresh];
    half.above_leaves = node.above_leaves;
    constexpr auto kKeep = kNodeMax / 2;
    half.count = kNodeMax - kKeep;
    std::copy_n(node.children + kKeep, half.count, half.children);
    std::copy_n(node.sums + kKeep, half.count, half.sums);
    node.count = kKeep;
    adopt(fresh, 0);
    // The new child is in the sums above already: it counts for the half that takes it.
    Sums moved;
    for (std::uint32_t i = 0; i < half.count; ++i) moved += half.sums[i];
    if (slot > kKeep) moved += sums;
    if (node.parent == kNone) {
      const auto top = static_cast<std::uint32_t>(nodes_.size());
      Node root;
      root.above_leaves = false;
      root.count = 1;
      root.children[0] = n;
      root.sums[0] = total_;
      root.sums[0] -= moved;
      nodes_.push_back(root);
      nodes_[n].parent = top;
      nodes_[n].slot = 0;
      root_ = top;
      insert_child(top, 1, fresh, moved);
    } else {
      nodes_[node.parent].sums[node.slot] -= moved;
      insert_child(node.parent, node.slot + 1, fresh, moved);
    }
    if (slot > kKeep) {
      n = fresh;
      slot -= kKeep;
    }
  }
  auto& node = nodes_[n];
  std::copy_backward(node.children + slot, node.children + node.count,
                     node.children + node.count + 1);
  std::copy_backward(node.sums + slot, node.sums + node.count, node.sums + node.count + 1);
  node.children[slot] = child;
  node.sums[slot] = sums;
  ++node.count;
  adopt(n, slot);
}

void Tracker::split_leaf(std::uint32_t l) {
  const auto fresh = static_cast<std::uint32_t>(leaves_.size());
  leaves_.emplace_back();
  auto& leaf = leaves_[l];
  auto& half = leaves_[fresh];
  // Text grows at its end more than anywhere: then the full leaf stays nearly full.
  const std::uint32_t keep = leaf.next == kNone ? kLeafMax - 4 : kLeafMax / 2;
  half.count = kLeafMax - keep;
  std::copy_n(leaf.spans + keep, half.count, half.spans);
  leaf.count = keep;
  half.next = leaf.next;
  leaf.next = fresh;
  for (std::uint32_t i = 0; i < half.count; ++i) {
    settle(half.spans[i], fresh, is_by_span(half.spans[i].begin));
  }
  const auto moved = sums_of_leaf(half);
  if (leaf.parent == kNone) {
    root_ = static_cast<std::uint32_t>(nodes_.size());
    auto& root = nodes_.emplace_back();
    root.count = 1;
    root.children[0] = l;
    root.sums[0] = total_;
    leaf.parent = root_;
    leaf.slot = 0;
  }
  nodes_[leaf.parent].sums[leaf.slot] -= moved;
  insert_child(leaf.parent, leaf.slot + 1, fresh, moved);
}

Tracker::Spot Tracker::put(std::uint32_t l, std::uint32_t index, const Span& span) {
  if (leaves_[l].count == kLeafMax) {
    split_leaf(l);
    if (index > leaves_[l].count) {
      index -= leaves_[l].count;
      l = leaves_[l].next;
    }
  }
  auto& leaf = leaves_[l];
  std::copy_backward(leaf.spans + index, leaf.spans + leaf.count, leaf.spans + leaf.count + 1);
  leaf.spans[index] = span;
  ++leaf.count;
  return {l, index, 0};
}

Tracker::Spot Tracker::put_parts(std::uint32_t l, std::uint32_t index, Span span) {
  const auto whole = span;
  const bool by_span = whole.begin > kLvMax || (!whole.state.shows() && whole.len > kSpanMax);
  Spot last{l, index, 0};
  for (Lv done = 0; done < whole.len; done += span.len) {
    span.begin = whole.begin + done;
    span.len = by_span ? whole.len : std::min(kSpanMax, whole.len - done);
    if (done > 0) {
      span.left = span.begin - 1;
      ++last.index;
    }
    last = put(last.leaf, last.index, span);
    settle(span, last.leaf, by_span);
    add(last.leaf, sums_of(span.state, span.len));
  }
  return by_span || whole.len <= kSpanMax ? last : find(whole.begin);
}

Tracker::Spot Tracker::insert_after(Spot at, const Span& span) {
  return put_parts(at.leaf, at.index + 1, span);
}

Tracker::Spot Tracker::insert_first(const Span& span) { return put_parts(first_, 0, span); }

Tracker::Spot Tracker::split(Spot at) {
  auto& span = leaves_[at.leaf].spans[at.index];
  Span rest = span;
  rest.begin += at.offset;
  rest.len -= at.offset;
  rest.left = rest.begin - 1;
  span.len = at.offset;
  // The rest is put back beside it. While that is the same leaf, nothing else changes.
  const bool has_room = leaves_[at.leaf].count < kLeafMax;
  if (has_room) {
    if (is_by_span(rest.begin)) settle(rest, at.leaf, true);
    return put(at.leaf, at.index + 1, rest);
  }
  const auto taken = sums_of(rest.state, rest.len);
  auto gone = Sums{};
  gone -= taken;
  add(at.leaf, gone);
  const auto out = put(at.leaf, at.index + 1, rest);
  settle(rest, out.leaf, is_by_span(rest.begin));
  add(out.leaf, taken);
  return out;
}

Tracker::Spot Tracker::isolate(Spot at, Lv len) {
  if (at.offset > 0) at = split(at);
  if (leaves_[at.leaf].spans[at.index].len <= len) return at;
  const auto begin = leaves_[at.leaf].spans[at.index].begin;
  const auto rest = split({at.leaf, at.index, len});
  // A full leaf was split: the span may have moved with its rest.
  if (rest.leaf == at.leaf && rest.index == at.index + 1) return at;
  if (rest.index > 0) return {rest.leaf, rest.index - 1, 0};
  return find(begin);
}

void Tracker::extend(Spot at, Lv more) {
  auto& span = leaves_[at.leaf].spans[at.index];
  if (!is_by_span(span.begin)) settle({.begin = span.end(), .len = more}, at.leaf, false);
  span.len += more;
  add(at.leaf, sums_of(span.state, more));
}

void Tracker::set_state(Spot at, PlaceState state) {
  auto& span = leaves_[at.leaf].spans[at.index];
  auto change = sums_of(state, span.len);
  change -= sums_of(span.state, span.len);
  span.state = state;
  add(at.leaf, change);
}

void Tracker::turn(LvRange places, bool forward) {
  while (places.begin < places.end) {
    auto at = find(places.begin);
    const auto is_part = at.offset > 0 || (*this)[at].len > places.size();
    if (is_part) at = isolate(at, places.size());
    // As far as they stand side by side in one leaf, sums change once for all of them.
    auto& leaf = leaves_[at.leaf];
    Sums change;
    do {
      auto& span = leaf.spans[at.index];
      const auto was = span.state.prepared();
      ENSURE(forward ? was < PlaceState::kPrepared : was > 0);
      const auto is = forward ? was + 1 : was - 1;
      span.state = span.state.with_prepared(is);
      change.known += is == 0 ? -span.len : was == 0 ? span.len : 0;
      change.standing += is == 1 ? span.len : was == 1 ? -span.len : 0;
      places.begin = span.end();
      ++at.index;
    } while (at.index < leaf.count && leaf.spans[at.index].begin == places.begin &&
             leaf.spans[at.index].len <= places.size() && places.begin < places.end);
    if (change == Sums{}) continue;
    total_.known += change.known;
    total_.standing += change.standing;
    auto slot = leaf.slot;
    for (auto n = leaf.parent; n != kNone;) {
      auto& node = nodes_[n];
      node.sums[slot].known += change.known;
      node.sums[slot].standing += change.standing;
      slot = node.slot;
      n = node.parent;
    }
  }
}

std::size_t Tracker::memory() const {
  return leaves_.capacity() * sizeof(Leaf) + nodes_.capacity() * sizeof(Node) +
         pages_held_.size() * sizeof(Page) + pages_.capacity() * sizeof(pages_[0]) +
         by_span_.memory();
}

}  // namespace holm::crdt::text
