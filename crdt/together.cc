// Ids and keys are compared by their first eight bytes as a number; only where those are equal do
// the rest decide. Ops on one cell keep their order, and cells do not know of each other.
#include "crdt/together.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "crdt/change.h"
#include "crdt/object_cell.h"

namespace holm::crdt {
namespace {

constexpr std::size_t kSortFrom = 8;  // ops; fewer are merged one by one

/// The first eight bytes, so that greater numbers stand later; zeros where there are fewer.
std::uint64_t prefix_of(ByteView bytes) {
  Id<struct PrefixTag, 8> out;
  std::copy_n(bytes.begin(), std::min<std::size_t>(bytes.size(), 8), out.bytes.begin());
  return out.word(0);
}

/// One op and what it does to its cell.
struct Aim {
  Op* op = nullptr;
  Effect effect;
  Stamp stamp;
};

/// What is sorted instead of ops and aims: small, since sorting moves it about.
struct Order {
  std::uint64_t prefix;  // of the id or key
  std::uint32_t field;
  std::uint32_t place;  // in the order of the changes
};

/// By field, then prefix; those alike stay in their order. Byte by byte, passing over bytes that
/// are the same in all: O(12 n) whatever ids and keys others choose.
void sort_by_prefix(std::vector<Order>& order) {
  if (order.size() < 2) return;
  const auto byte_of = [](const Order& one, std::size_t byte) {
    return byte < 8 ? one.prefix >> 8 * byte & 0xff : one.field >> 8 * (byte - 8) & 0xff;
  };
  Order differs{};
  for (const auto& one : order) {
    differs.prefix |= one.prefix ^ order[0].prefix;
    differs.field |= one.field ^ order[0].field;
  }
  std::vector<Order> sorted(order.size());
  for (std::size_t byte = 0; byte < sizeof(Order::prefix) + sizeof(Order::field); ++byte) {
    if (byte_of(differs, byte) == 0) continue;
    std::array<std::uint32_t, 257> begins{};
    for (const auto& one : order) ++begins[byte_of(one, byte) + 1];
    for (std::size_t i = 1; i < begins.size(); ++i) begins[i] += begins[i - 1];
    for (const auto& one : order) sorted[begins[byte_of(one, byte)]++] = one;
    order.swap(sorted);
  }
}

/// Sorts those further that are alike so far, where `is_same` says that they are not.
template <class IsSame, class Before>
void sort_alike(std::vector<Order>& order, IsSame is_same, Before is_before) {
  for (auto first = order.begin(); first != order.end();) {
    const auto last = std::find_if(first + 1, order.end(), [&](const Order& one) {
      return one.field != first->field || one.prefix != first->prefix;
    });
    if (std::any_of(first + 1, last, [&](const Order& one) { return !is_same(*first, one); })) {
      std::stable_sort(first, last, is_before);
    }
    first = last;
  }
}

bool same_cell(const Aim& a, const Aim& b) {
  return a.op->field == b.op->field && a.op->kind == b.op->kind &&
         compare(a.effect.key, b.effect.key) == 0;
}

/// Sorts by cell, then in the order of the changes.
void sort(std::vector<Order>& order, const std::vector<Aim>& aims) {
  sort_by_prefix(order);
  sort_alike(
      order,
      [&](const Order& a, const Order& b) { return same_cell(aims[a.place], aims[b.place]); },
      [&](const Order& one, const Order& other) {
        const auto& a = aims[one.place];
        const auto& b = aims[other.place];
        const auto by_key = compare(a.effect.key, b.effect.key);
        return by_key != 0 ? by_key < 0 : a.op->kind < b.op->kind;
      });
}

/// As std::partition_point, and quick where that is near `at`.
template <class Iterator, class Before>
Iterator seek(Iterator at, Iterator end, Before is_before) {
  for (std::ptrdiff_t step = 1; at != end && is_before(*at); step *= 2) {
    const auto next = at + std::min(step, end - at);
    if (next == end || !is_before(*next)) return std::partition_point(at + 1, next, is_before);
    at = next;
  }
  return at;
}

/// Room for `more`, at least doubling, so that many small merges cost as one.
void make_room(std::vector<Entry>& entries, std::size_t more) {
  const auto wanted = entries.size() + more;
  if (wanted > entries.capacity()) entries.reserve(std::max(wanted, 2 * entries.size()));
}

void merge_sorted(ObjectState& state, const std::vector<Order>& order,
                  const std::vector<Aim>& aims) {
  auto& cells = state.cells;
  std::vector<Cell> fresh;
  bool has_emptied = false;
  auto at = cells.begin();
  for (auto first = order.begin(); first != order.end();) {
    const auto& head = aims[first->place];
    const auto last = std::find_if(first + 1, order.end(), [&](const Order& one) {
      return one.prefix != first->prefix || !same_cell(head, aims[one.place]);
    });
    const auto& op = *head.op;
    const auto key = head.effect.key;
    at = seek(at, cells.end(),
              [&](const Cell& cell) { return before(cell, op.field, key, op.kind); });
    const bool is_there = at != cells.end() && is_cell(*at, op.field, key, op.kind);
    if (!is_there) fresh.push_back({op.field, to_bytes(key), op.kind, {}, {}});
    auto& cell = is_there ? *at : fresh.back();
    make_room(cell.entries, static_cast<std::size_t>(last - first));
    for (; first != last; ++first) {
      const auto& aim = aims[first->place];
      apply(cell, *aim.op, aim.effect, aim.stamp, aim.op);
    }
    if (!is_there) continue;
    has_emptied = has_emptied || is_empty(*at);
    ++at;
  }
  if (has_emptied) std::erase_if(cells, is_empty);
  std::erase_if(fresh, is_empty);
  if (fresh.empty()) return;
  const auto old = static_cast<std::ptrdiff_t>(cells.size());
  cells.insert(cells.end(), std::move_iterator(fresh.begin()), std::move_iterator(fresh.end()));
  std::inplace_merge(
      cells.begin(), cells.begin() + old, cells.end(),
      [](const Cell& a, const Cell& b) { return before(a, b.field, b.key, b.kind); });
}

}  // namespace

Together::Together(std::span<Delivered> changes) : changes_(changes) {
  std::vector<Stretch> stretches;  // in the order of the changes
  names_.reserve(changes.size());
  for (std::uint32_t i = 0; i < changes.size(); ++i) {
    const auto& ops = changes[i].change.ops;
    const bool has_seeds =
        std::any_of(ops.begin(), ops.end(), [](const Op& op) { return op.seed; });
    const bool has_names = has_seeds && changes[i].mark == Mark::valid;
    names_.push_back(has_names ? op_names(changes[i].change) : std::vector<OpId>());
    auto seq = changes[i].change.seq;
    for (std::uint32_t k = 0; k < ops.size(); ++k) {
      if (k > 0 && ops[k].object == ops[k - 1].object) {
        ++stretches.back().count;
      } else {
        stretches.push_back({seq, i, k, 1});
      }
      seq += ops[k].span();
    }
  }
  std::vector<Order> order(stretches.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    order[i] = {object_of(stretches[i]).word(0), 0, i};
  }
  sort_by_prefix(order);
  const auto object = [&](const Order& one) -> const ObjectId& {
    return object_of(stretches[one.place]);
  };
  sort_alike(
      order, [&](const Order& a, const Order& b) { return object(a) == object(b); },
      [&](const Order& a, const Order& b) { return object(a) < object(b); });
  stretches_.reserve(stretches.size());
  for (const auto& one : order) {
    const auto& id = object(one);
    if (objects_.empty() || objects_.back() != id) {
      objects_.push_back(id);
      begins_.push_back(stretches_.size());
    }
    stretches_.push_back(stretches[one.place]);
  }
  begins_.push_back(stretches_.size());
}

const ObjectId& Together::object_of(const Stretch& stretch) const {
  return changes_[stretch.change].change.ops[stretch.first].object;
}

/// Hands each op that counts to `take`, with where it comes from and its author, who outlives that.
template <class Take>
void Together::each(std::size_t index, Take take) {
  for (auto i = begins_[index]; i < begins_[index + 1]; ++i) {
    const auto& stretch = stretches_[i];
    auto& from = changes_[stretch.change];
    if (from.mark != Mark::valid) continue;
    const auto& names = names_[stretch.change];
    Origin origin{.id = {from.change.log, stretch.seq},
                  .lamport = from.change.lamport,
                  .time = from.change.time,
                  .author = from.author};
    for (auto k = stretch.first; k < stretch.first + stretch.count; ++k) {
      auto& op = from.change.ops[k];
      if (!names.empty()) origin.id = names[k];
      take(op, origin, from.author);
      origin.id.seq += op.span();
    }
  }
}

/// note() for all ops of a stretch. But for seeds they ascend, so the first and the last say all.
void Together::note_stretch(ObjectState& state, const Stretch& stretch) const {
  const auto& from = changes_[stretch.change];
  if (from.mark != Mark::valid) return;
  const auto ops = std::span(from.change.ops).subspan(stretch.first, stretch.count);
  const auto& names = names_[stretch.change];
  const auto note_at = [&](std::size_t i, const OpId& id) {
    note(state, ops[i], {id, from.change.lamport, from.change.time, from.author});
  };
  if (!names.empty()) {
    for (std::size_t i = 0; i < ops.size(); ++i) note_at(i, names[stretch.first + i]);
    return;
  }
  note_at(0, {from.change.log, stretch.seq});
  auto last = stretch.seq;
  for (const auto& op : ops.first(ops.size() - 1)) {
    last += op.span();
    state.type = std::min(state.type, op.type);
  }
  note_at(ops.size() - 1, {from.change.log, last});
}

void Together::merge(std::size_t index, ObjectState& state) {
  std::size_t count = 0;
  for (auto i = begins_[index]; i < begins_[index + 1]; ++i) count += stretches_[i].count;
  if (count < kSortFrom) {
    if (state.cells.empty()) state.cells.reserve(count);
    each(index, [&](Op& op, const Origin& origin, const MemberId&) {
      merge_from(state, op, origin, &op);
    });
    return;
  }
  std::vector<Aim> aims;
  std::vector<Order> order;
  aims.reserve(count);
  order.reserve(count);
  for (auto i = begins_[index]; i < begins_[index + 1]; ++i) note_stretch(state, stretches_[i]);
  each(index, [&](Op& op, const Origin& origin, const MemberId& author) {
    if (!is_known(op.kind, op.action)) return remember(state, op, origin.id);
    auto& aim = aims.emplace_back();
    if (!find_effect(op, author, aim.effect)) return aims.pop_back();
    aim.op = &op;
    aim.stamp = stamp_of(op, origin);
    const auto place = static_cast<std::uint32_t>(aims.size() - 1);
    order.push_back({prefix_of(aim.effect.key), op.field, place});
  });
  sort(order, aims);
  merge_sorted(state, order, aims);
}

}  // namespace holm::crdt
