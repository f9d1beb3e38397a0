#include "tests/work/members/trust_search.h"

#include <algorithm>
#include <optional>

#include "base/ensure.h"
#include "crypto/hash.h"
#include "tests/work/members/naive_rules.h"
#include "tests/work/members/room_checks.h"
#include "tests/work/members/told_set.h"

namespace holm::work::members::test {
namespace {

constexpr PersonIndex kPeople = 5;  // 0 founds, 1 to 3 by the shape, 4 is a stranger
constexpr OpIndex kInvite = 1;      // open to all, so that members can admit

/// A person's first device has their number; those behind it are more of theirs.
DeviceIndex device_of(PersonIndex person, std::uint32_t nth = 0) { return person + nth * kPeople; }

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash ^= value + 0x9e3779b97f4a7c15ull + (hash << 6) + (hash >> 2);
  hash *= 0xff51afd7ed558ccdull;
  return hash ^ (hash >> 33);
}

class Search {
 public:
  explicit Search(const SearchOptions& options) : options_(options), rng_(options.seed + 5) {}

  void set_up() {
    rules_ = Rules(options_.acts_per_hour);
    base_ = 0;
    seed_ = options_.seed;
    push({.kind = OpKind::create, .subject = device_of(0)}, {});
    push({.kind = OpKind::invite, .role = Role::admin, .uses = 1000}, everything());
    const auto enter = [&](PersonIndex by, PersonIndex who, Role role, std::vector<OpIndex> seen) {
      push({.kind = OpKind::grant,
            .author = by,
            .device = device_of(by),
            .target = who,
            .role = role,
            .subject = device_of(who)},
           closed(std::move(seen)));
    };
    switch (options_.shape) {
      case 0:
        enter(0, 1, Role::admin, {1});
        enter(0, 2, Role::admin, {2});
        enter(0, 3, Role::member, {3});
        break;
      case 1:
        enter(0, 1, Role::owner, {1});
        enter(0, 2, Role::admin, {2});
        enter(1, 3, Role::admin, {2});
        break;
      case 2:
        enter(0, 1, Role::owner, {1});
        enter(1, 2, Role::owner, {2});
        enter(0, 3, Role::owner, {2});
        break;
      case 3:
        enter(0, 1, Role::owner, {1});
        enter(1, 2, Role::owner, {2});
        break;
      default: enter(0, 1, Role::owner, {1}); break;
    }
    if (options_.deeds == Deeds::devices) {
      const auto heads = rules_.heads();
      push({.kind = OpKind::add_device,
            .author = 1,
            .device = device_of(1),
            .subject = device_of(1, 1)},
           closed({heads.begin(), heads.end()}));
    }
    if (options_.deeds == Deeds::invites) {
      push({.kind = OpKind::invite,
            .author = 1,
            .device = device_of(1),
            .role = Role::member,
            .uses = 1},
           closed({rules_.heads().begin(), rules_.heads().end()}));
      once_ = static_cast<OpIndex>(rules_.size() - 1);
    }
    if (options_.deeds == Deeds::rooms) set_up_rooms();
    base_ = rules_.size();
  }

  SearchTally run() {
    set_up();
    grow(options_.free_acts);
    return std::move(tally_);
  }

  SearchTally run_random(std::uint64_t count, std::size_t acts_max) {
    for (std::uint64_t i = 0; i < count; ++i) {
      set_up();
      seed_ = rng_.next();
      for (int tries = 0; rules_.size() < acts_max && tries < 400; ++tries) {
        std::vector<OpIndex> seen{kInvite};
        for (OpIndex op = kInvite + 1; op < rules_.size(); ++op) {
          if (rng_.chance(75)) seen.push_back(op);
        }
        const auto past = closed(std::move(seen));
        const auto author = static_cast<PersonIndex>(rng_.below(kPeople));
        auto acts = deeds_of(author, rules_.resolve(past).standing);
        if (acts.empty()) continue;
        keeps_refused_ = options_.keeps_refused && rng_.chance(50);
        push(acts[rng_.below(acts.size())], past);
        keeps_refused_ = false;
      }
      check();
      deliver();
    }
    return std::move(tally_);
  }

