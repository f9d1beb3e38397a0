// Insertion and erasure at the finger, the leaf of the last edit, and reading. What changes the
// shape of the tree is in rope_tree.cc.
#include "crdt/text/rope.h"

#include <utility>

#include "base/ensure.h"
#include "crdt/text/rope_tree.h"

namespace holm::crdt::text {

/// Where a lookup ends: a leaf, what is left of the target within it, and what lies before it.
struct Rope::Place {
  const Node* node;
  std::uint32_t slot;
  std::uint64_t rest;
  std::uint64_t before;

  std::string_view text() const { return node->text(slot); }
  bool ascii() const { return node->extra[slot] == 0; }
  /// Offset of the code point `rest`.
  std::size_t offset() const { return ascii() ? rest : offset_after(text(), 0, rest); }
  std::string_view front() const { return text().substr(0, offset()); }
};

Rope::Rope(std::string_view utf8) {
  if (utf8.empty()) return;
  plant();
  paste(0, utf8);
}

Rope::Rope(const Rope& other) : total_(other.total_), depth_(other.depth_) {
  if (depth_ == 0) return;
  Child root;
  root.node = other.path_[depth_ - 1].node;
  path_[depth_ - 1].node = clone(root, depth_).node;
  descend(0);
}

void Rope::swap(Rope& other) noexcept {
  std::swap(total_, other.total_);
  std::swap(path_, other.path_);
  std::swap(depth_, other.depth_);
  std::swap(start_, other.start_);
  std::swap(at_point_, other.at_point_);
  std::swap(at_byte_, other.at_byte_);
  std::swap(leaves_, other.leaves_);
  std::swap(nodes_, other.nodes_);
}

void Rope::require_range(std::uint64_t pos, std::uint64_t len) const {
  ENSURE(pos <= size() && len <= size() - pos);
}

void Rope::insert(std::uint64_t pos, std::string_view utf8, std::uint64_t len) {
  ENSURE(pos <= size());
  if (utf8.empty()) return;
  if (depth_ == 0) plant();
  if (pos - start_ > path_[0].node->points[path_[0].slot]) seek(pos);
  const auto is_full = [&] {
    return path_[0].node->bytes(path_[0].slot) + utf8.size() > kLeafBytes;
  };
  if (is_full()) {
    if (utf8.size() > kShort) {
      const auto expected = size() + len;
      paste(pos, utf8);
      ENSURE(size() == expected);
      return;
    }
    // Room is made in the leaf that ends at or behind `pos`. The finger may be on the next one.
    if (pos == start_) seek(pos);
    if (is_full()) make_room(pos, utf8.size());
    ENSURE(!is_full());
  }

  Tally added{.points = len, .extra = 0, .astral = 0, .breaks = 0};
  if (len == utf8.size()) {
    added.breaks = count_breaks(utf8);
  } else {
    added = tally(utf8);
    ENSURE(added.points == len);
  }
  const auto [node, slot] = path_[0];
  const auto point = pos - start_;
  const auto offset = offset_in_leaf(point);
  char* at = node->child[slot].leaf->text + offset;
  std::memmove(at + utf8.size(), at, node->bytes(slot) - offset);
  std::memcpy(at, utf8.data(), utf8.size());
  at_point_ = point + len;
  at_byte_ = offset + utf8.size();
  add(added);
}

void Rope::erase(std::uint64_t pos, std::uint64_t len) {
  require_range(pos, len);
  if (len == size()) return clear();
  while (len > 0) {
    // The leaf that ends behind `pos`, not the one that ends at it.
    if (pos - start_ >= path_[0].node->points[path_[0].slot]) seek(pos + 1);
    const auto points = path_[0].node->points[path_[0].slot];
    const auto point = pos - start_;
    const auto here = std::min(len, points - point);
    if (here == points) {
      remove_leaf();
    } else {
      cut(point, here);
    }
    len -= here;
  }
}

/// Erases a part of the finger's leaf.
void Rope::cut(std::uint64_t point, std::uint64_t len) {
  const auto [node, slot] = path_[0];
  const auto text = node->text(slot);
  const auto begin = offset_in_leaf(point);
  Tally gone{.points = len, .extra = 0, .astral = 0, .breaks = 0};
  auto end = begin + len;
  if (node->extra[slot] != 0) {
    end = offset_after(text, begin, len);
    gone.extra = end - begin - len;
    if (node->astral[slot] != 0) gone.astral = tally(text.substr(begin, end - begin)).astral;
  }
  if (node->breaks[slot] != 0) gone.breaks = count_breaks(text.substr(begin, end - begin));
  char* at = node->child[slot].leaf->text;
  std::memmove(at + begin, at + end, text.size() - end);
  at_point_ = point;
  at_byte_ = begin;
  Tally change;
  change -= gone;
  add(change);
  if (node->bytes(slot) < kSparse) tidy();
}

/// Adds to the tallies of the finger's leaf and of all above it.
void Rope::add(const Tally& change, std::uint32_t from_level) {
  for (auto level = from_level; level < depth_; ++level) {
    path_[level].node->add(path_[level].slot, change);
  }
  if (from_level == 0) total_ += change;
}

/// Offset of a code point in the finger's leaf.
std::size_t Rope::offset_in_leaf(std::uint64_t point) const {
  const auto [node, slot] = path_[0];
  if (node->extra[slot] == 0) return point;
  const auto text = node->text(slot);
  if (point >= at_point_) {
    const auto points = node->points[slot];
    // The nearer of where the last edit ended and the end of the leaf.
    if (point - at_point_ <= points - point) return offset_after(text, at_byte_, point - at_point_);
    return offset_before(text, text.size(), points - point);
  }
  if (at_point_ - point < point) return offset_before(text, at_byte_, at_point_ - point);
  return offset_after(text, 0, point);
}

/// Moves the finger to the leaf that begins before and ends at or behind `pos`, or the first.
void Rope::seek(std::uint64_t pos) {
  auto& [node, slot] = path_[0];
  if (pos > start_) {
    const auto next = start_ + node->points[slot];
    if (pos > next && slot + 1 < node->count && pos - next <= node->points[slot + 1]) {
      start_ = next;
      ++slot;
      at_point_ = at_byte_ = 0;
      return;
    }
  } else if (slot > 0 && start_ - pos < node->points[slot - 1]) {
    start_ -= node->points[--slot];
    at_point_ = at_byte_ = 0;
    return;
  }
  descend(pos);
}

/// The same from the root.
void Rope::descend(std::uint64_t pos) {
  Node* node = path_[depth_ - 1].node;
  start_ = 0;
  at_point_ = at_byte_ = 0;
  for (auto level = depth_; level-- > 0;) {
    std::uint32_t slot = 0;
    while (pos - start_ > node->points[slot]) start_ += node->points[slot++];
    path_[level] = {node, slot};
    node = node->child[slot].node;
  }
}

/// The leaf that holds item `target` of what `by` measures, the last leaf when there are no more;
/// `to` is what is added up on the way. Requires a tree.
template <class By, class To>
Rope::Place Rope::find(std::uint64_t target, By by, To to) const {
  const Node* node = path_[depth_ - 1].node;
  std::uint64_t before = 0;
  for (auto level = depth_; level-- > 0;) {
    std::uint32_t slot = 0;
    for (; slot + 1 < node->count && target >= by(*node, slot); ++slot) {
      target -= by(*node, slot);
      before += to(*node, slot);
    }
    if (level == 0) return {node, slot, target, before};
    node = node->child[slot].node;
  }
  return {};
}

namespace {

// Measures of children, for find().
constexpr auto kPoints = [](const auto& node, std::uint32_t slot) { return node.points[slot]; };
constexpr auto kBytes = [](const auto& node, std::uint32_t slot) { return node.bytes(slot); };
constexpr auto kBreaks = [](const auto& node, std::uint32_t slot) { return node.breaks[slot]; };
constexpr auto kUtf16 = [](const auto& node, std::uint32_t slot) {
  return node.points[slot] + node.astral[slot];
};

}  // namespace

/// What the leaf that holds `pos` has from there on, at most `len_max` code points.
Rope::Chunk Rope::chunk_at(std::uint64_t pos, std::uint64_t len_max) const {
  // Near the last edit, mostly, while there are edits.
  const auto [node, slot] = path_[0];
  const bool is_near = pos - start_ < node->points[slot];
  const auto place =
      is_near ? Place{node, slot, pos - start_, start_} : find(pos, kPoints, kPoints);
  const auto text = place.text();
  const auto begin = is_near ? offset_in_leaf(place.rest) : place.offset();
  const auto points = place.node->points[place.slot] - place.rest;
  if (points <= len_max) return {text.substr(begin), points};
  const auto end = place.ascii() ? begin + len_max : offset_after(text, begin, len_max);
  return {text.substr(begin, end - begin), len_max};
}

std::string Rope::slice(std::uint64_t pos, std::uint64_t len) const {
  std::string out;
  append_to(out, pos, len);
  return out;
}

void Rope::append_to(std::string& out, std::uint64_t pos, std::uint64_t len) const {
  require_range(pos, len);
  // Room for all at once, unless that were to spoil the growth of what many small ones are put
  // into.
  if (len > kLeafBytes) out.reserve(out.size() + (len == size() ? bytes() : len));
  for_each_chunk(pos, len, [&](std::string_view chunk) { out.append(chunk); });
}

std::uint64_t Rope::byte_of(std::uint64_t pos) const {
  ENSURE(pos <= size());
  if (depth_ == 0) return 0;
  const auto place = find(pos, kPoints, kBytes);
  return place.before + place.offset();
}

std::uint64_t Rope::utf16_of(std::uint64_t pos) const {
  ENSURE(pos <= size());
  if (depth_ == 0) return 0;
  const auto place = find(pos, kPoints, kUtf16);
  const bool astral = place.node->astral[place.slot] != 0;
  return place.before + place.rest + (astral ? tally(place.front()).astral : 0);
}

std::uint64_t Rope::line_of(std::uint64_t pos) const {
  ENSURE(pos <= size());
  if (depth_ == 0) return 0;
  const auto place = find(pos, kPoints, kBreaks);
  const bool breaks = place.node->breaks[place.slot] != 0;
  return place.before + (breaks ? count_breaks(place.front()) : 0);
}

std::uint64_t Rope::pos_of_byte(std::uint64_t offset) const {
  ENSURE(offset <= bytes());
  if (depth_ == 0) return 0;
  const auto place = find(offset, kBytes, kPoints);
  if (place.ascii()) return place.before + place.rest;
  const auto begin = round_down(place.text(), place.rest);
  return place.before + tally(place.text().substr(0, begin)).points;
}

std::uint64_t Rope::pos_of_utf16(std::uint64_t offset) const {
  ENSURE(offset <= utf16());
  if (depth_ == 0) return 0;
  const auto place = find(offset, kUtf16, kPoints);
  const bool astral = place.node->astral[place.slot] != 0;
  return place.before + (astral ? point_of_unit(place.text(), place.rest) : place.rest);
}

std::uint64_t Rope::line_start(std::uint64_t line) const {
  ENSURE(line < lines());
  if (line == 0) return 0;
  const auto place = find(line - 1, kBreaks, kPoints);
  const auto offset = offset_after_break(place.text(), place.rest);
  return place.before + (place.ascii() ? offset : tally(place.text().substr(0, offset)).points);
}

std::size_t Rope::memory() const {
  return sizeof *this + leaves_ * sizeof(Leaf) + nodes_ * sizeof(Node);
}

}  // namespace holm::crdt::text
