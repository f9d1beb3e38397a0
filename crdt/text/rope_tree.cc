// The shape of a rope's tree. Leaves are kept full by looking at all leaves of a node: one is split
// only while they stay full enough on average, and when erasing has emptied them, all are written
// anew into fewer. That takes microseconds, and as many bytes erased before it as pay for it.
#include "crdt/text/rope_tree.h"

#include "base/ensure.h"
#include "crdt/text/utf8.h"

namespace holm::crdt::text {
namespace {

// Of leaves written in one go: not full, so that the next edit there does not split them.
constexpr std::size_t kFilled = kLeafBytes * 15 / 16;
constexpr std::size_t kRespread = kLeafBytes * 7 / 8;
// Least average of a node's leaves after a split of one.
constexpr std::size_t kSplit = kLeafBytes * 23 / 32;
// Spread to this, any leaf takes any text that is put into leaves as they are.
constexpr std::size_t kRoomy = kLeafBytes - kShort - 8;
// Two neighbours are joined when they fill no more than this.
constexpr std::uint32_t kJoined = kFanOut * 3 / 4;

}  // namespace

/// Makes a tree of one leaf without text, for the caller to fill.
void Rope::plant() {
  auto* root = new Node;
  ++nodes_;
  Child leaf;
  leaf.leaf = new Leaf;
  ++leaves_;
  root->insert(0, leaf, {});
  depth_ = 1;
  path_[0] = {root, 0};
  start_ = at_point_ = at_byte_ = 0;
}

/// Bytes below the finger's lowest node.
std::uint64_t Rope::bytes_of_node() const {
  return depth_ > 1 ? path_[1].node->bytes(path_[1].slot) : total_.bytes();
}

/// Puts a text of any length into the finger's leaf and new ones behind it.
void Rope::paste(std::uint64_t pos, std::string_view utf8) {
  const auto [node, slot] = path_[0];
  char old[kLeafBytes];
  const auto old_text = node->text(slot);
  const auto offset = offset_in_leaf(pos - start_);
  std::memcpy(old, old_text.data(), old_text.size());
  const std::string_view parts[] = {{old, offset}, utf8, {old + offset, old_text.size() - offset}};
  const auto bytes = old_text.size() + utf8.size();
  const auto size_before = size();

  // The greatest place up to `at` of all parts joined where a code point begins.
  const auto boundary = [&](std::size_t at) {
    if (at >= offset + utf8.size()) {
      const auto behind = offset + utf8.size();
      return behind + round_down(parts[2], at - behind);
    }
    return at >= offset ? offset + round_down(utf8, at - offset) : round_down(parts[0], at);
  };
  const auto copy = [&](std::size_t from, std::size_t to, char* out) {
    std::size_t begin = 0;
    for (const auto part : parts) {
      const auto first = std::max(from, begin);
      const auto last = std::min(to, begin + part.size());
      if (first < last) {
        std::memcpy(out, part.data() + (first - begin), last - first);
        out += last - first;
      }
      begin += part.size();
    }
  };

  const auto leaves = (bytes + kFilled - 1) / kFilled;
  std::size_t from = 0;
  for (std::size_t i = 1; i <= leaves; ++i) {
    const auto to =
        i == leaves ? bytes : boundary(bytes / leaves * i + bytes % leaves * i / leaves);
    Leaf* leaf = i == 1 ? node->child[slot].leaf : new Leaf;
    copy(from, to, leaf->text);
    Tally counts = tally({leaf->text, to - from});
    if (i == 1) {
      counts -= node->tally(slot);
      add(counts);
    } else {
      ++leaves_;
      add_leaf(leaf, counts);
    }
    from = to;
  }
  descend(pos + (size() - size_before));
}

/// Makes sure that the finger's leaf, which may be another then, takes `more` bytes at `pos`.
void Rope::make_room(std::uint64_t pos, std::size_t more) {
  const auto leaves = path_[0].node->count;
  const auto bytes = bytes_of_node();
  // Few leaves may be too full to be spread anew before there are enough for one more.
  if (leaves < 4 || bytes + more >= (leaves + 1) * kSplit || bytes >= leaves * kRoomy) {
    split_leaf(pos - start_);
  } else if (!even_out(more)) {
    respread(leaves);
  }
  descend(pos);
}

/// Shares text between the finger's leaf and the emptier one beside it; false when that is too
/// full.
bool Rope::even_out(std::size_t more) {
  Node& node = *path_[0].node;
  auto left = path_[0].slot;
  if (left + 1 == node.count || (left > 0 && node.bytes(left - 1) < node.bytes(left + 1))) --left;
  const auto front = node.bytes(left);
  const auto back = node.bytes(left + 1);
  if (front + back + more > kLeafBytes * 8 / 5) return false;

  char* front_text = node.child[left].leaf->text;
  char* back_text = node.child[left + 1].leaf->text;
  const auto half = (front + back) / 2;
  Tally moved;  // to the front
  if (front > half) {
    const auto kept = round_down(node.text(left), half);
    moved -= tally({front_text + kept, front - kept});
    std::memmove(back_text + (front - kept), back_text, back);
    std::memcpy(back_text, front_text + kept, front - kept);
  } else {
    const auto taken = round_down(node.text(left + 1), half - front);
    moved += tally({back_text, taken});
    std::memcpy(front_text + front, back_text, taken);
    std::memmove(back_text, back_text + taken, back - taken);
  }
  node.add(left, moved);
  Tally back_change;
  back_change -= moved;
  node.add(left + 1, back_change);
  return true;
}

/// Splits the finger's leaf, for an insertion in front of code point `point` of it.
void Rope::split_leaf(std::uint64_t point) {
  const auto [node, slot] = path_[0];
  const auto text = node->text(slot);
  // Writing that goes on at the end leaves leaves behind that are nearly full.
  const bool at_end = point == node->points[slot];
  const auto kept = round_down(text, at_end ? text.size() / 8 * 7 : text.size() / 2);
  const auto back = text.substr(kept);
  auto* leaf = new Leaf;
  ++leaves_;
  std::memcpy(leaf->text, back.data(), back.size());
  const auto moved = tally(back);
  Tally change;
  change -= moved;
  add(change);
  add_leaf(leaf, moved);
}

/// Writes the leaves of the finger's lowest node anew, `leaves` of them, no more than there are.
void Rope::respread(std::uint32_t leaves) {
  Node& node = *path_[0].node;
  std::string all;
  all.reserve(bytes_of_node());
  for (std::uint32_t i = 0; i < node.count; ++i) all += node.text(i);
  std::size_t from = 0;
  for (std::uint32_t i = 0; i < leaves; ++i) {
    const auto to = round_down(all, all.size() * (i + 1) / leaves);
    std::memcpy(node.child[i].leaf->text, all.data() + from, to - from);
    node.set(i, tally({all.data() + from, to - from}));
    from = to;
  }
  for (auto i = leaves; i < node.count; ++i) drop(node.child[i], 0);
  node.count = leaves;
}

/// Puts a leaf behind the finger's, and the finger's slots on it.
void Rope::add_leaf(Leaf* leaf, const Tally& counts) {
  Child child;
  child.leaf = leaf;
  add_child(0, child, counts);
  add(counts, 1);
  total_ += counts;
}

/// Puts a child behind the one on the path, and the path on it. What is above does not count it
/// yet.
void Rope::add_child(std::uint32_t level, Child child, const Tally& counts) {
  if (path_[level].node->count == kFanOut) split_node(level);
  auto& [node, slot] = path_[level];
  node->insert(++slot, child, counts);
}

void Rope::split_node(std::uint32_t level) {
  const auto [node, slot] = path_[level];
  const auto kept = slot + 1 == kFanOut ? kFanOut / 8 * 7 : kFanOut / 2;
  if (level + 1 == depth_) {
    ENSURE(depth_ < kLevels);
    auto* root = new Node;
    ++nodes_;
    Child child;
    child.node = node;
    root->insert(0, child, node->sum(0, node->count));
    path_[depth_++] = {root, 0};
  }
  Child right;
  right.node = new Node;
  ++nodes_;
  const auto moved = node->sum(kept, node->count);
  right.node->take(*node, kept);
  Tally change;
  change -= moved;
  add(change, level + 1);
  add_child(level + 1, right, moved);
  add(moved, level + 2);
  if (slot >= kept) {
    path_[level] = {right.node, slot - kept};
  } else {
    --path_[level + 1].slot;
  }
}

/// Takes out the finger's leaf. Requires that it is not the only one.
void Rope::remove_leaf() {
  const auto [node, slot] = path_[0];
  const auto pos = start_;
  Tally change;
  change -= node->tally(slot);
  add(change);
  drop(node->child[slot], 0);
  node->shift(slot, -1);
  settle(0);
  descend(pos);
}

/// Writes the leaves around the finger into fewer when they are sparse.
void Rope::tidy() {
  const auto leaves = path_[0].node->count;
  const auto bytes = bytes_of_node();
  const auto wanted = (bytes + kRespread - 1) / kRespread;
  if (wanted >= leaves || bytes >= leaves * kSparse) return;
  const auto pos = start_ + at_point_;
  respread(static_cast<std::uint32_t>(wanted));
  settle(0);
  descend(pos);
}

/// Makes good for children that have gone from the path's node at `level`: without any it goes as
/// well, with few it is joined to one beside it, and a root of one child gives way to that.
void Rope::settle(std::uint32_t level) {
  for (; level + 1 < depth_; ++level) {
    auto& [above, slot] = path_[level + 1];
    Node* node = path_[level].node;
    if (node->count == 0) {
      drop(above->child[slot], level + 1);
      above->shift(slot, -1);
      continue;
    }
    if (above->count == 1 || node->count >= kFanOut / 2) break;
    const auto left = slot > 0 ? slot - 1 : slot;
    Node& front = *above->child[left].node;
    Node& back = *above->child[left + 1].node;
    if (front.count + back.count > kJoined) break;
    front.take(back, 0);
    above->add(left, above->tally(left + 1));
    drop(above->child[left + 1], level + 1);
    above->shift(left + 1, -1);
  }
  while (depth_ > 1 && path_[depth_ - 1].node->count == 1) {
    Child root;
    root.node = path_[--depth_].node;
    path_[depth_ - 1].node = root.node->child[0].node;
    root.node->count = 0;
    drop(root, depth_ + 1);
  }
}

void Rope::clear() {
  if (depth_ > 0) {
    Child root;
    root.node = path_[depth_ - 1].node;
    drop(root, depth_);
  }
  total_ = {};
  depth_ = 0;
  start_ = at_point_ = at_byte_ = 0;
}

/// Frees a child and all below it: a leaf at level 0, else a node.
void Rope::drop(Child child, std::uint32_t level) {
  if (level == 0) {
    --leaves_;
    delete child.leaf;
    return;
  }
  for (std::uint32_t i = 0; i < child.node->count; ++i) drop(child.node->child[i], level - 1);
  --nodes_;
  delete child.node;
}

Rope::Child Rope::clone(Child from, std::uint32_t level) {
  Child out;
  out.node = new Node(*from.node);
  ++nodes_;
  for (std::uint32_t i = 0; i < out.node->count; ++i) {
    auto& child = out.node->child[i];
    if (level > 1) {
      child = clone(child, level - 1);
      continue;
    }
    const auto text = out.node->text(i);
    child.leaf = new Leaf;
    ++leaves_;
    std::memcpy(child.leaf->text, text.data(), text.size());
  }
  return out;
}

void Rope::ensure_sound() const {
  std::size_t leaves = 0;
  std::size_t nodes = 0;
  Tally found;
  if (depth_ > 0) {
    Child root;
    root.node = path_[depth_ - 1].node;
    found = sound(root, depth_, leaves, nodes);
    ENSURE(!empty() && start_ <= size());
    // The path is one.
    std::uint64_t start = 0;
    for (auto level = depth_; level-- > 0;) {
      const auto& [node, slot] = path_[level];
      ENSURE(slot < node->count && (level == 0 || node->child[slot].node == path_[level - 1].node));
      start += node->sum(0, slot).points;
    }
    ENSURE(start == start_);
    const auto text = path_[0].node->text(path_[0].slot);
    ENSURE(at_byte_ <= text.size() && tally(text.substr(0, at_byte_)).points == at_point_);
  }
  ENSURE(found == total_ && leaves == leaves_ && nodes == nodes_);
}

/// Checks a node and all below it.
Tally Rope::sound(Child child, std::uint32_t level, std::size_t& leaves, std::size_t& nodes) const {
  const Node& node = *child.node;
  ++nodes;
  ENSURE(node.count > 0 && node.count <= kFanOut);
  ENSURE(level < depth_ || level == 1 || node.count > 1);
  for (std::uint32_t i = 0; i < node.count; ++i) {
    if (level > 1) {
      ENSURE(sound(node.child[i], level - 1, leaves, nodes) == node.tally(i));
      continue;
    }
    ++leaves;
    const auto text = node.text(i);
    ENSURE(!text.empty() && text.size() <= kLeafBytes);
    ENSURE(utf8::checked_count(text) == node.points[i] && tally(text) == node.tally(i));
  }
  return node.sum(0, node.count);
}

}  // namespace holm::crdt::text
