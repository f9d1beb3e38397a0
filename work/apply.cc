#include "work/apply.h"

#include "work/apply/draft.h"
#include "work/read.h"

namespace holm::work {
namespace {

/// Writing in an archived room revives it.
Status wake_rooms(Draft& draft) {
  std::vector<SpaceId> spaces;
  for (const auto& [space, writes] : draft.outcome.writes)
    if (!writes.empty() && space != draft.state.commons()) spaces.push_back(space);
  for (const auto& space : spaces) {
    const Ref ref{space, room_object(space)};
    const auto room = TRY(room_of(draft.state, space));
    if (!room || !is_archived(*room)) continue;
    draft.on(ref, kRoom).put(field::kArchived, Value{});
    draft.notice("the room '" + words_of(*room, field::kTitle) +
                 "' was archived: writing in it brought it back");
  }
  return {};
}

}  // namespace

Result<Outcome> apply(const State& state, const Acting& acting, const Command& command) {
  if (state.roster().role(acting.member) == members::Role::none)
    return fail(Code::denied, "you are not a member of this team", "nothing was changed",
                "ask an owner or admin to admit you");
  Draft draft{state, acting};
  TRY(std::visit([&](const auto& one) { return run(draft, one); }, command));
  if (!std::holds_alternative<RoomArchive>(command)) TRY(wake_rooms(draft));
  std::erase_if(draft.outcome.writes, [](const auto& entry) { return entry.second.empty(); });
  return std::move(draft.outcome);
}

}  // namespace holm::work
