#include "work/views/card.h"

#include <algorithm>

#include "work/read.h"
#include "work/rules/columns.h"
#include "work/rules/life.h"
#include "work/rules/notices.h"
#include "work/views/comment.h"
#include "work/views/view.h"

namespace holm::work::views {
namespace {

struct Progress {
  std::uint64_t items = 0;
  std::uint64_t done = 0;
};

/// The card's checklists with their items, and how many of those are done.
Result<Value> checklists_value(Shape& shape, const Ref& card, Progress& progress) {
  const auto& state = shape.state();
  Value out = Value::array();
  std::uint64_t position = 0;
  for (const auto& ref : TRY(placed_in(state, card.space, kChecklist, card.object))) {
    const auto checklist = TRY(need(state, ref));
    if (TRY(rules::life_of(state, ref, checklist)).archived) continue;
    Value items = Value::array();
    for (const auto& item_ref : TRY(placed_in(state, card.space, kItem, ref.object))) {
      const auto item = TRY(need(state, item_ref));
      if (TRY(rules::life_of(state, item_ref, item)).archived) continue;
      const bool done = value_of(item, item::kDone).flag();
      ++progress.items;
      if (done) ++progress.done;
      Value entry;
      entry.set("id", item_ref.object.text()).set("position", ++position);
      entry.set("text", TRY(state.text(item_ref, item::kText)));
      entry.set("done", done);
      entry.set("assignee", shape.person(member_of(item, item::kAssignee)));
      Shape::set_instant(entry, "due", value_of(item, item::kDue));
      entry.set("also", TRY(shape.also(item_ref, item)));
      items.push(std::move(entry));
    }
    const auto title = words_of(checklist, field::kTitle);
    out.push(Value::object()
                 .set("id", ref.object.text())
                 .set("title", title.empty() ? "Checklist" : title)
                 .set("items", std::move(items)));
  }
  return out;
}

/// Progress without the words.
Result<Progress> progress_of(const State& state, const Ref& card) {
  Progress out;
  for (const auto& ref : TRY(placed_in(state, card.space, kChecklist, card.object))) {
    if (TRY(rules::life_of(state, ref)).archived) continue;
    for (const auto& item_ref : TRY(placed_in(state, card.space, kItem, ref.object))) {
      const auto item = TRY(need(state, item_ref));
      if (TRY(rules::life_of(state, item_ref, item)).archived) continue;
      ++out.items;
      if (value_of(item, item::kDone).flag()) ++out.done;
    }
  }
  return out;
}

Value percent_value(const crdt::ObjectState& card, const Progress& progress) {
  if (const auto set = number_of(card, card::kPercent)) return *set;
  if (progress.items == 0) return {};
  return progress.done * 100 / progress.items;
}

Result<Value> labels_value(Shape& shape, const Ref& card, const crdt::ObjectState& object) {
  Value out = Value::array();
  for (const auto& value : values_of(object, card::kLabels)) {
    const auto id = id_in<ObjectId>(value);
    if (!id) continue;
    const auto label = TRY(shape.state().object({card.space, *id}));
    if (!label) continue;
    out.push(Value::object()
                 .set("id", id->text())
                 .set("title", words_of(*label, field::kTitle))
                 .set("colour", words_of(*label, label::kColour)));
  }
  return out;
}

Result<Value> waiting_value(Shape& shape, const Ref& ref, const Value& value) {
  const auto& parts = value.items();
  if (parts.size() != 2) return Value();
  if (parts[0].text() == "member") return shape.person(id_in<MemberId>(parts[1]));
  const auto id = id_in<ObjectId>(parts[1]);
  if (!id) return Value();
  const Ref other{ref.space, *id};
  Value out = Value::object().set("id", id->text());
  if (const auto object = TRY(shape.state().object(other))) {
    out.set("title", TRY(title_of(shape.state(), other, *object)));
  }
  return out;
}

Value links_value(const crdt::ObjectState& card) {
  Value out = Value::array();
  for (const auto& link : values_of(card, card::kLinks)) {
    if (link.items().size() != 2) continue;
    out.push(Value::object().set("name", link.items()[0]).set("url", link.items()[1]));
  }
  return out;
}

Result<Value> updates_value(Shape& shape, const Ref& card) {
  Value out = Value::array();
  for (const auto& ref : TRY(children_of(shape.state(), card, kProgress))) {
    const auto update = TRY(need(shape.state(), ref));
    if (TRY(rules::life_of(shape.state(), ref, update)).archived) continue;
    const auto confidence = words_of(update, progress::kConfidence);
    out.push(Value::object()
                 .set("id", ref.object.text())
                 .set("by", shape.person(shape.creator(update)))
                 .set("at", Shape::time(shape.created(update)))
                 .set("line", words_of(update, progress::kLine))
                 .set("percent", value_of(update, progress::kPercent))
                 .set("confidence", confidence.empty() ? Value() : Value(confidence)));
  }
  return out;
}

void set_plan(Value& out, const crdt::ObjectState& card) {
  const auto priority = words_of(card, card::kPriority);
  out.set("priority", priority.empty() ? Value() : Value(priority));
  Shape::set_instant(out, "due", value_of(card, card::kDue));
  out.set("estimate_minutes", value_of(card, card::kEstimate));
  out.set("closed", Shape::time(moment_of(card, card::kClosed)));
  out.set("done", !value_of(card, card::kClosed).is_null());
}

Value words_or_null(const crdt::ObjectState& card, std::uint32_t field) {
  auto text = words_of(card, field);
  return text.empty() ? Value() : Value(std::move(text));
}

}  // namespace

Value number_value(const std::string& key, std::uint64_t number) {
  if (key.empty() || number == 0) return {};
  return key + "-" + std::to_string(number);
}

Result<Value> card_summary(Shape& shape, const Ref& ref, const crdt::ObjectState& card,
                           const OnBoard& on_board) {
  const auto& state = shape.state();
  Value out;
  out.set("id", ref.object.text());
  out.set("number", number_value(on_board.key, on_board.number.number));
  out.set("alias", number_value(on_board.key, on_board.number.alias));
  out.set("title", words_of(card, field::kTitle));
  out.set("assignees", shape.people(members_of(card, card::kAssignees)));
  set_plan(out, card);
  const auto progress = TRY(progress_of(state, ref));
  out.set("percent", percent_value(card, progress));
  out.set("items", progress.items).set("items_done", progress.done);
  out.set("labels", TRY(labels_value(shape, ref, card)));
  const auto comments = TRY(
      state.find({.type = kComment,
                  .space = ref.space,
                  .where = {{field::kParent, id_value(ref.object)}, {field::kArchived, Value()}}}));
  out.set("comments", comments.size());
  const auto twice = rules::taken_twice(card);
  Value flags = Value::array();
  if (!twice.empty()) flags.push("taken twice");
  if (on_board.late) flags.push("late");
  if (on_board.number.alias != 0) flags.push("renumbered");
  if (!value_of(card, card::kBlockedReason).is_null()) flags.push("blocked");
  out.set("flags", std::move(flags));
  if (!twice.empty()) out.set("taken_twice_by", shape.people(twice));
  if (on_board.late) out.set("removed_column", on_board.removed);
  out.set("also", TRY(shape.also(ref, card)));
  out.set("archived", TRY(rules::life_of(state, ref, card)).archived);
  return out;
}

Status add_details(Shape& shape, const Ref& ref, const crdt::ObjectState& card, Value& out) {
  out.set("text", TRY(shape.state().text(ref, card::kDescription)));
  out.set("assignees", shape.people(members_of(card, card::kAssignees)));
  set_plan(out, card);
  Shape::set_instant(out, "not_before", value_of(card, card::kNotBefore));
  Progress progress;
  auto checklists = TRY(checklists_value(shape, ref, progress));
  out.set("percent", percent_value(card, progress));
  out.set("items", progress.items).set("items_done", progress.done);
  out.set("checklists", std::move(checklists));
  out.set("labels", TRY(labels_value(shape, ref, card)));
  out.set("followers", shape.people(members_of(card, card::kFollowers)));
  Value tags = Value::array();
  for (const auto& tag : values_of(card, field::kTags)) tags.push(tag);
  out.set("tags", std::move(tags));
  out.set("card_type", words_or_null(card, card::kCardType));
  out.set("blocked_reason", words_or_null(card, card::kBlockedReason));
  out.set("waiting_on", TRY(waiting_value(shape, ref, value_of(card, card::kWaitingOn))));
  out.set("repeats", words_or_null(card, card::kRepeats));
  out.set("links", links_value(card));
  out.set("updates", TRY(updates_value(shape, ref)));
  out.set("comments", TRY(comments_value(shape, ref, ResolvedComments::shown)));
  return {};
}

Result<Value> view(const State& state, const Asking& asking, const CardShow& query) {
  Shape shape(state, asking);
  const auto ref = TRY(resolve(state, query.card, {kCard}));
  const auto card = TRY(need(state, ref));
  auto out = TRY(shape.head(ref, card));
  out.set("number", Value()).set("alias", Value()).set("board", Value());
  if (const auto board_id = object_of(card, card::kBoard)) {
    const Ref board_ref{ref.space, *board_id};
    if (const auto board = TRY(state.object(board_ref))) {
      const auto key = words_of(*board, board::kKey);
      out.set("board", Value::object()
                           .set("id", board_id->text())
                           .set("title", words_of(*board, field::kTitle))
                           .set("key", key));
      for (const auto& one : TRY(card_numbers(state, board_ref))) {
        if (one.card != ref.object) continue;
        out.set("number", number_value(key, one.number));
        out.set("alias", number_value(key, one.alias));
      }
    }
  }
  const auto column = TRY(rules::column_of(state, ref));
  Value standing;
  if (column) {
    standing.set("id", column->column.ref.object.text()).set("title", column->column.title);
    standing.set("kind", column->column.kind);
  }
  out.set("column", std::move(standing));
  out.set("late", column && column->late);
  TRY(add_details(shape, ref, card, out));
  out.set("also", TRY(shape.also(ref, card)));
  out.set("notices", TRY(shape.notices(ref)));
  return out;
}

}  // namespace holm::work::views
