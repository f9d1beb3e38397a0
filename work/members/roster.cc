#include "work/members/roster.h"

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

bool Roster::authorised(const DeviceId& id) const {
  const auto* found = device(id);
  return found != nullptr && !found->dropped && role(found->member) >= Role::guest;
}

}  // namespace holm::work::members
