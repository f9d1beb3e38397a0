// One team on this device: its store, its membership, and what is written and received in it. No
// links, no clock of its own: the node hands time in. Threads: the loop's.
//
// Writing and receiving happen inside a turn (Store::begin/commit). After commit() the caller
// sends; nothing that is not durable is ever offered to a peer.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/rng.h"
#include "crdt/chain.h"
#include "node/delivery.h"
#include "node/epochs.h"
#include "node/erasures.h"
#include "node/identity.h"
#include "node/incarnation.h"
#include "node/merge.h"
#include "node/quotas.h"
#include "node/store_state.h"
#include "store/facts.h"
#include "store/logs.h"
#include "store/store.h"
#include "store/store_files.h"
#include "sync/message.h"
#include "work/apply.h"
#include "work/members/trust.h"

namespace holm::node {

/// What a replica stands on. References outlive it.
struct ReplicaEnv {
  const Identity& identity;
  Rng& rng;
  Log& log;
  std::string store_path;
  std::string vfs;                                            ///< SQLite VFS; empty: the system's
  Pool pool = Pool::takers;                                   ///< as Env has it
  std::shared_ptr<const crypto::SecretKey32> store_key = {};  ///< null: not encrypted
  WitnessPlace witness = {};
  const Clock* clock = nullptr;            ///< for what is told of mending; null: 1970
  store::StoreFiles* files = nullptr;      ///< null: the system's
  store::SegmentDisk* segments = nullptr;  ///< as store::StoreOptions has it

  WallTime now() const { return clock != nullptr ? clock->wall() : WallTime{}; }
  store::StoreFiles& store_files() const {
    return files != nullptr ? *files : store::system_store_files();
  }
};

/// Facts: membership ops that stand outside of the logs, by hash.
inline constexpr std::string_view kKeptMembership = "membership";

/// Objects that changed in one turn, for whoever watches.
struct Changed {
  SpaceId space;
  ObjectId object;
  LogId log;
  std::uint64_t seq = 0;  ///< of the change
  bool is_own = false;
};

class Replica {
 public:
  /// Founds a team: its first membership op, this person as owner. Errors: the store's.
  static Result<std::unique_ptr<Replica>> found(const ReplicaEnv& env, const TeamId& team,
                                                work::members::Op create, WallTime now);
  /// Opens the store of a team; a new file for a team about to be joined.
  static Result<std::unique_ptr<Replica>> open(const ReplicaEnv& env, const TeamId& team);
  ~Replica();
  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;

  const ReplicaEnv& env() const { return env_; }
  const TeamId& team() const { return team_; }
  const work::members::Roster& roster() const { return membership_.roster(); }
  /// The membership ops behind the roster.
  work::members::Trust& membership() { return membership_; }
  /// Whether a reduction or drop by this device, here and now, would be final.
  bool would_be_final(work::members::Op op);
  /// How far this device holds the logs of somebody's devices, or of one of them: what it names
  /// when it removes them (TRUST.md rule 4). Sorted by log.
  Result<std::vector<work::members::LogPlace>> held_of(const MemberId& member,
                                                       const std::optional<DeviceId>& device) const;
  /// The same of everybody in one room, or of one member there.
  Result<std::vector<work::members::LogPlace>> held_in(const SpaceId& room,
                                                       const std::optional<MemberId>& member) const;
  const work::State& state() const { return *state_; }
  store::Store& store() { return *store_; }
  Merger& merger() { return merger_; }
  const Prekeys& prekeys() const { return prekeys_; }
  /// The keys of the team's epochs.
  const Epochs& epochs() const { return epochs_; }
  Erasures& erasures() { return erasures_; }
  /// Who this device belongs to here; before it does, whom the home's phrase makes of it.
  MemberId self() const { return self_; }
  DeviceId self_device() const { return device_; }
  /// Whether this device was ever one of the team's.
  bool has_entered() const { return roster().device(device_) != nullptr; }
  /// Whether this home holds the root key of the person it belongs to.
  bool has_root() const { return has_entered() && self_ == env_.identity.member(team_); }
  SpaceId trust() const { return trust_; }
  SpaceId commons() const { return commons_; }
  /// Name as people call it now.
  std::string name() const;
  /// Time zone of this person: as their profile says, else as the home was made.
  std::string zone() const;

