#include "work/views/sentence.h"

#include <algorithm>
#include <map>

#include "base/wire.h"
#include "crdt/order.h"
#include "crdt/text/utf8.h"
#include "work/field_text.h"
#include "work/read.h"
#include "work/views/line.h"

namespace holm::work::views {
namespace {

constexpr std::size_t kSentencesMax = 40;

Value content_of(const crdt::Op& op) { return decode_value(op.content).value_or(Value()); }

/// Fields that say nothing to a person when a thing is made: it stands where it stands.
bool goes_without_saying(std::uint32_t field) {
  return field == field::kTitle || field == field::kParent || field == field::kPlace ||
         field == field::kCreated || field == field::kCreator || field == card::kBoard ||
         field == card::kNumber;
}

std::string characters(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " character" : " characters");
}

}  // namespace

std::string Sentences::replaced(const Field& field, const crdt::Op& op) const {
  std::string out;
  for (const auto& ref : op.refs) {
    const auto* written = index_.find(ref);
    if (written == nullptr || written->op->content.empty()) continue;
    const auto shown = show_field(shape_.state(), ref_, field, content_of(*written->op));
    if (!shown.empty()) out += (out.empty() ? "" : ", ") + shown;
  }
  return out;
}

Result<std::string> Sentences::reg(const Field& field, const crdt::Op& op, bool first) {
  const auto value = content_of(op);
  const auto type = now_.state.type;
  const bool on = !value.is_null();
  if (field.number == field::kArchived) return std::string(on ? "archived it" : "brought it back");
  if (type == kCard && field.number == card::kClosed) {
    return std::string(on ? "marked it done" : "reopened it");
  }
  if (type == kItem && field.number == item::kDone) {
    return std::string(value.flag() ? "ticked it" : "took the tick off");
  }
  if (type == kMessage && field.number == message::kRetracted) {
    return std::string(on ? "retracted it" : "took the retraction back");
  }
  if ((type == kThread && field.number == thread::kResolved) ||
      (type == kComment && field.number == comment::kResolved)) {
    return std::string(on ? "resolved it" : "opened it again");
  }
  if (type == kComment && field.number == comment::kAnchor) {
    const auto& parts = value.items();
    return parts.size() == 4 ? "about " + quoted(parts[3].text()) : std::string("moved it");
  }
  if (first && type == kCard && (field.number == card::kBoard || field.number == card::kNumber)) {
    return std::string();
  }
  const auto before = replaced(field, op);
  const auto shown = show_field(shape_.state(), ref_, field, value);
  if (field.number == field::kTitle) {
    return before.empty() ? "named it " + quoted(shown)
                          : "renamed it from " + quoted(before) + " to " + quoted(shown);
  }
  const auto label = std::string(field.label);
  const auto was = before.empty() || first ? std::string() : " (was " + one_line(before, 200) + ")";
  if (shown.empty()) return first ? std::string() : "cleared " + label + was;
  return "set " + label + " to " + one_line(shown, 200) + was;
}

Result<std::string> Sentences::place(const crdt::Op& op) const {
  const auto to = crdt::decode_place(op.content);
  if (!to) return std::string("moved it");
  bool within = false;
  for (const auto& ref : op.refs) {
    const auto* written = index_.find(ref);
    if (written == nullptr) continue;
    const auto from = crdt::decode_place(written->op->content);
    within = within || (from && from->container == to->container);
  }
  const auto container = TRY(shape_.state().object({ref_.space, to->container}));
  const auto title = container ? words_of(*container, field::kTitle) : std::string();
  if (title.empty() || now_.state.type != kCard) return std::string("moved it");
  return (within ? "moved it within " : "moved it to ") + quoted(title);
}

/// What was added to a set, or taken out of it.
std::string Sentences::element(const Field& field, const crdt::Op& op) const {
  if (!op.content.empty()) return show_field(shape_.state(), ref_, field, content_of(op));
  return replaced(field, op);
}

