#include "base/value.h"

#include "base/ensure.h"

namespace holm {

bool Value::flag(bool otherwise) const {
  const auto* held = as_bool();
  return held ? *held : otherwise;
}

std::int64_t Value::number(std::int64_t otherwise) const {
  if (const auto* held = as_int()) return *held;
  if (const auto* held = as_double()) {
    if (*held >= -9.0e18 && *held <= 9.0e18) return static_cast<std::int64_t>(*held);
  }
  return otherwise;
}

std::string_view Value::text(std::string_view otherwise) const {
  const auto* held = as_string();
  return held ? std::string_view(*held) : otherwise;
}

const Value::Array& Value::items() const {
  static const Array kEmpty;
  const auto* held = as_array();
  return held ? *held : kEmpty;
}

const Value::Object& Value::entries() const {
  static const Object kEmpty;
  const auto* held = as_object();
  return held ? *held : kEmpty;
}

const Value& Value::operator[](std::string_view key) const {
  static const Value kNull;
  for (const auto& [name, value] : entries()) {
    if (name == key) return value;
  }
  return kNull;
}

bool Value::has(std::string_view key) const {
  for (const auto& [name, value] : entries()) {
    if (name == key) return true;
  }
  return false;
}

Value& Value::set(std::string_view key, Value value) {
  if (is_null()) data_ = Object{};
  auto* held = std::get_if<Object>(&data_);
  ENSURE(held != nullptr);
  for (auto& [name, present] : *held) {
    if (name == key) {
      present = std::move(value);
      return *this;
    }
  }
  held->emplace_back(std::string(key), std::move(value));
  return *this;
}

Value& Value::push(Value value) {
  if (is_null()) data_ = Array{};
  auto* held = std::get_if<Array>(&data_);
  ENSURE(held != nullptr);
  held->push_back(std::move(value));
  return *this;
}

}  // namespace holm