  // A turn.
  Status begin();
  /// Durable when it returns. On error the turn is undone, in memory too.
  Status commit();
  void rollback();

  // Writing. Each needs an open turn.
  /// Signs a membership op as this device (past, time and author are filled in) and appends it.
  /// `past`: what its author claims to have seen; empty: all there is.
  Result<ShortHash> add_membership(work::members::Op op, WallTime now,
                                   std::vector<ShortHash> past = {});
  /// Writes what is due so that everybody who may read has the keys of epochs, and nobody else.
  /// commit() does so by itself where this device wrote a membership op; this is for what others
  /// did.
  Status tend_keys(WallTime now);
  /// The key to seal a space's content under for carriers. Sees to keys first, and begins an epoch
  /// where the newest is older than a week: nothing is sealed for who may not read any more, nor
  /// for long under one key. Needs an open turn. Errors: not_found, when the key has not come here
  /// yet; the store's.
  Result<Epochs::Current> sealing_key(const SpaceId& space, WallTime now);
  /// Begins an epoch of everything that this person writes in. How many. Needs an open turn.
  Result<std::size_t> change_keys(WallTime now);
  /// When tend_keys() will have something to do if nothing else happens; nothing while this device
  /// does not belong.
  std::optional<WallTime> tend_keys_at(WallTime now) const;
  /// Makes this device one of the person whose phrase the home has: signed by their root key.
  Result<ShortHash> enter_by_root(WallTime now);
  /// Writes a change, or a run of them, into one space, signs it, and merges it. The names of the
  /// changes written.
  Result<std::vector<crdt::OpId>> write(const SpaceId& space,
                                        const std::vector<crdt::Write>& writes, WallTime now);
  /// A command of a person: applies and writes. The answer, with "notices" where there are any.
  Result<Value> run(const work::Command& command, WallTime now);

  // Receiving. Needs an open turn.
  /// Verifies and takes in what is new of a delta and delivers of it what takes a few milliseconds;
  /// is_behind() says whether there is more. How far each log named is held now. Errors: reject,
  /// limit or unsupported when anything in it is forged, malformed or too new (what was verified
  /// before it is kept and delivered), the store's.
  Result<std::vector<sync::Ack::Have>> receive(const sync::Delta& delta, WallTime now);

  /// Whether a space has changes that may be delivered but have not been yet.
  bool is_behind(const SpaceId& space) const { return behind_.contains(space); }
  bool is_behind() const { return !behind_.empty(); }
  /// Delivers some more, in as little time. Needs an open turn. Errors: the store's.
  Status deliver_more(Pace pace = Pace::in_slices);

  /// Delivers in a space as much as a slice takes, within the open turn. True when there may be
  /// more. Errors: the store's.
  Result<bool> deliver_all(const SpaceId& space);
  /// Reads who belongs, from merged state and from what was kept of it when a store was mended.
  Status load_membership();
  /// Goes on with a log from what is kept of it beside it (node/aside.h). Needs an open turn.
  Status attach_kept(const SpaceId& space, const LogId& log, WallTime now);
  /// Gives branches the names that everybody knows them by, after logs were put together anew, and
  /// delivers again what stands under others. Needs an open turn.
  Status settle_forks();
  /// Carries out every order to erase that stands, after logs were put together anew. Needs an open
  /// turn.
  Status erase_again();
  /// Takes up what a process left behind that was stopped in the middle.
  Status catch_up();
  /// Closes the store, runs `between`, and goes on with what is there then (Store::reopen). Between
  /// turns.
  Status reopen(const std::function<Status()>& between);

  /// Somebody says they hold a log of a space up to `seq`: more than this store has of a log of its
  /// own means that this store is an old one. May open a turn. Errors: the store's.
  Status on_held(const SpaceId& space, const LogId& log, std::uint64_t seq);
  /// Before own changes are sent, after the turn that wrote them: keeps the witness up to date.
  void keep_witness(Time now) { incarnation_.keep(now); }
  /// Whether this store was found to be restored or copied since it was opened.
  bool is_restored() const { return incarnation_.has_left_logs(); }