 private:
  void set_up_rooms() {
    const auto heads = [&] { return closed({rules_.heads().begin(), rules_.heads().end()}); };
    const PersonIndex other = options_.shape == 3 ? 2 : options_.shape == 4 ? 0 : 3;
    push({.kind = OpKind::open_room,
          .author = 1,
          .device = device_of(1),
          .room = kClosed,
          .is_private = true,
          .given = {{1, Level::manager}, {other, Level::writer}}},
         heads());
    push({.kind = OpKind::open_room, .author = 0, .device = device_of(0), .room = kOpen}, heads());
    push({.kind = OpKind::invite,
          .author = 1,
          .device = device_of(1),
          .role = Role::guest,
          .uses = 1000,
          .rooms = {kClosed, kOpen}},
         heads());
    once_ = static_cast<OpIndex>(rules_.size() - 1);
  }

  static Past closed_in(const Rules& rules, const std::vector<OpIndex>& seen) {
    Past out;
    out.add(0);
    for (const auto op : seen) {
      out.add(rules.past(op));
      out.add(op);
    }
    return out;
  }
  Past closed(std::vector<OpIndex> seen) const { return closed_in(rules_, seen); }
  Past everything() const {
    Past out;
    for (OpIndex op = 0; op < rules_.size(); ++op) out.add(op);
    return out;
  }
  Past without(OpIndex op) const {
    Past out;
    for (OpIndex other = 0; other < rules_.size(); ++other) {
      if (other != op) out.add(other);
    }
    return out;
  }

  /// Adds the act if its author may and it is not there yet. What it was: its index.
  std::optional<OpIndex> push_to(Rules& rules, Act act, const Past& past) const {
    std::vector<bool> is_built_on(rules.size(), false);
    past.each([&](OpIndex op) {
      rules.past(op).each([&](OpIndex older) { is_built_on[older] = true; });
    });
    auto hash = mix(seed_, act.author);
    std::uint64_t seen = 0;
    for (const std::uint64_t part :
         {static_cast<std::uint64_t>(act.kind), static_cast<std::uint64_t>(act.device),
          static_cast<std::uint64_t>(act.target), static_cast<std::uint64_t>(act.role),
          static_cast<std::uint64_t>(act.subject), static_cast<std::uint64_t>(act.invite),
          static_cast<std::uint64_t>(act.by_root)}) {
      hash = mix(hash, part);
    }
    if (act.room != kNobody) hash = mix(mix(hash, act.room), act.is_private ? 1 : 0);
    for (const auto& one : act.given) {
      hash = mix(mix(hash, one.person), static_cast<std::uint64_t>(one.level));
    }
    past.each([&](OpIndex op) {
      if (!is_built_on[op]) act.parents.push_back(op);
      seen += mix(7, rules.act(op).hash.word(0));
    });
    hash = mix(hash, seen);
    for (std::size_t i = 0; i < 8; ++i) {
      act.hash.bytes[i] = static_cast<std::uint8_t>(hash >> (56 - 8 * i));
    }
    for (OpIndex op = 0; op < rules.size(); ++op) {
      if (rules.act(op).hash == act.hash) return std::nullopt;
    }
    // What the team stands on was made long before, at leisure.
    if (base_ == 0) act.time = -static_cast<std::int64_t>((1 + rules.size()) * 7'200'000);
    const auto op = rules.add(std::move(act));
    if (!rules.is_allowed(op) && !keeps_refused_) return std::nullopt;
    return op;
  }
  bool push(Act act, const Past& past) {
    auto next = rules_;
    if (!push_to(next, std::move(act), past)) return false;
    rules_ = std::move(next);
    return true;
  }

