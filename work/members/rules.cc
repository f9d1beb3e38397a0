// TRUST.md 2 in one pass, strongest authority first, so that all that an act depends on is decided
// before it. What is added to that page (decision 0019):
// - A device belongs to a person by an allowed act that a root key vouched for, and stays until a
//   counting drop that its entry has not seen. A drop reaches behind as a removal does; among
//   devices of one person the older one outranks. What a dropped device let in beyond the cut
//   goes with it.
// - An invite admits as often as it says. Of admissions apart the stronger granter's count; the
//   others are pending. Closing it reaches behind where whoever closes outranks who admitted.
// - Of the counting acts that give somebody a level in a room, those that no other has seen decide,
//   and of several the lowest level. Who leaves a room to some gives all others none.
#include "work/members/rules.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/ensure.h"

namespace holm::work::members {
namespace {

constexpr std::size_t kJoinedKept = 512;

bool enters(const Act& act) {
  return act.kind == OpKind::create || act.kind == OpKind::add_device ||
         (act.kind == OpKind::grant && act.subject != kNobody);
}

/// By another device of the same person, rather than by the root key or by being let in.
bool enters_by_device(const Act& act) { return act.kind == OpKind::add_device && !act.by_root; }

bool is_room_act(const Act& act) {
  return act.kind == OpKind::open_room || act.kind == OpKind::room_member ||
         act.kind == OpKind::make_private;
}

bool is_role_act(const Act& act) {
  return act.kind == OpKind::create || act.kind == OpKind::grant || act.kind == OpKind::reduce;
}

PersonIndex entering_person(const Act& act) {
  return act.kind == OpKind::grant ? act.target : act.author;
}

}  // namespace

Standing::Seat Standing::seat(PersonIndex person) const {
  return person < seats_->size() ? (*seats_)[person] : Seat{};
}

Standing::Presence Standing::presence(DeviceIndex device) const {
  return device < devices_->size() ? (*devices_)[device] : Presence{};
}

bool Standing::is_authorised(DeviceIndex device) const {
  const auto at = presence(device);
  return at.entry != kNoOp && role(at.person) >= Role::guest;
}

const Standing::Usage* Standing::invite(OpIndex op) const {
  const auto found = invites_->find(op);
  return found == invites_->end() ? nullptr : &found->second;
}

bool Standing::has_other_owner(PersonIndex than) const {
  for (PersonIndex person = 0; person < seats_->size(); ++person) {
    if (person != than && (*seats_)[person].role == Role::owner) return true;
  }
  return false;
}

const Standing::Room* Standing::room(RoomIndex room) const {
  const auto found = rooms_->find(room);
  return found == rooms_->end() || !found->second.is_open ? nullptr : &found->second;
}

Level Standing::level(PersonIndex person, RoomIndex room) const {
  const auto* at = this->room(room);
  if (at == nullptr) return Level::none;
  const auto given = at->given.find(person);
  return level_in(at->is_private, role(person),
                  given == at->given.end() ? Level::none : given->second);
}

bool Standing::manages(PersonIndex person, RoomIndex room) const {
  const auto* at = this->room(room);
  if (at == nullptr) return false;
  const bool has_manager = std::any_of(at->given.begin(), at->given.end(), [&](const auto& one) {
    return level(one.first, room) == Level::manager;
  });
  return may_manage(at->is_private, has_manager, role(person), level(person, room));
}

bool Rules::is_older(OpIndex a, OpIndex b) const {
  const auto& left = acts_[a];
  const auto& right = acts_[b];
  return left.depth != right.depth ? left.depth < right.depth : left.act.hash < right.act.hash;
}

bool Rules::outranks(const Authority& a, const Authority& b) const {
  if (a.role != b.role) return a.role > b.role;
  return a.tenure != b.tenure && is_older(a.tenure, b.tenure);
}

/// As outranks(), and an older device of the same person reaches behind a newer one.
bool Rules::reaches(const Authority& drop, const Authority& other) const {
  if (drop.role != other.role || drop.tenure != other.tenure) return outranks(drop, other);
  return drop.entry != other.entry && is_older(drop.entry, other.entry);
}

/// The order of the pass: authority, then age. Total.
bool Rules::is_stronger(OpIndex a, OpIndex b) const {
  const bool creates = acts_[a].act.kind == OpKind::create;
  if (creates != (acts_[b].act.kind == OpKind::create)) return creates;
  const auto& left = acts_[a].authority;
  const auto& right = acts_[b].authority;
  if (reaches(left, right)) return true;
  return !reaches(right, left) && is_older(a, b);
}

class Rules::Pass {
 public:
  Pass(const Rules& rules, const Past& set) : rules_(rules), acts_(rules.acts_) {
    in_.assign(acts_.size(), false);
    set.each([&](OpIndex op) { in_[op] = true; });
    for (OpIndex op = 0; op < acts_.size(); ++op) {
      if (!in_[op]) continue;
      const auto& act = acts_[op].act;
      people_ = std::max<std::size_t>(people_, act.author + std::size_t{1});
      if (act.target != kNobody) people_ = std::max<std::size_t>(people_, act.target + 1ull);
      if (act.subject != kNobody) devices_ = std::max<std::size_t>(devices_, act.subject + 1ull);
    }
    grants_.resize(people_);
    reductions_.resize(people_);
    let_.resize(people_);
    drops_.resize(devices_);
  }

