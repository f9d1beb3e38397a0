#include "work/apply/draft.h"

#include <algorithm>
#include <set>

#include "work/exchange/text_merge.h"
#include "work/fold.h"
#include "work/read.h"
#include "work/rules/life.h"

namespace holm::work {
namespace {

std::vector<std::string_view> split_list(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    auto part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) out.push_back(part);
  }
  return out;
}

std::string list_of(const Type& type, const std::vector<std::uint32_t>& fields) {
  std::string out;
  for (const auto number : fields)
    if (const auto* field = find_field(type, number))
      out += (out.empty() ? "" : ", ") + std::string(field->name);
  return out;
}

Status set_members_of_set(Draft& draft, const Subject& subject, const Field& field,
                          std::string_view text) {
  const auto encode_one = [&](std::string_view one) -> Result<Value> {
    return parse_field(draft.state, subject.ref, field, one, draft.when());
  };
  auto now = values_of(subject.object, field.number);
  auto writer = draft.on(subject.ref, subject.object.type);
  const auto drop = [&](const Value& value) {
    writer.take_away(field.number, value);
    std::erase(now, value);
  };
  const auto add = [&](const Value& value) {
    writer.add(field.number, value);
    if (std::find(now.begin(), now.end(), value) == now.end()) now.push_back(value);
  };
  const auto parts = split_list(text == "none" ? std::string_view{} : text);
  const bool is_step =
      !parts.empty() && std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
        return part.size() > 1 && (part.front() == '+' || part.front() == '-');
      });
  if (is_step) {
    for (const auto part : parts) {
      const auto value = TRY(encode_one(part.substr(1)));
      if (part.front() == '+') {
        add(value);
      } else {
        drop(value);
      }
    }
  } else {
    std::vector<Value> wanted;
    for (const auto part : parts) wanted.push_back(TRY(encode_one(part)));
    const auto before = now;
    for (const auto& value : before)
      if (std::find(wanted.begin(), wanted.end(), value) == wanted.end()) drop(value);
    for (const auto& value : wanted) add(value);
  }
  if (subject.object.type == kCard && field.number == card::kAssignees) {
    std::vector<MemberId> members;
    for (const auto& value : now)
      if (const auto id = id_in<MemberId>(value)) members.push_back(*id);
    note_taken(draft, subject.ref, std::move(members));
  }
  return {};
}

/// Whether a type is a part of something and cannot be archived by itself.
bool is_part(std::uint32_t type) {
  return type == kItem || type == kChecklist || type == kComment || type == kMessage ||
         type == kProgress;
}

}  // namespace

WriteBuilder Draft::on(const Ref& ref, std::uint32_t type) {
  return {outcome.writes[ref.space], ref.object, type};
}

Result<Subject> subject(const Draft& draft, std::string_view text,
                        const std::vector<std::uint32_t>& types) {
  const auto ref = TRY(resolve(draft.state, text, types));
  return Subject{ref, TRY(load(draft, ref))};
}

Result<crdt::ObjectState> load(const Draft& draft, const Ref& ref) {
  auto object = TRY(draft.state.object(ref));
  if (!object)
    return fail(Code::not_found, "object " + ref.object.text().substr(0, 8) + " is not here",
                "nothing was changed", "sync first if a teammate made it");
  return std::move(*object);
}

Status wake(Draft& draft, const Subject& subject) {
  if (!is_archived(subject.object)) return {};
  draft.on(subject.ref, subject.object.type).put(field::kArchived, Value{});
  draft.notice("'" + path_of(draft.state, subject.ref) +
               "' was archived: writing on it brought it back");
  return {};
}

Status wake_owner(Draft& draft, const Ref& ref) {
  Ref owner = ref;
  // An item stands in a checklist on a card; a comment may be about the item: four steps at most.
  for (int step = 0; step < 5; ++step) {
    const auto object = TRY(load(draft, owner));
    const auto parent = object_of(object, field::kParent);
    if (!is_part(object.type) || !parent) return wake(draft, {owner, object});
    owner.object = *parent;
  }
  return {};
}

