// Settling values that were set apart, and bringing back what was.
#include <algorithm>
#include <charconv>
#include <set>

#include "base/wire.h"
#include "crdt/replay.h"
#include "crdt/text/utf8.h"
#include "work/apply/draft.h"
#include "work/exchange/text_merge.h"
#include "work/fold.h"
#include "work/read.h"
#include "work/rules/notices.h"

namespace holm::work {
namespace {

Result<const Field*> field_named(const Subject& subject, std::string_view name) {
  const auto* type = find_type(subject.object.type);
  if (!type) return fail(Code::unsupported, "this thing was made by a newer version");
  const auto* field = find_field(*type, name);
  if (!field || field->trait != Field::Trait::none)
    return fail(Code::usage,
                "a " + std::string(type->label) + " has no '" + std::string(name) + "' to settle",
                "nothing was changed", "see holm conflicts");
  return field;
}

/// The asker's choice among messages marked as the answer.
Status pick_answer(Draft& draft, const Subject& question, std::string_view answer) {
  const auto marked = TRY(rules::answers_of(draft.state, question.ref));
  const auto picked = TRY(resolve(draft.state, answer, {kMessage}));
  if (std::find(marked.begin(), marked.end(), picked) == marked.end())
    return fail(Code::usage, "that message is not marked as an answer", "nothing was changed");
  if (draft.state.author(question.object.born.stamp.id.log) != draft.acting.member)
    return fail(Code::denied, "only the asker picks the answer", "nothing was changed");
  for (const auto& other : marked)
    if (other != picked) draft.on(other, kMessage).put(message::kAnswerOf, Value{});
  return {};
}

Value decoded(ByteView bytes) {
  auto value = decode_value(bytes);
  return value ? std::move(*value) : Value{};
}

/// Brings the fields of one object back to what they were. Texts apart.
class FieldRestorer {
 public:
  FieldRestorer(Draft& draft, const Subject& now, const crdt::ObjectState& then)
      : draft_(draft), now_(now), then_(then), type_(*find_type(now.object.type)) {}

  Status run() {
    for (const auto& field : type_.fields) {
      const bool own = field.kind == crdt::Kind::member || field.kind == crdt::Kind::member_set;
      const auto key = own ? to_bytes(draft_.acting.member.view()) : Bytes{};
      if (field.trait != Field::Trait::none || field.number == field::kArchived) continue;
      switch (field.kind) {
        case crdt::Kind::reg:
        case crdt::Kind::member: put(field, key); break;
        case crdt::Kind::order: place(field); break;
        case crdt::Kind::set:
        case crdt::Kind::member_set: elements(field, key); break;
        default: break;
      }
    }
    const bool was_archived = is_archived(then_);
    if (was_archived == is_archived(now_.object)) return {};
    return archive(draft_, now_, was_archived ? Archiving::away : Archiving::back);
  }

 private:
  void put(const Field& field, const Bytes& key) {
    const auto wanted = value_of(then_, field.number, key);
    if (wanted != value_of(now_.object, field.number, key))
      draft_.on(now_.ref, type_.number).put(field.number, wanted);
  }

  void place(const Field& field) {
    const auto* wanted = then_.value(field.number);
    const auto* here = now_.object.value(field.number);
    if (!wanted || (here && *here == *wanted)) return;
    auto place = crdt::decode_place(*wanted);
    if (place) draft_.on(now_.ref, type_.number).place(place->container, std::move(place->key));
  }

  void elements(const Field& field, const Bytes& key) {
    const auto values = [&](const crdt::ObjectState& object) {
      const auto* cell = object.find(field.number, key);
      return cell ? crdt::set_values(*cell) : std::vector<Bytes>{};
    };
    const auto wanted = values(then_);
    const auto here = values(now_.object);
    if (wanted == here) return;
    auto writer = draft_.on(now_.ref, type_.number);
    for (const auto& value : here)
      if (std::find(wanted.begin(), wanted.end(), value) == wanted.end())
        writer.take_away(field.number, decoded(value));
    for (const auto& value : wanted)
      if (std::find(here.begin(), here.end(), value) == here.end())
        writer.add(field.number, decoded(value));
    if (type_.number == kCard && field.number == card::kAssignees)
      note_taken(draft_, now_.ref, members_of(then_, field.number));
  }

  Draft& draft_;
  const Subject& now_;
  const crdt::ObjectState& then_;
  const Type& type_;
};

struct Lines {
  std::size_t first = 0;  ///< from 1
  std::size_t last = 0;
};
Result<Lines> parse_lines(std::string_view text) {
  const auto dash = text.find('-');
  const auto number = [](std::string_view digits) -> std::size_t {
    std::size_t out = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return error == std::errc{} && end == digits.data() + digits.size() ? out : 0;
  };
  Lines out{number(text.substr(0, dash)), 0};
  out.last = dash == std::string_view::npos ? out.first : number(text.substr(dash + 1));
  if (out.first == 0 || out.last < out.first)
    return fail(Code::usage, "'" + std::string(text.substr(0, 40)) + "' is no range of lines",
                "nothing was changed", "write from-to, as in 3-7");
  return out;
}

/// Lines of a text, each with its line feed.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    out.push_back(text.substr(0, end == std::string_view::npos ? end : end + 1));
    text.remove_prefix(out.back().size());
  }
  return out;
}

