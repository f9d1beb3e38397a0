// Which column a card stands in, also when its column was removed meanwhile: "column deleted while
// a card is moved into it: the column's other cards were moved to the first queue column; the late
// card joins them with a notice" (PRODUCT.md 3.4).
#pragma once

#include <vector>

#include "base/result.h"
#include "work/state.h"

namespace holm::work::rules {

struct BoardColumn {
  Ref ref;
  std::string title;
  std::string kind;        ///< queue | doing | waiting | done
  std::int64_t limit = 0;  ///< 0: none
};
/// Columns that are not removed, in order; the first queue column when all of them are.
Result<std::vector<BoardColumn>> columns_of(const State& state, const Ref& board);

struct CardPlace {
  Ref card;
  bool late = false;    ///< stands here only because its own column was removed
  std::string removed;  ///< title of that column
};
struct ColumnCards {
  BoardColumn column;
  std::vector<CardPlace> cards;  ///< in order; late ones last. Archived cards included
};
/// The whole board. Cards of removed columns stand at the end of the first queue column (with no
/// queue column: the first of any kind). O(cards).
Result<std::vector<ColumnCards>> board_of(const State& state, const Ref& board);

/// The column of one card; nothing when its board has none left.
struct CardColumn {
  BoardColumn column;
  bool late = false;
  std::string removed;
};
Result<std::optional<CardColumn>> column_of(const State& state, const Ref& card);

/// The first column of a kind, by order.
const BoardColumn* first_of_kind(const std::vector<BoardColumn>& columns, std::string_view kind);

}  // namespace holm::work::rules
