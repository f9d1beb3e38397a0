// The membership ops of one team, judged by the rules of TRUST.md (rules.h), and what follows from
// them: who belongs, who belonged at any frontier, and which content is held back because its
// author was removed. A pure function of the set of ops, however they came. Owned by a Replica;
// threads: the loop's.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "base/wire.h"
#include "work/members/roster.h"
#include "work/members/rules.h"

namespace holm::work::members {

/// What became of an op.
enum class OpState : std::uint8_t {
  counts,
  waits,       ///< a reduction of the last owner, or an admission beyond an invite's uses
  refused,     ///< its author was not allowed to, by what they had seen themselves
  taken_back,  ///< its author was removed behind it by someone who outranks them
};

/// An op as it stands in the team's history.
struct Judged {
  ShortHash hash;
  const Op* op = nullptr;
  OpState state = OpState::counts;
  /// reduce, drop_device: its author outranks whom it is about, so that nothing they did apart
  /// brings it down (TRUST.md rule 8).
  bool is_final = false;
  /// Its device did not know an op that it had written itself: it was restored or copied since.
  bool is_apart = false;
};

/// Ops that a new one names of what it has seen, and that changes name. Where more than that many
/// were written apart, those of the most authority; to have seen the others makes no difference
/// before somebody builds on them.
inline constexpr std::size_t kFrontierMax = 256;

/// A reduction, drop or op of a room that takes effect and names how far logs show.
struct Cut {
  ShortHash hash;
  const Op* op = nullptr;
};
/// Up to where logs show in spite of a cut: as far as it names, or as far as its author had built.
enum class Reach : bool { named, raised };

class Trust {
 public:
  explicit Trust(const TeamId& team) : team_(team) {}
  Trust(Trust&&) = default;
  Trust& operator=(Trust&&) = default;

  /// Adds encoded ops, in any order; duplicates count once, and what is no op of this team does not
  /// count. One whose past is not here waits for it. True when any was new. Cost: two or three
  /// signatures an op that is met for the first time, else as Rules::add().
  bool add(std::vector<Bytes> ops);
  /// Forgets all but which signatures were verified.
  void clear();

  /// What all ops amount to. At the same address for good; kept up to date by add() and clear().
  const Roster& roster() const { return roster_; }
  /// Whether the op is here with its whole past.
  bool knows(const ShortHash& op) const { return at_.contains(op); }
  /// Null for what it does not know. Valid until the next add().
  const Op* op(const ShortHash& hash) const;
  /// Every op that begins an epoch or hands a key out, whether it counts or not, in the order in
  /// which they came.
  const std::vector<ShortHash>& key_ops() const { return key_ops_; }

  /// The newest time that an op of a frontier claims, among those known; kEarliest when none is.
  WallTime newest(std::span<const ShortHash> frontier) const;

  /// What the member might do in a room then; nothing as with authority().
  std::optional<Level> level(std::span<const ShortHash> frontier, const MemberId& member,
                             const SpaceId& room);
  /// By what a device wrote at a frontier: nothing while an op of it is not known. Role::none when
  /// the device was not one of the member's then, or the member did not belong.
  std::optional<Authority> authority(std::span<const ShortHash> frontier, const MemberId& member,
                                     const DeviceId& device);
  /// Whether what was written by `by` at `place` is held back now: its author's tenure does not
  /// count, or they or the device were removed before it and nobody has shown it again (TRUST.md
  /// rule 10); or they were lowered in the room of it, which `frontier` had not seen.
  /// `room`: nil in the commons.
  bool holds_back(const Authority& by, const MemberId& member, const DeviceId& device,
                  const LogPlace& place, const SpaceId& room = {},
                  std::span<const ShortHash> frontier = {}, Reach reach = Reach::raised);
  /// Whether holds_back() may say yes of anything at all. O(1).
  bool is_anyone_cut() const { return is_anyone_cut_; }
  /// Changes whenever holds_back() may answer anew for what the device wrote in a room: empty while
  /// it holds back nothing and nobody was ever removed.
  Bytes standing_of(const MemberId& member, const DeviceId& device, const SpaceId& room = {});
  /// Whether held back content was put away (OpKind::dismiss).
  bool is_dismissed(const LogPlace& place, const SpaceId& room = {});