  /// What somebody may think of doing, seeing `known`.
  std::vector<Act> deeds_of(PersonIndex author, const Standing& known) const {
    std::vector<Act> out;
    const auto mine = known.role(author);
    if (mine == Role::none) return out;
    for (std::uint32_t nth = 0; nth < 3; ++nth) {
      const auto device = device_of(author, nth);
      if (known.presence(device).entry == kNoOp) continue;
      deeds_on(author, device, known, out);
    }
    if (options_.deeds == Deeds::devices) {
      const auto fresh = device_of(author, 2);
      if (known.presence(fresh).entry == kNoOp) {
        out.push_back({.kind = OpKind::add_device,
                       .author = author,
                       .device = fresh,
                       .subject = fresh,
                       .by_root = true});
      }
    }
    return out;
  }

  void deeds_on(PersonIndex author, DeviceIndex device, const Standing& known,
                std::vector<Act>& out) const {
    const auto mine = known.role(author);
    const auto grant = [&](PersonIndex target, Role role, OpIndex invite) {
      out.push_back({.kind = OpKind::grant,
                     .author = author,
                     .device = device,
                     .target = target,
                     .role = role,
                     .subject = device_of(target),
                     .invite = invite});
    };
    const auto reduce = [&](PersonIndex target, Role role) {
      out.push_back({.kind = OpKind::reduce,
                     .author = author,
                     .device = device,
                     .target = target,
                     .role = role});
    };
    if (options_.deeds == Deeds::rooms) {
      for (PersonIndex target = 0; target < kPeople; ++target) {
        if (target != author && mine < Role::admin) continue;
        reduce(target, Role::none);
      }
      return deeds_in_rooms(author, device, known, out);
    }
    const auto usual = [&](Role role) { return role == Role::member && mine == Role::member; };
    for (PersonIndex target = 0; target < kPeople; ++target) {
      const auto theirs = known.role(target);
      if (options_.deeds == Deeds::roles) {
        for (const auto role : {Role::member, Role::admin, Role::owner}) {
          // As the model does: an owner who admits an admin adds nothing to who admits an owner.
          if (theirs == Role::none && role == Role::admin && mine == Role::owner) continue;
          grant(target, role, usual(role) ? kInvite : kNoOp);
        }
      } else if (theirs == Role::none) {
        grant(target, mine, usual(mine) ? kInvite : kNoOp);
      }
      reduce(target, Role::none);
      if (options_.deeds == Deeds::roles && theirs > Role::member) reduce(target, Role::member);
    }
    if (options_.deeds == Deeds::devices) {
      for (PersonIndex whose = 0; whose < kPeople; ++whose) {
        for (std::uint32_t nth = 0; nth < 3; ++nth) {
          out.push_back({.kind = OpKind::drop_device,
                         .author = author,
                         .device = device,
                         .subject = device_of(whose, nth)});
        }
      }
      for (std::uint32_t nth = 0; nth < 3; ++nth) {
        const auto other = device_of(author, nth);
        if (known.presence(other).entry != kNoOp) continue;
        out.push_back(
            {.kind = OpKind::add_device, .author = author, .device = device, .subject = other});
      }
    }
    if (options_.deeds == Deeds::invites && known.invite(once_) != nullptr) {
      for (PersonIndex target = 0; target < kPeople; ++target) {
        if (known.role(target) == Role::none) grant(target, Role::member, once_);
      }
      out.push_back(
          {.kind = OpKind::close_invite, .author = author, .device = device, .invite = once_});
    }
  }

  void deeds_in_rooms(PersonIndex author, DeviceIndex device, const Standing& known,
                      std::vector<Act>& out) const {
    for (const auto room : {kClosed, kOpen}) {
      for (PersonIndex target = 0; target < kPeople; ++target) {
        for (const auto level : {Level::none, Level::writer, Level::manager}) {
          if (known.level(target, room) == level) continue;
          out.push_back({.kind = OpKind::room_member,
                         .author = author,
                         .device = device,
                         .room = room,
                         .given = {{target, level}}});
        }
      }
    }
    out.push_back({.kind = OpKind::make_private,
                   .author = author,
                   .device = device,
                   .room = kOpen,
                   .given = {{author, Level::manager},
                             {author == 3 ? PersonIndex{2} : PersonIndex{3}, Level::writer}}});
    if (known.role(4) != Role::none) return;
    out.push_back({.kind = OpKind::grant,
                   .author = author,
                   .device = device,
                   .target = 4,
                   .role = Role::guest,
                   .subject = device_of(4),
                   .invite = once_});
  }

