// Team, profile and rooms.
#include <algorithm>

#include "work/apply/draft.h"
#include "work/fold.h"
#include "work/read.h"
#include "work/when.h"

namespace holm::work {
namespace {

constexpr std::size_t kNameBytes = 200;
constexpr std::size_t kTeamNameBytes = 1000;

bool is_for_some(std::string_view kind) { return kind == "private" || kind == "one-to-one"; }

/// Who may read a room is membership's to say, not a field of it.
Status check_kind(std::string_view kind) {
  if (!is_for_some(kind)) return {};
  return fail(Code::usage, "who is in a room is not changed by its kind", "nothing was changed",
              "leave it to some with: holm room private ROOM --members A,B");
}

/// Who else is in a new room for some. Of a one-to-one room both manage it.
Result<std::vector<members::RoomMember>> members_of_new(const Draft& draft,
                                                        const RoomNew& command) {
  std::vector<members::RoomMember> out;
  const auto level =
      command.kind == "one-to-one" ? members::Level::manager : members::Level::writer;
  for (const auto& name : command.members) {
    const auto who = TRY(resolve_member(draft.state, name));
    if (who == draft.acting.member) continue;
    const auto role = draft.state.roster().role(who);
    if (role == members::Role::none)
      return fail(Code::not_found, name_of(draft.state, who) + " is not in the team",
                  "nothing was changed", "ask them in with: holm invite");
    out.push_back({who, role == members::Role::guest ? members::Level::writer : level});
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

/// Two people need one room for themselves, not two.
Status check_pair(const Draft& draft, const std::vector<members::RoomMember>& others) {
  if (others.size() != 1)
    return fail(Code::usage, "a one-to-one room is for you and one other", "nothing was changed",
                "name them with --members NAME");
  for (const auto& ref : TRY(draft.state.find({.type = kRoom}))) {
    const auto object = TRY(draft.state.object(ref));
    const auto* room = draft.state.roster().room(ref.space);
    if (!object || room == nullptr || words_of(*object, room::kKind) != "one-to-one") continue;
    if (room->given.contains(others[0].member) && room->given.contains(draft.acting.member))
      return fail(Code::usage,
                  "you have a room with " + name_of(draft.state, others[0].member) + " already",
                  "nothing was changed", "it is called by their name: see holm room list");
  }
  return {};
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
  const auto* type = find_type(kRoom);
  const auto kind = TRY(parse_choice(*find_field(*type, room::kKind), command.kind));
  const bool is_pair = kind == "one-to-one";
  if (!is_pair || !command.name.empty()) TRY(check_room_name(draft.state, command.name, {}));
  TRY(check_text(command.purpose, "the purpose"));
  if (!is_for_some(kind) && !command.members.empty())
    return fail(Code::usage, "everybody in the team is in a room of this kind",
                "nothing was changed", "for some only, make it with --kind private");
  OpenRoom open;
  open.is_private = is_for_some(kind);
  open.members = TRY(members_of_new(draft, command));
  if (is_pair) TRY(check_pair(draft, open.members));
  open.nonce.resize(16);
  draft.acting.rng.fill(open.nonce);
  open.space = members::room_of(draft.state.roster().team, draft.acting.member, open.nonce);
  const auto space = open.space;
  const Ref room{space, room_object(space)};
  auto writer = draft.on(room, kRoom);
  if (!command.name.empty()) writer.put(field::kTitle, command.name);
  writer.put(room::kKind, kind)
      .put(room::kOwner, id_value(draft.acting.member))
      .insert(room::kPurpose, 0, command.purpose);
  draft.outcome.open_room = std::move(open);
  draft.answer_id(room);
  draft.outcome.answer.set("space", space.text()).set("name", command.name);
  return {};
}

Status run(Draft& draft, const RoomSet& command) {
  const auto ref = TRY(resolve_room(draft.state, command.room));
  const Subject room{ref, TRY(load(draft, ref))};
  for (const auto& [key, value] : command.values) {
    if (key == "title") TRY(check_room_name(draft.state, value, ref));
    if (key != "kind") continue;
    TRY(check_kind(value));
    const auto* known = draft.state.roster().room(ref.space);
    if (known != nullptr && known->is_private)
      return fail(Code::usage, "a room that is for some stays so", "nothing was changed",
                  "change who is in it with: holm room member");
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
