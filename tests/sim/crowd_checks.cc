// How a crowd comes together in the end, and what has to hold then.
#include <algorithm>
#include <sstream>

#include "crdt/object.h"
#include "crypto/hash.h"
#include "store/objects.h"
#include "tests/sim/crowd.h"
#include "tests/support/print_roster.h"
#include "work/schema.h"

namespace holm::sim {

using namespace std::chrono_literals;
namespace members = work::members;
using members::OpKind;
using members::OpState;
using members::test::print;
namespace {

constexpr int kRoundsMax = 12;

Error broken(std::string what) { return {Code::failed, std::move(what), {}, {}}; }

/// All that is merged in a space, texts as well.
Result<Digest> merged(node::Replica& replica, const SpaceId& space) {
  auto& objects = replica.store().objects();
  crypto::Hasher all("holm simulated merge v1");
  ObjectId after;
  for (;;) {
    const auto ids = TRY(objects.all(space, after, 512));
    if (ids.empty()) return all.finish();
    for (const auto& state : TRY(objects.load(space, ids))) {
      std::vector<std::pair<std::uint32_t, Digest>> texts;
      for (const auto& [field, text] : TRY(objects.texts(space, state.id))) {
        texts.emplace_back(field, crypto::hash("holm text v1", as_bytes(text.content)));
      }
      all.update(state.id.view()).update(crdt::object_digest(state, texts).view());
    }
    after = ids.back();
  }
}

/// What does not count in a space, and why: void, or held back and perhaps in the tray.
Result<std::string> marks(node::Replica& replica, const SpaceId& space) {
  std::string out;
  for (const auto mark : {crdt::Mark::is_void, crdt::Mark::held}) {
    for (const auto& [log, seqs] : TRY(replica.store().logs().marked(space, mark))) {
      for (const auto seq : seqs) {
        const auto room = space == replica.commons() ? SpaceId{} : space;
        const bool is_away = replica.membership().is_dismissed({log, seq}, room);
        out += log.text() + " " + std::to_string(seq) + (mark == crdt::Mark::held ? " held" : "") +
               (is_away ? " away\n" : "\n");
      }
    }
  }
  return out;
}

/// All that a device says of a space.
struct Stand {
  Digest digest;
  Digest held;
  Digest merge;
  std::string marks;
  bool operator==(const Stand&) const = default;
};
Result<Stand> stand_of(node::Replica& replica, const SpaceId& space) {
  return Stand{TRY(replica.digest(space)), TRY(replica.held_digest(space)),
               space == replica.trust() ? Digest() : TRY(merged(replica, space)),
               TRY(marks(replica, space))};
}

/// Lines of one that the other lacks.
std::string difference(const std::string& one, const std::string& other) {
  constexpr std::size_t kLinesMax = 8;
  const auto lines = [](const std::string& text) {
    std::set<std::string> out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) out.insert(line);
    return out;
  };
  const auto left = lines(one);
  const auto right = lines(other);
  std::string out;
  std::size_t count = 0;
  const auto tell = [&](const std::set<std::string>& these, const std::set<std::string>& those,
                        const char* sign) {
    for (const auto& line : these) {
      if (those.contains(line) || ++count > kLinesMax) continue;
      out += "\n  " + std::string(sign) + " " + line.substr(0, 100);
    }
  };
  tell(left, right, "+");
  tell(right, left, "-");
  return out;
}

std::string named(const node::Replica& replica, const SpaceId& space) {
  return space == replica.trust()     ? std::string("membership")
         : space == replica.commons() ? std::string("the commons")
                                      : "room " + space.text().substr(0, 8);
}

}  // namespace

/// There is always an owner (TRUST.md G2).
Status Crowd::check_step(Station& station) const {
  const auto& people = station.replica().roster().people;
  const bool has_owner = std::any_of(people.begin(), people.end(), [](const auto& item) {
    return item.second.role == members::Role::owner;
  });
  if (people.empty() || has_owner) return {};
  return fail(broken(station.name() + " knows of no owner"));
}

/// What anybody holds of membership, those who hide included.
members::Trust Crowd::all_membership() {
  std::map<ShortHash, Bytes> ops;
  const auto take = [&](Station& station) {
    for (const auto& judged : station.replica().membership().history()) {
      auto& bytes = ops[judged.hash];
      if (bytes.empty()) bytes = members::encode(*judged.op);
    }
  };
  for (const auto& station : stations_) take(*station);
  for (const auto& station : hidden_) take(*station);
  std::vector<Bytes> list;
  for (auto& [hash, bytes] : ops) list.push_back(std::move(bytes));
  members::Trust out(team_);
  out.add(std::move(list));
  return out;
}

