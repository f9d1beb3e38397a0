// What changed between two versions of an object, by whom: texts line by line, fields old and new.
#include <algorithm>

#include "base/wire.h"
#include "work/field_text.h"
#include "work/read.h"
#include "work/reference.h"
#include "work/views/text_diff.h"
#include "work/views/view.h"

namespace holm::work::views {
namespace {

/// What a field other than a text held at a version: for programs, and for people.
struct Held {
  Value value;
  std::string shown;
};

Result<Held> held(Shape& shape, const Ref& ref, const Field& field, const crdt::ObjectState& at) {
  Held out;
  switch (field.kind) {
    case crdt::Kind::reg: {
      const auto value = value_of(at, field.number);
      out.value = TRY(shape.plain(ref, field, value));
      out.shown = show_field(shape.state(), ref, field, value);
      break;
    }
    case crdt::Kind::set: {
      out.value = Value::array();
      for (const auto& value : values_of(at, field.number)) {
        out.value.push(TRY(shape.plain(ref, field, value)));
        out.shown += (out.shown.empty() ? "" : ", ") + show_field(shape.state(), ref, field, value);
      }
      break;
    }
    case crdt::Kind::order: {
      const auto place = place_of(at);
      if (!place) break;
      const auto container = TRY(shape.state().object({ref.space, place->container}));
      out.shown = container ? words_of(*container, field::kTitle) : std::string();
      out.value.set("id", place->container.text()).set("title", out.shown);
      break;
    }
    case crdt::Kind::member:
    case crdt::Kind::member_set: {
      out.value = Value::array();
      for (const auto* cell : at.all(field.number)) {
        const auto member = MemberId::from(cell->key);
        if (!member) continue;
        for (const auto& bytes : crdt::set_values(*cell)) {
          const auto value = decode_value(bytes).value_or(Value());
          if (value.is_null()) continue;
          out.value.push(Value::object()
                             .set("by", shape.person(*member))
                             .set("value", TRY(shape.plain(ref, field, value))));
          out.shown += (out.shown.empty() ? "" : ", ") + shape.name(*member) + ": " +
                       show_field(shape.state(), ref, field, value);
        }
      }
      break;
    }
    default: break;
  }
  return out;
}

/// The members whose changes in [from, to) touched a field.
std::vector<MemberId> touched_by(const Ref& ref, std::uint32_t field, const Changes& history,
                                 std::size_t from, std::size_t to) {
  std::set<std::size_t> changes;
  for (std::size_t i = from; i < to; ++i) {
    const auto& ops = history[i].change.ops;
    if (std::any_of(ops.begin(), ops.end(), [&](const crdt::Op& op) {
          return op.object == ref.object && op.field == field;
        })) {
      changes.insert(i);
    }
  }
  return authors_of(history, changes);
}

struct Span {
  std::size_t from = 0;  // changes the version before holds
  std::size_t to = 0;
};

Result<Value> text_value(Shape& shape, const Ref& ref, const Field& field, const Changes& history,
                         const Span& span, const crdt::Rebuilt& before,
                         const crdt::Rebuilt& after) {
  const auto old_text = text_of(before, field.number);
  const auto new_text = text_of(after, field.number);
  if (old_text == new_text) return Value();
  const OpIndex index(ref, history);
  std::optional<Writers> old_writers;
  std::optional<Writers> new_writers;
  std::optional<Erasers> erasers;
  Authorship authorship;
  authorship.from = span.from;
  if (const auto at = before.texts.find(field.number); at != before.texts.end()) {
    authorship.before = &old_writers.emplace(at->second, index);
  }
  if (const auto at = after.texts.find(field.number); at != after.texts.end()) {
    authorship.after = &new_writers.emplace(at->second, index);
    authorship.erasers =
        &erasers.emplace(ref, field.number, at->second, history, span.from, span.to);
  }
  return text_difference_value(shape, history, old_text, new_text, authorship);
}

}  // namespace

Result<Value> view(const State& state, const Asking& asking, const Diff& query) {
  Shape shape(state, asking);
  const auto ref = TRY(resolve(state, query.object, {}));
  const auto object = TRY(need(state, ref));
  const auto history = TRY(state.history(ref));
  const auto count = [&](const Optional& version, std::size_t otherwise) -> Result<std::size_t> {
    if (!version) return otherwise;
    return resolve_version(state, ref, *version, asking.now, asking.zone);
  };
  Span span;
  span.to = TRY(count(query.to, history.size()));
  span.from = TRY(count(query.from, span.to > 0 ? span.to - 1 : 0));
  const auto before = TRY(version_of(ref, history, span.from));
  const auto after = TRY(version_of(ref, history, span.to));
  const Span forward{std::min(span.from, span.to), std::max(span.from, span.to)};

  Value fields = Value::array();
  Value texts = Value::array();
  const auto* type = find_type(object.type);
  for (const auto& field : type != nullptr ? type->fields : std::vector<Field>()) {
    if (field.trait == Field::Trait::hidden) continue;
    if (field.kind == crdt::Kind::text) {
      auto value = TRY(text_value(shape, ref, field, history, span, before, after));
      if (!value.is_null()) {
        texts.push(value.set("field", field.name).set("label", field.label));
      }
      continue;
    }
    const auto old_value = TRY(held(shape, ref, field, before.state));
    const auto new_value = TRY(held(shape, ref, field, after.state));
    if (old_value.value == new_value.value) continue;
    Value entry;
    entry.set("field", field.name).set("label", field.label);
    entry.set("from", old_value.value).set("to", new_value.value);
    entry.set("from_shown", old_value.shown).set("to_shown", new_value.shown);
    entry.set("by", shape.people(touched_by(ref, field.number, history, forward.from, forward.to)));
    fields.push(std::move(entry));
  }
  std::set<std::size_t> between;
  for (std::size_t i = forward.from; i < forward.to; ++i) between.insert(i);
  Value out;
  out.set("object", TRY(shape.head(ref, object)));
  out.set("from", version_value(shape, history, span.from));
  out.set("to", version_value(shape, history, span.to));
  out.set("authors", shape.people(authors_of(history, between)));
  out.set("fields", std::move(fields)).set("texts", std::move(texts));
  return out;
}

}  // namespace holm::work::views
