// Requests about who belongs: roles, removal, devices, late work, and the team's history of trust.
#include <algorithm>

#include "base/wire.h"
#include "node/copies.h"
#include "node/node.h"
#include "work/members/closing.h"
#include "work/members/story.h"
#include "work/reference.h"
#include "work/schema.h"
#include "work/when.h"
#include "work/write_builder.h"

namespace holm::node {
namespace members = work::members;
namespace {

constexpr std::size_t kWordsShown = 3;
constexpr std::size_t kWordBytesMax = 120;

members::Names names_in(const Replica& replica) {
  const auto& roster = replica.roster();
  return {
      .person = [&](const MemberId& id) { return work::name_of(replica.state(), id); },
      .device =
          [&](const DeviceId& id) {
            const auto* device = roster.device(id);
            return device == nullptr ? id.text().substr(0, 8)
                                     : "\"" + work::label_of(replica.state(), *device) + "\"";
          },
      .room =
          [&](const SpaceId& id) {
            const auto room = work::room_of(replica.state(), id);
            if (room && *room) {
              return "the room \"" + work::room_title(replica.state(), id, **room) + "\"";
            }
            const auto* known = replica.roster().room(id);
            return std::string(known != nullptr && known->is_private ? "a private room" : "a room");
          },
      .is_spent =
          [&](const ShortHash& id, WallTime at) {
            const auto known = roster.invites.find(id);
            return known != roster.invites.end() && members::is_spent(known->second, at);
          }};
}

Error not_allowed(const std::string& what) {
  return {Code::denied, what, "nothing was changed", "ask an admin or an owner of the team"};
}

/// Whether anybody else is an owner.
bool has_other_owner(const members::Roster& roster, const MemberId& than) {
  return std::any_of(roster.people.begin(), roster.people.end(), [&](const auto& item) {
    return item.first != than && item.second.role == members::Role::owner;
  });
}

/// Whether it is for this person to say what becomes of late work there: as the rules have it.
bool sorts_late_work(const Replica& replica, const SpaceId& space) {
  const auto& roster = replica.roster();
  const auto self = replica.self();
  const bool is_admin = roster.role(self) >= members::Role::admin;
  const auto* room = roster.room(space);
  if (room == nullptr) return is_admin && space == replica.commons();
  return roster.manages(self, space) &&
         (is_admin || room->is_private || roster.level(self, space) == members::Level::manager);
}

/// Words that a change would show, to tell late work by.
std::vector<std::string> words_of(const crdt::Change& change) {
  std::vector<std::string> out;
  for (const auto& op : change.ops) {
    std::string words;
    if (op.kind == crdt::Kind::text) {
      words.assign(op.content.begin(), op.content.end());
    } else if (const auto value = decode_value(op.content)) {
      words = value->text();
    }
    if (words.size() < 2 || !is_utf8(words)) continue;
    if (words.size() > kWordBytesMax) {
      words.resize(kWordBytesMax);
      while (!is_utf8(words)) words.pop_back();
      words += "...";
    }
    out.push_back(std::move(words));
  }
  return out;
}

}  // namespace

Result<Value> Node::write_membership(Replica& replica, members::Op op, Value answer) {
  return in_turn(
      replica,
      [&]() -> Result<Value> {
        const auto id = TRY(replica.add_membership(std::move(op), env_.clock.wall()));
        const auto history = replica.membership().history();
        const auto at = std::find_if(history.begin(), history.end(),
                                     [&](const auto& judged) { return judged.hash == id; });
        if (at == history.end() || at->state == members::OpState::refused) {
          return fail(not_allowed("that is not allowed as the team stands now"));
        }
        answer.set("id", id.text());
        answer.set("waits", at->state == members::OpState::waits);
        answer.set("final", at->is_final);
        return answer;
      },
      false);
}

Result<Value> Node::member_role(Replica& replica, const Value& request) {
  const auto& state = replica.state();
  const auto& roster = replica.roster();
  const auto who = TRY(work::resolve_member(state, request["member"].text()));
  const auto name = work::name_of(state, who);
  const auto word = request["role"].text();
  const auto role = word == "none" ? std::optional(members::Role::none) : members::parse_role(word);
  if (!role) {
    return fail(Code::usage, "there is no role \"" + std::string(word) + "\"",
                "nothing was changed", "use guest, member, admin or owner");
  }
  if (roster.person(who) == nullptr) {
    return fail(Code::not_found, name + " comes from an import and is not in the team",
                "nothing was changed", "ask them in with: holm invite");
  }
  const auto now = roster.role(who);
  const bool is_self = who == replica.self();
  const bool means_to_leave = roster.role(replica.self()) == members::Role::owner &&
                              TRY(work::means_to_leave(state, replica.self()));
  auto answer = Value::object()
                    .set("member", who.text())
                    .set("name", name)
                    .set("role", members::role_name(*role));
  if (is_self && now == *role && means_to_leave) {
    if (!request["check"].flag()) TRY(mean_to_leave(replica, false));
    return answer.set("stays", true);
  }
  if (now == members::Role::none && *role == now) {
    return confirm_removal(replica, who, name, request["check"].flag());
  }
  if (now == *role) {
    return fail(Code::usage, name + " is " + std::string(members::role_name(now)) + " already",
                "nothing was changed");
  }
  const auto mine = roster.role(replica.self());
  const bool raises = *role > now;
  const bool may = raises ? mine >= members::Role::admin && *role <= mine
                          : is_self || (mine >= members::Role::admin && now <= mine);
  if (!may) {
    return fail(
        not_allowed("you may not make " + name + " " +
                    (*role == members::Role::none ? std::string("leave")
                                                  : std::string(members::role_name(*role)))));
  }
  const bool is_last = !raises && now == members::Role::owner && !has_other_owner(roster, who);
  if (is_last && is_self && *role == members::Role::none) {
    answer.set("forewarning", members::forewarning(name, now, true, false, true));
    answer.set("waits", true).set("final", false);
    if (!request["check"].flag()) TRY(mean_to_leave(replica, true));
    return answer;
  }
  if (is_last) {
    return fail(Code::denied, "a team always has an owner, and " + name + " is the only one",
                "nothing was changed", "make somebody else an owner first: holm member role");
  }
  members::Op op;
  op.kind = raises ? members::OpKind::grant : members::OpKind::reduce;
  op.target = who;
  op.role = *role;
  if (raises && request["check"].flag()) {
    const bool follows = means_to_leave && *role == members::Role::owner;
    return answer.set("forewarning", follows ? members::succession_warning(name) : "");
  }
  if (!raises) {
    const bool is_final = replica.would_be_final(op);
    answer.set("forewarning", members::forewarning(name, now, is_self, is_final, false));
    if (request["check"].flag()) return answer.set("final", is_final);
    if (*role == members::Role::none) {
      op.cut = TRY(replica.held_of(who, std::nullopt));
      op.built_on = TRY(replica.held_of(replica.self(), std::nullopt));
    }
  }
  auto done = TRY(write_membership(replica, std::move(op), std::move(answer)));
  if (TRY(leave_if_followed(replica))) done.set("left", true);
  return done;
}

/// Of somebody who is out already: makes that final where it could be contested, by letting them in
/// and removing them in one turn, which nobody sees between (TRUST.md rule 12).
Result<Value> Node::confirm_removal(Replica& replica, const MemberId& who, const std::string& name,
                                    bool only_checks) {
  auto& membership = replica.membership();
  if (membership.is_out_for_good(who)) {
    return fail(Code::usage, name + " is not in the team, and that is final", "nothing was changed",
                "let them in again with: holm member role");
  }
  if (!membership.may_confirm(who, replica.self())) {
    return fail(Code::denied,
                name +
                    " is not in the team; only who had a higher role, or theirs for longer, can "
                    "make that final",
                "nothing was changed", "it holds as long as nothing older comes from them");
  }
  auto answer = Value::object()
                    .set("member", who.text())
                    .set("name", name)
                    .set("role", members::role_name(members::Role::none))
                    .set("confirmed", true)
                    .set("final", true)
                    .set("waits", false)
                    .set("forewarning", members::forewarning_of_confirming(name));
  if (only_checks) return answer;
  return in_turn(
      replica,
      [&]() -> Result<Value> {
        const auto at = env_.clock.wall();
        members::Op in;
        in.kind = members::OpKind::grant;
        in.target = who;
        in.role = members::Role::member;
        (void)TRY(replica.add_membership(std::move(in), at));
        members::Op out;
        out.kind = members::OpKind::reduce;
        out.target = who;
        out.role = members::Role::none;
        out.cut = TRY(replica.held_of(who, std::nullopt));
        out.built_on = TRY(replica.held_of(replica.self(), std::nullopt));
        answer.set("id", TRY(replica.add_membership(std::move(out), at)).text());
        if (!membership.is_out_for_good(who) || replica.roster().role(who) != members::Role::none) {
          return fail(not_allowed("that cannot be made final as the team stands now"));
        }
        return answer;
      },
      false);
}

Status Node::mean_to_leave(Replica& replica, bool leaves) {
  const auto ref = work::profile_ref(replica.state(), replica.self());
  std::vector<crdt::Write> writes;
  work::WriteBuilder(writes, ref.object, work::kProfile)
      .put(work::profile::kLeaving, leaves ? Value(true) : Value());
  (void)TRY(in_turn(
      replica,
      [&]() -> Result<Value> {
        (void)TRY(replica.write(ref.space, writes, env_.clock.wall()));
        return Value();
      },
      false));
  return {};
}

Result<bool> Node::leave_if_followed(Replica& replica) {
  const auto self = replica.self();
  const auto& roster = replica.roster();
  if (roster.role(self) != members::Role::owner || !has_other_owner(roster, self)) return false;
  if (!TRY(work::means_to_leave(replica.state(), self))) return false;
  // The word goes first: whoever comes back later does not leave again by it.
  TRY(mean_to_leave(replica, false));
  members::Op op;
  op.kind = members::OpKind::reduce;
  op.target = self;
  op.role = members::Role::none;
  op.cut = TRY(replica.held_of(self, std::nullopt));
  op.built_on = op.cut;
  (void)TRY(write_membership(replica, std::move(op), Value::object()));
  return true;
}

/// Another device of theirs may have named the next owner, not knowing that they leave.
void Node::settle_leaving() {
  for (const auto& [team, replica] : teams_.all()) {
    const auto& frontier = replica->roster().frontier;
    auto& settled = settled_[team];
    if (settled == frontier || replica->store().in_turn()) continue;
    settled = frontier;
    if (!replica->roster().authorised(identity_.device())) continue;
    const auto left = leave_if_followed(*replica);
    if (!left) env_.log.write(Level::warn, left.error().text());
  }
}

Result<Value> Node::device_drop(Replica& replica, const Value& request) {
  const auto& roster = replica.roster();
  const std::string wanted(request["device"].text());
  std::vector<const members::Device*> fits;
  for (const auto& [id, device] : roster.devices) {
    const bool is_meant =
        (wanted.size() >= 4 && id.text().starts_with(wanted)) ||
        (device.member == replica.self() && work::label_of(replica.state(), device) == wanted);
    if (is_meant && !device.dropped) fits.push_back(&device);
  }
  if (fits.empty()) {
    return fail(Code::not_found, "there is no device " + wanted, "nothing was changed",
                "see holm device list");
  }
  if (fits.size() > 1) {
    return fail(Code::usage, "several devices are called " + wanted, "nothing was changed",
                "use the id from holm device list");
  }
  const auto device = *fits.front();
  const auto name = work::name_of(replica.state(), device.member);
  const auto mine = roster.role(replica.self());
  if (device.member != replica.self() &&
      (mine < members::Role::admin || roster.role(device.member) > mine)) {
    return fail(not_allowed("you may not drop a device of " + name));
  }
  members::Op op;
  op.kind = members::OpKind::drop_device;
  op.target = device.member;
  op.dropped = device.id;
  auto answer = Value::object()
                    .set("device", device.id.text())
                    .set("label", work::label_of(replica.state(), device))
                    .set("member", device.member.text())
                    .set("this", device.id == identity_.device());
  if (request["check"].flag()) return answer.set("final", replica.would_be_final(op));
  op.cut = TRY(replica.held_of(device.member, device.id));
  op.built_on = TRY(replica.held_of(replica.self(), std::nullopt));
  return write_membership(replica, std::move(op), std::move(answer));
}

Result<Value> Node::team_rekey(Replica& replica) {
  if (replica.roster().role(replica.self()) < members::Role::member) {
    return fail(not_allowed("guests do not change the team's keys"));
  }
  return in_turn(
      replica,
      [&]() -> Result<Value> {
        const auto places = TRY(replica.change_keys(env_.clock.wall()));
        return Value::object().set("places", places);
      },
      false);
}

Result<Value> Node::team_log(Replica& replica) {
  const auto names = names_in(replica);
  Value entries = Value::array();
  for (const auto& judged : replica.membership().history()) {
    const auto& op = *judged.op;
    // Keys follow from who came and went; that of the network stands for all that change with it.
    if (op.kind == members::OpKind::share_key || op.keys.place != members::EpochPlace{}) continue;
    const auto state = judged.state == members::OpState::counts    ? "counts"
                       : judged.state == members::OpState::waits   ? "waits"
                       : judged.state == members::OpState::refused ? "refused"
                                                                   : "taken back";
    Value entry;
    entry.set("id", judged.hash.text()).set("when", work::rfc3339(op.time));
    entry.set("by", op.author.text()).set("text", members::sentence(judged, names));
    entry.set("target", op.target.is_nil() ? Value() : Value(op.target.text()));
    entry.set("state", state).set("final", judged.is_final).set("apart", judged.is_apart);
    entries.push(std::move(entry));
  }
  Value copied = Value::array();
  for (const auto& copy : TRY(copies(replica, links_.forked(replica.team())))) {
    copied.push(Value::object()
                    .set("device", copy.device.text())
                    .set("member", copy.member.text())
                    .set("when", copy.when == WallTime{} ? Value() : work::rfc3339(copy.when))
                    .set("kept", copy.is_kept)
                    .set("text", sentence(copy, replica)));
  }
  return Value::object().set("entries", std::move(entries)).set("copies", std::move(copied));
}

/// What is held back, by log: who wrote it, how much, when, and some of its words.
Result<std::vector<Node::LateWork>> Node::late_work(Replica& replica, bool with_dismissed) const {
  std::vector<LateWork> out;
  auto& logs = replica.store().logs();
  for (const auto& space : TRY(logs.spaces())) {
    if (!sorts_late_work(replica, space)) continue;
    for (const auto& [log, seqs] : TRY(logs.marked(space, crdt::Mark::held))) {
      const auto info = TRY(logs.find(log));
      if (!info) continue;
      LateWork work{.space = space,
                    .log = *info,
                    .spans = {},
                    .changes = 0,
                    .from = {},
                    .to = {},
                    .words = {}};
      for (const auto seq : seqs) {
        const auto held = TRY(logs.at(log, seq));
        if (!held) continue;
        const auto& change = held->change;
        const auto room = space == replica.commons() ? SpaceId{} : space;
        if (!with_dismissed && replica.membership().is_dismissed({change.log, seq}, room)) continue;
        if (work.changes++ == 0) work.from = change.time;
        work.to = change.time;
        if (!work.spans.empty() && work.spans.back().to + 1 == change.seq) {
          work.spans.back().to = change.last_seq();
        } else {
          work.spans.push_back({change.log, change.seq, change.last_seq()});
        }
        for (auto& words : words_of(change)) {
          if (work.words.size() < kWordsShown) work.words.push_back(std::move(words));
        }
      }
      if (work.changes > 0) out.push_back(std::move(work));
    }
  }
  return out;
}

Result<Value> Node::tray(Replica& replica, const Value& request) {
  const auto places = replica.all_spaces();
  const bool may_any = std::any_of(places.begin(), places.end(), [&](const SpaceId& space) {
    return sorts_late_work(replica, space);
  });
  if (!may_any) {
    return fail(
        not_allowed("late work is for admins and owners to look through, and in a room "
                    "for who manages it"));
  }
  const auto what = request["do"].text();
  const auto all = TRY(late_work(replica, request["all"].flag() || what == "tray.accept"));
  const auto& state = replica.state();
  const auto as_value = [&](const LateWork& late) -> Result<Value> {
    Value words = Value::array();
    for (const auto& some : late.words) words.push(some);
    const auto* device = replica.roster().device(late.log.device);
    const auto room = TRY(work::room_of(state, late.space));
    const work::Ref place{late.space, work::room_object(late.space)};
    return Value::object()
        .set("id", late.log.log.text())
        .set("member", late.log.member.text())
        .set("name", work::name_of(state, late.log.member))
        .set("device", device == nullptr ? Value() : Value(work::label_of(state, *device)))
        .set("room", room ? Value(TRY(work::title_of(state, place, *room))) : Value())
        .set("changes", late.changes)
        .set("final", replica.roster().role(late.log.member) != members::Role::none
                          ? Value()
                          : Value(replica.membership().is_out_for_good(late.log.member)))
        .set("from", work::rfc3339(late.from))
        .set("to", work::rfc3339(late.to))
        .set("words", std::move(words));
  };
  if (what == "tray.show") {
    Value items = Value::array();
    for (const auto& late : all) items.push(TRY(as_value(late)));
    return Value::object().set("items", std::move(items));
  }
  const auto wanted = std::string(request["ref"].text());
  const auto who = work::resolve_member(state, wanted);
  std::map<SpaceId, std::vector<members::LogSpan>> chosen;  // an op speaks of one room
  std::uint64_t changes = 0;
  for (const auto& late : all) {
    const bool is_meant = (wanted.size() >= 4 && late.log.log.text().starts_with(wanted)) ||
                          (who && late.log.member == *who);
    if (!is_meant) continue;
    auto& spans = chosen[late.space];
    spans.insert(spans.end(), late.spans.begin(), late.spans.end());
    changes += late.changes;
  }
  if (changes == 0) {
    return fail(Code::not_found, "no late work goes by \"" + wanted + "\"", "nothing was changed",
                "see holm tray");
  }
  Value answer;
  for (auto& [space, spans] : chosen) {
    members::Op op;
    op.kind = what == "tray.accept" ? members::OpKind::extend : members::OpKind::dismiss;
    if (space != replica.commons()) op.room = space;
    std::sort(spans.begin(), spans.end());
    spans.erase(std::unique(spans.begin(), spans.end()), spans.end());
    op.spans = std::move(spans);
    answer = TRY(write_membership(replica, std::move(op), Value::object().set("changes", changes)));
  }
  return answer;
}

}  // namespace holm::node