  Resolution run() {
    out_.counts.assign(acts_.size(), false);
    out_.pending.assign(acts_.size(), false);
    out_.cut_off.assign(acts_.size(), false);
    for (const auto op : rules_.by_strength_) {
      if (!in_[op] || !counts(op)) continue;
      out_.counts[op] = true;
      file(op);
    }
    seat_all();
    place_devices();
    tell_invites();
    tell_rooms();
    return std::move(out_);
  }

 private:
  bool counts(OpIndex op) {
    const auto& act = acts_[op].act;
    const auto& by = acts_[op].authority;
    if (act.kind == OpKind::create) return true;
    if (!out_.counts[by.tenure]) return false;
    for (const auto reduction : reductions_[act.author]) {
      const auto& other = acts_[reduction];
      if (other.act.role < by.role && rules_.outranks(other.authority, by) && !other.past.has(op) &&
          !acts_[by.tenure].past.has(reduction)) {
        return false;
      }
    }
    if (is_dropped_behind(
            op, [&](OpIndex drop) { return rules_.reaches(acts_[drop].authority, by); })) {
      return false;
    }
    return act.kind != OpKind::grant || act.invite == kNoOp || takes_use(op);
  }

  /// Whether a drop that `is_felt` cuts off the device of `op`, or one that it came in by.
  template <class IsFelt>
  bool is_dropped_behind(OpIndex op, IsFelt is_felt) const {
    for (auto link = op;;) {
      const auto& at = acts_[link];
      const auto device = at.act.device;
      const auto entry = at.authority.entry;
      if (device < drops_.size()) {
        for (const auto drop : drops_[device]) {
          if (!acts_[drop].past.has(link) && !acts_[entry].past.has(drop) && is_felt(drop)) {
            return true;
          }
        }
      }
      if (entry == link || !enters_by_device(acts_[entry].act)) return false;
      link = entry;
    }
  }

  bool takes_use(OpIndex op) {
    const auto invite = acts_[op].act.invite;
    for (const auto close : closes_[invite]) {
      if (!acts_[close].past.has(op) &&
          rules_.outranks(acts_[close].authority, acts_[op].authority)) {
        return false;
      }
    }
    auto& used = used_[invite];
    if (used >= acts_[invite].act.uses) {
      out_.pending[op] = true;
      return false;
    }
    ++used;
    return true;
  }

  void file(OpIndex op) {
    const auto& act = acts_[op].act;
    switch (act.kind) {
      case OpKind::create: grants_[act.author].push_back(op); break;
      case OpKind::grant:
        grants_[act.target].push_back(op);
        for (const auto room : rules_.rooms_of_entry(act)) rooms_[room].push_back(op);
        break;
      case OpKind::reduce: reductions_[act.target].push_back(op); break;
      case OpKind::drop_device: drops_[act.subject].push_back(op); break;
      case OpKind::close_invite: closes_[act.invite].push_back(op); break;
      case OpKind::open_room:
      case OpKind::room_member:
      case OpKind::make_private: rooms_[act.room].push_back(op); break;
      default: break;
    }
  }

  Role granted(OpIndex grant) const { return rules_.granted(grant); }
  bool outranks_grant(OpIndex reduction, OpIndex grant) const {
    return rules_.outranks(acts_[reduction].authority, {granted(grant), grant, kNoOp});
  }

