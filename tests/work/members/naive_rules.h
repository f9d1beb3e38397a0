// The rules of membership once more, by their definitions and nothing else: sets of numbers and
// recursion, no order of processing, nothing kept up to date. What work/members/rules.h is held
// against. Exponential where it likes to be.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "work/members/rules.h"

namespace holm::work::members::test {

class NaiveRules {
 public:
  using Set = std::set<OpIndex>;
  struct Seat {
    Role role = Role::none;
    OpIndex tenure = kNoOp;
  };
  struct Outcome {
    Set counts;
    Set pending;
    Set waiting;
    std::map<PersonIndex, Seat> seats;
    std::map<DeviceIndex, OpIndex> entries;  ///< of the devices that are present
    std::map<OpIndex, std::uint64_t> used;
    Set closed;
    std::map<RoomIndex, Standing::Room> rooms;

    Role role(PersonIndex person) const {
      const auto at = seats.find(person);
      return at == seats.end() ? Role::none : at->second.role;
    }
    Level level(PersonIndex person, RoomIndex room) const {
      const auto at = rooms.find(room);
      if (at == rooms.end() || role(person) == Role::none) return Level::none;
      const auto given = at->second.given.find(person);
      const auto level = given == at->second.given.end() ? Level::none : given->second;
      if (role(person) == Role::guest) return level == Level::manager ? Level::writer : level;
      return !at->second.is_private && level < Level::writer ? Level::writer : level;
    }
    bool manages(PersonIndex person, RoomIndex room) const {
      const auto at = rooms.find(room);
      if (at == rooms.end() || role(person) < Role::member) return false;
      if (level(person, room) == Level::manager) return true;
      if (!at->second.is_private && role(person) >= Role::admin) return true;
      for (PersonIndex other = 0; other < 64; ++other) {
        if (level(other, room) == Level::manager) return false;
      }
      return level(person, room) == Level::writer;
    }
  };

  explicit NaiveRules(std::size_t acts_per_hour = kActsPerHour) : acts_per_hour_(acts_per_hour) {}

  void add(const Act& act) {
    Set past;
    std::uint64_t depth = 0;
    for (const auto parent : act.parents) {
      past.insert(pasts_[parent].begin(), pasts_[parent].end());
      past.insert(parent);
      depth = std::max(depth, depths_[parent] + 1);
    }
    acts_.push_back(act);
    pasts_.push_back(past);
    depths_.push_back(depth);
    const auto op = static_cast<OpIndex>(acts_.size() - 1);
    by_.push_back({Role::owner, op, op});
    allowed_.push_back(false);
    judge(op);
  }

  bool is_allowed(OpIndex op) const { return allowed_[op]; }

  Outcome all() {
    Set everything;
    for (OpIndex op = 0; op < acts_.size(); ++op) everything.insert(op);
    return resolve(everything);
  }

  Outcome resolve(const Set& set) {
    set_ = &set;
    counts_.clear();
    pending_.clear();
    Outcome out;
    for (const auto op : set) {
      if (counts(op)) out.counts.insert(op);
    }
    for (const auto op : set) {
      if (pending_.contains(op)) out.pending.insert(op);
    }
    seat(out);
    for (const auto op : set) place(out, op);
    for (const auto op : out.counts) {
      if (acts_[op].kind == OpKind::invite) out.used[op] = 0;
    }
    for (const auto op : out.counts) {
      const auto& act = acts_[op];
      if (act.kind == OpKind::close_invite) out.closed.insert(act.invite);
      if (act.kind == OpKind::grant && out.used.contains(act.invite)) ++out.used[act.invite];
    }
    for (const auto op : out.counts) {
      if (acts_[op].kind == OpKind::open_room) tell(out, acts_[op].room);
    }
    return out;
  }