/// The membership ops of the life that was lived last, oldest first.
std::string Crowd::story() {
  static constexpr const char* kKinds[] = {
      "?",     "create", "grant", "reduce",  "extend",     "add device",   "drop",   "invite",
      "close", "rekey",  "open",  "dismiss", "room level", "make private", "unknown"};
  auto trust = all_membership();
  const auto person = [&](const MemberId& id) {
    for (std::size_t i = 0; i < kPeople; ++i) {
      if (member(i) == id) return " p" + std::to_string(i);
    }
    return std::string(" ?");
  };
  std::string out;
  for (const auto& judged : trust.history()) {
    const auto& op = *judged.op;
    if (op.time <= begin_) continue;
    const auto kind = std::min<std::size_t>(static_cast<std::size_t>(op.kind), 14);
    out += "\n  " + judged.hash.text().substr(0, 4) + person(op.author) + " " + kKinds[kind];
    if (!op.target.is_nil()) out += person(op.target);
    if (op.kind == OpKind::grant || op.kind == OpKind::reduce) {
      out += " " + std::string(members::role_name(op.role));
    }
    if (op.kind == OpKind::room_member) out += " " + std::string(members::level_name(op.level));
    if (!op.room.is_nil()) out += " in " + op.room.text().substr(0, 4);
    for (const auto& one : op.members) {
      out += person(one.member) + "=" + std::string(members::level_name(one.level));
    }
    out += judged.state == OpState::counts    ? ""
           : judged.state == OpState::waits   ? ", waits"
           : judged.state == OpState::refused ? ", refused"
                                              : ", taken back";
    out += ", after";
    for (const auto& past : op.past) out += " " + past.text().substr(0, 4);
    for (const auto& place : op.cut) {
      out += ", cut " + place.log.text().substr(0, 4) + ":" + std::to_string(place.seq);
    }
  }
  return out;
}

std::vector<Station*> Crowd::insiders(const members::Roster& roster) {
  std::vector<Station*> out;
  for (const auto& station : stations_) {
    if (!is_liar(*station) && roster.authorised(station->identity().device())) {
      out.push_back(station.get());
    }
  }
  return out;
}

/// Everybody meets who they have to: somebody of the team, those who hide as well, and of every
/// room somebody who reads it.
Status Crowd::gather_once(const std::vector<Station*>& inside) {
  std::vector<Station*> all;
  for (const auto& station : stations_) all.push_back(station.get());
  for (const auto& station : hidden_) all.push_back(station.get());
  const auto hub = std::max_element(inside.begin(), inside.end(), [](auto* a, auto* b) {
    const auto role = [](auto* one) { return one->replica().roster().role(one->replica().self()); };
    return role(a) < role(b);
  });
  for (int round = 0; round < 2; ++round) {
    for (auto* station : all) {
      if (station->replica().has_entered()) TRY(meet(**hub, *station));
    }
  }
  for (const auto& [space, room] : (*hub)->replica().roster().rooms) {
    const auto reads = [&, &id = space](const Station* station) {
      return station->replica().may_read(station->replica().self(), id);
    };
    const auto first = std::find_if(inside.begin(), inside.end(), reads);
    if (first == inside.end() || *first == *hub || reads(*hub)) continue;
    for (int round = 0; round < 2; ++round) {
      for (auto* station : all) {
        auto& replica = station->replica();
        if (!replica.has_entered()) continue;
        const auto logs = TRY(replica.store().logs().of_space(space));
        if (reads(station) || !logs.empty()) TRY(meet(**first, *station));
      }
    }
  }
  return {};
}

/// What the devices that have to agree stand at.
Result<Digest> Crowd::stand(const std::vector<Station*>& inside) {
  crypto::Hasher out("holm simulated stand v1");
  for (auto* station : inside) {
    for (const auto& space : station->replica().spaces()) {
      out.update(TRY(station->replica().digest(space)).view());
      out.update(TRY(station->replica().held_digest(space)).view());
    }
  }
  return out.finish();
}

Status Crowd::gather() {
  islands_.assign(kStations, 0);
  Digest before;
  for (int round = 0; round < kRoundsMax; ++round) {
    clock_.advance(1h);
    const auto trust = all_membership();
    const auto inside = insiders(trust.roster());
    if (inside.empty()) return {};
    TRY(gather_once(inside));
    const auto now = TRY(stand(inside));
    if (now == before) return {};
    before = now;
  }
  return fail(broken("what devices hold changes whenever they meet"));
}

