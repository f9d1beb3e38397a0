#include "work/field_text.h"

#include <charconv>
#include <vector>

#include "base/json.h"
#include "work/file_content.h"
#include "work/fold.h"
#include "work/read.h"
#include "work/reference.h"
#include "work/when.h"

namespace holm::work {
namespace {

std::vector<std::string_view> choices_of(const Field& field) {
  std::vector<std::string_view> out;
  auto rest = field.choices;
  while (!rest.empty()) {
    const auto cut = rest.find('|');
    out.push_back(rest.substr(0, cut));
    rest = cut == std::string_view::npos ? std::string_view{} : rest.substr(cut + 1);
  }
  return out;
}

Result<Value> parse_number(const Field& field, std::string_view text) {
  if (field.name == "estimate") return Value(TRY(parse_minutes(text)));
  if (text.ends_with('%')) text.remove_suffix(1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size())
    return fail(Code::usage, std::string(field.label) + " is a whole number",
                "nothing was changed");
  const bool is_percent = field.name == "percent";
  if (number < 0 || number > (is_percent ? 100 : 1'000'000))
    return fail(
        Code::usage,
        std::string(field.label) + " lies between 0 and " + (is_percent ? "100" : "1000000"),
        "nothing was changed");
  return Value(number);
}

/// ["member", id] or ["message", id].
Result<Value> parse_waiting_on(const State& state, std::string_view text) {
  if (const auto member = resolve_member(state, text))
    return Value(Value::Array{"member", id_value(*member)});
  const auto message = TRY(resolve(state, text, {kMessage}));
  return Value(Value::Array{"message", id_value(message.object)});
}

std::string show_tree(const State& state, const Ref& ref, const Field& field, const Value& value) {
  const auto& items = value.items();
  if (field.name == "waiting_on" && items.size() == 2) {
    if (items[0].text() == "member")
      if (const auto member = id_in<MemberId>(items[1])) return name_of(state, *member);
    if (const auto object = id_in<ObjectId>(items[1])) return path_of(state, {ref.space, *object});
  }
  if (field.name == "links" && items.size() == 2)
    return std::string(items[0].text()) + " <" + std::string(items[1].text()) + ">";
  if (field.name == "resolved" && items.size() >= 2)
    if (const auto member = id_in<MemberId>(items[0]))
      return name_of(state, *member) + ", " + show_when(WallTime{Millis{items[1].number()}}, "UTC");
  if (field.name == "content")
    if (const auto content = file_content_from(value))
      return std::to_string(content->bytes) + " bytes, " +
             hex(ByteView(content->hash.bytes).first(4));
  return to_json(value);
}

}  // namespace

Result<std::string> parse_choice(const Field& field, std::string_view text) {
  const auto wanted = fold(text);
  std::string list;
  std::string_view begun;
  std::size_t fits = 0;
  for (const auto choice : choices_of(field)) {
    if (choice == wanted) return std::string(choice);
    list += (list.empty() ? "" : ", ") + std::string(choice);
    if (!wanted.empty() && choice.starts_with(wanted)) {
      begun = choice;
      ++fits;
    }
  }
  if (fits == 1) return std::string(begun);
  return fail(Code::usage,
              std::string(field.label) + " cannot be '" + std::string(text.substr(0, 40)) + "'",
              "nothing was changed", "choose one of " + list);
}

Result<Value> parse_field(const State& state, const Ref& ref, const Field& field,
                          std::string_view text, const Moment& when) {
  if (text.empty() || text == "none") return Value{};
  switch (field.holds) {
    case Holds::words: TRY(check_line(text, field.label)); return Value(text);
    case Holds::number: return parse_number(field, text);
    case Holds::flag:
      if (text == "true" || text == "yes" || text == "on") return Value(true);
      if (text == "false" || text == "no" || text == "off") return Value(false);
      return fail(Code::usage, std::string(field.label) + " is yes or no", "nothing was changed");
    case Holds::instant: return encode(TRY(parse_when(text, when.now, when.zone)));
    case Holds::moment:
      return Value(static_cast<long long>(
          TRY(parse_when(text, when.now, when.zone)).at.time_since_epoch().count()));
    case Holds::member: return id_value(TRY(resolve_member(state, text)));
    case Holds::object: {
      const auto found = TRY(resolve(state, text, {}));
      if (found.space != ref.space)
        return fail(Code::usage, "'" + std::string(text) + "' is in another room",
                    "nothing was changed");
      return id_value(found.object);
    }
    case Holds::choice: return Value(TRY(parse_choice(field, text)));
    case Holds::tree:
      if (field.name == "waiting_on") return parse_waiting_on(state, text);
      break;
    case Holds::bytes: break;
  }
  return fail(Code::usage, std::string(field.label) + " cannot be set by hand",
              "nothing was changed");
}

std::string show_field(const State& state, const Ref& ref, const Field& field, const Value& value) {
  if (value.is_null()) return {};
  switch (field.holds) {
    case Holds::words:
    case Holds::choice: return std::string(value.text());
    case Holds::number: return std::to_string(value.number());
    case Holds::flag: return value.flag() ? "yes" : "no";
    case Holds::instant:
      if (const auto instant = decode_instant(value)) return show_when(instant->at, instant->zone);
      return {};
    case Holds::moment: return show_when(WallTime{Millis{value.number()}}, "UTC");
    case Holds::member:
      if (const auto member = id_in<MemberId>(value)) return name_of(state, *member);
      return {};
    case Holds::object:
      if (const auto object = id_in<ObjectId>(value)) return path_of(state, {ref.space, *object});
      return {};
    case Holds::tree: return show_tree(state, ref, field, value);
    case Holds::bytes: return value.as_bytes() ? hex(*value.as_bytes()) : std::string{};
  }
  return {};
}

}  // namespace holm::work
