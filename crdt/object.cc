// Every cell is a pure function of the set of ops on it: the values that no op names as replaced.
// Causal delivery brings a value before the op that replaces it, so nothing but the standing values
// has to be kept; seed ops alone may come again later, and so leave their names in `dead`.
#include "crdt/object.h"

#include <algorithm>

#include "base/ensure.h"
#include "base/wire.h"
#include "crdt/change.h"
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

auto position(ByteView key, const Cell& cell) {
  return std::lexicographical_compare_three_way(cell.key.begin(), cell.key.end(), key.begin(),
                                                key.end());
}

/// Whether `cell` stands before (field, key, kind).
bool before(const Cell& cell, std::uint32_t field, ByteView key, Kind kind) {
  if (cell.field != field) return cell.field < field;
  const auto order = position(key, cell);
  return order != 0 ? order < 0 : cell.kind < kind;
}

std::vector<Cell>::const_iterator lower(const std::vector<Cell>& cells, std::uint32_t field,
                                        ByteView key, Kind kind) {
  return std::partition_point(cells.begin(), cells.end(),
                              [&](const Cell& cell) { return before(cell, field, key, kind); });
}

Cell& cell_for(ObjectState& state, const Op& op, ByteView key) {
  const auto at = lower(state.cells, op.field, key, op.kind);
  if (at != state.cells.end() && at->field == op.field && at->kind == op.kind &&
      position(key, *at) == 0) {
    return state.cells[static_cast<std::size_t>(at - state.cells.begin())];
  }
  Cell fresh;
  fresh.field = op.field;
  fresh.key = to_bytes(key);
  fresh.kind = op.kind;
  return *state.cells.insert(at, std::move(fresh));
}

void drop_if_empty(ObjectState& state, const Cell& cell) {
  if (cell.entries.empty() && cell.dead.empty()) {
    state.cells.erase(state.cells.begin() + (&cell - state.cells.data()));
  }
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

struct MapContent {
  Bytes key;
  Bytes value;  // empty for a removal
};

Result<MapContent> read_map(const Op& op) {
  auto in = TRY(Reader::open(op.content));
  MapContent out;
  TRY(in.array(op.action == Action::put ? 2 : 1));
  out.key = to_bytes(TRY(in.text()));
  if (op.action == Action::put) out.value = TRY(in.raw());
  return out;
}

void merge_known(ObjectState& state, const Op& op, const Stamp& stamp, const Origin& origin) {
  const bool is_wiped = op.content.empty() && op.content_bytes > 0;
  Bytes key;
  Bytes value = op.content;
  switch (op.kind) {
    case Kind::text: return;
    case Kind::counter: {
      const auto step = decode_value(op.content);
      if (is_wiped || !step || step->as_int() == nullptr) return;
      return count(cell_for(state, op, {}), stamp, *step->as_int());
    }
    case Kind::map: {
      auto content = is_wiped ? Result<MapContent>(fail(Code::not_found, "erased")) : read_map(op);
      if (!content) return;
      key = std::move(content->key);
      value = std::move(content->value);
      break;
    }
    case Kind::member:
    case Kind::member_set: key = to_bytes(origin.author.view()); break;
    default: break;
  }
  auto& cell = cell_for(state, op, key);
  apply_refs(cell, op.refs);
  if (op.action != Action::remove && !value.empty()) add_entry(cell, stamp, std::move(value));
  drop_if_empty(state, cell);
}

}  // namespace

const Cell* ObjectState::find(std::uint32_t field, ByteView key) const {
  const auto at = lower(cells, field, key, Kind{});
  return at != cells.end() && at->field == field && position(key, *at) == 0 ? &*at : nullptr;
}

const Cell* ObjectState::find(std::uint32_t field, Kind kind, ByteView key) const {
  const auto at = lower(cells, field, key, kind);
  return at != cells.end() && at->field == field && at->kind == kind && position(key, *at) == 0
             ? &*at
             : nullptr;
}

std::vector<const Cell*> ObjectState::all(std::uint32_t field) const {
  std::vector<const Cell*> out;
  for (auto at = lower(cells, field, {}, Kind{}); at != cells.end() && at->field == field; ++at) {
    out.push_back(&*at);
  }
  return out;
}

