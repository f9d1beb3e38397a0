// The oracle of merged fields: slow, and straight from the definition. It never looks at what an op
// says it replaces; it asks which writes came after which, by the causal past of their changes.
//
//   register, map, order: the writes that no other write to the cell came after
//   set: the adds that no removal of the same value came after
//   counter: the sum; per-member kinds: as their plain kinds, each member apart
//
// A seed is one write, made wherever it was made: it comes before what came after any copy of it.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/wire.h"
#include "crdt/object.h"
#include "crdt/replay.h"

namespace holm::crdt::test {

class NaiveObject {
 public:
  using Clock = std::map<LogId, std::uint64_t>;
  using CellKey = std::tuple<std::uint32_t, Bytes>;

  /// `changes` in a causal order.
  NaiveObject(const ObjectId& object, const std::vector<Delivered>& changes) {
    std::map<LogId, Clock> latest;
    for (const auto& one : changes) {
      auto clock = latest[one.change.log];
      for (const auto& dep : one.change.deps) {
        for (const auto& [log, seq] : clock_at_[{dep.log, dep.seq}]) {
          clock[log] = std::max(clock[log], seq);
        }
      }
      const auto names = op_names(one.change);
      auto seq = one.change.seq;
      for (std::size_t i = 0; i < one.change.ops.size(); ++i) {
        const auto& op = one.change.ops[i];
        if (op.object == object) note(op, one, names[i], {one.change.log, seq}, clock);
        seq += op.span();
        clock[one.change.log] = seq - 1;
      }
      latest[one.change.log] = clock;
      clock_at_[{one.change.log, one.change.last_seq()}] = clock;
    }
  }

  /// Values that stand, as (stamp, value), ascending; counters by their sum alone.
  std::map<CellKey, std::vector<Entry>> cells() const {
    std::map<CellKey, std::map<Stamp, Entry>> sorted;
    std::map<CellKey, std::int64_t> sums;
    for (const auto& write : writes_) {
      const auto& made = write.second;
      if (made.op.kind == Kind::counter) {
        sums[made.cell] += decode_value(made.value)->number();
        continue;
      }
      if (made.op.action == Action::remove) continue;
      const bool gone = std::any_of(writes_.begin(), writes_.end(), [&](const auto& other) {
        return other.first != write.first && replaces(other.second, made) &&
               is_after(other.second, made);
      });
      if (!gone) sorted[made.cell].emplace(made.stamp, Entry{made.stamp, made.value});
    }
    std::map<CellKey, std::vector<Entry>> out;
    for (const auto& [cell, entries] : sorted) {
      for (const auto& [stamp, entry] : entries) out[cell].push_back(entry);
    }
    for (const auto& [cell, sum] : sums) out[cell] = {{{}, Writer().sint(sum).take()}};
    return out;
  }

 private:
  struct Made {
    Op op;
    CellKey cell;
    Bytes value;
    Stamp stamp;
    std::vector<OpId> at;     // where it was made; several places for a seed
    std::vector<Clock> past;  // what each of those had seen
  };

  void note(const Op& op, const Delivered& one, const OpId& name, const OpId& at,
            const Clock& past) {
    if (op.kind == Kind::text || !is_known(op.kind, op.action)) return;
    auto& made = writes_[name];
    made.op = op;
    made.value = op.content;
    Bytes key;
    if (op.kind == Kind::member || op.kind == Kind::member_set) key = to_bytes(one.author.view());
    if (op.kind == Kind::map) {
      const auto content = decode_value(op.content);
      key = to_bytes(content->items()[0].text());
      if (op.action == Action::put) made.value = encode(content->items()[1]);
    }
    made.cell = {op.field, key};
    made.stamp = {op.seed ? 0 : one.change.lamport, name};
    made.at.push_back(at);
    made.past.push_back(past);
  }

  static bool is_after(const Made& later, const Made& earlier) {
    for (const auto& past : later.past) {
      for (const auto& at : earlier.at) {
        const auto seen = past.find(at.log);
        if (seen != past.end() && seen->second >= at.seq) return true;
      }
    }
    return false;
  }

  /// Whether `other`, coming later, takes away what `made` wrote.
  bool replaces(const Made& other, const Made& made) const {
    if (other.cell != made.cell) return false;
    if (made.op.kind != Kind::set && made.op.kind != Kind::member_set) return true;
    if (other.op.action != Action::remove) return false;
    return removed_value(other) == made.value;
  }

  /// A removal carries no value; all that it names hold the same one.
  Bytes removed_value(const Made& removal) const {
    for (const auto& ref : removal.op.refs) {
      if (auto at = writes_.find(ref); at != writes_.end()) return at->second.value;
    }
    return {};
  }

  std::map<OpId, Made> writes_;
  std::map<OpId, Clock> clock_at_;
};

}  // namespace holm::crdt::test