Result<Life> Crowd::check() {
  auto trust = all_membership();
  const auto inside = insiders(trust.roster());
  for (const auto& judged : trust.history()) {
    ++life_.ops;
    life_.voided += judged.state == OpState::refused || judged.state == OpState::taken_back;
  }
  if (inside.empty()) return life_;
  TRY(check_agreement(trust, inside));
  TRY(check_rules(trust));
  TRY(check_rooms(trust));
  TRY(check_words(trust, inside));
  for (auto* station : inside) {
    if (!station->replica().has_root()) continue;
    TRY(check_newcomer(*station));
    break;
  }
  return life_;
}

Status Crowd::check_agreement(const members::Trust& trust, const std::vector<Station*>& inside) {
  const auto roster = print(trust.roster());
  std::map<SpaceId, std::pair<Stand, Station*>> stands;
  for (auto* station : inside) {
    auto& replica = station->replica();
    if (print(replica.roster()) != roster) {
      return fail(broken(station->name() + " knows another team than there is:" +
                         difference(print(replica.roster()), roster)));
    }
    for (const auto& space : replica.spaces()) {
      auto now = TRY(stand_of(replica, space));
      const auto [at, is_new] = stands.try_emplace(space, now, station);
      const auto& [first, by] = at->second;
      if (is_new || first == now) continue;
      const auto* what = first.digest != now.digest ? "another digest of "
                         : first.held != now.held   ? "more or less of "
                         : first.marks != now.marks ? "other late work in "
                                                    : "something else merged in ";
      return fail(broken(station->name() + " has " + what + named(replica, space) + " than " +
                         by->name() + difference(now.marks, first.marks)));
    }
  }
  crypto::Hasher all("holm simulated crowd v1");
  all.part(as_bytes(roster));
  for (const auto& [space, stand] : stands) {
    all.update(stand.first.digest.view()).update(stand.first.merge.view());
    const auto& text = stand.first.marks;
    for (auto at = text.find(" held"); at != std::string::npos; at = text.find(" held", at + 1)) {
      ++life_.held;
    }
  }
  life_.digest = all.finish();
  return {};
}

/// The outcome follows from the set alone (TRUST.md G1); final is final (G3).
Status Crowd::check_rules(members::Trust& trust) {
  std::vector<Bytes> ops;
  for (const auto& judged : trust.history()) ops.push_back(members::encode(*judged.op));
  SeededRng rng(life_.ops);
  for (auto left = ops.size(); left > 1; --left) std::swap(ops[left - 1], ops[rng.below(left)]);
  members::Trust again(team_);
  const auto half = ops.begin() + static_cast<std::ptrdiff_t>(ops.size() / 2);
  again.add({ops.begin(), half});
  again.add(ops);
  if (print(again.roster()) != print(trust.roster())) {
    return fail(broken("the same membership ops in another order make another team"));
  }
  auto& rules = trust.rules();
  const auto& all = rules.all();
  const auto& waiting = all.standing.waiting();
  for (members::OpIndex op = 0; op < rules.size(); ++op) {
    const auto& act = rules.act(op);
    const bool removes = act.kind == OpKind::reduce && act.role == members::Role::none;
    if (!removes || !rules.is_allowed(op) || !rules.is_final(op)) continue;
    if (all.counts[op]) {
      if (std::binary_search(waiting.begin(), waiting.end(), op)) {
        return fail(broken("a final removal waits"));
      }
      const auto seat = all.standing.seat(act.target);
      if (seat.role != members::Role::none && !rules.past(seat.tenure).has(op)) {
        return fail(broken("who was removed for good is back by what does not know of it"));
      }
      continue;
    }
    // Only who outranks the remover takes it back.
    const auto& by = rules.authority(op);
    bool is_taken_back = !all.counts[by.tenure];
    for (members::OpIndex other = 0; other < rules.size() && !is_taken_back; ++other) {
      const auto& what = rules.act(other);
      const bool is_about = (what.kind == OpKind::reduce && what.target == act.author) ||
                            (what.kind == OpKind::drop_device && what.subject == act.device);
      is_taken_back = is_about && all.counts[other];
    }
    if (!is_taken_back && !all.cut_off[by.entry]) {
      return fail(broken("a final removal does not count, and nobody took it back"));
    }
  }
  return {};
}

