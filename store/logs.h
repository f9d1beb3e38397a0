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
///
/// A branch of a forked log is a log too, under a name of its own; it goes on where its parent
/// ends, and its changes are those that were signed for the forked log, its root
/// (docs/decisions/0016-forks.md). All positions in it count from the root's start.
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
  bool frozen = false;                ///< forked at its end: nothing more is taken into it
  LogId root;    ///< the log that its changes name; `log` itself unless it is a branch
  LogId parent;  ///< of a branch: what it goes on from
  std::uint64_t base_seq = 0;  ///< of a branch: last op before it
  Digest base_hash;            ///< of a branch: the chain there

  bool is_branch() const { return root != log; }
  /// Part of a forked log: its device goes on elsewhere.
  bool is_forked() const { return frozen || is_branch(); }

  bool operator==(const LogInfo&) const = default;
};

/// "Ops of `from` beyond this one are called `to` now."
struct Moved {
  LogId from;
  std::uint64_t beyond = 0;
  LogId to;
};

/// A change as handed in and signed: a branch's names the forked log. `hash` is the chain's after
/// it.
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
  Status append(const LogId& log, std::vector<StoredChange>&& changes, WallTime now);
  /// The same with a copy of them.
  Status append(const LogId& log, std::span<const StoredChange> changes, WallTime now);
  /// Drops the unsealed tail: what lies beyond sealed_seq. O(what is dropped).
  Status drop_tail(const LogId& log);
  /// Keeps a verified head: the newest per log and, for ever, checkpoints; raises sealed_seq.
  /// Errors: not_found, reject when the log is not held up to it or stood at another hash there.
  Status seal(const crdt::Head& head) { return seal(head.log, head); }
  /// The same for a branch, whose heads name the forked log; what it goes on from is sealed with
  /// it.
  Status seal(const LogId& log, const crdt::Head& head);
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
  /// First ops of the changes of a space that carry a mark other than valid, by log.
  Result<std::map<LogId, std::vector<std::uint64_t>>> marked(const SpaceId& space,
                                                             crdt::Mark mark) const;
  Status freeze(const LogId& log);
  /// Notes which ends of other logs changes build on that are being delivered.
  Status note_named(const SpaceId& space, std::span<const crdt::Delivered> changes);

  // Forks. What is asked of a branch below its start is answered from what it goes on from, by
  // read(), at(), hash_at() and salt().

  /// Whether references may mean another log than the one of their id. While they cannot,
  /// note_deps() with deps on logs held and named() change nothing. O(1).
  Result<bool> has_forks() const;
  /// A log and the branches of it, parents first; nothing when there is none of that id, or it is a
  /// branch.
  Result<std::vector<LogInfo>> tree(const LogId& root) const;
  /// The one of them within which, or at whose end, the chain stands at `hash` after op `seq`.
  /// `hash`: whole, or its first bytes. O(branches).
  Result<std::optional<LogInfo>> find_place(const LogId& root, std::uint64_t seq,
                                            ByteView hash) const;
  /// Makes what lies beyond `seq`, where a change ends, a branch; the log is frozen. Its name is
  /// settled by settle_names(). O(what lies beyond). Errors: not_found, reject when no change ends
  /// there, or none lies beyond.
  Result<Moved> split(const LogId& log, std::uint64_t seq);
  /// Adds a branch that goes on where `parent` ends, which is frozen by it, with its first changes.
  /// Its name, which settle_names() may change. Errors: as append().
  Result<LogId> add_branch(const LogId& parent, const DeviceId& device, const MemberId& member,
                           std::span<const StoredChange> changes, WallTime now);
  /// Gives a branch another name, since a log is about to be made of the id it goes by.
  Result<Moved> vacate(const LogId& branch);
  /// Names the branches of a space as everybody names them who holds the same logs. O(branches).
  Result<std::vector<Moved>> settle_names(const SpaceId& space);
  /// Forgets how far a space's logs have been delivered, and what references in them mean.
  Status rewind(const SpaceId& space);
  /// The log or branch whose path a dep names; nothing while that is not held. O(1), but O(logs of
  /// the space) where no log of that id has such a place.
  Result<std::optional<LogId>> find_dep(const SpaceId& space, const crdt::Dep& dep) const;
  /// Keeps what the deps of a change in `log` say about references from there on. All of them are
  /// held. Changes of a log in their order.
  Status note_deps(const LogId& log, const crdt::Change& change);
  /// A change of `log` with the names of branches in it, as it is merged and shown.
  Result<crdt::Delivered> named(const LogId& log, HeldChange held) const;
  /// What a value written by op `by` means by `named`: the op it names, and behind it the ends of
  /// what its path goes on from.
  Result<std::vector<crdt::OpId>> path(const crdt::OpId& by, const crdt::OpId& named) const;

  /// Changes from the one that starts at or holds `from`, at least one if there is any, until about
  /// `bytes_max` of content or `count_max`.
  Result<std::vector<HeldChange>> read(const LogId& log, std::uint64_t from, std::size_t bytes_max,
                                       std::size_t count_max) const;
  /// The same with hashes. O(chunk) more for each chunk that is met.
  Result<std::vector<HeldChange>> read_hashed(const LogId& log, std::uint64_t from,
                                              std::size_t bytes_max, std::size_t count_max) const;
  /// The change that holds op `seq`.
  Result<std::optional<HeldChange>> at(const LogId& log, std::uint64_t seq) const;
  /// The last place at or before op `seq` where a change ends; seq 0 where none does. Errors:
  /// not_found.
  Result<crdt::Position> end_before(const LogId& log, std::uint64_t seq) const;
  /// The chain hash after the change that ends exactly at `seq`; at 0 the chain's start. Nothing
  /// when no change ends there or the log is unknown. O(1) at the ends of what is stored and
  /// applied, else O(chunk).
  Result<std::optional<Digest>> hash_at(const LogId& log, std::uint64_t seq) const;
  /// Kept heads with from <= seq <= to, ascending.
  Result<std::vector<crdt::Head>> heads(const LogId& log, std::uint64_t from,
                                        std::uint64_t to) const;
  Result<std::optional<crdt::Head>> newest_head(const LogId& log) const;
  /// Delivered changes that touch `object`, in replay order, with their authors, and with the names
  /// of branches in them. O(those changes),
  /// plus decoding the chunks that hold them, of at most 128 KiB by weight or one change each.
  /// With `beyond`: only what comes after these positions of logs.
  Result<std::vector<crdt::Delivered>> touching(
      const SpaceId& space, const ObjectId& object,
      const std::map<LogId, std::uint64_t>& beyond = {}) const;
  /// The last `limit` delivered changes of a space, newest first in replay order, older than
  /// `before_lamport`; named as by touching().
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
