// Checklists and their items. A card's first checklist has an id derived from the card, so that two
// people who start it apart write into one list.
#include <algorithm>
#include <charconv>

#include "crdt/text/utf8.h"
#include "work/apply/draft.h"
#include "work/apply/place_keys.h"
#include "work/fold.h"
#include "work/read.h"
#include "work/rules/life.h"

namespace holm::work {
namespace {

Result<std::vector<Ref>> in_order(const Draft& draft, const SpaceId& space, std::uint32_t type,
                                  const ObjectId& container) {
  std::vector<Ref> out;
  for (const auto& ref : TRY(draft.state.find({.type = type,
                         .space = space,
                         .where = {{field::kPlace, id_value(container)}},
                         .order = Lookup::By::place})))
    if (!TRY(rules::life_of(draft.state, ref)).archived) out.push_back(ref);
  return out;
}

Result<std::vector<Ref>> items_of(const Draft& draft, const Ref& card) {
  std::vector<Ref> out;
  for (const auto& checklist : TRY(in_order(draft, card.space, kChecklist, card.object)))
    for (const auto& item : TRY(in_order(draft, card.space, kItem, checklist.object)))
      out.push_back(item);
  return out;
}

struct CardItem {
  Subject card;
  Subject item;
};

/// By position on the card from 1, exact text, text without regard to case, id or id prefix.
Result<Ref> find_item(const Draft& draft, const std::vector<Ref>& items, std::string_view text) {
  std::size_t position = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), position);
  if (error == std::errc{} && end == text.data() + text.size() && position >= 1 &&
      position <= items.size())
    return items[position - 1];
  for (const bool exact : {true, false}) {
    std::vector<Ref> found;
    for (const auto& item : items) {
      const auto words = TRY(draft.state.text(item, item::kText));
      if (exact ? words == text : fold(words) == fold(text)) found.push_back(item);
    }
    if (found.size() == 1) return found.front();
    if (found.size() > 1)
      return fail(Code::usage, "several items read '" + std::string(text.substr(0, 80)) + "'",
                  "nothing was changed", "name one by its position");
  }
  if (text.size() >= 4) {
    std::vector<Ref> found;
    for (const auto& item : items)
      if (item.object.text().starts_with(text)) found.push_back(item);
    if (found.size() == 1) return found.front();
  }
  return fail(Code::not_found, "the card has no item '" + std::string(text.substr(0, 80)) + "'",
              "nothing was changed", "see holm card show");
}

Result<CardItem> item_on(const Draft& draft, std::string_view card, std::string_view item) {
  auto owner = TRY(subject(draft, card, {kCard}));
  const auto ref = TRY(find_item(draft, TRY(items_of(draft, owner.ref)), item));
  return CardItem{std::move(owner), {ref, TRY(load(draft, ref))}};
}

/// The checklist to add to; made when it is not there.
Result<Ref> checklist_for(Draft& draft, const Subject& card, const Optional& name) {
  const auto there = TRY(in_order(draft, card.ref.space, kChecklist, card.ref.object));
  if (!name && !there.empty()) return there.front();
  if (name) {
    TRY(check_line(*name, "the checklist's name"));
    const auto found = resolve_among(draft.state, *name, there, "checklist");
    if (found) return *found;
    if (found.error().code != Code::not_found) return fail(found.error());
  }
  const std::string title = name.value_or("Checklist");
  const Ref ref{card.ref.space, derived_object(card.ref.object, "checklist:" + fold(title))};
  PlaceKeys keys(draft, ref.space, kChecklist, card.ref.object, ref.object);
  draft.on(ref, kChecklist)
      .put(field::kTitle, title)
      .put(field::kParent, id_value(card.ref.object))
      .place(card.ref.object, TRY(keys.last()));
  return ref;
}

}  // namespace

Status run(Draft& draft, const ItemAdd& command) {
  const auto card = TRY(subject(draft, command.card, {kCard}));
  TRY(check_line(command.text, "the item"));
  const auto checklist = TRY(checklist_for(draft, card, command.checklist));
  const auto ref = draft.fresh(card.ref.space);
  const auto& type = *find_type(kItem);
  const auto parsed = [&](std::uint32_t field, const Optional& text) -> Result<Value> {
    if (!text) return Value{};
    return parse_field(draft.state, ref, *find_field(type, field), *text, draft.when());
  };
  PlaceKeys keys(draft, ref.space, kItem, checklist.object);
  draft.on(ref, kItem)
      .put(field::kParent, id_value(checklist.object))
      .place(checklist.object, TRY(keys.last()))
      .put_if(item::kAssignee, TRY(parsed(item::kAssignee, command.assign)))
      .put_if(item::kDue, TRY(parsed(item::kDue, command.due)))
      .insert(item::kText, 0, command.text);
  draft.answer_id(ref);
  return wake(draft, card);
}

Status run(Draft& draft, const ItemCheck& command) {
  const auto [card, item] = TRY(item_on(draft, command.card, command.item));
  draft.on(item.ref, kItem).put(item::kDone, Value(!command.off));
  draft.answer_id(item.ref);
  return wake(draft, card);
}

Status run(Draft& draft, const ItemSet& command) {
  const auto [card, item] = TRY(item_on(draft, command.card, command.item));
  for (const auto& [key, value] : command.values)
    if (key == "text") TRY(check_line(value, "the item"));
  TRY(set_fields(draft, item, command.values,
                 {item::kText, item::kDone, item::kAssignee, item::kDue}));
  draft.answer_id(item.ref);
  return wake(draft, card);
}

Status run(Draft& draft, const ItemMove& command) {
  const auto [card, item] = TRY(item_on(draft, command.card, command.item));
  const auto place = place_of(item.object);
  auto list =
      place ? place->container : object_of(item.object, field::kParent).value_or(ObjectId{});
  std::optional<Ref> before;
  if (command.before) {
    before = TRY(item_on(draft, command.card, *command.before)).item.ref;
    if (*before == item.ref)
      return fail(Code::usage, "an item cannot stand before itself", "nothing was changed");
    // Another checklist of the same card is fine: the item goes there.
    const auto other = place_of(TRY(load(draft, *before)));
    if (other) list = other->container;
  }
  PlaceKeys keys(draft, item.ref.space, kItem, list, item.ref.object);
  auto key = before ? TRY(keys.before(before->object)) : TRY(keys.last());
  draft.on(item.ref, kItem).place(list, std::move(key));
  draft.answer_id(item.ref);
  return wake(draft, card);
}

Status run(Draft& draft, const ItemRemove& command) {
  const auto [card, item] = TRY(item_on(draft, command.card, command.item));
  draft.answer_id(item.ref);
  return archive(draft, item, Archiving::away);
}

}  // namespace holm::work
