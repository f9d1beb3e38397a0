#include "work/members/roster.h"

#include <algorithm>

namespace holm::work::members {

const Person* Roster::person(const MemberId& id) const {
  const auto found = people.find(id);
  return found == people.end() ? nullptr : &found->second;
}

const Device* Roster::device(const DeviceId& id) const {
  const auto found = devices.find(id);
  return found == devices.end() ? nullptr : &found->second;
}

Role Roster::role(const MemberId& id) const {
  const auto* found = person(id);
  return found == nullptr ? Role::none : found->role;
}

const Room* Roster::room(const SpaceId& id) const {
  const auto found = rooms.find(id);
  return found == rooms.end() ? nullptr : &found->second;
}

Level Roster::level(const MemberId& member, const SpaceId& room) const {
  const auto* at = this->room(room);
  if (at == nullptr) return Level::none;
  const auto found = at->given.find(member);
  return level_in(at->is_private, role(member),
                  found == at->given.end() ? Level::none : found->second);
}

bool Roster::manages(const MemberId& member, const SpaceId& room) const {
  const auto* at = this->room(room);
  if (at == nullptr) return false;
  const bool has_manager = std::any_of(at->given.begin(), at->given.end(), [&](const auto& one) {
    return level(one.first, room) == Level::manager;
  });
  return may_manage(at->is_private, has_manager, role(member), level(member, room));
}

bool Roster::authorised(const DeviceId& id) const {
  const auto* found = device(id);
  return found != nullptr && !found->dropped && role(found->member) >= Role::guest;
}

}  // namespace holm::work::members
