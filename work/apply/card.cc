#include <algorithm>
#include <set>

#include "work/apply/draft.h"
#include "work/apply/place_keys.h"
#include "work/fold.h"
#include "work/read.h"
#include "work/rules/life.h"
#include "work/when.h"

namespace holm::work {
namespace {

const Field& card_field(std::uint32_t number) { return *find_field(*find_type(kCard), number); }

Result<Subject> card_named(const Draft& draft, std::string_view text) {
  return subject(draft, text, {kCard});
}

Result<Ref> board_of_card(const Draft& draft, const Subject& card) {
  const auto board = object_of(card.object, card::kBoard);
  if (!board)
    return fail(Code::failed, path_of(draft.state, card.ref) + " belongs to no board",
                "nothing was changed");
  return Ref{card.ref.space, *board};
}

Result<rules::BoardColumn> column_named(const Draft& draft, const Ref& board,
                                        std::string_view name) {
  const auto columns = TRY(rules::columns_of(draft.state, board));
  std::vector<Ref> refs;
  for (const auto& column : columns) refs.push_back(column.ref);
  const auto ref = TRY(resolve_among(draft.state, name, refs, "column"));
  return *std::find_if(columns.begin(), columns.end(),
                       [&](const auto& column) { return column.ref == ref; });
}

/// A label of the board, by name.
Result<Ref> label_there(const Draft& draft, const Ref& board, std::string_view name) {
  TRY(check_line(name, "a label", 200));
  const auto labels = TRY(draft.state.find(
      {.type = kLabel, .space = board.space, .where = {{field::kParent, id_value(board.object)}}}));
  return resolve_among(draft.state, name, labels, "label");
}

/// The same; one that is not there yet is made, under an id that two people who make it apart agree
/// on.
Result<Value> label_named(Draft& draft, const Ref& board, std::string_view name) {
  if (const auto found = label_there(draft, board, name)) {
    return id_value(found->object);
  } else if (found.error().code != Code::not_found) {
    return fail(found.error());
  }
  const Ref label{board.space, derived_object(board.object, "label:" + fold(name))};
  draft.on(label, kLabel).put(field::kTitle, name).put(field::kParent, id_value(board.object));
  return id_value(label.object);
}

/// "+bug,-later" or a whole list "bug,ui".
Status set_labels(Draft& draft, const Subject& card, std::string_view text) {
  const auto board = TRY(board_of_card(draft, card));
  struct Step {
    char sign;
    Value label;
  };
  std::vector<Step> steps;
  if (text == "none") text = {};
  while (!text.empty()) {
    auto name = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), name.size() + 1));
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (name.empty()) continue;
    const char sign = name.front() == '+' || name.front() == '-' ? name.front() : '=';
    if (sign != '=') name.remove_prefix(1);
    steps.push_back({sign, sign == '-' ? id_value(TRY(label_there(draft, board, name)).object)
                                       : TRY(label_named(draft, board, name))});
  }
  const bool is_whole =
      std::none_of(steps.begin(), steps.end(), [](const Step& step) { return step.sign != '='; });
  auto writer = draft.on(card.ref, kCard);
  if (is_whole) {
    for (const auto& value : values_of(card.object, card::kLabels))
      if (std::none_of(steps.begin(), steps.end(),
                       [&](const Step& step) { return step.label == value; }))
        writer.take_away(card::kLabels, value);
  }
  for (const auto& step : steps) {
    if (step.sign == '-') {
      writer.take_away(card::kLabels, step.label);
    } else {
      writer.add(card::kLabels, step.label);
    }
  }
  return {};
}

/// Says when a column holds more than its limit.
Status watch_limit(Draft& draft, const rules::BoardColumn& column, const Ref& board,
                   const Ref& card) {
  if (column.limit <= 0) return {};
  std::int64_t count = 1;
  for (const auto& shown : TRY(rules::board_of(draft.state, board)))
    if (shown.column.ref == column.ref)
      for (const auto& place : shown.cards)
        if (place.card != card && !is_archived(TRY(load(draft, place.card)))) ++count;
  if (count > column.limit)
    draft.notice("'" + column.title + "' now holds " + std::to_string(count) +
                 " cards; its limit is " + std::to_string(column.limit));
  return {};
}