  void grow(int left) {
    if (rules_.size() > base_) check();
    if (left == 0) return;
    const auto count = rules_.size();
    const auto before = rules_;
    for (std::uint32_t mask = 0; mask < 1u << (count - 2); ++mask) {
      // Everybody has seen the founding and the invite that members admit by.
      std::vector<OpIndex> seen{kInvite};
      for (OpIndex op = 2; op < count; ++op) {
        if ((mask >> (op - 2) & 1) != 0) seen.push_back(op);
      }
      const auto past = closed(seen);
      std::size_t size = 0;
      past.each([&](OpIndex) { ++size; });
      if (size != seen.size() + 1) continue;  // not closed by itself
      const auto known = before.resolve(past).standing;
      for (PersonIndex author = 0; author < kPeople; ++author) {
        for (auto& act : deeds_of(author, known)) {
          if (!push(std::move(act), past)) continue;
          // One representative of each set: its free acts sorted by age.
          const auto last = static_cast<OpIndex>(count);
          if (count == base_ || rules_.is_older(last - 1, last)) grow(left - 1);
          rules_ = before;
        }
      }
    }
  }

  void fail(const char* what) {
    if (tally_.failures[what]++ == 0 && tally_.first_failure.empty()) {
      tally_.first_failure = std::string(what) + "\n" + print(rules_, kPeople);
    }
  }

  bool has_owner(const Standing& standing) const { return standing.has_other_owner(kNobody); }

  void check() {
    const auto all = rules_.resolve(everything());
    ++tally_.sets;
    for (OpIndex op = 0; op < rules_.size(); ++op) {
      if (rules_.is_allowed(op)) continue;
      ++tally_.with_refused;
      break;
    }
    if (!all.standing.waiting().empty()) ++tally_.with_waiting;
    if (std::count(all.counts.begin(), all.counts.end(), true) !=
        static_cast<std::ptrdiff_t>(rules_.size())) {
      ++tally_.with_void;
    }
    if (!has_owner(all.standing)) fail("G2: an owner remains");
    if (options_.deeds == Deeds::invites) check_uses(all);
    if (options_.deeds == Deeds::rooms) {
      if (const auto* broken = broken_in_rooms(rules_, all, kPeople)) fail(broken);
    }
    for (auto op = static_cast<OpIndex>(base_); op < rules_.size(); ++op) {
      const bool is_head = std::binary_search(rules_.heads().begin(), rules_.heads().end(), op);
      if (is_head) check_late(all, op);
    }
    if (options_.restores) check_restores(all.standing);
    if (tally_.sets % options_.deliver_every == 0) deliver();
  }

  void check_uses(const Resolution& all) {
    std::uint64_t used = 0;
    for (OpIndex op = 0; op < rules_.size(); ++op) {
      const auto& act = rules_.act(op);
      if (act.kind == OpKind::grant && act.invite == once_ && all.counts[op]) ++used;
    }
    if (used > 1) fail("an invite admits no more than it says");
  }