 private:
  /// What an act gives a person in a room, if it says.
  std::optional<Level> gives(const Outcome& out, OpIndex op, RoomIndex room,
                             PersonIndex person) const {
    const auto& act = acts_[op];
    if (act.kind == OpKind::grant && act.target == person && out.counts.contains(act.invite)) {
      const auto& rooms = acts_[act.invite].rooms;
      const bool leads = std::find(rooms.begin(), rooms.end(), room) != rooms.end();
      return leads ? std::optional(Level::writer) : std::nullopt;
    }
    const bool is_about =
        act.room == room && (act.kind == OpKind::open_room || act.kind == OpKind::room_member ||
                             act.kind == OpKind::make_private);
    if (!is_about) return std::nullopt;
    for (const auto& one : act.given) {
      if (one.person == person) return one.level;
    }
    return act.kind == OpKind::make_private ? std::optional(Level::none) : std::nullopt;
  }
  void tell(Outcome& out, RoomIndex room) const {
    auto& at = out.rooms[room];
    at = {};
    at.is_open = true;
    for (const auto op : out.counts) {
      const auto& act = acts_[op];
      if (act.room != room) continue;
      if (act.kind == OpKind::make_private || act.is_private) at.is_private = true;
    }
    for (PersonIndex person = 0; person < 64; ++person) {
      auto lowest = Level::manager;
      bool is_given = false;
      for (const auto op : out.counts) {
        const auto level = gives(out, op, room, person);
        if (!level) continue;
        bool is_seen = false;
        for (const auto other : out.counts) {
          if (in_past(other, op) && gives(out, other, room, person)) is_seen = true;
        }
        if (is_seen) continue;
        is_given = true;
        lowest = std::min(lowest, *level);
      }
      if (is_given && lowest != Level::none) at.given[person] = lowest;
    }
  }

  bool older(OpIndex a, OpIndex b) const {
    return std::pair(depths_[a], acts_[a].hash) < std::pair(depths_[b], acts_[b].hash);
  }
  bool outranks(const Authority& a, const Authority& b) const {
    return a.role > b.role ||
           (a.role == b.role && a.tenure != b.tenure && older(a.tenure, b.tenure));
  }
  bool reaches(const Authority& a, const Authority& b) const {
    const bool same = a.role == b.role && a.tenure == b.tenure;
    return same ? a.entry != b.entry && older(a.entry, b.entry) : outranks(a, b);
  }
  bool stronger(OpIndex a, OpIndex b) const {
    if (a == 0 || b == 0) return a == 0 && b != 0;
    return reaches(by_[a], by_[b]) || (!reaches(by_[b], by_[a]) && older(a, b));
  }
  bool in_past(OpIndex of, OpIndex op) const { return pasts_[of].contains(op); }
  bool is_drop(OpIndex op, DeviceIndex device) const {
    return acts_[op].kind == OpKind::drop_device && acts_[op].subject == device;
  }

  /// The devices that `op` was signed by and let in by: (what they did, the device, its entry).
  struct Link {
    OpIndex deed;
    DeviceIndex device;
    OpIndex entry;
  };
  std::vector<Link> lineage(OpIndex op) const {
    std::vector<Link> out{{op, acts_[op].device, by_[op].entry}};
    for (;;) {
      const auto entry = out.back().entry;
      const bool by_device =
          entry != op && acts_[entry].kind == OpKind::add_device && !acts_[entry].by_root;
      if (!by_device) return out;
      out.push_back({entry, acts_[entry].device, by_[entry].entry});
    }
  }

  bool counts(OpIndex op) {
    const auto known = counts_.find(op);
    if (known != counts_.end()) return known->second;
    return counts_[op] = decide(op);
  }

  bool decide(OpIndex op) {
    if (!allowed_[op]) return false;
    if (op == 0) return true;
    if (!counts(by_[op].tenure)) return false;
    for (const auto r : *set_) {
      const auto& act = acts_[r];
      if (act.kind == OpKind::reduce && act.target == acts_[op].author && allowed_[r] &&
          outranks(by_[r], by_[op]) && act.role < by_[op].role && !in_past(r, op) &&
          !in_past(by_[op].tenure, r) && counts(r)) {
        return false;
      }
    }
    for (const auto& link : lineage(op)) {
      for (const auto x : *set_) {
        if (is_drop(x, link.device) && allowed_[x] && reaches(by_[x], by_[op]) &&
            !in_past(x, link.deed) && !in_past(link.entry, x) && counts(x)) {
          return false;
        }
      }
    }
    if (acts_[op].kind != OpKind::grant || acts_[op].invite == kNoOp) return true;
    std::uint64_t before = 0;
    for (const auto other : *set_) {
      if (acts_[other].invite != acts_[op].invite || !allowed_[other]) continue;
      if (acts_[other].kind == OpKind::close_invite && outranks(by_[other], by_[op]) &&
          !in_past(other, op) && counts(other)) {
        return false;
      }
      if (acts_[other].kind == OpKind::grant && stronger(other, op) && counts(other)) ++before;
    }
    if (before < acts_[acts_[op].invite].uses) return true;
    pending_.insert(op);
    return false;
  }