std::string Sentences::set(const Field& field, const crdt::Op& op) const {
  const bool adds = op.action == crdt::Action::add;
  const auto what = one_line(element(field, op), 200);
  const auto type = now_.state.type;
  if (type == kCard && field.number == card::kAssignees) {
    return (adds ? "assigned it to " : "took it from ") + what;
  }
  if (type == kMessage && field.number == message::kTo) {
    return (adds ? "addressed it to " : "took it back from ") + what;
  }
  return (adds ? "added " : "took ") + what + (adds ? " to " : " out of ") +
         std::string(field.label);
}

void Sentences::text(const Field& field, const crdt::Op& op, const crdt::OpId& id,
                     Words& words) const {
  if (op.action == crdt::Action::insert) {
    words.written += as_text(op.content);
    words.written_count += op.len;
    return;
  }
  words.taken_count += op.len;
  const auto at = now_.texts.find(field.number);
  if (at == now_.texts.end()) return;
  for (const auto& removed : at->second.removed_by(id, op.len)) words.taken += removed.text;
}

Result<std::string> Sentences::made(const crdt::Change& change) const {
  const auto* type = find_type(now_.state.type);
  std::string title;
  std::string source;
  for (const auto& op : change.ops) {
    if (op.object != ref_.object || op.kind != crdt::Kind::reg) continue;
    if (op.field == field::kTitle) title = content_of(op).text();
    if (op.field == field::kSource) source = content_of(op).text();
  }
  const auto label = type != nullptr ? std::string(type->label) : std::string("thing");
  auto out = (source.empty() ? "made the " : "brought in the ") + label;
  if (!title.empty()) out += " " + quoted(title);
  if (const auto colon = source.find(':'); colon != std::string::npos) {
    out += " from " + source.substr(0, colon);
  }
  return out;
}

Result<std::vector<std::string>> Sentences::of(std::size_t index) {
  const auto& change = history_[index].change;
  const auto* type = find_type(now_.state.type);
  const bool first = index == 0;
  std::vector<std::string> out;
  if (first) out.push_back(TRY(made(change)));
  std::map<std::uint32_t, Words> texts;
  bool unknown = false;
  for (const auto& [i, name] : crdt::op_names(change, ref_.object)) {
    const auto& op = change.ops[i];
    const auto* field = type != nullptr ? find_field(*type, op.field) : nullptr;
    if (field == nullptr || field->kind != op.kind) {
      unknown = true;
      continue;
    }
    if (field->trait == Field::Trait::hidden || (first && goes_without_saying(op.field))) continue;
    const bool adds = op.action == crdt::Action::add;
    std::string sentence;
    switch (op.kind) {
      case crdt::Kind::reg:
      case crdt::Kind::member: sentence = TRY(reg(*field, op, first)); break;
      case crdt::Kind::order: sentence = TRY(place(op)); break;
      case crdt::Kind::set: sentence = set(*field, op); break;
      case crdt::Kind::member_set:
        sentence = (adds ? "reacted with " : "took back ") + one_line(element(*field, op), 200);
        break;
      case crdt::Kind::text: text(*field, op, name, texts[op.field]); break;
      default: sentence = "changed " + std::string(field->label);
    }
    if (!sentence.empty()) out.push_back(std::move(sentence));
  }
  for (const auto& [number, words] : texts) {
    const auto label = std::string(find_field(*type, number)->label);
    if (words.written_count > 0) {
      out.push_back("wrote " + characters(words.written_count) + " in " + label + ": " +
                    quoted(words.written));
    }
    if (words.taken_count > 0) {
      out.push_back("took out " + characters(words.taken_count) + " of " + label +
                    (words.taken.empty() ? "" : ": " + quoted(words.taken)));
    }
  }
  if (unknown) out.push_back("changed something that this version does not know");
  if (out.empty()) out.push_back("changed nothing that shows");
  if (out.size() > kSentencesMax) {
    const auto more = out.size() - kSentencesMax;
    out.resize(kSentencesMax);
    out.push_back("and " + std::to_string(more) + " more changes");
  }
  return out;
}

}  // namespace holm::work::views