/// A card is closed exactly while it stands in a column of kind done.
void keep_closed_in_step(Draft& draft, const Subject& card, const rules::BoardColumn& column) {
  const bool is_closed = !value_of(card.object, card::kClosed).is_null();
  const bool is_done = column.kind == "done";
  if (is_closed != is_done)
    draft.on(card.ref, kCard).put(card::kClosed, is_done ? draft.now() : Value{});
}

Result<std::size_t> open_items(const Draft& draft, const Ref& card) {
  std::size_t out = 0;
  for (const auto& checklist : TRY(draft.state.find({.type = kChecklist,
                               .space = card.space,
                               .where = {{field::kParent, id_value(card.object)}}}))) {
    for (const auto& item : TRY(draft.state.find({.type = kItem,
                            .space = card.space,
                            .where = {{field::kParent, id_value(checklist.object)}}}))) {
      const auto object = TRY(load(draft, item));
      const bool is_open = !value_of(object, item::kDone).flag();
      if (is_open && !TRY(rules::life_of(draft.state, item, object)).archived) ++out;
    }
  }
  return out;
}

void warn_of_open_items(Draft& draft, std::size_t count) {
  if (count == 0) return;
  draft.notice(std::to_string(count) +
               (count == 1 ? " checklist item is" : " checklist items are") + " still open");
}

/// "RRULE:FREQ=WEEKLY" loses its prefix; anything else must begin as RFC 5545 has it.
Result<std::string> recurrence(std::string_view text) {
  if (text.starts_with("RRULE:")) text.remove_prefix(6);
  TRY(check_line(text, "the recurrence"));
  if (!text.starts_with("FREQ="))
    return fail(Code::usage, "'" + std::string(text.substr(0, 80)) + "' is no recurrence",
                "nothing was changed", "write one like FREQ=WEEKLY;BYDAY=MO");
  return std::string(text);
}

}  // namespace

Status run(Draft& draft, const CardAdd& command) {
  const auto board = TRY(subject(draft, command.board, {kBoard}));
  TRY(check_line(command.title, "the title"));
  const auto columns = TRY(rules::columns_of(draft.state, board.ref));
  if (columns.empty())
    return fail(Code::usage, "the board has no column", "nothing was changed",
                "add one with holm board column add");
  const auto* first = rules::first_of_kind(columns, "queue");
  auto column = first ? *first : columns.front();
  if (command.column) column = TRY(column_named(draft, board.ref, *command.column));

  std::uint64_t number = 1;
  for (const auto& one : TRY(card_numbers(draft.state, board.ref)))
    number = std::max(number, one.number + 1);
  const auto ref = draft.fresh(board.ref.space);
  const auto parsed = [&](std::uint32_t field, const Optional& text) -> Result<Value> {
    if (!text) return Value{};
    return parse_field(draft.state, ref, card_field(field), *text, draft.when());
  };
  PlaceKeys keys(draft, board.ref.space, kCard, column.ref.object);
  draft.on(ref, kCard)
      .put(field::kTitle, command.title)
      .put(card::kBoard, id_value(board.ref.object))
      .put(card::kNumber, Value(number))
      .place(column.ref.object, TRY(keys.last()))
      .put_if(card::kDue, TRY(parsed(card::kDue, command.due)))
      .put_if(card::kNotBefore, TRY(parsed(card::kNotBefore, command.not_before)))
      .put_if(card::kEstimate, TRY(parsed(card::kEstimate, command.estimate)))
      .put_if(card::kPriority, TRY(parsed(card::kPriority, command.priority)));
  if (column.kind == "done") draft.on(ref, kCard).put(card::kClosed, draft.now());
  std::vector<MemberId> assignees;
  for (const auto& name : command.assign) {
    assignees.push_back(TRY(resolve_member(draft.state, name)));
    draft.on(ref, kCard).add(card::kAssignees, id_value(assignees.back()));
  }
  if (!assignees.empty()) note_taken(draft, ref, assignees);
  for (const auto& name : command.labels) {
    const auto label = TRY(label_named(draft, board.ref, name));
    draft.on(ref, kCard).add(card::kLabels, label);
  }
  if (command.text) {
    TRY(check_text(*command.text, "the description"));
    draft.on(ref, kCard).insert(card::kDescription, 0, *command.text);
  }
  TRY(watch_limit(draft, column, board.ref, ref));
  draft.answer_id(ref);
  const auto key = words_of(board.object, board::kKey);
  if (!key.empty()) draft.outcome.answer.set("number", key + "-" + std::to_string(number));
  return wake(draft, board);
}

