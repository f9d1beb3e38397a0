// Every cell is a pure function of the set of ops on it: the values that no op names as replaced.
// Causal delivery brings a value before the op that replaces it, so nothing but the standing values
// has to be kept; seed ops alone may come again later, and so leave their names in `dead`.
#include <algorithm>
#include <cstring>
#include <optional>

#include "base/ensure.h"
#include "base/wire.h"
#include "base/wire_scan.h"
#include "crdt/change.h"
#include "crdt/object_cell.h"
#include "crypto/hash.h"

namespace holm::crdt {
namespace {

/// A whole op in one spelling, with the full ids of what it refers to; see docs/formats/change.md.
Bytes spelled(const Op& op) {
  Writer out;
  out.array(9).id(op.object).uint(op.type).uint(op.field);
  out.uint(static_cast<std::uint64_t>(op.kind)).uint(static_cast<std::uint64_t>(op.action));
  out.array(op.refs.size());
  for (const auto& ref : op.refs) out.array(2).id(ref.log).uint(ref.seq);
  out.uint(op.pos).uint(op.len).bytes(op.content);
  return out.take();
}

template <class T>
void insert_sorted(std::vector<T>& items, const T& item) {
  const auto at = std::lower_bound(items.begin(), items.end(), item);
  if (at == items.end() || *at != item) items.insert(at, item);
}

/// Takes away the values that `refs` names. Names of seeds have seq 0 (ops count from 1).
void apply_refs(Cell& cell, const std::vector<OpId>& refs) {
  if (refs.empty()) return;
  std::erase_if(cell.entries, [&](const Entry& entry) {
    return std::binary_search(refs.begin(), refs.end(), entry.stamp.id);
  });
  for (const auto& ref : refs) {
    if (ref.seq == 0) insert_sorted(cell.dead, ref);
  }
}

void add_entry(Cell& cell, const Stamp& stamp, Bytes value) {
  if (std::binary_search(cell.dead.begin(), cell.dead.end(), stamp.id)) return;
  if (cell.entries.empty() || cell.entries.back().stamp < stamp) {
    cell.entries.push_back({stamp, std::move(value)});
    return;
  }
  const auto at = std::partition_point(cell.entries.begin(), cell.entries.end(),
                                       [&](const Entry& entry) { return entry.stamp < stamp; });
  if (at != cell.entries.end() && at->stamp == stamp) return;
  cell.entries.insert(at, Entry{stamp, std::move(value)});
}

/// Adds an increment to the sum of its log; seeds stand alone.
void count(Cell& cell, const Stamp& stamp, std::int64_t step) {
  if (stamp.id.seq == 0) return add_entry(cell, stamp, Writer().sint(step).take());
  Stamp latest = stamp;
  const auto at = std::find_if(cell.entries.begin(), cell.entries.end(), [&](const Entry& entry) {
    return entry.stamp.id.seq != 0 && entry.stamp.id.log == stamp.id.log;
  });
  if (at != cell.entries.end()) {
    const auto sum = decode_value(at->value);
    const auto so_far = sum ? sum->number() : 0;
    // Wraps around instead of overflowing: the order of additions must not matter.
    step = static_cast<std::int64_t>(static_cast<std::uint64_t>(so_far) +
                                     static_cast<std::uint64_t>(step));
    latest = std::max(latest, at->stamp);
    cell.entries.erase(at);
  }
  add_entry(cell, latest, Writer().sint(step).take());
}

/// [key, value] of a put, [key] of a removal. validate() has seen to it that it is canonical.
bool read_map(const Op& op, Effect& out) {
  WireScanner in(op.content);
  const std::uint64_t items = op.action == Action::put ? 2 : 1;
  if (in.next() != WireKind::array || in.number() != items || in.next() != WireKind::text) {
    return false;
  }
  out = {in.body(), in.rest()};
  return true;
}

std::optional<std::int64_t> step_of(ByteView content) {
  WireScanner in(content);
  const auto kind = in.next();
  if (kind != WireKind::negative && (kind != WireKind::uint || in.number() > INT64_MAX)) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(in.number());
}

/// The last `size` bytes, where an op has its value.
Bytes tail_of(Bytes&& content, std::size_t size) {
  content.erase(content.begin(), content.end() - static_cast<std::ptrdiff_t>(size));
  return std::move(content);
}

Cell fresh_cell(const Op& op, ByteView key) {
  Cell out;
  out.field = op.field;
  out.key = to_bytes(key);
  out.kind = op.kind;
  return out;
}

}  // namespace

int compare(ByteView a, ByteView b) {
  const auto shared = std::min(a.size(), b.size());
  const auto order = shared > 0 ? std::memcmp(a.data(), b.data(), shared) : 0;
  if (order != 0) return order;
  return a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
}

bool before(const Cell& cell, std::uint32_t field, ByteView key, Kind kind) {
  if (cell.field != field) return cell.field < field;
  const auto order = compare(cell.key, key);
  return order != 0 ? order < 0 : cell.kind < kind;
}

bool is_cell(const Cell& cell, std::uint32_t field, ByteView key, Kind kind) {
  return cell.field == field && cell.kind == kind && compare(cell.key, key) == 0;
}

std::vector<Cell>::const_iterator lower(const std::vector<Cell>& cells, std::uint32_t field,
                                        ByteView key, Kind kind) {
  return std::partition_point(cells.begin(), cells.end(),
                              [&](const Cell& cell) { return before(cell, field, key, kind); });
}

OpId seed_id(const Op& op) {
  const auto digest = crypto::hash("holm seed v1", spelled(op));
  OpId out;
  out.log = *LogId::from(digest.view().first(LogId::kBytes));
  out.log.bytes[0] |= 0x80;
  return out;
}

bool find_effect(const Op& op, const MemberId& author, Effect& out) {
  const bool is_wiped = op.content.empty() && op.content_bytes > 0;
  out = {{}, op.action == Action::remove ? ByteView() : ByteView(op.content)};
  switch (op.kind) {
    case Kind::text: return false;
    case Kind::counter: return !is_wiped && step_of(op.content).has_value();
    case Kind::map: return !is_wiped && read_map(op, out);
    case Kind::member:
    case Kind::member_set: out.key = author.view(); return true;
    default: return true;
  }
}

void apply(Cell& cell, const Op& op, const Effect& effect, const Stamp& stamp, Op* source) {
  if (op.kind == Kind::counter) return count(cell, stamp, step_of(effect.value).value_or(0));
  apply_refs(cell, op.refs);
  if (effect.value.empty()) return;
  add_entry(cell, stamp,
            source != nullptr ? tail_of(std::move(source->content), effect.value.size())
                              : to_bytes(effect.value));
}

void note(ObjectState& state, const Op& op, const Origin& origin) {
  if (state.id.is_nil()) state.id = op.object;
  ENSURE(state.id == op.object);
  // By (stamp, time): copies of one seed may claim different times.
  const Moment moment{stamp_of(op, origin), origin.time};
  const bool is_first = state.touched == Moment{};
  state.type = is_first ? op.type : std::min(state.type, op.type);
  if (is_first || moment < state.born) state.born = moment;
  if (is_first || state.touched < moment) state.touched = moment;
}

void remember(ObjectState& state, const Op& op, const OpId& id) {
  Writer name;
  name.id(id.log).uint(id.seq);
  insert_sorted(state.unknown, crypto::hash("holm unknown op v1", {name.view(), spelled(op)}));
}

void merge(ObjectState& state, const Op& op, const Origin& origin) {
  merge_from(state, op, origin, nullptr);
}

void merge_from(ObjectState& state, const Op& op, const Origin& origin, Op* source) {
  note(state, op, origin);
  if (!is_known(op.kind, op.action)) return remember(state, op, origin.id);
  Effect effect;
  if (!find_effect(op, origin.author, effect)) return;
  const auto stamp = stamp_of(op, origin);
  const auto at = state.cells.begin() +
                  (lower(state.cells, op.field, effect.key, op.kind) - state.cells.begin());
  if (at != state.cells.end() && is_cell(*at, op.field, effect.key, op.kind)) {
    apply(*at, op, effect, stamp, source);
    if (is_empty(*at)) state.cells.erase(at);
    return;
  }
  auto cell = fresh_cell(op, effect.key);
  apply(cell, op, effect, stamp, source);
  if (!is_empty(cell)) state.cells.insert(at, std::move(cell));
}

}  // namespace holm::crdt
