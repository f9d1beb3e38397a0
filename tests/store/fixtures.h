// What store tests start from: a store on a simulated disk, and logs of real, chained changes.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/rng.h"
#include "base/value.h"
#include "base/wire.h"
#include "crdt/object.h"
#include "store/facts.h"
#include "store/logs.h"
#include "store/objects.h"
#include "store/sqlite.h"
#include "store/store.h"
#include "tests/support/must.h"
#include "tests/support/sim_disk.h"

namespace holm::store::test {

/// Ids that read well in failures: all bytes `n`.
template <class AnyId>
AnyId id_of(std::uint8_t n) {
  AnyId out;
  out.bytes.fill(n);
  return out;
}

using holm::test::must;
/// The error; the end of the test when there is none.
template <class T>
Error error_of(Result<T> result) {
  REQUIRE_FALSE(result.has_value());
  return std::move(result).error();
}

/// Tables of two types: cards (1) with a title, a due time, a counter, a place and a text; notes
/// (2).
std::vector<TableSpec> test_tables();
inline constexpr std::uint32_t kCard = 1;
inline constexpr std::uint32_t kNote = 2;
inline constexpr std::uint32_t kTitle = 1;
inline constexpr std::uint32_t kDue = 2;
inline constexpr std::uint32_t kVotes = 3;
inline constexpr std::uint32_t kPlace = 4;
inline constexpr std::uint32_t kBody = 5;

/// A disk of its own name, and a store on it, encrypted as in the product.
struct Bench {
  explicit Bench(std::uint64_t seed = 1);

  StoreOptions options() {
    return {"team.holm", disk.name(), tables, {}, is_encrypted ? &key : nullptr, &nonces};
  }
  Result<std::unique_ptr<Store>> try_open() { return Store::open(options()); }
  /// The database alone, while no store is open.
  std::unique_ptr<Db> db() { return must(Db::open("team.holm", disk.name(), &key, &nonces)); }
  /// Opens the store again, closing it first.
  Store& open();
  /// Runs `work` as one turn.
  template <class Work>
  void turn(Work work) {
    must(store->begin());
    work();
    must(store->commit());
  }

  holm::test::SimDisk disk;
  std::vector<TableSpec> tables = test_tables();
  bool is_encrypted = true;  ///< unless a test looks at what is on the pages
  SeededRng nonces{99};
  crypto::SecretKey32 key = crypto::SecretKey32::make(nonces);
  std::unique_ptr<Store> store;
};

/// One device's log in one space: makes changes that chain, with salts where they are due.
class Author {
 public:
  /// `n` names log, device and member.
  Author(std::uint8_t n, const SpaceId& in_space, Rng& rng);

  /// The next change, of these ops; log, seq, salts and hash are filled in.
  StoredChange change(std::vector<crdt::Op> ops);
  /// The next change: one text run of `points` characters on an object.
  StoredChange typing(const ObjectId& object, std::uint64_t points);
  /// The next change: a register of each object.
  StoredChange writing(const std::vector<ObjectId>& objects, const Value& value);
  /// Forgets what came after `seq`, as drop_tail() does.
  void rewind(const LogInfo& to, std::uint64_t lamport);

  crdt::Head head(std::uint64_t seq, const Digest& hash) const;
  crdt::Head head_of(const StoredChange& last) const {
    return head(last.change.last_seq(), last.hash);
  }
  void create_in(Store& store) const;

  const SpaceId space;
  const LogId log;
  const DeviceId device;
  const MemberId member;
  std::uint64_t next_seq = 1;
  std::uint64_t lamport = 1000;
  Digest hash;

 private:
  Rng& rng_;
  struct Salted {
    Salt salt;
    std::uint64_t seq = 0;
  };
  std::map<ObjectId, Salted> salts_;
};

crdt::Op put_op(const ObjectId& object, std::uint32_t field, const Value& value,
                std::uint32_t type = kCard);

/// An object with one entry in each of the cells given by hand.
crdt::ObjectState object_state(const ObjectId& id, std::uint32_t type, std::uint64_t born_lamport);
/// Adds an entry to a reg cell (or one of another kind), in stamp order.
void add_entry(crdt::ObjectState& state, std::uint32_t field, std::uint64_t lamport,
               const Bytes& value, crdt::Kind kind = crdt::Kind::reg, const Bytes& key = {});

}  // namespace holm::store::test
