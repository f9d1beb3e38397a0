#include "work/read.h"

#include "base/wire.h"
#include "work/schema.h"

namespace holm::work {
namespace {

Value decoded(ByteView bytes) {
  auto value = decode_value(bytes);
  return value ? std::move(*value) : Value{};
}

}  // namespace

Value value_of(const crdt::ObjectState& object, std::uint32_t field, ByteView key) {
  const auto* bytes = object.value(field, key);
  return bytes ? decoded(*bytes) : Value{};
}

std::string words_of(const crdt::ObjectState& object, std::uint32_t field, ByteView key) {
  return std::string(value_of(object, field, key).text());
}

std::optional<std::int64_t> number_of(const crdt::ObjectState& object, std::uint32_t field) {
  const auto value = value_of(object, field);
  const auto* number = value.as_int();
  return number ? std::optional(*number) : std::nullopt;
}

std::optional<ObjectId> object_of(const crdt::ObjectState& object, std::uint32_t field) {
  return id_in<ObjectId>(value_of(object, field));
}

std::optional<MemberId> member_of(const crdt::ObjectState& object, std::uint32_t field) {
  return id_in<MemberId>(value_of(object, field));
}

std::optional<WallTime> moment_of(const crdt::ObjectState& object, std::uint32_t field) {
  const auto number = number_of(object, field);
  return number ? std::optional(WallTime{Millis{*number}}) : std::nullopt;
}

std::vector<Value> values_of(const crdt::ObjectState& object, std::uint32_t field) {
  std::vector<Value> out;
  if (const auto* cell = object.find(field))
    for (const auto& bytes : crdt::set_values(*cell)) out.push_back(decoded(bytes));
  return out;
}

std::vector<MemberId> members_of(const crdt::ObjectState& object, std::uint32_t field) {
  std::vector<MemberId> out;
  for (const auto& value : values_of(object, field))
    if (auto id = id_in<MemberId>(value)) out.push_back(*id);
  return out;
}

std::optional<crdt::Place> place_of(const crdt::ObjectState& object) {
  const auto* bytes = object.value(field::kPlace);
  if (!bytes) return std::nullopt;
  auto place = crdt::decode_place(*bytes);
  return place ? std::optional(std::move(*place)) : std::nullopt;
}

bool is_archived(const crdt::ObjectState& object) {
  return !value_of(object, field::kArchived).is_null();
}

}  // namespace holm::work
