// Requests about who is in a room.
#include <algorithm>

#include "node/node.h"
#include "work/read.h"
#include "work/reference.h"
#include "work/schema.h"

namespace holm::node {
namespace members = work::members;
namespace {

/// A room that a request is about, as membership has it.
struct Asked {
  work::Ref ref;
  members::Room room;
  std::string title;
  bool is_pair = false;  ///< one-to-one
};

Result<Asked> room_in(const Replica& replica, const Value& request) {
  Asked out;
  out.ref = TRY(work::resolve_room(replica.state(), request["room"].text()));
  const auto* room = replica.roster().room(out.ref.space);
  const auto object = TRY(work::room_of(replica.state(), out.ref.space));
  if (room == nullptr || !object) {
    return fail(Code::not_found, "this room is not open any more: whoever made it was removed",
                "nothing was changed");
  }
  out.room = *room;
  out.title = work::room_title(replica.state(), out.ref.space, *object);
  out.is_pair = work::words_of(*object, work::room::kKind) == "one-to-one";
  return out;
}

Error not_theirs(const Replica& replica, const Asked& asked) {
  std::string who;
  for (const auto& [member, level] : asked.room.given) {
    if (!replica.roster().manages(member, asked.ref.space)) continue;
    who += (who.empty() ? "" : ", ") + work::name_of(replica.state(), member);
  }
  return {Code::denied, "you may not say who does what in " + asked.title, "nothing was changed",
          who.empty() ? "ask an admin or an owner of the team" : "ask " + who};
}

/// Writes into a new room wherever guests may not manage one.
members::Level within(members::Role role, members::Level level) {
  return role == members::Role::guest ? std::min(level, members::Level::writer) : level;
}

Value members_of(const Replica& replica, const Asked& asked) {
  const auto& roster = replica.roster();
  Value out = Value::array();
  for (const auto& [id, person] : roster.people) {
    const auto level = roster.level(id, asked.ref.space);
    if (level == members::Level::none) continue;
    out.push(Value::object()
                 .set("member", id.text())
                 .set("name", work::name_of(replica.state(), id))
                 .set("role", members::role_name(person.role))
                 .set("level", members::level_name(level)));
  }
  return out;
}

}  // namespace

Result<Value> Node::room_member(Replica& replica, const Value& request) {
  const auto asked = TRY(room_in(replica, request));
  const auto& state = replica.state();
  const auto& roster = replica.roster();
  const auto& space = asked.ref.space;
  const auto what = request["action"].text();
  auto answer = Value::object().set("room", asked.title).set("private", asked.room.is_private);
  if (what == "list") return answer.set("members", members_of(replica, asked));
  if (what != "add" && what != "remove" && what != "role") {
    return fail(Code::usage, "there is no \"" + std::string(what) + "\" for members of a room",
                "nothing was changed", "use add, remove, role or list");
  }
  const auto who = TRY(work::resolve_member(state, request["member"].text()));
  const auto name = work::name_of(state, who);
  const auto role = roster.role(who);
  const auto word = request["level"].text();
  auto level = members::Level::none;
  if (what == "remove" ? !word.empty() : what == "role" && word.empty()) {
    return fail(Code::usage,
                what == "remove" ? "who is removed has no level" : "the new level is missing",
                "nothing was changed", "use reader, writer or manager with add and role");
  }
  if (what != "remove") {
    const auto parsed =
        word.empty() ? std::optional(members::Level::writer) : members::parse_level(word);
    if (!parsed) {
      return fail(Code::usage, "there is no level \"" + std::string(word) + "\"",
                  "nothing was changed", "use reader, writer or manager");
    }
    level = *parsed;
    if (role == members::Role::none) {
      return fail(Code::not_found, name + " is not in the team", "nothing was changed",
                  "ask them in with: holm invite");
    }
  }
  const auto now = roster.level(who, space);
  const bool lowers_self = who == replica.self() && level < now;
  if (!lowers_self && !roster.manages(replica.self(), space)) {
    return fail(not_theirs(replica, asked));
  }
  if (asked.is_pair && what == "add") {
    return fail(Code::usage, "a one-to-one room stays with its two people", "nothing was changed",
                "make a room of its own: holm room new NAME --kind private --members A,B");
  }
  if (role == members::Role::guest && level == members::Level::manager) {
    return fail(Code::usage, name + " is a guest, and guests manage no rooms",
                "nothing was changed", "make them a reader or a writer");
  }
  const bool is_everyones = !asked.room.is_private && role >= members::Role::member;
  if (is_everyones && level < members::Level::writer && now <= members::Level::writer) {
    return fail(Code::usage, "everybody in the team reads and writes in " + asked.title,
                "nothing was changed", "leave it to some with: holm room private ROOM --members A");
  }
  if (what == "role" && now == members::Level::none) {
    return fail(Code::not_found, name + " is not in " + asked.title, "nothing was changed",
                "add them with: holm room member ROOM add NAME");
  }
  if (now == level) {
    return fail(Code::usage,
                name + (level == members::Level::none
                            ? " is not in " + asked.title
                            : " is a " + std::string(members::level_name(level)) + " already"),
                "nothing was changed");
  }
  members::Op op;
  op.kind = members::OpKind::room_member;
  op.room = space;
  op.target = who;
  op.level = level;
  if (level < members::Level::writer) {
    op.cut = TRY(replica.held_in(space, who));
    op.built_on = TRY(replica.held_in(space, replica.self()));
  }
  answer.set("member", who.text()).set("name", name).set("level", members::level_name(level));
  return write_membership(replica, std::move(op), std::move(answer));
}

Result<Value> Node::room_private(Replica& replica, const Value& request) {
  const auto asked = TRY(room_in(replica, request));
  const auto& space = asked.ref.space;
  const auto& roster = replica.roster();
  if (asked.room.is_private) {
    return fail(Code::usage, asked.title + " is private already", "nothing was changed",
                "change who is in it with: holm room member");
  }
  if (!roster.manages(replica.self(), space)) return fail(not_theirs(replica, asked));
  members::Op op;
  op.kind = members::OpKind::make_private;
  op.room = space;
  const auto named = request["members"];
  for (const auto& item : named.items()) {
    const auto who = TRY(work::resolve_member(replica.state(), item.text()));
    if (who == replica.self()) continue;
    const auto role = roster.role(who);
    if (role == members::Role::none) {
      return fail(Code::not_found, work::name_of(replica.state(), who) + " is not in the team",
                  "nothing was changed", "ask them in with: holm invite");
    }
    const auto given = asked.room.given.find(who);
    const auto level = given == asked.room.given.end()
                           ? members::Level::writer
                           : std::max(given->second, members::Level::writer);
    op.members.push_back({who, within(role, level)});
  }
  std::sort(op.members.begin(), op.members.end());
  op.members.erase(std::unique(op.members.begin(), op.members.end()), op.members.end());
  op.cut = TRY(replica.held_in(space, std::nullopt));
  op.built_on = TRY(replica.held_in(space, replica.self()));
  return write_membership(
      replica, std::move(op),
      Value::object().set("room", asked.title).set("id", asked.ref.object.text()));
}

}  // namespace holm::node
