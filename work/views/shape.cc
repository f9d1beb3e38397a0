#include "work/views/shape.h"

#include <algorithm>

#include "base/wire.h"
#include "work/field_text.h"
#include "work/read.h"
#include "work/reference.h"
#include "work/rules/erasure.h"
#include "work/rules/life.h"
#include "work/rules/notices.h"
#include "work/when.h"

namespace holm::work::views {
namespace {

/// When each value of a register was written, by the op that wrote it.
Result<std::map<crdt::OpId, WallTime>> times_of(const State& state, const Ref& ref) {
  std::map<crdt::OpId, WallTime> out;
  for (const auto& [change, hash, author, mark] : TRY(state.history(ref))) {
    for (const auto& [i, name] : crdt::op_names(change, ref.object)) {
      out.emplace(name, change.time);
    }
  }
  return out;
}

}  // namespace

const std::string& Shape::name(const MemberId& member) {
  const auto at = names_.find(member);
  if (at != names_.end()) return at->second;
  return names_.emplace(member, name_of(state_, member)).first->second;
}

Value Shape::person(const MemberId& member) {
  if (member.is_nil()) return {};
  return Value::object().set("id", member.text()).set("name", name(member));
}

Value Shape::person(const std::optional<MemberId>& member) {
  return member ? person(*member) : Value();
}

Value Shape::people(const std::vector<MemberId>& members) {
  Value out = Value::array();
  for (const auto& member : members) out.push(person(member));
  return out;
}

Value Shape::time(WallTime at) { return rfc3339(at); }
Value Shape::time(const std::optional<WallTime>& at) { return at ? time(*at) : Value(); }

void Shape::set_instant(Value& out, std::string_view key, const Value& instant) {
  const auto decoded = decode_instant(instant);
  if (instant.is_null() || !decoded) {
    out.set(key, Value());
    return;
  }
  out.set(key, time(decoded->at));
  out.set(std::string(key) + "_zone", decoded->zone);
  out.set(std::string(key) + "_shown", show_when(decoded->at, decoded->zone));
}

Result<Value> Shape::room(const SpaceId& space) {
  if (const auto at = rooms_.find(space); at != rooms_.end()) return at->second;
  const auto object = TRY(room_of(state_, space));
  Value out;
  if (object) {
    out.set("id", room_object(space).text()).set("title", room_title(state_, space, *object));
  }
  return rooms_.emplace(space, std::move(out)).first->second;
}

Result<Value> Shape::plain(const Ref& ref, const Field& field, const Value& value) {
  if (value.is_null()) return Value();
  switch (field.holds) {
    case Holds::instant:
      if (const auto instant = decode_instant(value)) return time(instant->at);
      return Value();
    case Holds::moment: return time(WallTime(Millis(value.number())));
    case Holds::member: return person(id_in<MemberId>(value));
    case Holds::object:
      if (const auto id = id_in<ObjectId>(value)) {
        const Ref other{ref.space, *id};
        Value out = Value::object().set("id", id->text());
        const auto object = TRY(state_.object(other));
        if (object) out.set("title", TRY(title_of(state_, other, *object)));
        return out;
      }
      return Value();
    default: return value;
  }
}

Result<Value> Shape::also(const Ref& ref, const crdt::ObjectState& object) {
  Value out = Value::array();
  const auto chips = rules::also_set(state_, object);
  if (chips.empty()) return out;
  const auto times = TRY(times_of(state_, ref));
  for (const auto& chip : chips) {
    const auto& field = *chip.field;
    Value entry;
    entry.set("field", field.name).set("label", field.label);
    entry.set("value", TRY(plain(ref, field, chip.value)));
    entry.set("shown", show_field(state_, ref, field, chip.value));
    entry.set("by", person(chip.by));
    Value others = Value::array();
    const auto* cell = object.find(field.number);
    for (const auto& other : chip.others) {
      Value one;
      one.set("value", TRY(plain(ref, field, other.value)));
      one.set("shown", show_field(state_, ref, field, other.value));
      one.set("by", person(other.by));
      std::optional<WallTime> at;
      const auto encoded = encode(other.value);
      if (cell != nullptr) {
        for (const auto& written : cell->entries) {
          if (written.value != encoded) continue;
          if (const auto found = times.find(written.stamp.id); found != times.end()) {
            at = found->second;
          }
        }
      }
      others.push(one.set("at", time(at)));
    }
    out.push(entry.set("others", std::move(others)));
  }
  return out;
}

Result<Value> Shape::notices(const Ref& ref) {
  Value out = Value::array();
  for (const auto& notice : TRY(rules::notices(state_, ref))) {
    out.push(Value::object().set("kind", rules::notice_name(notice.kind)).set("text", notice.text));
  }
  return out;
}

Result<Value> Shape::erased(const Ref& container, std::uint32_t type) {
  Value out = Value::array();
  for (const auto& erasure : TRY(rules::erasures_in(state_, container, type))) {
    out.push(Value::object()
                 .set("id", erasure.target.text())
                 .set("by", person(erasure.by))
                 .set("at", time(erasure.at))
                 .set("text", rules::erasure_text(state_, erasure)));
  }
  return out;
}

std::optional<MemberId> Shape::creator(const crdt::ObjectState& object) const {
  if (const auto member = member_of(object, field::kCreator)) return member;
  return state_.author(object.born.stamp.id.log);
}

std::optional<WallTime> Shape::created(const crdt::ObjectState& object) const {
  if (const auto at = moment_of(object, field::kCreated)) return at;
  return object.born.time;
}

Result<Value> Shape::head(const Ref& ref, const crdt::ObjectState& object) {
  const auto* type = find_type(object.type);
  const auto life = TRY(rules::life_of(state_, ref, object));
  Value out;
  out.set("id", ref.object.text());
  out.set("kind", type != nullptr ? type->name : "unknown");
  out.set("title", TRY(title_of(state_, ref, object)));
  out.set("path", path_of(state_, ref));
  out.set("room", TRY(room(ref.space)));
  out.set("created", time(created(object)));
  out.set("created_by", person(creator(object)));
  out.set("changed", time(object.touched.time));
  out.set("archived", life.archived);
  return out;
}

Result<crdt::ObjectState> need(const State& state, const Ref& ref) {
  auto object = TRY(state.object(ref));
  if (!object) return fail(Code::not_found, "nothing is here under " + ref.object.text());
  return std::move(*object);
}

Result<std::vector<Ref>> placed_in(const State& state, const SpaceId& space, std::uint32_t type,
                                   const ObjectId& container) {
  return state.find({.type = type,
                     .space = space,
                     .where = {{field::kPlace, id_value(container)}},
                     .order = Lookup::By::place});
}

Result<std::vector<Ref>> children_of(const State& state, const Ref& parent, std::uint32_t type) {
  return state.find(
      {.type = type, .space = parent.space, .where = {{field::kParent, id_value(parent.object)}}});
}

}  // namespace holm::work::views
