#include "work/rules/columns.h"

#include <algorithm>

#include "work/read.h"
#include "work/schema.h"

namespace holm::work::rules {
namespace {

struct AnyColumn {
  BoardColumn column;
  bool removed = false;
};

Result<std::vector<AnyColumn>> all_columns(const State& state, const Ref& board) {
  std::vector<AnyColumn> out;
  for (const auto& ref : TRY(state.find({.type = kColumn,
                         .space = board.space,
                         .where = {{field::kPlace, id_value(board.object)}},
                         .order = Lookup::By::place}))) {
    const auto object = TRY(state.object(ref));
    if (!object) continue;
    auto kind = words_of(*object, column::kKind);
    if (kind.empty()) kind = "queue";
    out.push_back({{ref, words_of(*object, field::kTitle), std::move(kind),
                    number_of(*object, column::kLimit).value_or(0)},
                   is_archived(*object)});
  }
  // Two people who each remove what the other keeps would leave a board without columns, and its
  // cards nowhere: then the first queue column stays after all.
  if (std::all_of(out.begin(), out.end(), [](const auto& one) { return one.removed; })) {
    auto at = std::find_if(out.begin(), out.end(),
                           [](const auto& one) { return one.column.kind == "queue"; });
    if (at == out.end()) at = out.begin();
    if (at != out.end()) at->removed = false;
  }
  return out;
}

std::vector<BoardColumn> standing(const std::vector<AnyColumn>& all) {
  std::vector<BoardColumn> out;
  for (const auto& one : all)
    if (!one.removed) out.push_back(one.column);
  return out;
}

/// Where cards of removed columns go.
const BoardColumn* refuge(const std::vector<BoardColumn>& columns) {
  if (const auto* queue = first_of_kind(columns, "queue")) return queue;
  return columns.empty() ? nullptr : &columns.front();
}

}  // namespace

const BoardColumn* first_of_kind(const std::vector<BoardColumn>& columns, std::string_view kind) {
  for (const auto& column : columns)
    if (column.kind == kind) return &column;
  return nullptr;
}

Result<std::vector<BoardColumn>> columns_of(const State& state, const Ref& board) {
  return standing(TRY(all_columns(state, board)));
}

Result<std::vector<ColumnCards>> board_of(const State& state, const Ref& board) {
  const auto all = TRY(all_columns(state, board));
  const auto live = standing(all);
  std::vector<ColumnCards> out;
  for (const auto& column : live) out.push_back({column, {}});
  const auto* shelter = refuge(live);
  std::vector<CardPlace> late;
  for (const auto& one : all) {
    if (one.removed && !shelter) continue;
    const auto cards = TRY(state.find({.type = kCard,
                                       .space = board.space,
                                       .where = {{field::kPlace, id_value(one.column.ref.object)}},
                                       .order = Lookup::By::place}));
    for (auto& shown : out)
      if (!one.removed && shown.column.ref == one.column.ref)
        for (const auto& card : cards) shown.cards.push_back({card, false, {}});
    if (one.removed)
      for (const auto& card : cards) late.push_back({card, true, one.column.title});
  }
  for (auto& shown : out)
    if (shelter && shown.column.ref == shelter->ref)
      shown.cards.insert(shown.cards.end(), late.begin(), late.end());
  return out;
}

Result<std::optional<CardColumn>> column_of(const State& state, const Ref& card) {
  const auto object = TRY(state.object(card));
  if (!object) return std::optional<CardColumn>{};
  const auto place = place_of(*object);
  const auto board = object_of(*object, card::kBoard);
  if (!place || !board) return std::optional<CardColumn>{};
  const auto all = TRY(all_columns(state, {card.space, *board}));
  std::string removed;
  for (const auto& one : all) {
    if (one.column.ref.object != place->container) continue;
    if (!one.removed) return std::optional(CardColumn{one.column, false, {}});
    removed = one.column.title;
  }
  const auto live = standing(all);
  const auto* shelter = refuge(live);
  if (!shelter) return std::optional<CardColumn>{};
  return std::optional(CardColumn{*shelter, true, removed});
}

}  // namespace holm::work::rules
