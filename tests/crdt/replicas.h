// A team of replicas in memory: each authors changes, and they are delivered in any causal order.
// For properties; no chains are verified on the way unless a test asks for it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/rng.h"
#include "base/value.h"
#include "base/wire.h"
#include "crdt/author.h"
#include "crdt/chain.h"
#include "crdt/replay.h"

namespace holm::crdt::test {

/// Ids that read well in failures: all bytes `n`.
template <class AnyId>
AnyId id_of(std::uint8_t n) {
  AnyId out;
  out.bytes.fill(n);
  return out;
}

inline Bytes packed(const Value& value) { return holm::encode(value); }

// Writes as a person wishes them; the object is of type 1.
Write put(const ObjectId& object, std::uint32_t field, Kind kind, const Value& value);
Write add(const ObjectId& object, std::uint32_t field, Kind kind, const Value& value);
Write take(const ObjectId& object, std::uint32_t field, Kind kind, const Value& value);
Write map_put(const ObjectId& object, std::uint32_t field, std::string key, const Value& value);
Write map_take(const ObjectId& object, std::uint32_t field, std::string key);
Write type_in(const ObjectId& object, std::uint32_t field, std::uint64_t pos, std::string text);
Write rub_out(const ObjectId& object, std::uint32_t field, std::uint64_t pos, std::uint64_t len);
Write seeded(Write write);

class Replica {
 public:
  /// `n` names the log and the member; must be below 128.
  Replica(std::uint8_t n, std::uint64_t seed);

  /// Authors and delivers to itself. The changes made.
  std::vector<Change> write(const std::vector<Write>& writes, const ChangeLimits& limits = {});
  /// Delivers a change made by hand, for kinds that author() does not know.
  Change write_op(Op op);
  /// False when a dependency is missing or the change is known; then nothing happens.
  bool deliver(const Delivered& one);
  /// Everything that `from` has and this one lacks.
  void pull(const Replica& from);

  const ObjectState& state(const ObjectId& object) { return touch(object); }
  std::string text(const ObjectId& object, std::uint32_t field) const;
  const std::vector<Delivered>& delivered() const { return delivered_; }
  Rebuilt rebuilt(const ObjectId& object) const;
  /// encode(state) of an object and all its texts.
  Bytes fingerprint(const ObjectId& object) const;

  const LogId log;
  const MemberId self;
  std::int64_t wall_ms = 1000;

 private:
  ObjectState& touch(const ObjectId& object);
  void merge_in(const Delivered& one);

  SeededRng rng_;
  std::vector<Delivered> delivered_;
  std::map<LogId, std::uint64_t> seen_;  // last seq
  std::map<LogId, std::uint64_t> told_;  // what deps have named so far
  std::uint64_t seen_lamport_ = 0;
  Digest hash_;
  std::map<ObjectId, ObjectState> states_;
  std::map<std::pair<ObjectId, std::uint32_t>, Text> texts_;
  std::map<std::pair<ObjectId, std::uint32_t>, std::map<LogId, OpId>> last_own_;
  std::set<ObjectId> salted_;
};

/// A few random wishes on two objects: all kinds, seeds among them when `with_seeds`.
std::vector<Write> random_writes(Rng& rng, Replica& replica);
ObjectId random_object(Rng& rng);
inline const ObjectId kObjects[] = {id_of<ObjectId>(0x21), id_of<ObjectId>(0x22)};

}  // namespace holm::crdt::test
