// A team at its full size: twelve people with thirty devices, who meet by chance, change who
// belongs, and write, while some of them lie. Nodes, stores, logs, signatures and rules are the
// real ones (station.h); only the network is missing (meeting.h), so that thousands of lives fit
// into an hour.
//
//   const auto plan = plan_of(seed);
//   TRY(live(plan));               // everything that holds at the end has been checked
//   shrink(plan)                   // the few deeds that a failure takes
//
// Every deed draws from a seed of its own, so that it stays what it is when others are left out.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/meeting.h"
#include "tests/sim/station.h"

namespace holm::sim {

inline constexpr std::size_t kPeople = 12;
inline constexpr std::size_t kStations = 30;

/// Something that happens in a crowd.
enum class Deed : std::uint8_t {
  // Between people.
  part,    ///< who can reach whom changes
  reach,   ///< everybody can reach everybody
  gossip,  ///< a few that reach each other meet, one after the other
  // By anybody, as their program lets them.
  write,
  set_role,
  remove,
  leave,
  admit,  ///< somebody who is outside enters by an invite
  add_device,
  drop_device,
  invite,
  cancel_invite,
  open_room,
  set_level,
  make_private,
  sort_tray,
  // By those who lie.
  lie,       ///< an op of any kind, about anybody, with any past
  forge,     ///< an op in somebody else's name
  replay,    ///< a join that was good once
  miscut,    ///< a removal that names places of its own invention
  intrude,   ///< writing into a room whatever one may there
  hide,      ///< a second store of a device, whose work nobody hears of yet
  lie_late,  ///< an op or some words, written into such a store
  reveal,    ///< such a store meets somebody
  thrust,    ///< handing over what nobody asked for, perhaps broken
};
std::string_view deed_name(Deed deed);

struct Step {
  Deed deed = Deed::gossip;
  std::uint64_t seed = 0;
};
struct Plan {
  std::uint64_t variant = 0;    ///< of the team that it begins with
  std::set<std::size_t> liars;  ///< people
  std::vector<Step> steps;

  std::string text() const;
};
Plan plan_of(std::uint64_t seed);

/// What came of a plan.
struct Life {
  std::uint64_t done = 0;  ///< deeds that were not refused
  std::uint64_t meetings = 0;
  std::uint64_t ops = 0;     ///< of membership, in the end
  std::uint64_t held = 0;    ///< changes held back in the end, as one device sees it
  std::uint64_t voided = 0;  ///< ops that do not count
  Digest digest;             ///< of what all agree on
};
/// Errors: what does not hold, in words.
Result<Life> live(const Plan& plan);
/// What was said of membership in the life of a plan, for people.
std::string story(const Plan& plan);
/// Leaves out all that a failure can do without. Requires: live(plan) fails.
Plan shrink(Plan plan);

/// A team that stands, from which lives begin; and one life at a time. For crowd*.cc alone.
class Crowd {
 public:
  /// Of a variant; made once a process.
  static Result<Crowd*> of(std::uint64_t variant);

  Result<Life> live(const Plan& plan);
  /// The membership ops of that life, for people.
  std::string story();

 private:
  struct Place {
    SpaceId space;
    std::string room;  ///< id of its object
    std::string doc;   ///< id of a document in it
  };
  /// Words that somebody was told are written.
  struct Promise {
    std::string token;
    SpaceId space;
    ObjectId doc;
    std::size_t station = 0;
  };
  /// Words of somebody who was given no level there by anybody.
  struct Intrusion {
    std::string token;
    SpaceId space;
    ObjectId object;
    std::size_t person = 0;
  };

  explicit Crowd(std::uint64_t variant);
  static std::size_t person_of(std::size_t station);

  // The team that it begins with.
  Status found();
  Status let_in(Station& host, Station& joiner, work::members::Role role);
  Status add_device(Station& host, Station& device);
  Status meet(Station& one, Station& other);
  Status meet_all(const std::vector<Station*>& stations);

  // crowd_deeds.cc
  Status act(const Step& step, std::size_t number);
  void part(Rng& rng);
  Status gossip(Rng& rng);
  /// The answer, or nothing where the person is told why not. Errors: all that is no such answer.
  Result<std::optional<Value>> ask(Station& station, const Value& request);
  Status decide(Deed deed, Rng& rng, std::size_t number);
  Status write(Station& station, Rng& rng, std::size_t number);
  Status open_room(Station& station, Rng& rng, std::size_t number);
  Status widen(Deed deed, Rng& rng);
  // crowd_lies.cc
  Status lie(Deed deed, Rng& rng, std::size_t number);
  work::members::Op any_op(Station& liar, Rng& rng);
  Status utter(Station& liar, work::members::Op op, Rng& rng);
  Status forge(Station& liar, Rng& rng);
  Status replay(Station& liar, Rng& rng);
  Status intrude(Station& liar, Rng& rng, std::size_t number);
  Status hide(Station& liar, Rng& rng);
  Status reveal(Rng& rng);
  Status thrust(Rng& rng);
  // crowd_checks.cc
  Status check_step(Station& station) const;
  work::members::Trust all_membership();
  /// Devices that have to agree: of those who do not lie, and belong.
  std::vector<Station*> insiders(const work::members::Roster& roster);
  Status gather();
  Status gather_once(const std::vector<Station*>& inside);
  Result<Digest> stand(const std::vector<Station*>& inside);
  Result<Life> check();
  Status check_agreement(const work::members::Trust& trust, const std::vector<Station*>& inside);
  Status check_rules(work::members::Trust& trust);
  static std::map<SpaceId, std::set<MemberId>> readers(work::members::Trust& trust);
  Status check_rooms(work::members::Trust& trust);
  Status check_words(work::members::Trust& trust, const std::vector<Station*>& inside);
  Status check_newcomer(Station& sibling);

  std::vector<Station*> entered() const;
  Station* any_entered(Rng& rng) const;
  Station* any_liar(Rng& rng) const;
  bool is_liar(const Station& station) const;
  bool reaches(const Station& one, const Station& other) const;
  std::size_t number_of(const Station& station) const;
  MemberId member(std::size_t person) const;

  std::uint64_t variant_;
  CrowdClock clock_;
  TeamId team_;
  WallTime begin_{};
  std::vector<std::unique_ptr<Station>> stations_;
  std::vector<test::SimDisk::Snapshot> disks_;  ///< as every life begins
  std::vector<Place> first_places_;
  test::SimDisk::Snapshot blank_;  ///< of a device that knows nothing

  // Of a life.
  std::set<std::size_t> liars_;
  std::vector<std::size_t> islands_;  ///< by station
  std::vector<Place> places_;
  std::vector<Promise> promises_;
  std::vector<Intrusion> intrusions_;
  std::vector<std::unique_ptr<Station>> hidden_;
  std::vector<std::vector<ShortHash>> frontiers_;     ///< seen by liars
  std::vector<work::members::InviteSecret> secrets_;  ///< of invites made
  Life life_;
};

}  // namespace holm::sim
