// The parts that many answers share: people with their names, times, values of fields, "also set
// to" chips, notices, and the head with which every object begins. Made once per answer; remembers
// names it has looked up.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/value.h"
#include "crdt/object.h"
#include "work/answer.h"
#include "work/schema.h"
#include "work/state.h"

namespace holm::work::views {

class Shape {
 public:
  /// Both outlive this.
  Shape(const State& state, const Asking& asking) : state_(state), asking_(asking) {}

  const State& state() const { return state_; }
  const Asking& asking() const { return asking_; }

  /// {"id", "name"}; null for nobody.
  Value person(const MemberId& member);
  Value person(const std::optional<MemberId>& member);
  Value people(const std::vector<MemberId>& members);
  const std::string& name(const MemberId& member);

  /// RFC 3339 in UTC; null for nothing.
  static Value time(WallTime at);
  static Value time(const std::optional<WallTime>& at);
  /// Sets `key` (UTC), `key`_zone and `key`_shown from an instant; `key` to null without one.
  static void set_instant(Value& out, std::string_view key, const Value& instant);

  /// {"id", "title"} of the room that a space is; null for spaces without one.
  Result<Value> room(const SpaceId& space);

  /// A field's value for programs: times as RFC 3339, ids in full with what they name.
  Result<Value> plain(const Ref& ref, const Field& field, const Value& value);
  /// Chips: [{"field", "label", "value", "shown", "by", "others": [{"value", "shown", "by",
  /// "at"}]}].
  Result<Value> also(const Ref& ref, const crdt::ObjectState& object);
  /// [{"kind", "text"}].
  Result<Value> notices(const Ref& ref);

  /// What was erased out of a thing: [{"id", "by", "at", "text"}], by when.
  Result<Value> erased(const Ref& container, std::uint32_t type);

  /// Who made a thing and when: an import's true author and time where there are any.
  std::optional<MemberId> creator(const crdt::ObjectState& object) const;
  std::optional<WallTime> created(const crdt::ObjectState& object) const;

  /// {"id", "kind", "title", "path", "room", "created", "created_by", "changed", "archived"}.
  Result<Value> head(const Ref& ref, const crdt::ObjectState& object);

 private:
  const State& state_;
  const Asking& asking_;
  std::map<MemberId, std::string> names_;
  std::map<SpaceId, Value> rooms_;
};

/// An object that a reference was just resolved to. Errors: not_found when it is gone.
Result<crdt::ObjectState> need(const State& state, const Ref& ref);
/// Objects of a type whose place is in `container`, in order.
Result<std::vector<Ref>> placed_in(const State& state, const SpaceId& space, std::uint32_t type,
                                   const ObjectId& container);
/// Objects of a type whose parent is `parent`, oldest first.
Result<std::vector<Ref>> children_of(const State& state, const Ref& parent, std::uint32_t type);

}  // namespace holm::work::views
