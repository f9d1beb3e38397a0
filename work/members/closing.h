// Invites that nobody is to come in by any more - used up, or past their time - are closed by an
// op, so that what their time said is said by the order of ops too: whoever lets somebody in later
// by such an invite, and claims an earlier time, does not count before those who closed it
// (DESIGN.md 4). One device does it, so that not all do: this says which, and when. Pure.
#pragma once

#include <optional>

#include "work/members/roster.h"

namespace holm::work::members {

/// Whether an invite lets nobody in any more at a time, other than by its being closed.
bool is_spent(const Invite& invite, WallTime at);

/// When a device of a member closes an invite, unless it is closed by then: an hour after it
/// expired, or a day after it was used up, its maker's first device; ten minutes after that their
/// next; and where those are not about, three days later an owner's or admin's. Nothing when they
/// may not, or it is closed.
std::optional<WallTime> closes_at(const Roster& roster, const Invite& invite,
                                  const MemberId& member, const DeviceId& device);

}  // namespace holm::work::members
