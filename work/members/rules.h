// Who may do what in a team, decided from a set of membership ops alone (TRUST.md): every device
// that holds the same set decides the same, in whatever order it came. The ops are given without
// bytes and keys, as acts among numbered people and devices, so that the rules can be searched
// exhaustively (tests/trust); roster.h joins them to real ops.
//
// Beside the rules of TRUST.md 1 and 2, what that page leaves open (decision 0019): devices under a
// person, invites, dropped devices. A value; not shared between threads.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "work/members/membership.h"
#include "work/members/past.h"

namespace holm::work::members {

/// People and devices by the order in which the caller first met them.
using PersonIndex = std::uint32_t;
using DeviceIndex = std::uint32_t;
using RoomIndex = std::uint32_t;
inline constexpr std::uint32_t kNobody = ~std::uint32_t{0};

/// What somebody is given in a room.
struct Given {
  PersonIndex person = kNobody;
  Level level = Level::none;
};

/// A membership op as far as the rules speak of it.
struct Act {
  OpKind kind = OpKind::create;
  ShortHash hash{};
  std::vector<OpIndex> parents{};  ///< ascending; what nobody had built on in what its author saw
  PersonIndex author = 0;
  DeviceIndex device = 0;          ///< signs
  PersonIndex target = kNobody;    ///< grant, reduce
  Role role = Role::none;          ///< grant, reduce, invite
  DeviceIndex subject = kNobody;   ///< create, grant, add_device: enters; drop_device: goes
  OpIndex invite = kNoOp;          ///< grant: by which; close_invite
  std::uint64_t uses = 0;          ///< invite
  bool by_root = false;            ///< add_device: signed by the person's root key
  RoomIndex room = kNobody;        ///< open_room, room_member, make_private, extend, dismiss; rekey
  bool is_private = false;         ///< open_room
  std::vector<Given> given{};      ///< open_room, room_member, make_private; each person once
  std::vector<RoomIndex> rooms{};  ///< invite: where whoever comes in by it writes
  bool is_authentic = true;        ///< its signature, certificate and proof hold
  std::int64_t time = 0;           ///< ms, as its author claims
};

/// Allowed acts of one person within an hour, by the times that they claim: what comes after that
/// many is refused, so that a program gone wild does not fill a team (decision 0020).
inline constexpr std::size_t kActsPerHour = 2000;

/// By what an act was done: more or older authority outranks other (TRUST.md rule 3). Of one
/// person's devices, the one that entered first.
struct Authority {
  Role role = Role::none;
  OpIndex tenure = kNoOp;  ///< the grant, or create, by which the author holds the role
  OpIndex entry = kNoOp;   ///< the op by which the device belongs to the author
};

/// Who belongs, as a causally closed set of acts has it.
class Standing {
 public:
  struct Seat {
    Role role = Role::none;
    OpIndex tenure = kNoOp;
  };
  struct Presence {
    PersonIndex person = kNobody;
    OpIndex entry = kNoOp;  ///< kNoOp: dropped
  };
  struct Usage {
    std::uint64_t used = 0;
    bool is_closed = false;
  };

  struct Room {
    bool is_open = false;
    bool is_private = false;
    std::map<PersonIndex, Level> given;  ///< without none

    bool operator==(const Room&) const = default;
  };

  Seat seat(PersonIndex person) const;
  Role role(PersonIndex person) const { return seat(person).role; }
  /// Nobody's when the device never entered.
  Presence presence(DeviceIndex device) const;
  /// A present device of someone who is at least a guest.
  bool is_authorised(DeviceIndex device) const;
  /// Null when no such invite counts.
  const Usage* invite(OpIndex op) const;
  bool has_other_owner(PersonIndex than) const;
  /// Null when it was never opened by what counts.
  const Room* room(RoomIndex room) const;
  /// None in a room that is not open.
  Level level(PersonIndex person, RoomIndex room) const;
  /// members::may_manage() there.
  bool manages(PersonIndex person, RoomIndex room) const;
  /// Reductions that wait for another owner, ascending (TRUST.md rule 9).
  const std::vector<OpIndex>& waiting() const { return waiting_; }

 private:
  friend class Rules;
  using Seats = std::vector<Seat>;
  using Devices = std::vector<Presence>;
  using Invites = std::map<OpIndex, Usage>;
  using Rooms = std::map<RoomIndex, Room>;
  // Shared between the standings that do not differ in them: there is one standing for each act.
  std::shared_ptr<const Seats> seats_ = std::make_shared<Seats>();
  std::shared_ptr<const Devices> devices_ = std::make_shared<Devices>();
  std::shared_ptr<const Invites> invites_ = std::make_shared<Invites>();
  std::shared_ptr<const Rooms> rooms_ = std::make_shared<Rooms>();
  std::vector<OpIndex> waiting_;
};

/// What a set amounts to.
struct Resolution {
  std::vector<bool> counts;   ///< by act; false for what is not in the set
  std::vector<bool> pending;  ///< grants beyond their invite's uses: they wait for an admin
  std::vector<bool> cut_off;  ///< entries of devices by a device that was dropped before them
  Standing standing;
};

class Rules {
 public:
  explicit Rules(std::size_t acts_per_hour = kActsPerHour) : acts_per_hour_(acts_per_hour) {}