  Role granted(OpIndex grant) const { return grant == 0 ? Role::owner : acts_[grant].role; }
  bool is_grant_of(OpIndex op, PersonIndex person) const {
    const auto& act = acts_[op];
    return (act.kind == OpKind::create && act.author == person) ||
           (act.kind == OpKind::grant && act.target == person);
  }
  bool ends(OpIndex reduction, OpIndex grant) const {
    return outranks(by_[reduction], {granted(grant), grant, kNoOp});
  }

  std::map<PersonIndex, Seat> roster(const Outcome& out, const Set& let) const {
    std::map<PersonIndex, Seat> seats;
    for (PersonIndex person = 0; person < 64; ++person) {
      Seat best;
      for (const auto g : out.counts) {
        if (!is_grant_of(g, person)) continue;
        auto role = granted(g);
        for (const auto r : out.counts) {
          const auto& act = acts_[r];
          if (act.kind == OpKind::reduce && act.target == person && !in_past(g, r) &&
              (let.contains(r) || ends(r, g))) {
            role = std::min(role, act.role);
          }
        }
        if (role > best.role ||
            (role == best.role && role != Role::none && older(g, best.tenure))) {
          best = {role, g};
        }
      }
      if (best.role != Role::none) seats[person] = best;
    }
    return seats;
  }

  void seat(Outcome& out) const {
    std::vector<OpIndex> contestable;
    for (const auto r : out.counts) {
      if (acts_[r].kind != OpKind::reduce) continue;
      for (const auto g : out.counts) {
        if (is_grant_of(g, acts_[r].target) && !in_past(g, r) && !ends(r, g)) {
          contestable.push_back(r);
          break;
        }
      }
    }
    std::sort(contestable.begin(), contestable.end(),
              [&](OpIndex a, OpIndex b) { return stronger(a, b); });
    Set let;
    for (const auto r : contestable) {
      auto more = let;
      more.insert(r);
      const auto seats = roster(out, more);
      const bool has_owner = std::any_of(seats.begin(), seats.end(), [](const auto& seat) {
        return seat.second.role == Role::owner;
      });
      if (has_owner) {
        let = more;
      } else {
        out.waiting.insert(r);
      }
    }
    out.seats = roster(out, let);
  }

  void place(Outcome& out, OpIndex op) const {
    const auto& act = acts_[op];
    const bool enters = act.subject != kNobody && act.kind != OpKind::drop_device;
    if (!enters || !allowed_[op]) return;
    for (const auto x : out.counts) {
      if (is_drop(x, act.subject) && !in_past(op, x)) return;
      if (act.kind != OpKind::add_device || act.by_root) continue;
      for (const auto& link : lineage(op)) {
        if (is_drop(x, link.device) && !in_past(x, link.deed) && !in_past(link.entry, x)) return;
      }
    }
    const auto [at, is_new] = out.entries.try_emplace(act.subject, op);
    if (!is_new && older(op, at->second)) at->second = op;
  }