  /// Whether a reduction or drop that is about to be written, here and now, would be final. Takes
  /// its author, device, target, role and dropped device.
  bool would_be_final(const Op& op);

  /// Of somebody who was in the team and is not: whether that is final, so that nothing they did
  /// apart brings them back; and whether somebody else could make it so (TRUST.md rule 12).
  bool is_out_for_good(const MemberId& member);
  bool may_confirm(const MemberId& member, const MemberId& by);

  /// Whether one more op of the author at that time would be refused, since they wrote as many
  /// within an hour (decision 0020).
  bool is_at_limit(const MemberId& author, WallTime at) const;

  /// Every cut there is, with what its author had built on. O(ops). Until the next add().
  std::vector<Cut> cuts();
  /// Raises how far logs show in spite of a cut: its author had built on them (TRUST.md rule 4).
  /// Takes the place of what was said of it before. True when that makes a difference.
  bool raise_cut(const ShortHash& cut, const std::map<LogId, std::uint64_t>& reached);

  /// Every op by age: (depth, hash).
  std::vector<Judged> history();
  /// What the ops amount to among numbered people: for whoever checks the outcome.
  Rules& rules() { return rules_; }

 private:
  struct Entry {
    ShortHash hash;
    Op op;
    std::optional<DeviceCertificate> certificate;
  };

  void place(const ShortHash& hash, Op op);
  Act act_of(const Entry& entry);
  bool is_authentic(const Entry& entry, const Act& act);
  bool has_valid_proofs(const Entry& entry, const Act& act) const;
  PersonIndex person(const MemberId& id);
  DeviceIndex device(const DeviceId& id, const MemberId& member);
  RoomIndex room(const SpaceId& id);
  void act_in_room(const Op& op, Act& act);
  std::vector<OpIndex> find(std::span<const ShortHash> frontier) const;
  void tell_roster();
  void tell_people(Roster& out, const Resolution& all) const;
  void tell_devices(Roster& out, const Resolution& all) const;
  void tell_rest(Roster& out, const Resolution& all) const;
  void tell_rooms(Roster& out, const Resolution& all);
  /// What may hold back what a device wrote.
  struct Cuts {
    std::vector<OpIndex> removals;  ///< of the person and of the device, that take effect
    Bytes standing;
  };
  const Cuts& cuts_of(const MemberId& member, const DeviceId& device);
  bool holds(const Resolution& all, OpIndex reduction) const;
  bool is_within(OpIndex reduction, const LogPlace& place, Reach reach) const;
  void tell_raised(Writer& out, const std::vector<OpIndex>& cuts) const;
  bool is_named(OpKind kind, const LogPlace& place, const SpaceId& room);

  TeamId team_;
  Rules rules_;
  std::vector<Entry> entries_;  ///< by OpIndex
  std::map<ShortHash, OpIndex> at_;
  std::vector<ShortHash> key_ops_;
  std::map<ShortHash, Op> waiting_;                     ///< lack some of their past
  std::map<ShortHash, std::vector<ShortHash>> wanted_;  ///< by the op that they lack
  std::vector<MemberId> people_;
  std::map<MemberId, PersonIndex> person_at_;
  std::vector<std::pair<DeviceId, MemberId>> devices_;
  std::map<std::pair<DeviceId, MemberId>, DeviceIndex> device_at_;
  std::vector<SpaceId> rooms_;
  std::map<SpaceId, RoomIndex> room_at_;
  std::map<std::pair<MemberId, SpaceId>, std::vector<OpIndex>> lowered_;  ///< by what counts
  std::map<DeviceIndex, OpIndex> introduced_;  ///< by an op that carries the certificate
  std::map<OpIndex, std::map<LogId, std::uint64_t>> raised_;
  std::map<ShortHash, bool> verified_;  ///< signatures cost far more than all the rest
  std::map<std::pair<DeviceId, MemberId>, Cuts> cuts_;  ///< asked for since the last op
  bool is_anyone_cut_ = false;
  Roster roster_;
};

/// The roster of a set of encoded ops.
Roster resolve(const TeamId& team, std::span<const Bytes> ops);

}  // namespace holm::work::members