Status archive(Draft& draft, const Subject& subject, Archiving how) {
  auto writer = draft.on(subject.ref, subject.object.type);
  if (how == Archiving::back) {
    writer.put(field::kArchived, Value{});
    return {};
  }
  const auto seen = TRY(rules::seen_of(draft.state, subject.ref, subject.object.type));
  writer.put(field::kArchived, draft.now()).put(field::kSeen, rules::encode(seen));
  return {};
}

Result<NewPath> new_path(const Draft& draft, std::string_view path) {
  // The longest room name that fits: names hold no slashes of their own, but imported ones may.
  for (auto slash = path.rfind('/'); slash != std::string_view::npos && slash > 0;
       slash = path.rfind('/', slash - 1)) {
    const auto room = resolve_room(draft.state, path.substr(0, slash));
    if (room) {
      if (slash + 1 == path.size()) break;
      return NewPath{*room, std::string(path.substr(slash + 1))};
    }
    if (room.error().code != Code::not_found) return fail(room.error());
  }
  const auto slash = path.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == path.size())
    return fail(Code::usage, "'" + std::string(path.substr(0, 80)) + "' names no place",
                "nothing was changed", "write Room/Title");
  return fail(Code::not_found, "there is no room '" + std::string(path.substr(0, slash)) + "' here",
              "nothing was changed", "make it with holm room new, or sync first");
}

Status set_fields(Draft& draft, const Subject& subject, const Pairs& values,
                  const std::vector<std::uint32_t>& allowed) {
  const auto* type = find_type(subject.object.type);
  if (!type) return fail(Code::unsupported, "this thing was made by a newer version");
  if (values.empty())
    return fail(Code::usage, "nothing to set", "nothing was changed",
                "write key=value; keys are " + list_of(*type, allowed));
  std::set<std::uint32_t> done;  // every value is held against what stood before the command
  for (const auto& [key, text] : values) {
    TRY(check_text(text, key));
    const bool is_own_text = key == "text" && text_field_of(type->number) != 0;
    const auto* field =
        is_own_text ? find_field(*type, text_field_of(type->number)) : find_field(*type, key);
    if (!field || std::find(allowed.begin(), allowed.end(), field->number) == allowed.end())
      return fail(Code::usage, "a " + std::string(type->label) + " has no '" + key + "' to set",
                  "nothing was changed", "keys are " + list_of(*type, allowed));
    if (!done.insert(field->number).second)
      return fail(Code::usage, "'" + key + "' is set twice", "nothing was changed",
                  "give each key once");
    switch (field->kind) {
      case crdt::Kind::text:
        TRY(write_text(draft, subject.ref, type->number, field->number, text));
        break;
      case crdt::Kind::set: TRY(set_members_of_set(draft, subject, *field, text)); break;
      default: {
        const auto value = TRY(parse_field(draft.state, subject.ref, *field, text, draft.when()));
        if (value.is_null() && field->number == field::kTitle)
          return fail(Code::usage, "a title cannot be empty", "nothing was changed");
        draft.on(subject.ref, type->number).put(field->number, value);
      }
    }
  }
  return {};
}

Status write_text(Draft& draft, const Ref& ref, std::uint32_t type, std::uint32_t field,
                  std::string_view text) {
  TRY(check_text(text, "the text"));
  const auto live = TRY(draft.state.text(ref, field));
  const auto changes = changes_between(live, text);
  auto writer = draft.on(ref, type);
  // Back to front: what lies ahead keeps its position.
  for (auto at = changes.rbegin(); at != changes.rend(); ++at)
    writer.erase(field, at->pos, at->erased).insert(field, at->pos, at->inserted);
  return {};
}

void note_taken(Draft& draft, const Ref& card, std::vector<MemberId> assignees) {
  std::sort(assignees.begin(), assignees.end());
  auto list = Value::array();
  for (const auto& member : assignees) list.push(id_value(member));
  draft.on(card, kCard).put(card::kTaken, list);
}

std::uint32_t text_field_of(std::uint32_t type) {
  switch (type) {
    case kDocument: return document::kText;
    case kCard: return card::kDescription;
    case kItem: return item::kText;
    case kMessage: return message::kBody;
    case kComment: return comment::kBody;
    case kBoard: return board::kDescription;
    case kRoom: return room::kPurpose;
    case kThread: return thread::kSummary;
    default: return 0;
  }
}

}  // namespace holm::work
