// Team, profile and rooms.
#include "work/apply/draft.h"
#include "work/fold.h"
#include "work/read.h"
#include "work/when.h"

namespace holm::work {
namespace {

constexpr std::size_t kNameBytes = 200;
constexpr std::size_t kTeamNameBytes = 1000;

Status check_kind(std::string_view kind) {
  if (kind != "private" && kind != "one-to-one") return {};
  return fail(Code::unsupported, "rooms for some members only are not built into this version",
              "nothing was changed", "choose project, topic or social");
}

Status check_room_name(const State& state, std::string_view name, const Ref& self) {
  TRY(check_line(name, "the room's name"));
  if (name.find('/') != std::string_view::npos)
    return fail(Code::usage, "a room's name cannot hold a slash", "nothing was changed",
                "a slash parts the room from the title: Room/Title");
  for (const auto& ref : TRY(state.find({.type = kRoom}))) {
    const auto room = TRY(state.object(ref));
    if (ref != self && room && fold(words_of(*room, field::kTitle)) == fold(name))
      return fail(Code::usage, "there is a room '" + std::string(name) + "' already",
                  "nothing was changed", "choose another name");
  }
  return {};
}

}  // namespace

Status run(Draft& draft, const TeamRename& command) {
  TRY(check_line(command.title, "the team's name", kTeamNameBytes));
  const auto team = team_ref(draft.state);
  draft.on(team, kTeam).put(field::kTitle, command.title);
  draft.answer_id(team);
  return {};
}

Status run(Draft& draft, const ProfileSet& command) {
  const auto profile = profile_ref(draft.state, draft.acting.member);
  if (command.values.empty())
    return fail(Code::usage, "nothing to set", "nothing was changed",
                "write key=value; keys are name, zone, hours");
  for (const auto& [key, value] : command.values) {
    auto writer = draft.on(profile, kProfile);
    if (key == "name") {
      TRY(check_line(value, "the name", kNameBytes));
      writer.put(profile::kName, value);
    } else if (key == "zone") {
      if (!is_zone(value))
        return fail(Code::usage, "'" + value.substr(0, 80) + "' is no time zone",
                    "nothing was changed", "write one like Europe/Lisbon");
      writer.put(profile::kZone, value);
    } else if (key == "hours") {
      TRY(check_hours(value));
      writer.put(profile::kHours, value);
    } else {
      return fail(Code::usage, "a profile has no '" + key.substr(0, 80) + "' to set",
                  "nothing was changed", "keys are name, zone, hours");
    }
  }
  draft.answer_id(profile);
  return {};
}

Status run(Draft& draft, const RoomNew& command) {
  TRY(check_room_name(draft.state, command.name, {}));
  const auto* type = find_type(kRoom);
  const auto kind = TRY(parse_choice(*find_field(*type, room::kKind), command.kind));
  TRY(check_kind(kind));
  TRY(check_text(command.purpose, "the purpose"));
  const auto space = draft.acting.rng.id<SpaceId>();
  const Ref room{space, room_object(space)};
  draft.on(room, kRoom)
      .put(field::kTitle, command.name)
      .put(room::kKind, kind)
      .put(room::kOwner, id_value(draft.acting.member))
      .insert(room::kPurpose, 0, command.purpose);
  draft.outcome.open_room = space;
  draft.answer_id(room);
  draft.outcome.answer.set("space", space.text()).set("name", command.name);
  return {};
}

Status run(Draft& draft, const RoomSet& command) {
  const auto ref = TRY(resolve_room(draft.state, command.room));
  const Subject room{ref, TRY(load(draft, ref))};
  for (const auto& [key, value] : command.values) {
    if (key == "title") TRY(check_room_name(draft.state, value, ref));
    if (key == "kind") TRY(check_kind(value));
  }
  TRY(set_fields(draft, room, command.values,
                 {field::kTitle, room::kPurpose, room::kKind, room::kOwner, field::kTags}));
  draft.answer_id(ref);
  return {};
}

Status run(Draft& draft, const RoomArchive& command) {
  const auto ref = TRY(resolve_room(draft.state, command.room));
  TRY(archive(draft, {ref, TRY(load(draft, ref))},
              command.off ? Archiving::back : Archiving::away));
  draft.answer_id(ref);
  return {};
}

}  // namespace holm::work
