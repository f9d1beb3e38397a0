// Boards: columns with their cards in order.
#include <map>
#include <set>

#include "work/read.h"
#include "work/reference.h"
#include "work/rules/columns.h"
#include "work/rules/life.h"
#include "work/views/card.h"
#include "work/views/view.h"

namespace holm::work::views {
namespace {

Value column_head(const rules::BoardColumn& column, bool archived) {
  Value out;
  out.set("id", column.ref.object.text()).set("title", column.title).set("kind", column.kind);
  out.set("limit", column.limit > 0 ? Value(column.limit) : Value());
  out.set("archived", archived);
  return out;
}

/// Columns that were removed, in order, with nothing but their own cards.
Result<std::vector<rules::ColumnCards>> removed_columns(const State& state, const Ref& board) {
  std::vector<rules::ColumnCards> out;
  for (const auto& ref : TRY(placed_in(state, board.space, kColumn, board.object))) {
    const auto object = TRY(need(state, ref));
    if (!is_archived(object)) continue;
    rules::ColumnCards column;
    column.column = {ref, words_of(object, field::kTitle), words_of(object, column::kKind),
                     number_of(object, column::kLimit).value_or(0)};
    for (const auto& card : TRY(placed_in(state, board.space, kCard, ref.object))) {
      column.cards.push_back({card, false, {}});
    }
    out.push_back(std::move(column));
  }
  return out;
}

class BoardView {
 public:
  BoardView(Shape& shape, const Ref& board, std::string key) : shape_(shape) {
    for (auto& number : card_numbers(shape.state(), board).value_or(std::vector<CardNumber>{})) {
      numbers_.emplace(number.card, number);
    }
    key_ = std::move(key);
  }

  /// Archived cards only when asked for; those that live on count as not archived.
  Result<Value> cards(const rules::ColumnCards& column, bool archived) {
    Value out = Value::array();
    for (const auto& place : column.cards) {
      const auto card = TRY(need(shape_.state(), place.card));
      if (!archived && TRY(rules::life_of(shape_.state(), place.card, card)).archived) continue;
      OnBoard on_board{key_, {}, place.late, place.removed};
      if (const auto at = numbers_.find(place.card.object); at != numbers_.end()) {
        on_board.number = at->second;
      }
      out.push(TRY(card_summary(shape_, place.card, card, on_board)));
    }
    return out;
  }

 private:
  Shape& shape_;
  std::string key_;
  std::map<ObjectId, CardNumber> numbers_;
};

}  // namespace

namespace {

/// Cards that board.show shows: those put away are left out, but for those that live all the same.
Result<std::size_t> count_cards(const State& state, const Ref& board) {
  Lookup lookup{
      .type = kCard, .space = board.space, .where = {{card::kBoard, id_value(board.object)}}};
  const auto all = TRY(state.find(lookup));
  lookup.where.push_back({field::kArchived, Value()});
  const auto out = TRY(state.find(lookup));
  if (out.size() == all.size()) return out.size();
  const std::set<Ref> in_use(out.begin(), out.end());
  std::size_t count = out.size();
  for (const auto& card : all) {
    if (!in_use.contains(card) && !TRY(rules::life_of(state, card)).archived) ++count;
  }
  return count;
}

}  // namespace

Result<Value> view(const State& state, const Asking& asking, const BoardList& query) {
  Shape shape(state, asking);
  Lookup lookup{.type = kBoard, .order = Lookup::By::title};
  if (query.room) lookup.space = TRY(resolve_room(state, *query.room)).space;
  Value boards = Value::array();
  for (const auto& ref : TRY(state.find(lookup))) {
    const auto board = TRY(need(state, ref));
    auto entry = TRY(shape.head(ref, board));
    if (entry["archived"].flag()) continue;
    entry.set("key", words_of(board, board::kKey));
    entry.set("columns", TRY(rules::columns_of(state, ref)).size());
    entry.set("cards", TRY(count_cards(state, ref)));
    boards.push(std::move(entry));
  }
  return Value::object().set("boards", std::move(boards));
}

Result<Value> view(const State& state, const Asking& asking, const BoardShow& query) {
  Shape shape(state, asking);
  const auto ref = TRY(resolve(state, query.board, {kBoard}));
  const auto board = TRY(need(state, ref));
  auto out = TRY(shape.head(ref, board));
  const auto key = words_of(board, board::kKey);
  out.set("key", key);
  out.set("description", TRY(state.text(ref, board::kDescription)));
  BoardView cards(shape, ref, key);
  Value columns = Value::array();
  const auto gone =
      query.archived ? TRY(removed_columns(state, ref)) : std::vector<rules::ColumnCards>();
  for (auto& column : TRY(rules::board_of(state, ref))) {
    // With the removed columns shown, archived cards of theirs stand there and not here as well.
    if (query.archived) {
      std::erase_if(column.cards, [&](const rules::CardPlace& place) {
        const auto life = rules::life_of(state, place.card);
        return place.late && life && life->archived;
      });
    }
    auto entry = column_head(column.column, false);
    columns.push(entry.set("cards", TRY(cards.cards(column, query.archived))));
  }
  for (auto column : gone) {
    std::erase_if(column.cards, [&](const rules::CardPlace& place) {
      const auto life = rules::life_of(state, place.card);
      return life && !life->archived;
    });
    auto entry = column_head(column.column, true);
    columns.push(entry.set("cards", TRY(cards.cards(column, true))));
  }
  out.set("columns", std::move(columns));
  Value labels = Value::array();
  for (const auto& label : TRY(children_of(state, ref, kLabel))) {
    const auto object = TRY(need(state, label));
    labels.push(Value::object()
                    .set("id", label.object.text())
                    .set("title", words_of(object, field::kTitle))
                    .set("colour", words_of(object, label::kColour)));
  }
  out.set("labels", std::move(labels));
  out.set("also", TRY(shape.also(ref, board)));
  out.set("notices", TRY(shape.notices(ref)));
  return out;
}

}  // namespace holm::work::views