  // What peers may be told. Only durable state: not within a turn that wrote.
  /// Every space of the team that this member may read, most urgent first.
  std::vector<SpaceId> spaces() const;
  /// Every space of the team.
  std::vector<SpaceId> all_spaces() const;
  /// Whether a member may read a space, as membership stands here.
  bool may_read(const MemberId& member, const SpaceId& space) const;
  /// All of them but the trust space.
  std::vector<SpaceId> rooms_and_commons() const;
  Result<Digest> digest(const SpaceId& space) const;
  /// As sync::Shared has them.
  Result<std::vector<crdt::Position>> positions(const SpaceId& space) const;
  Result<Digest> held_digest(const SpaceId& space) const;
  Result<bool> knows(const crdt::Position& place) const;
  Result<std::vector<crdt::Position>> places(const LogId& log) const;
  Result<std::vector<crdt::Position>> furthest(std::vector<crdt::Position> places) const;
  Result<std::optional<sync::Range>> next_range(const LogId& log,
                                                const std::vector<crdt::Position>& theirs) const;
  /// Changes of a log that is not forked behind op `seq`.
  Result<std::optional<sync::Range>> next_range(const LogId& log, std::uint64_t seq) const;

  /// What changed in this turn so far.
  const std::vector<Changed>& changed() const { return changed_; }
  /// Spaces and objects that changed since asked last.
  std::vector<Changed> take_changed();
  /// Whether membership changed since asked last.
  bool take_membership_changed();
  /// Logs that turned out to be forked since asked last.
  std::vector<LogId> take_forked();
  /// In what time ranges that were not taken, because they cost too much now (quotas.h), will be:
  /// worth offering digests anew then. Once.
  std::optional<Millis> take_retry();

  /// Whether `space` holds objects of this team that this member may read now: known from
  /// membership. Who does not belong any more keeps all that was theirs to read.
  bool has_space(const SpaceId& space) const;

 private:
  friend class Delivery;
  Replica(const ReplicaEnv& env, const TeamId& team, std::unique_ptr<store::Store> store);