/// Who was ever let into a room that was private from its start, as far as anybody was allowed to;
/// nothing of a room that everybody could read.
std::map<SpaceId, std::set<MemberId>> Crowd::readers(members::Trust& trust) {
  std::map<SpaceId, std::set<MemberId>> out;
  std::set<SpaceId> open;
  std::map<ShortHash, std::vector<SpaceId>> led;
  const auto history = trust.history();
  for (const auto& judged : history) {
    const auto& op = *judged.op;
    if (judged.state == OpState::refused) continue;
    if (op.kind == OpKind::open_room && !op.is_private) open.insert(op.room);
    if (op.kind == OpKind::open_room || op.kind == OpKind::make_private) {
      out[op.room].insert(op.author);
      for (const auto& one : op.members) out[op.room].insert(one.member);
    }
    if (op.kind == OpKind::room_member) out[op.room].insert(op.target);
    if (op.kind == OpKind::invite) led[judged.hash] = op.rooms;
  }
  for (const auto& judged : history) {
    const auto& op = *judged.op;
    if (op.kind != OpKind::grant || op.invite.is_nil()) continue;
    for (const auto& space : led[op.invite]) out[space].insert(op.target);
  }
  for (const auto& space : open) out.erase(space);
  return out;
}

/// Nobody who was never let into a room holds anything of it but what they wrote themselves.
Status Crowd::check_rooms(members::Trust& trust) {
  const auto known = readers(trust);
  const auto check = [&](const Station& station) -> Status {
    auto& replica = station.replica();
    for (const auto& [space, people] : known) {
      if (people.contains(replica.self())) continue;
      for (const auto& log : TRY(replica.store().logs().of_space(space))) {
        if (log.member == replica.self()) continue;
        return fail(
            broken(station.name() + " holds what others wrote in " + named(replica, space)));
      }
    }
    return {};
  };
  for (const auto& station : stations_) TRY(check(*station));
  for (const auto& station : hidden_) TRY(check(*station));
  return {};
}

/// What was written by those whom nobody ever lowered is there; what was written by those who were
/// never let in is not.
Status Crowd::check_words(members::Trust& trust, const std::vector<Station*>& inside) {
  std::set<MemberId> lowered;
  std::set<std::pair<MemberId, SpaceId>> lowered_in;
  std::set<SpaceId> closed;
  std::set<DeviceId> dropped;
  for (const auto& judged : trust.history()) {
    const auto& op = *judged.op;
    const bool is_good = judged.state == OpState::counts;
    if (judged.state == OpState::refused) continue;
    if (op.kind == OpKind::reduce || (op.kind == OpKind::grant && !is_good)) {
      lowered.insert(op.target);
    }
    if (op.kind == OpKind::room_member) lowered_in.insert({op.target, op.room});
    if (op.kind == OpKind::make_private) closed.insert(op.room);
    if (op.kind == OpKind::drop_device) dropped.insert(op.dropped);
  }
  const auto& roster = trust.roster();
  const auto known = readers(trust);
  for (const auto& promise : promises_) {
    const auto& author = *stations_[promise.station];
    const auto who = member(person_of(promise.station));
    if (is_liar(author) || lowered.contains(who) || dropped.contains(author.identity().device()) ||
        lowered_in.contains({who, promise.space}) || closed.contains(promise.space) ||
        !roster.authorised(author.identity().device()) || roster.room(promise.space) == nullptr) {
      continue;
    }
    for (auto* station : inside) {
      auto& replica = station->replica();
      if (!replica.may_read(replica.self(), promise.space)) continue;
      const auto text =
          TRY(replica.state().text({promise.space, promise.doc}, work::document::kText));
      if (text.find(promise.token) != std::string::npos) continue;
      return fail(broken(station->name() + " lacks \"" + promise.token + "\", which " +
                         author.name() + " was told is written"));
    }
  }
  for (const auto& words : intrusions_) {
    const auto room = known.find(words.space);
    if (room == known.end() || room->second.contains(member(words.person))) continue;
    for (auto* station : inside) {
      const auto state = TRY(station->replica().state().object({words.space, words.object}));
      if (!state || state->value(work::field::kTitle) == nullptr) continue;
      return fail(broken(station->name() + " shows \"" + words.token +
                         "\" of somebody who was never let into that room"));
    }
  }
  return {};
}

/// Whoever hears everything at once, today, comes to the same as those who were there.
Status Crowd::check_newcomer(Station& sibling) {
  Station fresh("newcomer", variant_ * 1000 + 999, clock_);
  TRY(fresh.start(team_, blank_));
  TRY(add_device(sibling, fresh));
  TRY(meet(sibling, fresh));
  TRY(meet(sibling, fresh));
  if (print(fresh.replica().roster()) != print(sibling.replica().roster())) {
    return fail(broken("a new device knows another team"));
  }
  for (const auto& space : sibling.replica().spaces()) {
    if (TRY(stand_of(fresh.replica(), space)) == TRY(stand_of(sibling.replica(), space))) continue;
    return fail(broken("a new device makes something else of " + named(sibling.replica(), space)));
  }
  return {};
}

}  // namespace holm::sim