Status run(Draft& draft, const CardMove& command) {
  const auto card = TRY(card_named(draft, command.card));
  const auto board = TRY(board_of_card(draft, card));
  const auto column = TRY(column_named(draft, board, command.column));
  PlaceKeys keys(draft, board.space, kCard, column.ref.object, card.ref.object);
  Bytes key;
  if (command.before) {
    const auto other = TRY(card_named(draft, *command.before));
    if (other.ref == card.ref)
      return fail(Code::usage, "a card cannot stand before itself", "nothing was changed");
    key = TRY(keys.before(other.ref.object));
  } else {
    key = command.top ? TRY(keys.first()) : TRY(keys.last());
  }
  draft.on(card.ref, kCard).place(column.ref.object, std::move(key));
  keep_closed_in_step(draft, card, column);
  if (column.kind == "done") warn_of_open_items(draft, TRY(open_items(draft, card.ref)));
  TRY(watch_limit(draft, column, board, card.ref));
  draft.answer_id(card.ref);
  return wake(draft, card);
}

Status run(Draft& draft, const CardSet& command) {
  const auto card = TRY(card_named(draft, command.card));
  Pairs plain;
  std::set<std::string_view> keys;
  for (const auto& [key, value] : command.values) {
    if (!keys.insert(key).second)
      return fail(Code::usage, "'" + key + "' is set twice", "nothing was changed",
                  "give each key once");
    if (key == "repeats" && !value.empty() && value != "none") {
      draft.on(card.ref, kCard).put(card::kRepeats, TRY(recurrence(value)));
    } else if (key == "labels") {
      TRY(set_labels(draft, card, value));
    } else {
      plain.emplace_back(key, value);
    }
  }
  if (!plain.empty() || command.values.empty())
    TRY(set_fields(
        draft, card, plain,
        {field::kTitle, card::kDescription, card::kPriority, card::kDue, card::kNotBefore,
         card::kEstimate, card::kPercent, card::kBlockedReason, card::kWaitingOn, card::kRepeats,
         card::kCardType, card::kAssignees, card::kFollowers, field::kTags}));
  draft.answer_id(card.ref);
  return wake(draft, card);
}

Status run(Draft& draft, const CardDone& command) {
  const auto card = TRY(card_named(draft, command.card));
  const auto board = TRY(board_of_card(draft, card));
  draft.answer_id(card.ref);
  const auto here = TRY(rules::column_of(draft.state, card.ref));
  const auto columns = TRY(rules::columns_of(draft.state, board));
  const bool is_closed = !value_of(card.object, card::kClosed).is_null();
  if (command.reopen) {
    if (is_closed) draft.on(card.ref, kCard).put(card::kClosed, Value{});
  } else {
    if (!is_closed) draft.on(card.ref, kCard).put(card::kClosed, draft.now());
    warn_of_open_items(draft, TRY(open_items(draft, card.ref)));
  }
  // A board without a column of the kind leaves the card where it is.
  const bool stands_right = here && (here->column.kind == "done") == !command.reopen;
  const auto* column = rules::first_of_kind(columns, command.reopen ? "queue" : "done");
  if (!stands_right && column) {
    PlaceKeys keys(draft, board.space, kCard, column->ref.object, card.ref.object);
    draft.on(card.ref, kCard).place(column->ref.object, TRY(keys.last()));
  }
  return wake(draft, card);
}

Status run(Draft& draft, const CardArchive& command) {
  const auto card = TRY(card_named(draft, command.card));
  draft.answer_id(card.ref);
  return archive(draft, card, command.off ? Archiving::back : Archiving::away);
}

Status run(Draft& draft, const CardUpdate& command) {
  const auto card = TRY(card_named(draft, command.card));
  TRY(check_line(command.line, "the update"));
  const auto& type = *find_type(kProgress);
  const auto ref = draft.fresh(card.ref.space);
  Value percent;
  Value confidence;
  if (command.percent)
    percent = TRY(parse_field(draft.state, ref, *find_field(type, progress::kPercent),
                              *command.percent, draft.when()));
  if (command.confidence)
    confidence =
        Value(TRY(parse_choice(*find_field(type, progress::kConfidence), *command.confidence)));
  draft.on(ref, kProgress)
      .put(field::kParent, id_value(card.ref.object))
      .put(progress::kLine, command.line)
      .put_if(progress::kPercent, percent)
      .put_if(progress::kConfidence, confidence);
  draft.answer_id(ref);
  return wake(draft, card);
}

}  // namespace holm::work