  /// Rule 9: a reduction caps every grant that does not follow it; the best one left holds.
  Standing::Seat seat(PersonIndex person) const {
    Standing::Seat best;
    for (const auto grant : grants_[person]) {
      auto role = granted(grant);
      const auto cap = [&](OpIndex reduction) { role = std::min(role, acts_[reduction].act.role); };
      for (const auto reduction : let_[person]) {
        if (!acts_[grant].past.has(reduction)) cap(reduction);
      }
      for (const auto reduction : reductions_[person]) {
        if (acts_[reduction].act.role < role && !acts_[grant].past.has(reduction) &&
            outranks_grant(reduction, grant)) {
          cap(reduction);
        }
      }
      if (role > best.role ||
          (role == best.role && role > Role::none && rules_.is_older(grant, best.tenure))) {
        best = {role, grant};
      }
    }
    return best;
  }

  void seat_all() {
    auto seats = std::make_shared<Standing::Seats>(people_);
    std::size_t owners = 0;
    std::vector<OpIndex> contestable;
    for (PersonIndex person = 0; person < people_; ++person) {
      for (const auto reduction : reductions_[person]) {
        const auto& grants = grants_[person];
        const bool is_firm = std::all_of(grants.begin(), grants.end(), [&](OpIndex grant) {
          return acts_[grant].past.has(reduction) || outranks_grant(reduction, grant);
        });
        if (!is_firm) contestable.push_back(reduction);
      }
      (*seats)[person] = seat(person);
      owners += (*seats)[person].role == Role::owner ? 1 : 0;
    }
    std::sort(contestable.begin(), contestable.end(),
              [&](OpIndex a, OpIndex b) { return rules_.is_stronger(a, b); });
    for (const auto reduction : contestable) {
      const auto person = acts_[reduction].act.target;
      let_[person].push_back(reduction);
      const auto now = seat(person);
      const auto left = owners - ((*seats)[person].role == Role::owner ? 1 : 0) +
                        (now.role == Role::owner ? 1 : 0);
      if (left > 0) {
        owners = left;
        (*seats)[person] = now;
      } else {
        let_[person].pop_back();
        out_.standing.waiting_.push_back(reduction);
      }
    }
    std::sort(out_.standing.waiting_.begin(), out_.standing.waiting_.end());
    out_.standing.seats_ = std::move(seats);
  }

  void place_devices() {
    auto devices = std::make_shared<Standing::Devices>(devices_);
    for (OpIndex op = 0; op < acts_.size(); ++op) {
      const auto& act = acts_[op].act;
      if (!in_[op] || !acts_[op].is_allowed || !enters(act)) continue;
      auto& at = (*devices)[act.subject];
      at.person = entering_person(act);
      const auto& drops = drops_[act.subject];
      const bool is_after = std::all_of(drops.begin(), drops.end(),
                                        [&](OpIndex drop) { return acts_[op].past.has(drop); });
      if (enters_by_device(act) && is_dropped_behind(op, [](OpIndex) { return true; })) {
        out_.cut_off[op] = true;
      }
      if (!is_after || out_.cut_off[op]) continue;
      if (at.entry == kNoOp || rules_.is_older(op, at.entry)) at.entry = op;
    }
    out_.standing.devices_ = std::move(devices);
  }

  void tell_invites() {
    auto invites = std::make_shared<Standing::Invites>();
    for (OpIndex op = 0; op < acts_.size(); ++op) {
      if (!in_[op] || !out_.counts[op] || acts_[op].act.kind != OpKind::invite) continue;
      (*invites)[op] = {.used = used_[op], .is_closed = !closes_[op].empty()};
    }
    out_.standing.invites_ = std::move(invites);
  }

  /// What an act gives somebody in the room that it is about; nothing when it does not say.
  std::optional<Level> gives(OpIndex op, PersonIndex person) const {
    const auto& act = acts_[op].act;
    if (act.kind == OpKind::grant) {
      const bool is_theirs = act.target == person && out_.counts[act.invite];
      return is_theirs ? std::optional(Level::writer) : std::nullopt;
    }
    for (const auto& one : act.given) {
      if (one.person == person) return one.level;
    }
    return act.kind == OpKind::make_private ? std::optional(Level::none) : std::nullopt;
  }

