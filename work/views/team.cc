// The team: who belongs, with which devices, by which invites.
#include <algorithm>

#include "work/read.h"
#include "work/reference.h"
#include "work/views/shape.h"
#include "work/views/view.h"

namespace holm::work::views {
namespace {

Value device_value(Shape& shape, const members::Device& device) {
  Value out;
  out.set("id", device.id.text()).set("label", label_of(shape.state(), device));
  out.set("member", shape.person(device.member));
  out.set("added", Shape::time(device.added));
  out.set("dropped", device.dropped);
  out.set("this", device.id == shape.state().device());
  return out;
}

std::string_view state_of(const members::Invite& invite, WallTime now) {
  if (invite.closed) return "cancelled";
  if (invite.used >= invite.uses) return "used";
  if (invite.expires != WallTime{} && invite.expires <= now) return "expired";
  return "open";
}

}  // namespace

Result<Value> view(const State& state, const Asking& asking, const TeamShow&) {
  Shape shape(state, asking);
  const auto& roster = state.roster();
  const auto team = TRY(state.object(team_ref(state)));
  auto name = team ? words_of(*team, field::kTitle) : std::string();
  if (name.empty()) name = roster.team_name;
  Value members = Value::array();
  for (const auto& [id, person] : roster.people) {
    if (person.role == members::Role::none) continue;
    Value devices = Value::array();
    for (const auto& [device_id, device] : roster.devices) {
      if (device.member == id && !device.dropped) devices.push(device_value(shape, device));
    }
    Value entry;
    entry.set("id", id.text()).set("name", shape.name(id));
    entry.set("role", members::role_name(person.role));
    entry.set("devices", std::move(devices));
    entry.set("joined", Shape::time(person.joined));
    entry.set("me", id == state.self());
    // A leave that waits for another owner: in membership, or meant while there is none.
    const bool is_meant = person.role == members::Role::owner && TRY(means_to_leave(state, id));
    if (person.is_leaving || is_meant) entry.set("leaving", true);
    members.push(std::move(entry));
  }
  Value out;
  out.set("team", roster.team.text()).set("name", name).set("members", std::move(members));
  out.set("rooms", roster.rooms.size());
  if (team) out.set("also", TRY(shape.also(team_ref(state), *team)));
  return out;
}

Result<Value> view(const State& state, const Asking& asking, const InviteList& query) {
  Shape shape(state, asking);
  Value invites = Value::array();
  for (const auto& [id, invite] : state.roster().invites) {
    const auto standing = state_of(invite, asking.now);
    if (standing != "open" && !query.all) continue;
    Value entry;
    entry.set("id", id.text()).set("role", members::role_name(invite.role));
    entry.set("made_by", shape.person(invite.made_by));
    entry.set("uses", invite.uses).set("used", invite.used);
    entry.set("expires", invite.expires == WallTime{} ? Value() : Shape::time(invite.expires));
    entry.set("state", standing);
    Value rooms = Value::array();
    for (const auto& room : invite.rooms) rooms.push(path_of(state, {room, room_object(room)}));
    entry.set("rooms", std::move(rooms));
    invites.push(std::move(entry));
  }
  return Value::object().set("invites", std::move(invites));
}

Result<Value> view(const State& state, const Asking& asking, const DeviceList& query) {
  Shape shape(state, asking);
  std::optional<MemberId> member;
  if (query.member) member = TRY(resolve_member(state, *query.member));
  Value devices = Value::array();
  for (const auto& [id, device] : state.roster().devices) {
    if (!member || device.member == *member) devices.push(device_value(shape, device));
  }
  return Value::object().set("devices", std::move(devices));
}

Result<Value> view(const State& state, const Asking& asking, const ProfileShow& query) {
  Shape shape(state, asking);
  const auto member = query.member ? TRY(resolve_member(state, *query.member)) : state.self();
  const auto profile = TRY(state.object(profile_ref(state, member)));
  const auto words = [&](std::uint32_t field) {
    auto text = profile ? words_of(*profile, field, member.view()) : std::string();
    return text.empty() ? Value() : Value(std::move(text));
  };
  Value out;
  out.set("member", member.text()).set("name", shape.name(member));
  out.set("role", members::role_name(state.roster().role(member)));
  out.set("zone", words(profile::kZone)).set("hours", words(profile::kHours));
  out.set("me", member == state.self());
  return out;
}

}  // namespace holm::work::views