  /// Holds back, or shows again, what is there of people and devices whose place has changed.
  Status settle_late();
  /// Raises cuts to what their authors had built on. True when that makes a difference. O(cuts),
  /// and where somebody wrote beyond one: changes of the space since, once.
  Result<bool> raise_cuts();
  bool may_raise() const;
  /// Of a log or branch of who removed somebody: what he had written, as far as it is delivered.
  struct Written {
    store::LogInfo log;
    std::uint64_t upto = 0;
  };
  Result<std::map<LogId, std::uint64_t>> beyond_cut(const work::members::Op& cut,
                                                    const SpaceId& space) const;
  bool bears_witness(const crdt::Change& change, const store::LogInfo& log);
  Result<std::map<LogId, std::uint64_t>> reach_of(const work::members::Cut& cut,
                                                  const SpaceId& space,
                                                  const std::vector<Written>& written);
  /// Marks stand as membership has them: what is there was judged by it.
  Status note_standings();
  /// The same of a log of which something is judged for the first time.
  void note_standing(const LogId& log, const SpaceId& space, const MemberId& member,
                     const DeviceId& device);
  Status judge_again(const SpaceId& space, const store::LogInfo& log);
  /// As Trust has rooms: nil for the commons.
  SpaceId room_in_trust(const SpaceId& space) const {
    return space == commons_ ? SpaceId{} : space;
  }
  Status absorb_membership(const std::vector<ObjectId>& objects);
  void settle_self();
  /// How far the changes of a log of this device have named other logs of its space.
  Result<std::map<LogId, std::uint64_t>> named_by(const LogId& log) const;
  Result<crdt::AuthorPosition> own_position(const SpaceId& space, const LogId& log, WallTime now);
  Status append_own(const SpaceId& space, const LogId& log, std::vector<crdt::Change> changes,
                    WallTime now);
  /// A place from which a range may go on.
  struct Start {
    LogId log;  ///< the segment that holds it
    std::uint64_t seq = 0;
    Digest hash;
  };
  Result<std::vector<Start>> starts(const sync::Range& range, std::uint64_t seq,
                                    const std::vector<store::LogInfo>& tree) const;
  Status take_range(const SpaceId& space, const sync::Range& range, WallTime now,
                    std::size_t& expanded);
  Status take_first(const SpaceId& space, const sync::Range& range, WallTime now);
  Status take_from(const SpaceId& space, const sync::Range& range, const Start& start,
                   const std::vector<store::LogInfo>& tree, WallTime now);
  void drop_known_salts(const LogId& log, std::vector<store::StoredChange>& changes);
  /// Takes the first changes of a branch that parts from `log` behind op `seq`.
  Status take_branch(const store::LogInfo& log, std::uint64_t seq, const DeviceId& device,
                     const MemberId& member, std::span<const store::StoredChange> changes,
                     const crdt::Head& head, WallTime now);
  /// Whose quota a range counts against: nil for who is not known here, nothing when it is
  /// malformed.
  Result<DeviceId> device_of(const sync::Range& range,
                             const std::vector<store::LogInfo>& tree) const;
  /// Settles the names of branches, and what is kept by name follows.
  Status follow(const SpaceId& space, std::vector<store::Moved> moved);
  /// Branches got, or changed, their names: whatever is kept by name follows.
  Status rename(const SpaceId& space, const std::vector<store::Moved>& moved);
  /// Delivers all of a space again, under the names that its branches have now. O(space).
  Status heal(const SpaceId& space);
  /// Carries out orders to erase among changes that were just merged, and those they came after.
  /// Whether anything stored was wiped: what was read of the space before is old then.
  Result<bool> erase(const SpaceId& space, std::span<const crdt::Delivered> changes);
  Status take_head(const SpaceId& space, const LogId& log, const crdt::Head& head);
  Result<const crypto::VerifyKey*> signing_key(const LogId& log);
  /// Delivers a slice of what can be delivered in a space, and keeps behind_.
  Status deliver(const SpaceId& space, Pace pace = Pace::in_slices);
  void note(const SpaceId& space, const std::vector<crdt::Delivered>& delivered, bool is_own);

  ReplicaEnv env_;
  TeamId team_;
  MemberId self_;
  DeviceId device_;
  SpaceId trust_;
  SpaceId commons_;
  std::unique_ptr<store::Store> store_;
  Merger merger_;
  Erasures erasures_;
  Incarnation incarnation_;
  work::members::Trust membership_;
  Prekeys prekeys_;
  Epochs epochs_;
  std::unique_ptr<StoreState> state_;
  std::map<LogId, crypto::VerifyKey> keys_;    ///< of logs seen
  mutable std::map<SpaceId, Digest> digests_;  ///< dropped when a space changes
  std::vector<Changed> changed_;
  std::map<SpaceId, Delivery> deliveries_;  ///< under way
  std::set<SpaceId> behind_;
  std::set<SpaceId> delivered_;  // into, within this turn; or written, where it may raise a cut
  std::vector<LogId> forked_;
  std::set<SpaceId> unhealed_;             // within a turn: names have changed under what is merged
  std::map<LogId, std::uint64_t> healed_;  // while healing: how far logs had been delivered before
  Quotas quotas_;
  bool membership_changed_ = false;
  bool is_unsettled_ = false;         ///< membership changed in this turn
  std::optional<WallTime> tend_at_;   ///< this device wrote a membership op in this turn
  std::map<LogId, Bytes> standings_;  ///< by log: Trust::standing_of when it was last judged
  /// How far a cut is raised in a space, and what that rests on.
  struct Raise {
    Bytes state;
    std::map<LogId, std::uint64_t> reached;
  };
  std::map<std::pair<ShortHash, SpaceId>, Raise> raises_;
  std::set<SpaceId> unraised_;  ///< what may raise cuts is not all there; nil: nobody knows where
};

/// Whether an error of Replica::receive is due to what was sent, not to this device's store.
bool is_fault_of_sender(const Error& error);

/// Space ids of a team.
SpaceId trust_space(const TeamId& team);
SpaceId commons_space(const TeamId& team);

}  // namespace holm::node