  /// TRUST.md rule 6: by what the author had seen.
  void judge(OpIndex op) {
    const auto& act = acts_[op];
    if (act.parents.empty()) {
      allowed_[op] = act.kind == OpKind::create && act.is_authentic;
      return;
    }
    std::size_t within_hour = 0;
    for (const auto other : pasts_[op]) {
      const auto gap = acts_[other].time - act.time;
      const bool is_near = gap < 3'600'000 && gap > -3'600'000;
      if (acts_[other].author == act.author && allowed_[other] && is_near) ++within_hour;
    }
    if (within_hour >= acts_per_hour_) return;
    const auto known = resolve(pasts_[op]);
    const auto role = [&](PersonIndex person) {
      const auto at = known.seats.find(person);
      return at == known.seats.end() ? Role::none : at->second.role;
    };
    const auto mine = known.seats.find(act.author);
    const auto entry = known.entries.find(act.device);
    const bool is_self = act.kind == OpKind::add_device && act.by_root;
    by_[op] = {role(act.author), mine == known.seats.end() ? kNoOp : mine->second.tenure,
               is_self                        ? op
               : entry == known.entries.end() ? kNoOp
                                              : entry->second};
    const auto by = by_[op].role;
    if (!act.is_authentic || by == Role::none || by_[op].entry == kNoOp) return;
    if (!is_self && person_of(entry->second) != act.author) return;
    bool ok = false;
    switch (act.kind) {
      case OpKind::grant: {
        const auto theirs = role(act.target);
        ok = act.role > theirs && act.role <= by;
        if (act.invite == kNoOp) {
          ok = ok && by >= Role::admin;
        } else {
          ok = ok && by >= Role::member && theirs == Role::none && act.subject != kNobody &&
               known.used.contains(act.invite) && !known.closed.contains(act.invite) &&
               known.used.at(act.invite) < acts_[act.invite].uses &&
               act.role <= acts_[act.invite].role;
        }
        break;
      }
      case OpKind::reduce: {
        const auto theirs = role(act.target);
        const bool other_owner =
            std::any_of(known.seats.begin(), known.seats.end(), [&](const auto& seat) {
              return seat.first != act.target && seat.second.role == Role::owner;
            });
        ok = act.role < theirs && (theirs < Role::owner || other_owner) &&
             (act.author == act.target || (by >= Role::admin && theirs <= by));
        break;
      }
      case OpKind::extend: ok = by >= Role::admin; break;
      case OpKind::add_device: ok = !act.by_root || act.subject == act.device; break;
      case OpKind::drop_device: {
        const auto at = known.entries.find(act.subject);
        if (at == known.entries.end()) break;
        const auto whose = person_of(at->second);
        ok = whose == act.author || (by >= Role::admin && role(whose) <= by);
        break;
      }
      case OpKind::invite:
        ok = by >= Role::member && act.role >= Role::guest && act.role <= Role::admin &&
             (act.role <= Role::member || act.role <= by) && act.uses >= 1 && act.uses <= 1000;
        for (const auto room : act.rooms) {
          const auto at = known.rooms.find(room);
          ok = ok && act.role == Role::guest && at != known.rooms.end() &&
               (!at->second.is_private || known.manages(act.author, room));
        }
        break;
      case OpKind::close_invite:
        ok = known.used.contains(act.invite) &&
             (acts_[act.invite].author == act.author || by >= Role::admin);
        break;
      case OpKind::rekey:
        ok = act.room == kNobody ? by >= Role::member
                                 : known.level(act.author, act.room) >= Level::writer;
        break;
      case OpKind::share_key: break;
      case OpKind::open_room:
        ok = by >= Role::member &&
             (!known.rooms.contains(act.room) || (act.given.empty() && !act.is_private));
        break;
      case OpKind::room_member: {
        const auto whom = act.given.front().person;
        const auto level = act.given.front().level;
        ok = known.manages(act.author, act.room) &&
             (level == Level::none || role(whom) != Role::none);
        if (whom == act.author && level < known.level(whom, act.room)) ok = true;
        break;
      }
      case OpKind::make_private:
        ok = known.rooms.contains(act.room) && !known.rooms.at(act.room).is_private &&
             known.manages(act.author, act.room);
        break;
      default: break;
    }
    allowed_[op] = ok;
  }
  PersonIndex person_of(OpIndex entry) const {
    return acts_[entry].kind == OpKind::grant ? acts_[entry].target : acts_[entry].author;
  }

  std::size_t acts_per_hour_;
  std::vector<Act> acts_;
  std::vector<Set> pasts_;
  std::vector<std::uint64_t> depths_;
  std::vector<Authority> by_;
  std::vector<bool> allowed_;
  const Set* set_ = nullptr;
  std::map<OpIndex, bool> counts_;
  Set pending_;
};

}  // namespace holm::work::members::test
