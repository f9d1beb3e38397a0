// What the fields of an object say, decoded. Lenient: content of another shape than the schema's
// reads as absent, because a newer or hostile program may have written it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/value.h"
#include "crdt/object.h"
#include "crdt/order.h"

namespace holm::work {

/// The winner of a register; null when none stands.
Value value_of(const crdt::ObjectState& object, std::uint32_t field, ByteView key = {});
/// Text of a register; empty when there is none.
std::string words_of(const crdt::ObjectState& object, std::uint32_t field, ByteView key = {});
std::optional<std::int64_t> number_of(const crdt::ObjectState& object, std::uint32_t field);
std::optional<ObjectId> object_of(const crdt::ObjectState& object, std::uint32_t field);
std::optional<MemberId> member_of(const crdt::ObjectState& object, std::uint32_t field);
std::optional<WallTime> moment_of(const crdt::ObjectState& object, std::uint32_t field);
/// Values of a set that stand, decoded, ascending by their bytes.
std::vector<Value> values_of(const crdt::ObjectState& object, std::uint32_t field);
/// Members of a set; those that are no member id are left out.
std::vector<MemberId> members_of(const crdt::ObjectState& object, std::uint32_t field);
/// Where it stands; nothing when it has no place.
std::optional<crdt::Place> place_of(const crdt::ObjectState& object);
/// An archived moment stands. What was edited meanwhile lives on all the same: rules/life.h.
bool is_archived(const crdt::ObjectState& object);

template <class AnyId>
std::optional<AnyId> id_in(const Value& value) {
  const auto* bytes = value.as_bytes();
  return bytes ? AnyId::from(*bytes) : std::nullopt;
}
template <class Tag, std::size_t N>
Value id_value(const Id<Tag, N>& id) {
  return Value(to_bytes(id.view()));
}
/// Member ids and objects of people share one id space: placeholders are objects.
inline MemberId as_member(const ObjectId& id) { return MemberId{id.bytes}; }
inline ObjectId as_object(const MemberId& id) { return ObjectId{id.bytes}; }

}  // namespace holm::work
