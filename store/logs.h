// Logs of changes: the truth all else is rebuilt from. Stored as columnar chunks with an index of
// changes and of the objects they touch (docs/formats/store.md).
//
// Owner: Store. Threads: the loop thread. Methods that write need an open turn (Store::begin); they
// check before they write, so `reject` and `not_found` leave the turn as it was. After any other
// error the turn is spoiled: commit() rolls it back. Checks neither signatures nor digests: what is
// handed in has been verified.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crdt/chain.h"
#include "crdt/change.h"
#include "crdt/replay.h"

namespace holm::store {

class Db;

/// Where one log stands in this store. stored >= sealed; applied <= sealed. A hash at seq 0 is
/// crdt::chain_start of the log.
struct LogInfo {
  LogId log;
  SpaceId space;
  DeviceId device;
  MemberId member;
  std::uint64_t stored_seq = 0;      ///< last op held; the tail beyond sealed_seq waits for a head
  Digest stored_hash;                ///< chain hash there
  std::uint64_t stored_lamport = 0;  ///< of the last change held; 0: none
  std::uint64_t sealed_seq = 0;      ///< last op under a verified signed head
  std::uint64_t applied_seq = 0;     ///< last op delivered into merged state
  Digest applied_hash;
  std::uint64_t applied_lamport = 0;  ///< of the last change delivered; 0: none yet
  bool frozen = false;                ///< forked: nothing more is taken into it

  bool operator==(const LogInfo&) const = default;
};

/// A change as handed in. `hash` is the chain's after it.
struct StoredChange {
  crdt::Change change;
  Digest hash;
  crdt::Mark mark = crdt::Mark::valid;
};

/// How far a log has been delivered: the end of a change.
struct Reached {
  std::uint64_t seq = 0;
  Digest hash;
  std::uint64_t lamport = 0;
};

/// A change as read.
struct HeldChange {
  crdt::Change change;
  crdt::Mark mark = crdt::Mark::valid;
  Digest hash;  ///< of the chain after it, where it was asked for
};

class Logs {
 public:
  explicit Logs(Db& db);
  ~Logs();

  /// Registers a log before its first change; again without effect. Errors: reject when it exists
  /// with other owners.
  Status create(const LogId& log, const SpaceId& space, const DeviceId& device,
                const MemberId& member);
  Result<std::optional<LogInfo>> find(const LogId& log) const;
  /// Every log of a space, sorted by id.
  Result<std::vector<LogInfo>> of_space(const SpaceId& space) const;
  /// Spaces that have logs, sorted.
  Result<std::vector<SpaceId>> spaces() const;

  /// Appends consecutive changes (the first at stored_seq + 1) with their chain hashes and marks,
  /// and indexes the objects they touch and the salts they declare. `now`: when they came here,
  /// kept per object that is new (Objects::met_at). O(changes). Errors: not_found, reject when the
  /// log is frozen, when a change does not go on where the one before ended, or when its lamport is
  /// below that one's; limit beyond crdt::kSeqMax.
  Status append(const LogId& log, std::span<const StoredChange> changes, WallTime now);
  /// Drops the unsealed tail: what lies beyond sealed_seq. O(what is dropped).
  Status drop_tail(const LogId& log);
  /// Keeps a verified head: the newest per log and, for ever, checkpoints; raises sealed_seq.
  /// Errors: not_found, reject when the log is not held up to it or stood at another hash there.
  Status seal(const crdt::Head& head);
  /// Counts all that is held as sealed, though no head says so: for a log that was cut short by
  /// damage, whose changes had been verified when they came. Errors: not_found.
  Status vouch(const LogId& log);
  /// Marks all up to the change ending at `seq` as delivered, and nothing beyond; 0: nothing.
  /// Errors: not_found, reject when no change ends there or it lies beyond sealed_seq.
  Status set_applied(const LogId& log, std::uint64_t seq);
  /// The same for who knows what the log says of that place.
  Status set_applied(const LogId& log, const Reached& reached);
  /// Sets the mark of the change that holds op `seq`. Errors: not_found.
  Status set_mark(const LogId& log, std::uint64_t seq, crdt::Mark mark);
  Status freeze(const LogId& log);
  /// Notes which ends of other logs changes build on that are being delivered.
  Status note_named(std::span<const crdt::Delivered> changes);

