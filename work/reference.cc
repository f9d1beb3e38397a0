#include "work/reference.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/wire.h"
#include "crdt/text/utf8.h"
#include "crypto/hash.h"
#include "work/fold.h"
#include "work/read.h"
#include "work/rules/erasure.h"
#include "work/schema.h"
#include "work/when.h"

namespace holm::work {
namespace {

constexpr std::size_t kListed = 8;        ///< candidates named in an error
constexpr std::size_t kPrefixDigits = 4;  ///< shorter prefixes are words
constexpr std::size_t kReferenceBytes = 4096;
constexpr std::uint64_t kShownPoints = 60;

enum class Match { exact, folded };

bool matches(std::string_view a, std::string_view b, Match how) {
  return how == Match::exact ? a == b : fold(a) == fold(b);
}

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
  });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return out;
}

Result<void> check_reference(std::string_view text, std::string_view what) {
  if (text.empty()) return fail(Code::usage, "no " + std::string(what) + " was named");
  if (text.size() > kReferenceBytes || !is_utf8(text))
    return fail(Code::usage, "a reference is too long or not UTF-8");
  return {};
}

const std::vector<std::uint32_t>& titled_types() {
  static const std::vector<std::uint32_t> types = {kRoom, kDocument, kBoard, kCard, kThread, kFile};
  return types;
}

bool wanted(const std::vector<std::uint32_t>& types, std::uint32_t type) {
  return types.empty() || std::find(types.begin(), types.end(), type) != types.end();
}

/// Words for what was looked for: "document or card".
std::string kinds(const std::vector<std::uint32_t>& types) {
  if (types.empty()) return "object";
  std::string out;
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (i > 0) out += i + 1 == types.size() ? " or " : ", ";
    const auto* type = find_type(types[i]);
    out += type ? std::string(type->label) : "object";
  }
  return out;
}

/// One of several is an answer only when the others are archived.
Result<std::vector<Ref>> live_first(const State& state, const std::vector<Ref>& all) {
  std::vector<Ref> live;
  for (const auto& ref : all) {
    const auto object = TRY(state.object(ref));
    if (object && !is_archived(*object)) live.push_back(ref);
  }
  return live.empty() ? all : live;
}

Error ambiguous(const State& state, std::string_view text, const std::vector<Ref>& found) {
  std::string list;
  for (std::size_t i = 0; i < std::min(found.size(), kListed); ++i) {
    if (i > 0) list += ", ";
    list += path_of(state, found[i]) + " (" + found[i].object.text().substr(0, 8) + ")";
  }
  if (found.size() > kListed) list += " and " + std::to_string(found.size() - kListed) + " more";
  return {Code::usage, "'" + std::string(text) + "' may mean several things: " + list,
          "nothing was changed", "name it by the digits in brackets"};
}

/// The one answer, the list of candidates as an error, or nothing.
Result<std::optional<Ref>> only(const State& state, std::string_view text, std::vector<Ref> found) {
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  if (found.size() > 1) found = TRY(live_first(state, found));
  if (found.size() > 1) return fail(ambiguous(state, text, found));
  if (found.empty()) return std::optional<Ref>{};
  return std::optional(found.front());
}

struct Room {
  SpaceId space;
  std::string title;
};
Result<std::vector<Room>> rooms_of(const State& state) {
  std::vector<Room> out;
  for (const auto& ref : TRY(state.find({.type = kRoom}))) {
    const auto room = TRY(state.object(ref));
    if (room) out.push_back({ref.space, room_title(state, ref.space, *room)});
  }
  return out;
}

/// The field in which objects of a type have the folder they lie in; 0 for most types.
std::uint32_t folder_field_of(std::uint32_t type) {
  if (type == kDocument) return document::kFolder;
  return type == kFile ? file::kFolder : 0;
}

/// Objects of `type` called `name` (for documents and files "folder/Title").
Status collect(const State& state, std::uint32_t type, const std::optional<SpaceId>& space,
               std::string_view name, Match how, std::vector<Ref>& out) {
  const auto folder_field = folder_field_of(type);
  if (how == Match::exact) {
    // Every cut into folder and title is tried, because titles may hold slashes too.
    for (auto cut = std::string_view::npos;;) {
      const auto title = cut == std::string_view::npos ? name : name.substr(cut + 1);
      Lookup lookup{.type = type, .space = space, .where = {{field::kTitle, Value(title)}}};
      if (folder_field != 0 && cut != std::string_view::npos)
        lookup.where.push_back({folder_field, Value(name.substr(0, cut))});
      for (const auto& ref : TRY(state.find(lookup))) out.push_back(ref);
      if (folder_field == 0 || cut == 0) return {};
      cut = name.rfind('/', cut == std::string_view::npos ? cut : cut - 1);
      if (cut == std::string_view::npos) return {};
    }
  }
  const auto folded = fold(name);
  for (const auto& ref : TRY(state.find({.type = type, .space = space}))) {
    const auto object = TRY(state.object(ref));
    if (!object) continue;
    const auto title = words_of(*object, field::kTitle);
    const auto folder = folder_field != 0 ? words_of(*object, folder_field) : "";
    if (fold(title) == folded || (!folder.empty() && fold(folder + "/" + title) == folded))
      out.push_back(ref);
  }
  return {};
}