  Level given_to(PersonIndex person, const std::vector<OpIndex>& deeds) const {
    std::vector<std::pair<OpIndex, Level>> said;
    for (const auto op : deeds) {
      if (const auto level = gives(op, person)) said.emplace_back(op, *level);
    }
    std::optional<Level> lowest;
    for (const auto& [op, level] : said) {
      const auto mine = op;
      const bool is_last = std::none_of(said.begin(), said.end(), [&](const auto& other) {
        return acts_[other.first].past.has(mine);
      });
      if (is_last) lowest = lowest ? std::min(*lowest, level) : level;
    }
    return lowest.value_or(Level::none);
  }

  void tell_rooms() {
    auto rooms = std::make_shared<Standing::Rooms>();
    for (const auto& [room, deeds] : rooms_) {
      auto& at = (*rooms)[room];
      std::set<PersonIndex> named;
      for (const auto op : deeds) {
        const auto& act = acts_[op].act;
        at.is_open = at.is_open || act.kind == OpKind::open_room;
        at.is_private = at.is_private || act.is_private || act.kind == OpKind::make_private;
        if (act.kind == OpKind::grant) named.insert(act.target);
        for (const auto& one : act.given) named.insert(one.person);
      }
      for (const auto person : named) {
        const auto level = given_to(person, deeds);
        if (level != Level::none) at.given[person] = level;
      }
    }
    out_.standing.rooms_ = std::move(rooms);
  }