  /// Changes from the one that starts at or holds `from`, at least one if there is any, until about
  /// `bytes_max` of content or `count_max`.
  Result<std::vector<HeldChange>> read(const LogId& log, std::uint64_t from, std::size_t bytes_max,
                                       std::size_t count_max) const;
  /// The same with hashes. O(chunk) more for each chunk that is met.
  Result<std::vector<HeldChange>> read_hashed(const LogId& log, std::uint64_t from,
                                              std::size_t bytes_max, std::size_t count_max) const;
  /// The change that holds op `seq`.
  Result<std::optional<HeldChange>> at(const LogId& log, std::uint64_t seq) const;
  /// The chain hash after the change that ends exactly at `seq`; at 0 the chain's start. Nothing
  /// when no change ends there or the log is unknown. O(1) at the ends of what is stored and
  /// applied, else O(chunk).
  Result<std::optional<Digest>> hash_at(const LogId& log, std::uint64_t seq) const;
  /// Kept heads with from <= seq <= to, ascending.
  Result<std::vector<crdt::Head>> heads(const LogId& log, std::uint64_t from,
                                        std::uint64_t to) const;
  Result<std::optional<crdt::Head>> newest_head(const LogId& log) const;
  /// Delivered changes that touch `object`, in replay order, with their authors. O(those changes),
  /// plus decoding the chunks that hold them, of at most 128 KiB by weight or one change each.
  /// With `beyond`: only what comes after these positions of logs.
  Result<std::vector<crdt::Delivered>> touching(
      const SpaceId& space, const ObjectId& object,
      const std::map<LogId, std::uint64_t>& beyond = {}) const;
  /// The last `limit` delivered changes of a space, newest first in replay order, older than
  /// `before_lamport`.
  Result<std::vector<crdt::Delivered>> recent(const SpaceId& space, std::uint64_t before_lamport,
                                              std::size_t limit) const;
  Result<std::optional<Salt>> salt(const LogId& log, const ObjectId& object) const;

  /// Accepted positions of a space for digests, sorted by log: (log, applied_seq, applied_hash). A
  /// log of which only void changes have been delivered is left out: it counts for nothing.
  Result<std::vector<crdt::Position>> positions(const SpaceId& space) const;
  /// What a change of `own` has to name in its deps: the delivered ends of the other logs of the
  /// space that no delivered change builds on yet. All else is in the past of these, or of the end
  /// of `own`. Sorted by log. O(logs).
  Result<std::vector<crdt::Dep>> unnamed(const SpaceId& space, const LogId& own) const;
  /// The greatest lamport delivered in a space; 0 when none.
  Result<std::uint64_t> lamport(const SpaceId& space) const;
  /// Number of changes held of a space.
  Result<std::uint64_t> change_count(const SpaceId& space) const;

  /// Replaces the content of `object` in every stored change of the space by its digest and drops
  /// its salts: chains stay valid. Returns how many changes held content of it. The pages it stood
  /// on are overwritten, and the WAL is emptied after the commit. With `author` only in this
  /// member's logs.
  Result<std::size_t> wipe(const SpaceId& space, const ObjectId& object,
                           const std::optional<MemberId>& author = {});

 private:
  struct Parts;
  enum class Hashes : bool { no, yes };
  Result<std::vector<HeldChange>> read(const LogId& log, std::uint64_t from, std::size_t bytes_max,
                                       std::size_t count_max, Hashes hashes) const;

  Db& db_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace holm::store
