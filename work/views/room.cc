// Rooms and what is in them.
#include "work/read.h"
#include "work/reference.h"
#include "work/rules/life.h"
#include "work/views/shape.h"
#include "work/views/view.h"

namespace holm::work::views {
namespace {

Result<Value> room_value(Shape& shape, const Ref& ref, const crdt::ObjectState& room) {
  const auto& state = shape.state();
  Value out = TRY(shape.head(ref, room));
  out.set("space", ref.space.text());
  const auto kind = words_of(room, room::kKind);
  const auto* known = state.roster().room(ref.space);
  const bool is_private = known != nullptr && known->is_private;
  out.set("room_kind", is_private && kind != "one-to-one" ? "private"
                       : kind.empty()                     ? "project"
                                                          : kind);
  out.set("private", is_private);
  const auto mine = state.roster().level(state.self(), ref.space);
  out.set("my_level", known == nullptr ? Value() : Value(members::level_name(mine)));
  out.set("manages", state.roster().manages(state.self(), ref.space));
  out.set("purpose", TRY(state.text(ref, room::kPurpose)));
  out.set("owner", shape.person(member_of(room, room::kOwner)));
  const auto count = [&](std::uint32_t type) -> Result<Value> {
    // Few are archived, so only those are read.
    auto live = TRY(state.count({.type = type, .space = ref.space}));
    for (const auto& at :
         TRY(state.find({.type = type, .space = ref.space, .having = {field::kArchived}}))) {
      if (TRY(rules::life_of(state, at)).archived) --live;
    }
    return Value(live);
  };
  out.set("documents", TRY(count(kDocument)));
  out.set("boards", TRY(count(kBoard)));
  out.set("threads", TRY(count(kThread)));
  return out;
}

/// Who was given a level in a room, and has it: all who are in a private one.
Value room_members(Shape& shape, const SpaceId& space) {
  const auto& roster = shape.state().roster();
  Value out = Value::array();
  const auto* room = roster.room(space);
  if (room == nullptr) return out;
  for (const auto& [member, given] : room->given) {
    const auto level = roster.level(member, space);
    if (level == members::Level::none) continue;
    auto entry = shape.person(member);
    entry.set("level", members::level_name(level));
    entry.set("role", members::role_name(roster.role(member)));
    out.push(std::move(entry));
  }
  return out;
}

}  // namespace

Result<Value> view(const State& state, const Asking& asking, const RoomList& query) {
  Shape shape(state, asking);
  Value rooms = Value::array();
  for (const auto& ref : TRY(state.find({.type = kRoom, .order = Lookup::By::title}))) {
    const auto object = TRY(need(state, ref));
    auto room = TRY(room_value(shape, ref, object));
    if (query.archived || !room["archived"].flag()) rooms.push(std::move(room));
  }
  return Value::object().set("rooms", std::move(rooms));
}

Result<Value> view(const State& state, const Asking& asking, const RoomShow& query) {
  Shape shape(state, asking);
  const auto ref = TRY(resolve_room(state, query.room));
  const auto object = TRY(need(state, ref));
  auto out = TRY(room_value(shape, ref, object));
  const auto things = [&](std::uint32_t type) -> Result<Value> {
    Value list = Value::array();
    for (const auto& at :
         TRY(state.find({.type = type, .space = ref.space, .order = Lookup::By::title}))) {
      const auto thing = TRY(need(state, at));
      if (!TRY(rules::life_of(state, at, thing)).archived) {
        list.push(TRY(shape.head(at, thing)));
      }
    }
    return list;
  };
  Value contents;
  contents.set("documents", TRY(things(kDocument)));
  contents.set("boards", TRY(things(kBoard)));
  contents.set("threads", TRY(things(kThread)));
  out.set("members", room_members(shape, ref.space));
  out.set("contents", std::move(contents));
  out.set("also", TRY(shape.also(ref, object)));
  out.set("notices", TRY(shape.notices(ref)));
  return out;
}

}  // namespace holm::work::views