  /// `late` arrives after all others.
  void check_late(const Resolution& now, OpIndex late) {
    const auto was = rules_.resolve(without(late));
    const auto& act = rules_.act(late);
    const auto& by = rules_.authority(late);
    ++tally_.late;
    bool revived = false;
    bool voided_own_past = false;
    bool flipped = false;
    for (OpIndex op = 0; op < rules_.size(); ++op) {
      if (op == late || now.counts[op] == was.counts[op]) continue;
      flipped = true;
      revived = revived || now.counts[op];
      voided_own_past = voided_own_past || (was.counts[op] && rules_.past(late).has(op));
      if (!moves(by, late, op)) fail("G4: only stronger authority changes a verdict");
    }
    bool reseated = false;
    for (PersonIndex person = 0; person < kPeople; ++person) {
      reseated = reseated || now.standing.role(person) != was.standing.role(person);
    }
    const bool moved = flipped || reseated || !same_levels(now.standing, was.standing, kPeople);
    if (!now.counts[late] && moved) fail("G4: a void act changes nothing");
    if (act.kind == OpKind::reduce && now.counts[late] && voided_own_past && !revived) {
      fail("G5: a reduction voids nothing in its own past");
    }
    check_lowered(now, was, late);
    for (OpIndex op = 0; op < rules_.size(); ++op) {
      if (op == late || !was.counts[op]) continue;
      const auto& removal = rules_.act(op);
      if (removal.kind == OpKind::reduce && removal.role == Role::none &&
          removal.target == act.author) {
        check_behind_removal(now, late, op);
      }
      if (removal.kind == OpKind::drop_device && removal.subject == act.device) {
        check_behind_drop(now, late, op);
      }
    }
  }

  /// Stronger, or of one authority and earlier in the count of an invite's uses.
  bool moves(const Authority& by, OpIndex late, OpIndex op) const {
    const auto& other = rules_.authority(op);
    if (rules_.outranks(by, other)) return true;
    if (by.role != other.role || by.tenure != other.tenure) return false;
    if (by.entry != other.entry) return rules_.is_older(by.entry, other.entry);
    return rules_.act(op).invite != kNoOp && rules_.act(op).invite == rules_.act(late).invite &&
           rules_.is_older(late, op);
  }

  void check_lowered(const Resolution& now, const Resolution& was, OpIndex late) {
    const auto& act = rules_.act(late);
    std::vector<bool> named(kPeople, false);
    named[act.author] = true;
    if (act.target != kNobody) named[act.target] = true;
    const auto holds = [](const Resolution& in, OpIndex op) {
      return in.counts[op] &&
             !std::binary_search(in.standing.waiting().begin(), in.standing.waiting().end(), op);
    };
    for (OpIndex op = 0; op < rules_.size(); ++op) {
      if (rules_.act(op).kind == OpKind::reduce && holds(now, op) && !holds(was, op)) {
        named[rules_.act(op).target] = true;
      }
    }
    for (PersonIndex person = 0; person < kPeople; ++person) {
      const auto before = was.standing.seat(person);
      if (named[person] || now.standing.role(person) >= before.role) continue;
      if (!rules_.outranks(rules_.authority(late), {before.role, before.tenure, kNoOp}) &&
          !is_displaced(before.tenure, late)) {
        fail("G4: a weaker author lowers only the person named");
      }
    }
  }
  /// Of admissions apart under one invite, those of the stronger granter count.
  bool is_displaced(OpIndex tenure, OpIndex late) const {
    const auto& act = rules_.act(late);
    return act.kind == OpKind::grant && act.invite != kNoOp &&
           rules_.act(tenure).invite == act.invite && moves(rules_.authority(late), late, tenure);
  }

  void check_behind_removal(const Resolution& now, OpIndex late, OpIndex removal) {
    if (!rules_.outranks(rules_.authority(removal), rules_.authority(late))) {
      ++tally_.contested;
      return;
    }
    ++tally_.finals;
    const auto tenure = rules_.authority(late).tenure;
    if (!rules_.past(removal).has(late) && !rules_.past(tenure).has(removal) && now.counts[late]) {
      fail("G3: nothing behind a final removal counts");
    }
    if (!now.counts[removal]) fail("G3: the target of a final removal cannot undo it");
  }

