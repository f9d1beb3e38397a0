// A JSON-like tree: the content of registers, answers of queries, and what importers read.
// Values compare by content. Objects keep the order in which keys were added.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"

namespace holm {

class Value {
 public:
  using Array = std::vector<Value>;
  using Entry = std::pair<std::string, Value>;
  using Object = std::vector<Entry>;  // keys unique; order kept

  // NOLINTBEGIN(google-explicit-constructor): anything of these kinds is a value
  Value() = default;  // null
  Value(std::nullptr_t) {}
  Value(bool flag) : data_(flag) {}
  Value(int number) : data_(static_cast<std::int64_t>(number)) {}
  Value(unsigned number) : data_(static_cast<std::int64_t>(number)) {}
  Value(long number) : data_(static_cast<std::int64_t>(number)) {}
  Value(long long number) : data_(static_cast<std::int64_t>(number)) {}
  Value(unsigned long number) : data_(static_cast<std::int64_t>(number)) {}
  Value(unsigned long long number) : data_(static_cast<std::int64_t>(number)) {}
  Value(double number) : data_(number) {}
  Value(const char* text) : data_(std::string(text)) {}
  Value(std::string_view text) : data_(std::string(text)) {}
  Value(std::string text) : data_(std::move(text)) {}
  Value(Bytes bytes) : data_(std::move(bytes)) {}
  Value(Array items) : data_(std::move(items)) {}
  Value(Object entries) : data_(std::move(entries)) {}
  // NOLINTEND(google-explicit-constructor)

  static Value array() { return Value(Array{}); }
  static Value object() { return Value(Object{}); }

  bool is_null() const { return data_.index() == 0; }
  const bool* as_bool() const { return std::get_if<bool>(&data_); }
  const std::int64_t* as_int() const { return std::get_if<std::int64_t>(&data_); }
  const double* as_double() const { return std::get_if<double>(&data_); }
  const std::string* as_string() const { return std::get_if<std::string>(&data_); }
  const Bytes* as_bytes() const { return std::get_if<Bytes>(&data_); }
  const Array* as_array() const { return std::get_if<Array>(&data_); }
  const Object* as_object() const { return std::get_if<Object>(&data_); }

  // Lenient readers for data of unknown shape: the fallback when the kind differs.
  bool flag(bool otherwise = false) const;
  std::int64_t number(std::int64_t otherwise = 0) const;
  std::string_view text(std::string_view otherwise = {}) const;
  /// The items of an array; empty for any other kind.
  const Array& items() const;
  /// The entries of an object; empty for any other kind.
  const Object& entries() const;

  /// The value at `key` of an object; null when absent or no object. O(keys).
  const Value& operator[](std::string_view key) const;
  bool has(std::string_view key) const;
  /// Sets `key`, turning null into an object first. Returns *this, so calls chain.
  Value& set(std::string_view key, Value value);
  /// Appends to an array, turning null into an array first.
  Value& push(Value value);

  bool operator==(const Value&) const = default;

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Bytes, Array, Object> data_;
};

}  // namespace holm
