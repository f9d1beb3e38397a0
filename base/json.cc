#include "base/json.h"

#include <nlohmann/json.hpp>
#include <vector>

namespace holm {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kDepthMax = 128;

/// Builds a Value from parser events, so that no second tree is held and depth stays bounded.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(std::size_t size) : size_(size) {}

  bool null() override { return add(Value()); }
  bool boolean(bool flag) override { return add(Value(flag)); }
  bool number_integer(number_integer_t number) override { return add(Value(number)); }
  bool number_unsigned(number_unsigned_t number) override {
    if (number > INT64_MAX) return add(Value(static_cast<double>(number)));
    return add(Value(number));
  }
  bool number_float(number_float_t number, const string_t&) override { return add(Value(number)); }
  bool string(string_t& text) override { return add(Value(std::move(text))); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Value::object()); }
  bool key(string_t& name) override {
    stack_.back().key = std::move(name);
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(Value::array()); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    error = position > size_ ? "it ends early, at byte " + std::to_string(size_)
                             : "not valid JSON at byte " + std::to_string(position);
    return false;
  }

  std::string error;
  Value root;

 private:
  struct Level {
    std::string key;
    Value::Array items;
    Value::Object entries;
    bool is_object;
  };

  bool open(const Value& kind) {
    if (stack_.size() >= kDepthMax) {
      error = "JSON nested deeper than " + std::to_string(kDepthMax) + " levels";
      return false;
    }
    stack_.push_back({{}, {}, {}, kind.as_object() != nullptr});
    return true;
  }
  bool close() {
    Level level = std::move(stack_.back());
    stack_.pop_back();
    return add(level.is_object ? Value(std::move(level.entries)) : Value(std::move(level.items)));
  }
  bool add(Value value) {
    if (stack_.empty()) {
      root = std::move(value);
    } else if (stack_.back().is_object) {
      stack_.back().entries.emplace_back(std::move(stack_.back().key), std::move(value));
    } else {
      stack_.back().items.push_back(std::move(value));
    }
    return true;
  }

  std::size_t size_;
  std::vector<Level> stack_;
};

Json to_tree(const Value& value) {
  if (const auto* flag = value.as_bool()) return *flag;
  if (const auto* number = value.as_int()) return *number;
  if (const auto* number = value.as_double()) return *number;
  if (const auto* text = value.as_string()) return *text;
  if (const auto* bytes = value.as_bytes()) return hex(*bytes);
  if (value.as_array() != nullptr) {
    Json out = Json::array();
    for (const auto& item : value.items()) out.push_back(to_tree(item));
    return out;
  }
  if (value.as_object() != nullptr) {
    Json out = Json::object();
    for (const auto& [key, entry] : value.entries()) out[key] = to_tree(entry);
    return out;
  }
  return nullptr;
}

}  // namespace

Result<Value> parse_json(std::string_view text) {
  Builder builder(text.size());
  const bool ok = Json::sax_parse(text, &builder);
  if (!ok) {
    return fail(Code::reject, builder.error.empty() ? "not valid JSON" : builder.error);
  }
  return std::move(builder.root);
}

std::string to_json(const Value& value, int indent) {
  return to_tree(value).dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace holm