  /// Adds an act whose parents have been added, and judges it by what its author had seen. Its
  /// index. O(acts) at most; O(people) when the author had seen all there was, or when it is not
  /// theirs.
  OpIndex add(Act act);
  std::size_t size() const { return acts_.size(); }
  const Act& act(OpIndex op) const { return acts_[op].act; }
  const Past& past(OpIndex op) const { return acts_[op].past; }
  std::uint64_t depth(OpIndex op) const { return acts_[op].depth; }
  /// Whether its author was allowed to, by what they had seen (TRUST.md rule 6). Never changes.
  bool is_allowed(OpIndex op) const { return acts_[op].is_allowed; }
  const Authority& authority(OpIndex op) const { return acts_[op].authority; }
  /// Of a reduction or a drop, by what its author had seen: they outrank whom it is about, so that
  /// it voids what those do apart from it (TRUST.md rule 8). False for leaving.
  bool is_final(OpIndex op) const { return acts_[op].is_final; }
  /// The same for one that is about to be made by who has seen everything.
  bool would_be_final(const Act& act);
  /// Whether all that a person was ever let in by is ended by removals that outrank it, so that
  /// nothing they did apart brings them back. False for who was never in.
  bool is_out_for_good(PersonIndex person);
  /// Whether a person outranks all that another was ever let in by, as all acts have it now.
  bool outranks_grants(PersonIndex person, PersonIndex other);
  /// Whether `a` reaches back behind `b`: higher role, or the same by an older tenure.
  bool outranks(const Authority& a, const Authority& b) const;
  /// Older of two ops by (depth, hash).
  bool is_older(OpIndex a, OpIndex b) const;

  /// What the pasts of `heads` and they themselves amount to. Kept for single acts, and for the
  /// combinations asked last. Valid until the next call or add().
  const Standing& standing(const std::vector<OpIndex>& heads);
  /// What all acts amount to; the pasts of heads() and they themselves.
  const Resolution& all();
  /// Allowed acts that no allowed one has seen, ascending: who has seen them has seen all that
  /// matters. What was refused never does.
  const std::vector<OpIndex>& heads() const { return heads_; }
  /// Those of them with the most authority, ascending; all when there are no more than `count`.
  std::vector<OpIndex> strongest_heads(std::size_t count) const;
  /// How many acts of one person among `seen` were allowed and claim a time within an hour of
  /// `time`; counts no further than `enough`.
  std::size_t acts_within_hour(PersonIndex person, std::int64_t time, const Past& seen,
                               std::size_t enough) const;
  std::size_t acts_per_hour() const { return acts_per_hour_; }
  /// The set of all acts.
  Past everything() const;
  /// The same for any causally closed set. One pass, strongest authority first: O(acts), times the
  /// reductions of one person.
  Resolution resolve(const Past& set) const;

 private:
  struct Judged {
    Act act;
    Past past;
    std::uint64_t depth = 0;
    bool is_allowed = false;
    bool is_final = false;
    Authority authority;
    std::shared_ptr<const Standing> after;  ///< null until asked for
  };

  class Pass;
  /// What counts of what somebody was let in by, or raised.
  std::vector<OpIndex> grants_of(PersonIndex person);
  Role granted(OpIndex grant) const {
    return acts_[grant].act.kind == OpKind::create ? Role::owner : acts_[grant].act.role;
  }
  bool is_stronger(OpIndex a, OpIndex b) const;
  bool reaches(const Authority& drop, const Authority& other) const;
  bool is_final_by(const Act& act, const Standing& known, const Authority& by) const;
  bool is_permitted(const Act& act, const Standing& known, const Authority& by) const;
  bool may_grant(const Act& act, const Standing& known, Role role) const;
  bool may_reduce(const Act& act, const Standing& known, Role role) const;
  std::shared_ptr<const Standing> follow(const Standing& known, OpIndex op) const;
  std::shared_ptr<const Standing> standing_of(const std::vector<OpIndex>& heads);
  void judge(Judged& added, OpIndex op, const std::shared_ptr<const Standing>& known);
  bool may_set_level(const Act& act, const Standing& known) const;
  bool leads_to(const Act& invite, const Standing& known) const;
  /// The rooms that an act gives levels in, or opens; none for most.
  const std::vector<RoomIndex>& rooms_of_entry(const Act& act) const;
  void follow_rooms(Standing& out, const Act& act) const;
  void seat_role(Standing& in, PersonIndex person, Standing::Seat seat) const;

  std::size_t acts_per_hour_;
  std::vector<Judged> acts_;
  std::map<PersonIndex, std::vector<OpIndex>> by_author_;  ///< the allowed ones
  std::vector<OpIndex> by_strength_;  ///< the allowed ones, strongest authority first
  std::vector<OpIndex> heads_;
  Resolution all_;
  bool is_all_known_ = true;
  std::shared_ptr<const Standing> asked_;                   ///< by standing(), last
  std::map<Past, std::shared_ptr<const Standing>> joined_;  ///< of sets with several heads
};

}  // namespace holm::work::members