const Bytes* ObjectState::value(std::uint32_t field, ByteView key) const {
  const auto* cell = find(field, key);
  const auto* entry = cell != nullptr ? cell->winner() : nullptr;
  return entry != nullptr ? &entry->value : nullptr;
}

OpId seed_id(const Op& op) {
  const auto digest = crypto::hash("holm seed v1", spelled(op));
  OpId out;
  out.log = *LogId::from(digest.view().first(LogId::kBytes));
  out.log.bytes[0] |= 0x80;
  return out;
}

std::vector<std::pair<std::size_t, OpId>> op_names(const Change& change, const ObjectId& object) {
  std::vector<std::pair<std::size_t, OpId>> out;
  std::size_t wiped_before = 0;  // names taken of those that were kept when it was wiped
  auto seq = change.seq;
  for (std::size_t i = 0; i < change.ops.size(); ++i) {
    const auto& op = change.ops[i];
    if (op.object == object) {
      if (!op.seed) {
        out.emplace_back(i, OpId{change.log, seq});
      } else if (op.content.size() == op.content_bytes) {
        out.emplace_back(i, seed_id(op));
      } else {
        const auto mark = std::find_if(change.wiped.begin(), change.wiped.end(),
                                       [&](const WipedOf& one) { return one.object == object; });
        ENSURE(mark != change.wiped.end());  // validate() saw to it
        ENSURE(wiped_before < mark->seeds.size());
        out.emplace_back(i, OpId{mark->seeds[wiped_before++], 0});
      }
    }
    seq += op.span();
  }
  return out;
}

std::vector<OpId> op_names(const Change& change) {
  std::vector<OpId> out;
  out.reserve(change.ops.size());
  std::vector<std::size_t> used(change.wiped.size(), 0);  // names taken of each wiped object
  auto seq = change.seq;
  for (const auto& op : change.ops) {
    if (!op.seed) {
      out.push_back({change.log, seq});
    } else if (op.content.size() == op.content_bytes) {
      out.push_back(seed_id(op));
    } else {
      const auto mark = std::find_if(change.wiped.begin(), change.wiped.end(),
                                     [&](const WipedOf& one) { return one.object == op.object; });
      ENSURE(mark != change.wiped.end());  // validate() saw to it
      auto& taken = used[static_cast<std::size_t>(mark - change.wiped.begin())];
      ENSURE(taken < mark->seeds.size());
      out.push_back({mark->seeds[taken++], 0});
    }
    seq += op.span();
  }
  return out;
}

void merge(ObjectState& state, const Op& op, const Origin& origin) {
  if (state.id.is_nil()) state.id = op.object;
  ENSURE(state.id == op.object);
  const Stamp stamp{op.seed ? 0 : origin.lamport, origin.id};
  // By (stamp, time): copies of one seed may claim different times.
  const Moment moment{stamp, origin.time};
  const bool is_first = state.touched == Moment{};
  state.type = is_first ? op.type : std::min(state.type, op.type);
  state.born = is_first ? moment : std::min(state.born, moment);
  state.touched = is_first ? moment : std::max(state.touched, moment);
  if (is_known(op.kind, op.action)) return merge_known(state, op, stamp, origin);
  Writer name;
  name.id(origin.id.log).uint(origin.id.seq);
  insert_sorted(state.unknown, crypto::hash("holm unknown op v1", {name.view(), spelled(op)}));
}

std::vector<Bytes> also(const Cell& cell) {
  std::vector<Bytes> out;
  const auto* winner = cell.winner();
  for (auto entry = cell.entries.rbegin(); entry != cell.entries.rend(); ++entry) {
    if (entry->value != winner->value &&
        std::find(out.begin(), out.end(), entry->value) == out.end()) {
      out.push_back(entry->value);
    }
  }
  return out;
}

std::vector<Bytes> set_values(const Cell& cell) {
  std::vector<Bytes> out;
  out.reserve(cell.entries.size());
  for (const auto& entry : cell.entries) out.push_back(entry.value);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::int64_t counter_value(const Cell& cell) {
  std::uint64_t sum = 0;
  for (const auto& entry : cell.entries) {
    const auto part = decode_value(entry.value);
    sum += static_cast<std::uint64_t>(part ? part->number() : 0);
  }
  return static_cast<std::int64_t>(sum);
}

}  // namespace holm::crdt
