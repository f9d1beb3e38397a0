// A team's history of trust as people would tell it: one sentence an op.
#pragma once

#include <functional>
#include <string>

#include "work/members/trust.h"

namespace holm::work::members {

struct Names {
  std::function<std::string(const MemberId&)> person;
  std::function<std::string(const DeviceId&)> device;
  /// "the room "Yard"", or "a room" where its title is not known.
  std::function<std::string(const SpaceId&)> room;
  /// Whether an invite let nobody in any more at a time, before it was closed.
  std::function<bool(const ShortHash&, WallTime)> is_spent;
};

/// "Ana removed Bo. It is final." Ends with what became of it, where it did not simply hold.
std::string sentence(const Judged& judged, const Names& names);

/// What removing or lowering somebody of a role means before it is done, for a dialog (PRODUCT.md
/// 3.1): whether it is final, or else how it could be undone.
std::string forewarning(const std::string& whom, Role role, bool is_self, bool is_final,
                        bool will_wait);
/// The same of making a removal final that could be contested.
std::string forewarning_of_confirming(const std::string& whom);
/// What making somebody an owner means where the only owner means to leave.
std::string succession_warning(const std::string& whom);

}  // namespace holm::work::members