/// "Room/rest" in every way the text can be cut, and a bare title in any room.
Result<std::vector<Ref>> by_path(const State& state, std::string_view text,
                                 const std::vector<std::uint32_t>& types, Match how) {
  std::vector<Ref> out;
  const auto rooms = TRY(rooms_of(state));
  for (const auto type : types.empty() ? titled_types() : types) {
    if (type == kRoom) {
      for (const auto& room : rooms)
        if (matches(room.title, text, how)) out.push_back({room.space, room_object(room.space)});
      continue;
    }
    for (auto slash = text.find('/'); slash != std::string_view::npos;
         slash = text.find('/', slash + 1)) {
      for (const auto& room : rooms)
        if (matches(room.title, text.substr(0, slash), how))
          TRY(collect(state, type, room.space, text.substr(slash + 1), how, out));
    }
  }
  if (!out.empty()) return out;
  for (const auto type : types.empty() ? titled_types() : types)
    if (type != kRoom) TRY(collect(state, type, std::nullopt, text, how, out));
  return out;
}

/// "R-42": the card that holds the number on a board of that key.
Result<std::vector<Ref>> by_number(const State& state, std::string_view text) {
  std::vector<Ref> out;
  const auto dash = text.rfind('-');
  if (dash == std::string_view::npos || dash == 0) return out;
  std::uint64_t number = 0;
  const auto digits = text.substr(dash + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size()) return out;
  if (number == 0 || number > INT32_MAX) return out;
  const auto key = fold(text.substr(0, dash));
  for (const auto& ref : TRY(state.find({.type = kBoard}))) {
    const auto board = TRY(state.object(ref));
    if (!board || fold(words_of(*board, board::kKey)) != key) continue;
    if (const auto card = TRY(numbered_card(state, ref, number))) out.push_back(*card);
  }
  return out;
}

std::string cut_short(std::string_view text) {
  const auto line = text.substr(0, text.find('\n'));
  const auto end = crdt::utf8::offset(line, kShownPoints);
  return end < line.size() ? std::string(line.substr(0, end)) + "…" : std::string(line);
}

}  // namespace

namespace {
Result<Ref> resolve_any(const State& state, std::string_view text,
                        const std::vector<std::uint32_t>& types);
}  // namespace

Result<Ref> resolve(const State& state, std::string_view text,
                    const std::vector<std::uint32_t>& types) {
  const auto ref = TRY(resolve_any(state, text, types));
  TRY(rules::check_not_erased(state, ref));
  return ref;
}

namespace {

Result<Ref> resolve_any(const State& state, std::string_view text,
                        const std::vector<std::uint32_t>& types) {
  TRY(check_reference(text, kinds(types)));
  if (const auto id = ObjectId::from_text(lower(text))) {
    if (const auto ref = TRY(state.locate(*id))) {
      const auto object = TRY(state.object(*ref));
      if (object && wanted(types, object->type)) return *ref;
      if (object) {
        const auto* type = find_type(object->type);
        return fail(Code::usage,
                    std::string(text) + " is a " + (type ? std::string(type->label) : "thing") +
                        ", not a " + kinds(types),
                    "nothing was changed");
      }
    }
  }
  if (wanted(types, kCard))
    if (const auto ref = TRY(only(state, text, TRY(by_number(state, text))))) return *ref;
  for (const auto how : {Match::exact, Match::folded})
    if (const auto ref = TRY(only(state, text, TRY(by_path(state, text, types, how))))) return *ref;
  if (text.size() >= kPrefixDigits && text.size() <= 32 && is_hex(text)) {
    std::vector<Ref> found;
    for (const auto& ref : TRY(state.by_prefix(lower(text), 1000))) {
      const auto object = TRY(state.object(ref));
      if (object && wanted(types, object->type)) found.push_back(ref);
    }
    if (const auto ref = TRY(only(state, text, std::move(found)))) return *ref;
  }
  return fail(Code::not_found, "there is no " + kinds(types) + " '" + cut_short(text) + "' here",
              "nothing was changed", "check the name, or sync first if a teammate made it");
}

}  // namespace