/// Puts lines of the text as it was where they would stand in the text as it is.
Status restore_lines(Draft& draft, const Subject& doc, std::string_view then,
                     std::string_view range) {
  const auto wanted = TRY(parse_lines(range));
  const auto lines = lines_of(then);
  if (wanted.last > lines.size())
    return fail(Code::usage, "that version has " + std::to_string(lines.size()) + " lines",
                "nothing was changed");
  std::uint64_t from = 0;
  for (std::size_t i = 0; i + 1 < wanted.first; ++i) from += crdt::utf8::count(lines[i]);
  std::uint64_t to = from;
  for (std::size_t i = wanted.first - 1; i < wanted.last; ++i) to += crdt::utf8::count(lines[i]);
  // Only what changed inside these lines is taken back; changes elsewhere stay.
  const auto live = TRY(draft.state.text(doc.ref, document::kText));
  auto writer = draft.on(doc.ref, kDocument);
  struct Step {
    std::uint64_t pos;
    std::uint64_t erased;
    std::string inserted;
  };
  std::vector<Step> steps;
  std::int64_t shift = 0;  // of the live text against the old one
  for (const auto& change : changes_between(then, live)) {
    const auto inserted = crdt::utf8::count(change.inserted);
    const auto cut_from = std::max<std::uint64_t>(change.pos, from);
    const auto cut_to = std::min<std::uint64_t>(change.pos + change.erased, to);
    const bool inside =
        change.erased > 0 ? cut_from < cut_to : change.pos > from && change.pos < to;
    if (inside) {
      const auto byte_from = crdt::utf8::offset(then, cut_from);
      const auto byte_to = crdt::utf8::offset(then, std::max(cut_from, cut_to));
      // Text that replaced the edge of the range goes with it only when it is all inside.
      const bool whole = change.pos >= from && change.pos + change.erased <= to;
      const auto at = static_cast<std::uint64_t>(static_cast<std::int64_t>(change.pos) + shift);
      steps.push_back(
          {at, whole ? inserted : 0, std::string(then.substr(byte_from, byte_to - byte_from))});
    }
    shift += static_cast<std::int64_t>(inserted) - static_cast<std::int64_t>(change.erased);
  }
  for (auto at = steps.rbegin(); at != steps.rend(); ++at)
    writer.erase(document::kText, at->pos, at->erased)
        .insert(document::kText, at->pos, at->inserted);
  return {};
}

}  // namespace

Status run(Draft& draft, const TakeValue& command) {
  const auto object = TRY(subject(draft, command.object, {}));
  draft.answer_id(object.ref);
  if (object.object.type == kMessage && command.field == "answer")
    return pick_answer(draft, object, command.value);
  const auto* field = TRY(field_named(object, command.field));
  const auto chips = rules::also_set(draft.state, object.object);
  const auto chip =
      std::find_if(chips.begin(), chips.end(), [&](const auto& one) { return one.field == field; });
  if (chip == chips.end())
    return fail(Code::usage, std::string(field->label) + " was not set to several values",
                "nothing was changed", "see holm conflicts");
  std::vector<Value> standing{chip->value};
  for (const auto& other : chip->others) standing.push_back(other.value);
  const auto given = parse_field(draft.state, object.ref, *field, command.value, draft.when());
  std::string list;
  for (const auto& value : standing) {
    const auto shown = show_field(draft.state, object.ref, *field, value);
    if (fold(shown) == fold(command.value) || (given && *given == value)) {
      draft.on(object.ref, object.object.type).put(field->number, value);
      return {};
    }
    list += (list.empty() ? "" : ", ") + ("'" + (shown.empty() ? "none" : shown) + "'");
  }
  return fail(Code::usage, "nobody set it to '" + command.value.substr(0, 80) + "'",
              "nothing was changed", "choose one of " + list);
}

Status run(Draft& draft, const KeepValue& command) {
  const auto object = TRY(subject(draft, command.object, {}));
  draft.answer_id(object.ref);
  const auto* field = TRY(field_named(object, command.field));
  if (object.object.type == kCard && field->number == card::kAssignees) {
    note_taken(draft, object.ref, members_of(object.object, card::kAssignees));
    return {};
  }
  if (field->number == field::kArchived) {
    // "It lives on" is confirmed by bringing it back for good.
    const auto life = TRY(rules::life_of(draft.state, object.ref, object.object));
    return life.lives ? archive(draft, object, Archiving::back) : Status{};
  }
  if (field->kind != crdt::Kind::reg)
    return fail(Code::usage, std::string(field->label) + " holds all that was written",
                "nothing was changed");
  draft.on(object.ref, object.object.type)
      .put(field->number, value_of(object.object, field->number));
  return {};
}

Status run(Draft& draft, const Restore& command) {
  const auto object = TRY(subject(draft, command.object, {}));
  const auto* type = find_type(object.object.type);
  if (!type) return fail(Code::unsupported, "this thing was made by a newer version");
  const auto count = TRY(resolve_version(draft.state, object.ref, command.version, draft.acting.now,
                                         draft.acting.zone));
  if (count == 0)
    return fail(Code::not_found, "it did not exist at that time", "nothing was changed",
                "see holm history");
  const auto history = TRY(draft.state.history(object.ref));
  const auto then = TRY(crdt::rebuild(object.ref.object, std::span(history).first(count)));
  draft.answer_id(object.ref);
  const auto text_then = [&](std::uint32_t field) {
    const auto at = then.texts.find(field);
    return at != then.texts.end() ? at->second.text() : std::string{};
  };
  if (command.part) {
    if (object.object.type != kDocument)
      return fail(Code::usage, "only documents are restored in part", "nothing was changed");
    return restore_lines(draft, object, text_then(document::kText), *command.part);
  }
  TRY(FieldRestorer(draft, object, then.state).run());
  for (const auto& field : type->fields)
    if (field.kind == crdt::Kind::text)
      TRY(write_text(draft, object.ref, type->number, field.number, text_then(field.number)));
  return {};
}

}  // namespace holm::work
