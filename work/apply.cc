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

Status check_may_write(const State& state, const MemberId& member, const SpaceId& space) {
  const auto& roster = state.roster();
  const auto refuse = [](std::string what, std::string todo) {
    return fail(Code::denied, std::move(what), "nothing was changed", std::move(todo));
  };
  const auto* room = roster.room(space);
  if (roster.role(member) == members::Role::guest && room == nullptr) {
    return refuse("guests write in the rooms they were asked into, and nowhere else",
                  "ask a member of the team to do it");
  }
  const auto level = roster.level(member, space);
  if (room == nullptr || level >= members::Level::writer) return {};
  const auto name = "'" + path_of(state, {space, room_object(space)}) + "'";
  if (level == members::Level::reader) {
    return refuse("you read in the room " + name + " and may not write there",
                  "ask somebody who manages it: holm room show");
  }
  return refuse("you are not, or no longer, in the room " + name + ": it is only to be read here",
                "ask somebody who manages it to add you");
}

Result<Outcome> apply(const State& state, const Acting& acting, const Command& command) {
  if (state.roster().role(acting.member) == members::Role::none)
    return fail(Code::denied, "you are not a member of this team", "nothing was changed",
                "ask an owner or admin to admit you");
  Draft draft{state, acting};
  TRY(std::visit([&](const auto& one) { return run(draft, one); }, command));
  if (!std::holds_alternative<RoomArchive>(command)) TRY(wake_rooms(draft));
  std::erase_if(draft.outcome.writes, [](const auto& entry) { return entry.second.empty(); });
  const auto& opened = draft.outcome.open_room;
  if (opened && state.roster().role(acting.member) < members::Role::member)
    return fail(Code::denied, "guests make no rooms", "nothing was changed",
                "ask a member of the team to do it");
  for (const auto& [space, writes] : draft.outcome.writes) {
    if (!opened || opened->space != space) TRY(check_may_write(state, acting.member, space));
  }
  return std::move(draft.outcome);
}

}  // namespace holm::work
