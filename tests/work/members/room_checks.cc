#include "tests/work/members/room_checks.h"

#include <algorithm>

namespace holm::work::members::test {
namespace {

/// What an act that counts gives a person in a room, beside nothing.
Level gives(const Rules& rules, OpIndex op, RoomIndex room, PersonIndex person) {
  const auto& act = rules.act(op);
  if (act.kind == OpKind::grant && act.invite != kNoOp && act.target == person) {
    const auto& rooms = rules.act(act.invite).rooms;
    return std::find(rooms.begin(), rooms.end(), room) != rooms.end() ? Level::writer : Level::none;
  }
  if (act.room != room) return Level::none;
  for (const auto& one : act.given) {
    if (one.person == person) return one.level;
  }
  return Level::none;
}

/// By somebody who managed the room as they knew it, or opened it, or by an invite.
bool is_given(const Rules& rules, const Resolution& all, RoomIndex room, PersonIndex person) {
  const auto level = all.standing.level(person, room);
  for (OpIndex op = 0; op < rules.size(); ++op) {
    const auto& act = rules.act(op);
    if (!all.counts[op] || gives(rules, op, room, person) < level) continue;
    if (act.kind == OpKind::open_room || act.kind == OpKind::grant) return true;
    const auto known = rules.resolve(rules.past(op)).standing;
    if (known.manages(act.author, room)) return true;
    if (act.author == person && level < known.level(person, room)) return true;
  }
  return false;
}

bool is_out(const Rules& rules, const Resolution& all, OpIndex removal) {
  const auto room = rules.act(removal).room;
  const auto person = rules.act(removal).given[0].person;
  const auto* at = all.standing.room(room);
  if (at == nullptr || (!at->is_private && all.standing.role(person) != Role::guest)) return true;
  for (OpIndex later = 0; later < rules.size(); ++later) {
    const bool brings_back = all.counts[later] && rules.past(later).has(removal) &&
                             gives(rules, later, room, person) > Level::none;
    if (brings_back) return true;
  }
  return all.standing.level(person, room) == Level::none;
}

}  // namespace

const char* broken_in_rooms(const Rules& rules, const Resolution& all, PersonIndex people) {
  for (const auto room : {kClosed, kOpen}) {
    const auto* at = all.standing.room(room);
    for (PersonIndex person = 0; person < people; ++person) {
      const auto level = all.standing.level(person, room);
      const auto role = all.standing.role(person);
      if (level == Level::none) continue;
      if (at == nullptr || role == Role::none) {
        return "rooms: nothing without a role, or in a room that is not open";
      }
      const bool is_everyones = !at->is_private && role >= Role::member && level == Level::writer;
      if (!is_everyones && !is_given(rules, all, room, person)) {
        return "rooms: nobody has a level that nobody gave who was allowed to";
      }
    }
  }
  for (OpIndex op = 0; op < rules.size(); ++op) {
    const auto& act = rules.act(op);
    const bool removes =
        act.kind == OpKind::room_member && all.counts[op] && act.given[0].level == Level::none;
    if (removes && !is_out(rules, all, op)) {
      return "rooms: who was taken out is out until somebody who knows of it brings them back";
    }
  }
  return nullptr;
}

bool same_levels(const Standing& a, const Standing& b, PersonIndex people) {
  for (const auto room : {kClosed, kOpen}) {
    for (PersonIndex person = 0; person < people; ++person) {
      if (a.level(person, room) != b.level(person, room)) return false;
    }
  }
  return true;
}

}  // namespace holm::work::members::test