  void check_behind_drop(const Resolution& now, OpIndex late, OpIndex drop) {
    const auto& by = rules_.authority(late);
    const auto& strength = rules_.authority(drop);
    const bool reaches = rules_.outranks(strength, by) ||
                         (strength.role == by.role && strength.tenure == by.tenure &&
                          strength.entry != by.entry && rules_.is_older(strength.entry, by.entry));
    if (!reaches) {
      ++tally_.contested;
      return;
    }
    ++tally_.finals;
    if (!rules_.past(drop).has(late) && !rules_.past(by.entry).has(drop) && now.counts[late]) {
      fail("nothing that a dropped device shows later counts");
    }
    if (!now.counts[drop]) fail("a dropped device cannot undo its drop");
    const auto& act = rules_.act(late);
    if (act.kind == OpKind::add_device && !act.by_root && !rules_.past(drop).has(late) &&
        !rules_.past(by.entry).has(drop) && now.standing.presence(act.subject).entry == late) {
      fail("what a dropped device lets in later is not in");
    }
  }

  void check_restores(const Standing& standing) {
    for (PersonIndex owner = 0; owner < kPeople; ++owner) {
      if (standing.role(owner) != Role::owner) continue;
      const auto device = present_device(standing, owner);
      if (!device) continue;
      for (PersonIndex person = 0; person < kPeople; ++person) {
        if (standing.role(person) == Role::owner) continue;
        for (const auto role : {Role::owner, Role::member}) {
          if (standing.role(person) != Role::none && role == Role::member) continue;
          check_restore({.kind = OpKind::grant,
                         .author = owner,
                         .device = *device,
                         .target = person,
                         .role = role,
                         .subject = device_of(person)});
        }
      }
      for (PersonIndex person = kPeople; person-- > 0;) {
        if (person == owner || standing.role(person) == Role::none) continue;
        check_restore({.kind = OpKind::reduce,
                       .author = owner,
                       .device = *device,
                       .target = person,
                       .role = Role::none});
        break;
      }
    }
  }
  static std::optional<DeviceIndex> present_device(const Standing& standing, PersonIndex person) {
    for (std::uint32_t nth = 0; nth < 3; ++nth) {
      if (standing.presence(device_of(person, nth)).entry != kNoOp) return device_of(person, nth);
    }
    return std::nullopt;
  }
  void check_restore(Act act) {
    ++tally_.restores;
    auto next = rules_;
    const auto target = act.target;
    const auto role = act.role;
    const auto op = push_to(next, std::move(act), everything());
    if (!op || !next.all().counts[*op] || next.all().standing.role(target) != role) {
      fail("G6: an owner who has seen everything sets the team right");
    }
  }

