// Who may do what, by what they had seen (TRUST.md rules 5 and 6; decision 0019 for devices,
// invites and rooms): the half of Rules that gives an act its verdict.
#include <algorithm>

#include "work/members/rules.h"

namespace holm::work::members {
namespace {

constexpr std::uint64_t kInviteUsesMax = 1000;

}  // namespace

bool Rules::is_permitted(const Act& act, const Standing& known, const Authority& by) const {
  if (!act.is_authentic || by.role < Role::guest) return false;
  if (!(act.kind == OpKind::add_device && act.by_root)) {
    const auto at = known.presence(act.device);
    if (at.entry == kNoOp || at.person != act.author) return false;
  }
  switch (act.kind) {
    case OpKind::create: return false;
    case OpKind::grant: return may_grant(act, known, by.role);
    case OpKind::reduce: return may_reduce(act, known, by.role);
    case OpKind::extend:
    case OpKind::dismiss:
      // Where nobody manages an open room every writer does, but not this.
      if (act.room == kNobody) return by.role >= Role::admin;
      return known.manages(act.author, act.room) &&
             (by.role >= Role::admin || known.room(act.room)->is_private ||
              known.level(act.author, act.room) == Level::manager);
    case OpKind::add_device: return !act.by_root || act.subject == act.device;
    case OpKind::drop_device: {
      const auto at = known.presence(act.subject);
      if (at.entry == kNoOp) return false;
      return at.person == act.author ||
             (by.role >= Role::admin && known.role(at.person) <= by.role);
    }
    case OpKind::invite:
      return by.role >= Role::member && act.role >= Role::guest && act.role < Role::owner &&
             (act.role <= Role::member || act.role <= by.role) && act.uses >= 1 &&
             act.uses <= kInviteUsesMax && leads_to(act, known);
    case OpKind::close_invite:
      return known.invite(act.invite) != nullptr &&
             (acts_[act.invite].act.author == act.author || by.role >= Role::admin);
    case OpKind::rekey:
      return act.room == kNobody ? by.role >= Role::member
                                 : known.level(act.author, act.room) >= Level::writer;
    case OpKind::share_key: return true;  // what it hands out is held against the epoch itself
    case OpKind::open_room:
      // A room that is there is opened once more by who had not heard of it: of imports.
      return by.role >= Role::member &&
             (known.room(act.room) == nullptr || (act.given.empty() && !act.is_private));
    case OpKind::room_member: return may_set_level(act, known);
    case OpKind::make_private: {
      const auto* at = known.room(act.room);
      return at != nullptr && !at->is_private && known.manages(act.author, act.room);
    }
  }
  return false;  // a kind this program does not know
}

/// Any member admits by invite, as no more than they are; admins admit and promote by themselves.
bool Rules::may_grant(const Act& act, const Standing& known, Role role) const {
  const auto theirs = known.role(act.target);
  if (act.role <= theirs || act.role > role) return false;
  if (act.invite == kNoOp) return role >= Role::admin;
  const auto* usage = known.invite(act.invite);
  if (usage == nullptr || usage->is_closed) return false;
  const auto& invite = acts_[act.invite].act;
  return role >= Role::member && theirs == Role::none && act.subject != kNobody &&
         act.role <= invite.role && usage->used < invite.uses;
}

bool Rules::may_reduce(const Act& act, const Standing& known, Role role) const {
  const auto theirs = known.role(act.target);
  if (act.role >= theirs) return false;
  if (theirs == Role::owner && !known.has_other_owner(act.target)) return false;
  return act.author == act.target || (role >= Role::admin && theirs <= role);
}

/// Managers, of who belongs; anyone, to lower themselves.
bool Rules::may_set_level(const Act& act, const Standing& known) const {
  if (act.given.size() != 1) return false;
  const auto& [person, level] = act.given.front();
  if (person == act.author && level < known.level(person, act.room)) return true;
  return known.manages(act.author, act.room) &&
         (level == Level::none || known.role(person) >= Role::guest);
}

/// Into rooms lead invites of guests, by who manages them, or writes there where all members do.
bool Rules::leads_to(const Act& invite, const Standing& known) const {
  if (invite.rooms.empty()) return true;
  return invite.role == Role::guest &&
         std::all_of(invite.rooms.begin(), invite.rooms.end(), [&](RoomIndex room) {
           const auto* at = known.room(room);
           return at != nullptr && (!at->is_private || known.manages(invite.author, room));
         });
}

}  // namespace holm::work::members
