#include "work/command_codec.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/wire.h"

namespace holm::work {
namespace {

/// More pairs or words than any command line holds; bounds what a decoder builds.
constexpr std::size_t kListMax = 4096;

Value to_tree(const std::string& text) { return text; }
Value to_tree(bool flag) { return flag; }
Value to_tree(std::uint64_t number) { return number; }
Value to_tree(const Words& words) {
  auto out = Value::array();
  for (const auto& word : words) out.push(word);
  return out;
}
Value to_tree(const Pairs& pairs) {
  auto out = Value::array();
  for (const auto& [key, value] : pairs) out.push(Value(Value::Array{key, value}));
  return out;
}

struct Encoder {
  Value& out;

  void operator()() {}
  template <class Member, class... Rest>
  void operator()(const char* name, Member& member, Rest&&... rest) {
    if constexpr (std::is_same_v<Member, Optional>) {
      if (member) out.set(name, *member);
    } else {
      out.set(name, to_tree(member));
    }
    (*this)(std::forward<Rest>(rest)...);
  }
};

Status wrong(std::string_view name, std::string_view wanted) {
  return fail(Code::usage, "'" + std::string(name) + "' is not " + std::string(wanted), {},
              "see holm help");
}

Status from_tree(const Value& value, std::string_view name, std::string& out) {
  const auto* text = value.as_string();
  if (!text) return wrong(name, "text");
  if (!is_utf8(*text)) return wrong(name, "valid UTF-8");
  out = *text;
  return {};
}
Status from_tree(const Value& value, std::string_view name, Optional& out) {
  if (value.is_null()) return {};
  return from_tree(value, name, out.emplace());
}
Status from_tree(const Value& value, std::string_view name, bool& out) {
  const auto* flag = value.as_bool();
  if (!flag) return wrong(name, "true or false");
  out = *flag;
  return {};
}
Status from_tree(const Value& value, std::string_view name, std::uint64_t& out) {
  const auto* number = value.as_int();
  if (!number || *number < 0) return wrong(name, "a whole number from 0");
  out = static_cast<std::uint64_t>(*number);
  return {};
}
Status from_tree(const Value& value, std::string_view name, Words& out) {
  const auto* items = value.as_array();
  if (!items || items->size() > kListMax) return wrong(name, "a list of words");
  for (const auto& item : *items) TRY(from_tree(item, name, out.emplace_back()));
  return {};
}
Status from_tree(const Value& value, std::string_view name, Pairs& out) {
  const auto* items = value.as_array();
  if (!items || items->size() > kListMax) return wrong(name, "a list of pairs");
  for (const auto& item : *items) {
    if (item.items().size() != 2) return wrong(name, "a list of pairs");
    auto& [key, text] = out.emplace_back();
    TRY(from_tree(item.items()[0], name, key));
    TRY(from_tree(item.items()[1], name, text));
  }
  return {};
}

struct Decoder {
  const Value& in;
  Status status{};
  std::size_t used = 0;

  void operator()() {}
  template <class Member, class... Rest>
  void operator()(const char* name, Member& member, Rest&&... rest) {
    if (status && in.has(name)) {
      ++used;
      status = from_tree(in[name], name, member);
    }
    (*this)(std::forward<Rest>(rest)...);
  }
};

/// Collects the names of a struct's fields, for naming the key that fits none.
struct Names {
  std::vector<std::string_view> names{};

  void operator()() {}
  template <class Member, class... Rest>
  void operator()(const char* name, Member&, Rest&&... rest) {
    names.emplace_back(name);
    (*this)(std::forward<Rest>(rest)...);
  }
};

template <class Variant>
Value encode_any(const Variant& variant) {
  return std::visit(
      [](auto one) {
        Value out = Value::object();
        out.set("do", one.kName);
        one.fields(Encoder{out});
        return out;
      },
      variant);
}

template <class One>
Result<One> decode_one(const Value& value) {
  One one;
  Decoder decoder{value};
  one.fields(decoder);
  if (!decoder.status) return fail(std::move(decoder.status).error());
  if (decoder.used + 1 == value.entries().size()) return one;
  Names known;
  one.fields(known);
  for (const auto& [key, unused] : value.entries())
    if (key != "do" && std::find(known.names.begin(), known.names.end(), key) == known.names.end())
      return fail(Code::usage, std::string(One::kName) + " has no '" + key + "'", {},
                  "see holm help");
  return fail(Code::usage, std::string(One::kName) + " names a key twice");
}

template <class Variant, std::size_t... I>
Result<Variant> decode_any(const Value& value, std::index_sequence<I...>) {
  if (!value.as_object()) return fail(Code::usage, "a command is a map with the key 'do'");
  const auto name = value["do"].text();
  Result<Variant> out =
      fail(Code::usage, "there is no command '" + std::string(name) + "'", {}, "see holm help");
  auto attempt = [&]<class One>(std::type_identity<One>) {
    if (One::kName != name) return false;
    auto one = decode_one<One>(value);
    if (one) {
      out = Variant(std::move(*one));
    } else {
      out = fail(std::move(one).error());
    }
    return true;
  };
  (attempt(std::type_identity<std::variant_alternative_t<I, Variant>>{}) || ...);
  return out;
}

template <class Variant>
using Alternatives = std::make_index_sequence<std::variant_size_v<Variant>>;

template <std::size_t... I>
bool any_query_named(std::string_view name, std::index_sequence<I...>) {
  return ((std::variant_alternative_t<I, Query>::kName == name) || ...);
}

}  // namespace

Value to_value(const Command& command) { return encode_any(command); }
Value to_value(const Query& query) { return encode_any(query); }

Result<Command> command_from(const Value& value) {
  return decode_any<Command>(value, Alternatives<Command>{});
}
Result<Query> query_from(const Value& value) {
  return decode_any<Query>(value, Alternatives<Query>{});
}

bool is_query(std::string_view name) { return any_query_named(name, Alternatives<Query>{}); }

}  // namespace holm::work