Result<Ref> resolve_room(const State& state, std::string_view text) {
  // A space's own id names its room too.
  if (const auto space = SpaceId::from_text(lower(text)))
    if (TRY(room_of(state, *space))) return Ref{*space, room_object(*space)};
  return resolve(state, text, {kRoom});
}

Result<Ref> resolve_among(const State& state, std::string_view text,
                          const std::vector<Ref>& candidates, std::string_view what) {
  TRY(check_reference(text, what));
  for (const auto how : {Match::exact, Match::folded}) {
    std::vector<Ref> found;
    for (const auto& ref : candidates) {
      const auto object = TRY(state.object(ref));
      if (object && matches(words_of(*object, field::kTitle), text, how)) found.push_back(ref);
    }
    if (const auto ref = TRY(only(state, text, std::move(found)))) return *ref;
  }
  if (text.size() >= kPrefixDigits && is_hex(text)) {
    std::vector<Ref> found;
    for (const auto& ref : candidates)
      if (ref.object.text().starts_with(lower(text))) found.push_back(ref);
    if (const auto ref = TRY(only(state, text, std::move(found)))) return *ref;
  }
  std::string list;
  for (std::size_t i = 0; i < std::min(candidates.size(), kListed); ++i) {
    const auto object = TRY(state.object(candidates[i]));
    if (!object) continue;
    const auto title = TRY(title_of(state, candidates[i], *object));
    list += (list.empty() ? "there are: " : ", ") + title;
  }
  return fail(Code::not_found, "there is no " + std::string(what) + " '" + cut_short(text) + "'",
              "nothing was changed", list);
}

Result<MemberId> resolve_member(const State& state, std::string_view text) {
  if (text.starts_with('@')) text.remove_prefix(1);
  TRY(check_reference(text, "member"));
  if (text == "me") return state.self();
  const auto& people = state.roster().people;
  std::vector<std::pair<MemberId, std::string>> known;
  for (const auto& [id, person] : people) known.emplace_back(id, name_of(state, id));
  for (const auto& ref : TRY(state.find({.type = kPerson})))
    known.emplace_back(as_member(ref.object), name_of(state, as_member(ref.object)));
  const auto choose = [&](auto fits) -> Result<std::optional<MemberId>> {
    std::vector<std::pair<MemberId, std::string>> found;
    for (const auto& one : known)
      if (fits(one)) found.push_back(one);
    // People of the team come before people of an import who share their name.
    if (found.size() > 1) {
      auto present = found;
      std::erase_if(present, [&](const auto& one) {
        return state.roster().role(one.first) == members::Role::none;
      });
      if (!present.empty()) found = std::move(present);
    }
    if (found.empty()) return std::optional<MemberId>{};
    if (found.size() == 1) return std::optional(found.front().first);
    std::string list;
    for (std::size_t i = 0; i < std::min(found.size(), kListed); ++i)
      list +=
          (i > 0 ? ", " : "") + found[i].second + " (" + found[i].first.text().substr(0, 8) + ")";
    return fail(Code::usage, "'" + std::string(text) + "' may mean several people: " + list,
                "nothing was changed", "name them by the digits in brackets");
  };
  const auto digits = lower(text);
  if (digits.size() == 32)
    if (const auto id = TRY(choose([&](const auto& one) { return one.first.text() == digits; })))
      return *id;
  for (const auto how : {Match::exact, Match::folded})
    if (const auto id =
            TRY(choose([&](const auto& one) { return matches(one.second, text, how); })))
      return *id;
  if (text.size() >= kPrefixDigits && is_hex(text))
    if (const auto id =
            TRY(choose([&](const auto& one) { return one.first.text().starts_with(digits); })))
      return *id;
  return fail(Code::not_found, "nobody here is called '" + cut_short(text) + "'",
              "nothing was changed", "see holm team members");
}

Result<std::size_t> resolve_version(const State& state, const Ref& ref, std::string_view text,
                                    WallTime now, std::string_view zone) {
  TRY(check_reference(text, "version"));
  const auto history = TRY(state.history(ref));
  const auto missing = [&] {
    return fail(Code::not_found, "there is no version '" + cut_short(text) + "'",
                "nothing was changed", "see holm history");
  };
  if (text.size() > 1 && text.front() == '-') {
    std::size_t back = 0;
    const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), back);
    if (error == std::errc{} && end == text.data() + text.size()) {
      if (back > history.size()) return missing();
      return history.size() - back;
    }
  }
  if (text.size() >= kPrefixDigits && text.size() <= 64 && is_hex(text)) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < history.size(); ++i)
      if (history[i].hash.text().starts_with(lower(text))) found.push_back(i);
    if (found.size() == 1) return found.front() + 1;
    if (found.size() > 1)
      return fail(Code::usage, "'" + std::string(text) + "' begins several versions",
                  "nothing was changed", "write more of its digits");
  }
  const auto when = parse_when(text, now, zone);
  if (!when) return missing();
  std::size_t count = 0;
  for (std::size_t i = 0; i < history.size(); ++i)
    if (history[i].change.time <= when->at) count = i + 1;
  return count;
}

