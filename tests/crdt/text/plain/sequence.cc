// A treap with links upwards: nodes are only ever added, so names stay good, and a rank is found by
// climbing. Source of the structure: Seidel & Aragon, "Randomized search trees" (1996).
#include "tests/crdt/text/plain/sequence.h"

#include <iterator>

#include "base/ensure.h"

namespace holm::plain::text {
namespace {

/// SplitMix64 (Steele et al., 2014). Priorities need to be unrelated to the order of insertion, not
/// secret: whoever could guess them only makes the tree of his own history deep.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

Sums sums_of(const Span& span) {
  return {.places = span.len,
          .known = span.prepared > 0 ? span.len : 0,
          .standing = span.prepared == 1 ? span.len : 0,
          .visible = span.visible() ? span.len : 0};
}

}  // namespace

Sequence::Node Sequence::first() const {
  Node node = root_;
  while (node != kNone && nodes_[node].left != kNone) node = nodes_[node].left;
  return node;
}

Sequence::Node Sequence::after(Node node) const {
  if (nodes_[node].right != kNone) {
    node = nodes_[node].right;
    while (nodes_[node].left != kNone) node = nodes_[node].left;
    return node;
  }
  Node up = nodes_[node].up;
  while (up != kNone && nodes_[up].right == node) {
    node = up;
    up = nodes_[node].up;
  }
  return up;
}

Sums Sequence::before(Node node) const {
  Sums out;
  if (nodes_[node].left != kNone) out += nodes_[nodes_[node].left].sums;
  for (Node up = nodes_[node].up; up != kNone; node = up, up = nodes_[node].up) {
    const auto& item = nodes_[up];
    if (item.right != node) continue;
    out += sums_of(item.span);
    if (item.left != kNone) out += nodes_[item.left].sums;
  }
  return out;
}

Sequence::Spot Sequence::at(std::uint64_t Sums::*measure, std::uint64_t index) const {
  ENSURE(root_ != kNone && index < nodes_[root_].sums.*measure);
  Node node = root_;
  for (;;) {
    const auto& item = nodes_[node];
    if (item.left != kNone) {
      const auto left = nodes_[item.left].sums.*measure;
      if (index < left) {
        node = item.left;
        continue;
      }
      index -= left;
    }
    const auto own = sums_of(item.span).*measure;
    if (index < own) return {node, index};
    index -= own;
    node = item.right;
  }
}

Sequence::Node Sequence::known_after(Node node) const {
  std::uint64_t index = 0;
  if (node != kNone) index = before(node).known + sums_of(nodes_[node].span).known;
  return index < total().known ? at(&Sums::known, index).node : kNone;
}

Sequence::Spot Sequence::find(Lv lv) const {
  const auto after = by_lv_.upper_bound(lv);
  if (after == by_lv_.begin()) return {};
  const Node node = std::prev(after)->second;
  const auto& span = nodes_[node].span;
  if (lv >= span.end()) return {};
  return {node, lv - span.begin};
}

std::uint64_t Sequence::index_of(Lv lv) const {
  const Spot spot = find(lv);
  ENSURE(spot.node != kNone);
  return before(spot.node).places + spot.offset;
}

void Sequence::sum(Node node) {
  auto& item = nodes_[node];
  item.sums = sums_of(item.span);
  if (item.left != kNone) item.sums += nodes_[item.left].sums;
  if (item.right != kNone) item.sums += nodes_[item.right].sums;
}

void Sequence::add_upwards(Node node, const Sums& more) {
  for (; node != kNone; node = nodes_[node].up) nodes_[node].sums += more;
}

template <class Change>
void Sequence::change(Node node, Change apply) {
  auto& span = nodes_[node].span;
  const Sums before = sums_of(span);
  apply(span);
  Sums more = sums_of(span);
  more -= before;
  add_upwards(node, more);
}

void Sequence::rotate_up(Node node) {
  const Node parent = nodes_[node].up;
  const Node grand = nodes_[parent].up;
  const bool is_left = nodes_[parent].left == node;
  const Node moved = is_left ? nodes_[node].right : nodes_[node].left;
  (is_left ? nodes_[parent].left : nodes_[parent].right) = moved;
  if (moved != kNone) nodes_[moved].up = parent;
  (is_left ? nodes_[node].right : nodes_[node].left) = parent;
  nodes_[parent].up = node;
  nodes_[node].up = grand;
  if (grand == kNone) {
    root_ = node;
  } else {
    (nodes_[grand].left == parent ? nodes_[grand].left : nodes_[grand].right) = node;
  }
  sum(parent);
  sum(node);
}

Sequence::Node Sequence::insert_after(Node node, const Span& span) {
  ENSURE(nodes_.size() < kNone);
  const auto added = static_cast<Node>(nodes_.size());
  Item item;
  item.span = span;
  item.sums = sums_of(span);
  item.priority = mix(added);
  nodes_.push_back(item);
  // Ascending numbers are the rule, so the end is the hint.
  by_lv_.emplace_hint(by_lv_.end(), span.begin, added);
  if (root_ == kNone) {
    root_ = added;
    return added;
  }
  Node up = node;
  if (node == kNone) {
    up = first();
    nodes_[up].left = added;
  } else if (nodes_[node].right == kNone) {
    nodes_[node].right = added;
  } else {
    up = nodes_[node].right;
    while (nodes_[up].left != kNone) up = nodes_[up].left;
    nodes_[up].left = added;
  }
  nodes_[added].up = up;
  add_upwards(up, nodes_[added].sums);
  while (nodes_[added].up != kNone && nodes_[nodes_[added].up].priority < nodes_[added].priority) {
    rotate_up(added);
  }
  return added;
}

Sequence::Node Sequence::split(Node node, std::uint64_t offset) {
  Span rest = nodes_[node].span;
  ENSURE(offset > 0 && offset < rest.len);
  rest.begin += offset;
  rest.len -= offset;
  rest.left = rest.begin - 1;
  change(node, [&](Span& span) { span.len = offset; });
  return insert_after(node, rest);
}

Sequence::Node Sequence::isolate(LvRange range) {
  auto [node, offset] = find(range.begin);
  ENSURE(node != kNone);
  if (offset > 0) node = split(node, offset);
  if (nodes_[node].span.end() > range.end) split(node, range.end - range.begin);
  return node;
}

void Sequence::extend(Node node, std::uint64_t more) {
  change(node, [&](Span& span) { span.len += more; });
}

void Sequence::set_prepared(Node node, std::uint32_t prepared) {
  change(node, [&](Span& span) { span.prepared = prepared; });
}

void Sequence::set_erased(Node node) {
  change(node, [](Span& span) { span.erased = true; });
}

}  // namespace holm::plain::text
