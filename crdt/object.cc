// What is read of a state, and what ops are called. Merging: object_merge.cc.
#include "crdt/object.h"

#include <algorithm>

#include "base/ensure.h"
#include "base/wire.h"
#include "crdt/change.h"
#include "crdt/object_cell.h"

namespace holm::crdt {

const Cell* ObjectState::find(std::uint32_t field, ByteView key) const {
  const auto at = lower(cells, field, key, Kind{});
  return at != cells.end() && at->field == field && std::ranges::equal(at->key, key) ? &*at
                                                                                     : nullptr;
}

const Cell* ObjectState::find(std::uint32_t field, Kind kind, ByteView key) const {
  const auto at = lower(cells, field, key, kind);
  return at != cells.end() && is_cell(*at, field, key, kind) ? &*at : nullptr;
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

namespace {

/// Of an op that has its content.
OpId seed_name(const Change& change, std::size_t index) {
  if (change.branching) {
    for (const auto& [at, name] : change.branching->seeds) {
      if (at == index) return {name, 0};
    }
  }
  return seed_id(change.ops[index]);
}

}  // namespace

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
        out.emplace_back(i, seed_name(change, i));
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
  for (std::size_t i = 0; i < change.ops.size(); ++i) {
    const auto& op = change.ops[i];
    if (!op.seed) {
      out.push_back({change.log, seq});
    } else if (op.content.size() == op.content_bytes) {
      out.push_back(seed_name(change, i));
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