ObjectId room_object(const SpaceId& space) {
  const auto digest = crypto::hash("holm room object v1", space.view());
  return *ObjectId::from(ByteView(digest.bytes).first(ObjectId::kBytes));
}

ObjectId derived_object(const ObjectId& owner, std::string_view purpose) {
  const auto digest = crypto::hash("holm derived object v1", {owner.view(), as_bytes(purpose)});
  auto out = *ObjectId::from(ByteView(digest.bytes).first(ObjectId::kBytes));
  out.bytes[0] |= 0x80;
  return out;
}

Result<std::optional<crdt::ObjectState>> room_of(const State& state, const SpaceId& space) {
  auto room = TRY(state.object({space, room_object(space)}));
  if (room && room->type != kRoom) room.reset();
  return room;
}

std::string room_title(const State& state, const SpaceId& space, const crdt::ObjectState& room) {
  auto title = words_of(room, field::kTitle);
  const auto* members = state.roster().room(space);
  if (!title.empty() || members == nullptr || words_of(room, room::kKind) != "one-to-one")
    return title;
  for (const auto& [member, level] : members->given) {
    if (member != state.self()) title += (title.empty() ? "" : " and ") + name_of(state, member);
  }
  return title.empty() ? "one-to-one" : title;
}

Ref team_ref(const State& state) { return {state.commons(), ObjectId{state.roster().team.bytes}}; }

Ref profile_ref(const State& state, const MemberId& member) {
  return {state.commons(), derived_object(as_object(member), "profile")};
}
Result<bool> means_to_leave(const State& state, const MemberId& member) {
  const auto profile = TRY(state.object(profile_ref(state, member)));
  const auto* held = profile ? profile->value(profile::kLeaving, member.view()) : nullptr;
  return held != nullptr && TRY(decode_value(*held)).flag();
}

Ref device_ref(const State& state, const DeviceId& device) {
  return {state.commons(), derived_object(ObjectId{device.bytes}, "profile")};
}

std::string label_of(const State& state, const members::Device& device) {
  const auto profile = state.object(device_ref(state, device.id));
  if (profile && *profile) {
    auto label = words_of(**profile, profile::kName, device.member.view());
    if (!label.empty()) return label;
  }
  return device.label;
}

std::string name_of(const State& state, const MemberId& member) {
  const auto profile = state.object(profile_ref(state, member));
  if (profile && *profile) {
    auto name = words_of(**profile, profile::kName, member.view());
    if (!name.empty()) return name;
  }
  if (const auto* person = state.roster().person(member); person && !person->name.empty())
    return person->name;
  const auto placeholder = state.object({state.commons(), as_object(member)});
  if (placeholder && *placeholder && (*placeholder)->type == kPerson)
    return words_of(**placeholder, field::kTitle);
  return "someone who left";
}

Result<std::string> title_of(const State& state, const Ref& ref, const crdt::ObjectState& object) {
  auto title = words_of(object, field::kTitle);
  if (!title.empty()) return title;
  std::uint32_t text_field = 0;
  if (object.type == kMessage) text_field = message::kBody;
  if (object.type == kComment) text_field = comment::kBody;
  if (object.type == kItem) text_field = item::kText;
  if (text_field != 0) return cut_short(TRY(state.text(ref, text_field)));
  if (object.type == kProgress) return cut_short(words_of(object, progress::kLine));
  const auto* type = find_type(object.type);
  return type ? std::string(type->label) : "unknown object";
}

std::string path_of(const State& state, const Ref& ref) {
  const auto object = state.object(ref);
  if (!object || !*object) return ref.object.text().substr(0, 8);
  const auto title = title_of(state, ref, **object).value_or("");
  const auto type = (*object)->type;
  if (type == kRoom) return title;
  if (type == kCard) {
    const auto number = short_number(state, ref).value_or("");
    if (!number.empty()) return number + " " + title;
  }
  std::string path;
  if (const auto room = room_of(state, ref.space); room && *room)
    path = room_title(state, ref.space, **room) + "/";
  if (const auto folder_field = folder_field_of(type); folder_field != 0) {
    const auto folder = words_of(**object, folder_field);
    if (!folder.empty()) path += folder + "/";
  }
  return path + title;
}

}  // namespace holm::work
