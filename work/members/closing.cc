#include "work/members/closing.h"

#include <algorithm>
#include <tuple>
#include <vector>

namespace holm::work::members {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

// Somebody may have come in elsewhere in the meantime, apart: that is heard first.
constexpr auto kAfterExpiry = hours(1);
constexpr auto kAfterLastUse = days(1);
constexpr auto kNextDevice = minutes(10);
constexpr auto kOthersAfter = days(3);
constexpr auto kNextPerson = hours(6);

/// Where a device stands among those of its person that are about.
std::size_t place_of(const Roster& roster, const MemberId& member, const DeviceId& device) {
  std::size_t out = 0;
  for (const auto& [id, known] : roster.devices) {
    if (known.member == member && !known.dropped && id < device) ++out;
  }
  return out;
}

}  // namespace

bool is_spent(const Invite& invite, WallTime at) {
  return at >= invite.expires || invite.used >= invite.uses;
}

std::optional<WallTime> closes_at(const Roster& roster, const Invite& invite,
                                  const MemberId& member, const DeviceId& device) {
  const auto* self = roster.person(member);
  if (invite.closed || self == nullptr || !roster.authorised(device)) return std::nullopt;
  auto out = invite.expires + kAfterExpiry;
  if (invite.used >= invite.uses) out = std::min(out, invite.used_at + kAfterLastUse);
  out += kNextDevice * static_cast<int>(place_of(roster, member, device));
  if (invite.made_by == member) return out;
  if (self->role < Role::admin) return std::nullopt;
  int before = 0;
  const auto order = [](const Person& one) {
    return std::tuple(-int(one.role), one.joined, one.id);
  };
  for (const auto& [id, person] : roster.people) {
    const bool may = person.role >= Role::admin && id != invite.made_by;
    if (may && order(person) < order(*self)) ++before;
  }
  return out + kOthersAfter + kNextPerson * before;
}

}  // namespace holm::work::members