  const Rules& rules_;
  const std::vector<Judged>& acts_;
  std::vector<bool> in_;
  std::size_t people_ = 0;
  std::size_t devices_ = 0;
  // What counts, by whom it is about.
  std::vector<std::vector<OpIndex>> grants_;
  std::vector<std::vector<OpIndex>> reductions_;
  std::vector<std::vector<OpIndex>> let_;  ///< contestable reductions that were let through
  std::vector<std::vector<OpIndex>> drops_;
  std::map<OpIndex, std::vector<OpIndex>> closes_;
  std::map<OpIndex, std::uint64_t> used_;
  std::map<RoomIndex, std::vector<OpIndex>> rooms_;
  Resolution out_;
};

Resolution Rules::resolve(const Past& set) const { return Pass(*this, set).run(); }

OpIndex Rules::add(Act act) {
  const auto op = static_cast<OpIndex>(acts_.size());
  Judged judged;
  for (const auto parent : act.parents) {
    ENSURE(parent < op);
    judged.past.add(acts_[parent].past);
    judged.past.add(parent);
    judged.depth = std::max(judged.depth, acts_[parent].depth + 1);
  }
  const bool sees_all = std::all_of(heads_.begin(), heads_.end(),
                                    [&](OpIndex head) { return judged.past.has(head); });
  judged.act = std::move(act);
  acts_.push_back(std::move(judged));
  auto& added = acts_.back();
  std::shared_ptr<const Standing> known;
  if (added.act.parents.empty()) {
    added.is_allowed = added.act.kind == OpKind::create && added.act.is_authentic;
    added.authority = {Role::owner, op, op};
  } else if (added.act.is_authentic &&
             acts_within_hour(added.act.author, added.act.time, added.past, acts_per_hour_) <
                 acts_per_hour_) {
    known = sees_all && is_all_known_ && !heads_.empty()
                ? std::make_shared<const Standing>(all_.standing)
                : standing_of(added.act.parents);
    judge(added, op, known);
  }
  all_.counts.resize(acts_.size(), false);
  all_.pending.resize(acts_.size(), false);
  all_.cut_off.resize(acts_.size(), false);
  if (!added.is_allowed) return op;  // and nothing else moves

  by_author_[added.act.author].push_back(op);
  by_strength_.insert(std::lower_bound(by_strength_.begin(), by_strength_.end(), op,
                                       [&](OpIndex a, OpIndex b) { return is_stronger(a, b); }),
                      op);
  if (known) added.after = follow(*known, op);
  std::erase_if(heads_, [&](OpIndex head) { return added.past.has(head); });
  heads_.push_back(op);
  is_all_known_ = is_all_known_ && sees_all && added.after;
  if (is_all_known_) {
    all_.counts[op] = true;
    all_.standing = *added.after;
  }
  return op;
}

/// By what its author had seen.
void Rules::judge(Judged& added, OpIndex op, const std::shared_ptr<const Standing>& known) {
  const auto seat = known->seat(added.act.author);
  const bool is_self = added.act.kind == OpKind::add_device && added.act.by_root;
  const auto entry = is_self ? op : known->presence(added.act.device).entry;
  added.authority = {seat.role, seat.tenure, entry};
  added.is_allowed = is_permitted(added.act, *known, added.authority);
  added.is_final = added.is_allowed && is_final_by(added.act, *known, added.authority);
  if (!added.is_allowed) added.after = known;
}

std::size_t Rules::acts_within_hour(PersonIndex person, std::int64_t time, const Past& seen,
                                    std::size_t enough) const {
  constexpr std::uint64_t kHour = 3'600'000;
  const auto found = by_author_.find(person);
  std::size_t count = 0;
  if (found == by_author_.end() || found->second.size() < enough) return count;
  for (auto op = found->second.rbegin(); op != found->second.rend() && count < enough; ++op) {
    const auto other = acts_[*op].act.time;
    const auto gap = other > time
                         ? static_cast<std::uint64_t>(other) - static_cast<std::uint64_t>(time)
                         : static_cast<std::uint64_t>(time) - static_cast<std::uint64_t>(other);
    const bool is_near = gap < kHour;
    if (is_near && seen.has(*op)) ++count;
  }
  return count;
}

std::vector<OpIndex> Rules::strongest_heads(std::size_t count) const {
  if (heads_.size() <= count) return heads_;
  std::vector<OpIndex> out;
  for (const auto op : by_strength_) {
    if (std::binary_search(heads_.begin(), heads_.end(), op)) out.push_back(op);
    if (out.size() == count) break;
  }
  std::sort(out.begin(), out.end());
  return out;
}

Past Rules::everything() const {
  Past out;
  for (OpIndex op = 0; op < acts_.size(); ++op) out.add(op);
  return out;
}

bool Rules::is_final_by(const Act& act, const Standing& known, const Authority& by) const {
  if (act.kind == OpKind::reduce) {
    const auto seat = known.seat(act.target);
    return outranks(by, {seat.role, seat.tenure, kNoOp});
  }
  if (act.kind != OpKind::drop_device) return false;
  const auto at = known.presence(act.subject);
  if (at.entry == kNoOp) return false;
  const auto seat = known.seat(at.person);
  return reaches(by, {seat.role, seat.tenure, at.entry});
}

bool Rules::would_be_final(const Act& act) {
  const auto& known = all().standing;
  const auto seat = known.seat(act.author);
  const auto entry = known.presence(act.device).entry;
  if (seat.role == Role::none || entry == kNoOp) return false;
  return is_final_by(act, known, {seat.role, seat.tenure, entry});
}

std::vector<OpIndex> Rules::grants_of(PersonIndex person) {
  std::vector<OpIndex> out;
  const auto& counts = all().counts;
  for (const auto op : by_strength_) {
    const auto& act = acts_[op].act;
    const bool is_theirs = act.kind == OpKind::create
                               ? act.author == person
                               : act.kind == OpKind::grant && act.target == person;
    if (is_theirs && counts[op]) out.push_back(op);
  }
  return out;
}

bool Rules::is_out_for_good(PersonIndex person) {
  const auto grants = grants_of(person);
  const auto& counts = all().counts;
  const auto is_ended = [&](OpIndex grant) {
    return std::any_of(by_strength_.begin(), by_strength_.end(), [&](OpIndex op) {
      const auto& act = acts_[op].act;
      return act.kind == OpKind::reduce && act.role == Role::none && act.target == person &&
             counts[op] && !acts_[grant].past.has(op) &&
             outranks(acts_[op].authority, {granted(grant), grant, kNoOp});
    });
  };
  return !grants.empty() && std::all_of(grants.begin(), grants.end(), is_ended);
}

bool Rules::outranks_grants(PersonIndex person, PersonIndex other) {
  const auto seat = all().standing.seat(person);
  const auto grants = grants_of(other);
  return std::all_of(grants.begin(), grants.end(), [&](OpIndex grant) {
    return outranks({seat.role, seat.tenure, kNoOp}, {granted(grant), grant, kNoOp});
  });
}

const std::vector<RoomIndex>& Rules::rooms_of_entry(const Act& act) const {
  static const std::vector<RoomIndex> kNone;
  const bool is_by_invite = act.kind == OpKind::grant && act.invite != kNoOp;
  return is_by_invite ? acts_[act.invite].act.rooms : kNone;
}

void Rules::follow_rooms(Standing& out, const Act& act) const {
  const auto& entered = rooms_of_entry(act);
  if (!is_room_act(act) && entered.empty()) return;
  auto rooms = std::make_shared<Standing::Rooms>(*out.rooms_);
  const auto give = [](Standing::Room& at, PersonIndex person, Level level) {
    if (level == Level::none) {
      at.given.erase(person);
    } else {
      at.given[person] = level;
    }
  };
  for (const auto room : entered) give((*rooms)[room], act.target, Level::writer);
  if (is_room_act(act)) {
    auto& at = (*rooms)[act.room];
    at.is_open = at.is_open || act.kind == OpKind::open_room;
    at.is_private = at.is_private || act.is_private || act.kind == OpKind::make_private;
    if (act.kind == OpKind::make_private) at.given.clear();
    for (const auto& [person, level] : act.given) give(at, person, level);
  }
  out.rooms_ = std::move(rooms);
}

void Rules::seat_role(Standing& in, PersonIndex person, Standing::Seat seat) const {
  auto seats = std::make_shared<Standing::Seats>(*in.seats_);
  if (seats->size() <= person) seats->resize(person + std::size_t{1});
  (*seats)[person] = seat;
  in.seats_ = std::move(seats);
}

/// The standing after an allowed act whose author had seen the whole set: nothing is voided, and it
/// moves only what it is about. Null where that does not suffice: something waits, or a role that
/// is left may rest on another tenure.
std::shared_ptr<const Standing> Rules::follow(const Standing& known, OpIndex op) const {
  const auto& act = acts_[op].act;
  const bool lowers = act.kind == OpKind::reduce && act.role != Role::none;
  if (is_role_act(act) && (!known.waiting_.empty() || lowers)) return nullptr;
  auto out = std::make_shared<Standing>(known);
  if (act.kind == OpKind::grant) seat_role(*out, act.target, {act.role, op});
  if (act.kind == OpKind::reduce) seat_role(*out, act.target, {});
  if (enters(act) || act.kind == OpKind::drop_device) {
    auto devices = std::make_shared<Standing::Devices>(*out->devices_);
    if (devices->size() <= act.subject) devices->resize(act.subject + std::size_t{1});
    auto& at = (*devices)[act.subject];
    if (act.kind == OpKind::drop_device) {
      at.entry = kNoOp;
    } else {
      at.person = entering_person(act);
      if (at.entry == kNoOp) at.entry = op;
    }
    out->devices_ = std::move(devices);
  }
  if (act.kind == OpKind::invite || act.kind == OpKind::close_invite || act.invite != kNoOp) {
    auto invites = std::make_shared<Standing::Invites>(*out->invites_);
    if (act.kind == OpKind::invite) invites->try_emplace(op);
    if (act.kind == OpKind::grant) ++(*invites)[act.invite].used;
    if (act.kind == OpKind::close_invite) (*invites)[act.invite].is_closed = true;
    out->invites_ = std::move(invites);
  }
  follow_rooms(*out, act);
  return out;
}

std::shared_ptr<const Standing> Rules::standing_of(const std::vector<OpIndex>& heads) {
  ENSURE(!heads.empty());
  if (heads.size() == 1 && acts_[heads[0]].after) return acts_[heads[0]].after;
  Past set;
  for (const auto head : heads) {
    set.add(acts_[head].past);
    set.add(head);
  }
  if (heads.size() == 1) {
    return acts_[heads[0]].after = std::make_shared<const Standing>(resolve(set).standing);
  }
  const auto known = joined_.find(set);
  if (known != joined_.end()) return known->second;
  auto standing = std::make_shared<const Standing>(resolve(set).standing);
  if (joined_.size() >= kJoinedKept) joined_.clear();
  return joined_[std::move(set)] = std::move(standing);
}

const Standing& Rules::standing(const std::vector<OpIndex>& heads) {
  static const Standing kNothing;
  if (heads.empty()) return kNothing;
  asked_ = standing_of(heads);
  return *asked_;
}

const Resolution& Rules::all() {
  if (!is_all_known_) {
    all_ = resolve(everything());
    is_all_known_ = true;
  }
  return all_;
}

}  // namespace holm::work::members