  /// The same acts in three random orders: as they come, all at once, and by the definitions.
  void deliver() {
    const auto want = rules_.resolve(everything());
    for (int i = 0; i < 3; ++i) {
      ++tally_.orders;
      Rules rules(options_.acts_per_hour);
      NaiveRules naive(options_.acts_per_hour);
      std::vector<OpIndex> at(rules_.size(), kNoOp);
      for (std::size_t done = 0; done < rules_.size();) {
        const auto op = static_cast<OpIndex>(rng_.below(rules_.size()));
        const auto& act = rules_.act(op);
        if (at[op] != kNoOp || std::any_of(act.parents.begin(), act.parents.end(),
                                           [&](OpIndex parent) { return at[parent] == kNoOp; })) {
          continue;
        }
        // An act that names an invite it has not seen is refused with and without it: Trust.
        if (act.invite != kNoOp && at[act.invite] == kNoOp) continue;
        auto copy = act;
        for (auto& parent : copy.parents) parent = at[parent];
        std::sort(copy.parents.begin(), copy.parents.end());
        if (copy.invite != kNoOp) copy.invite = at[copy.invite];
        naive.add(copy);
        at[op] = rules.add(std::move(copy));
        ++done;
        if (rng_.chance(30)) (void)rules.all();  // what is asked for in between changes nothing
      }
      compare(want, rules.all(), naive.all(), at);
      for (OpIndex op = 0; op < rules_.size(); ++op) {
        if (rules_.is_allowed(op) != rules.is_allowed(at[op])) fail("G1: order moves no verdict");
        if (rules_.is_allowed(op) != naive.is_allowed(at[op])) {
          fail("the definitions agree (verdicts)");
        }
      }
    }
  }
  void compare(const Resolution& want, const Resolution& got, const NaiveRules::Outcome& naive,
               const std::vector<OpIndex>& at) {
    for (OpIndex op = 0; op < rules_.size(); ++op) {
      if (want.counts[op] != got.counts[at[op]]) fail("G1: order moves nothing (counts)");
      if (want.counts[op] != naive.counts.contains(at[op])) fail("the definitions agree (counts)");
      if (want.pending[op] != naive.pending.contains(at[op]))
        fail("the definitions agree (pending)");
    }
    for (PersonIndex person = 0; person < kPeople; ++person) {
      const auto seat = want.standing.seat(person);
      const auto other = got.standing.seat(person);
      if (seat.role != other.role) fail("G1: order moves nothing (roles)");
      if (seat.role != Role::none && at[seat.tenure] != other.tenure) {
        fail("G1: order moves nothing (tenures)");
      }
      const auto found = naive.seats.find(person);
      if ((found == naive.seats.end() ? Role::none : found->second.role) != seat.role) {
        fail("the definitions agree (roles)");
      }
    }
    for (DeviceIndex device = 0; device < 3 * kPeople; ++device) {
      const auto entry = want.standing.presence(device).entry;
      const auto other = got.standing.presence(device).entry;
      if ((entry == kNoOp ? kNoOp : at[entry]) != other) fail("G1: order moves nothing (devices)");
      const auto found = naive.entries.find(device);
      if ((found == naive.entries.end() ? kNoOp : found->second) != other) {
        fail("the definitions agree (devices)");
      }
    }
    for (const auto room : {kClosed, kOpen}) {
      for (PersonIndex person = 0; person < kPeople; ++person) {
        const auto level = want.standing.level(person, room);
        if (level != got.standing.level(person, room)) fail("G1: order moves nothing (rooms)");
        if (level != naive.level(person, room)) fail("the definitions agree (rooms)");
      }
      const auto* mine = want.standing.room(room);
      const auto* other = got.standing.room(room);
      const auto found = naive.rooms.find(room);
      if ((mine == nullptr) != (other == nullptr) || (mine != nullptr && *mine != *other)) {
        fail("G1: order moves nothing (who is in rooms)");
      }
      if ((mine == nullptr) != (found == naive.rooms.end()) ||
          (mine != nullptr && *mine != found->second)) {
        fail("the definitions agree (who is in rooms)");
      }
    }
    for (OpIndex op = 0; op < rules_.size(); ++op) {
      const auto* usage = want.standing.invite(op);
      const auto* other = got.standing.invite(at[op]);
      if ((usage == nullptr) != (other == nullptr) ||
          (usage != nullptr &&
           (usage->used != other->used || usage->is_closed != other->is_closed))) {
        fail("G1: order moves nothing (invites)");
      }
      const auto found = naive.used.find(at[op]);
      if ((usage == nullptr) != (found == naive.used.end()) ||
          (usage != nullptr &&
           (usage->used != found->second || usage->is_closed != naive.closed.contains(at[op])))) {
        fail("the definitions agree (invites)");
      }
    }
  }

  SearchOptions options_;
  SeededRng rng_;
  std::uint64_t seed_ = 1;
  Rules rules_;
  std::size_t base_ = 0;
  OpIndex once_ = kNoOp;  ///< an invite of one use
  bool keeps_refused_ = false;
  SearchTally tally_;
};

}  // namespace

SearchTally search(const SearchOptions& options) { return Search(options).run(); }

SearchTally search_random(const SearchOptions& options, std::uint64_t count, std::size_t acts_max) {
  return Search(options).run_random(count, acts_max);
}

}  // namespace holm::work::members::test
