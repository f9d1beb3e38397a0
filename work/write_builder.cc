#include "work/write_builder.h"

#include "base/ensure.h"
#include "base/wire.h"

namespace holm::work {
namespace {

const Type& known(std::uint32_t number) {
  const auto* type = find_type(number);
  ENSURE(type != nullptr);
  return *type;
}

}  // namespace

WriteBuilder::WriteBuilder(std::vector<crdt::Write>& out, const ObjectId& object,
                           std::uint32_t type)
    : out_(out), object_(object), type_(known(type)) {}

crdt::Write& WriteBuilder::append(std::uint32_t field, crdt::Action action) {
  const auto* entry = find_field(type_, field);
  ENSURE(entry != nullptr);
  auto& write = out_.emplace_back();
  write.object = object_;
  write.type = type_.number;
  write.field = field;
  write.kind = entry->kind;
  write.action = action;
  return write;
}

WriteBuilder& WriteBuilder::put(std::uint32_t field, const Value& value) {
  append(field, crdt::Action::put).value = encode(value);
  return *this;
}

WriteBuilder& WriteBuilder::put_if(std::uint32_t field, const Value& value) {
  return value.is_null() ? *this : put(field, value);
}

WriteBuilder& WriteBuilder::add(std::uint32_t field, const Value& value) {
  append(field, crdt::Action::add).value = encode(value);
  return *this;
}

WriteBuilder& WriteBuilder::take_away(std::uint32_t field, const Value& value) {
  append(field, crdt::Action::remove).value = encode(value);
  return *this;
}

WriteBuilder& WriteBuilder::place(const ObjectId& container, Bytes key) {
  append(field::kPlace, crdt::Action::put).value = encode(crdt::Place{container, std::move(key)});
  return *this;
}

WriteBuilder& WriteBuilder::insert(std::uint32_t field, std::uint64_t pos, std::string_view text) {
  if (text.empty()) return *this;
  auto& write = append(field, crdt::Action::insert);
  write.pos = pos;
  write.text = std::string(text);
  return *this;
}

WriteBuilder& WriteBuilder::erase(std::uint32_t field, std::uint64_t pos, std::uint64_t len) {
  if (len == 0) return *this;
  auto& write = append(field, crdt::Action::erase);
  write.pos = pos;
  write.len = len;
  return *this;
}

}  // namespace holm::work
