// Cards as answers show them: in short on a board, in full alone.
#pragma once

#include "work/reference.h"
#include "work/views/shape.h"

namespace holm::work::views {

/// What the summary of a card is told from outside, because it is found once per board.
struct OnBoard {
  std::string key;      ///< of the board: "R"
  CardNumber number;    ///< 0: the card has none
  bool late = false;    ///< its own column was removed
  std::string removed;  ///< title of that column
};

/// One card on a board, without its long texts.
Result<Value> card_summary(Shape& shape, const Ref& ref, const crdt::ObjectState& card,
                           const OnBoard& on_board);

/// Adds the rest: description, checklists with their items, updates, comments, links and so on.
Status add_details(Shape& shape, const Ref& ref, const crdt::ObjectState& card, Value& out);

/// "R-42"; null without a key or a number.
Value number_value(const std::string& key, std::uint64_t number);

}  // namespace holm::work::views
