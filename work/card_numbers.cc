// Every card asks for a number when it is made: the next one its author's device knows of. Devices
// apart may ask for the same one. The answer is derived: the earliest card keeps the number, each
// other one gets the next number above it that no card asks for, going from early to late.
#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "work/read.h"
#include "work/reference.h"
#include "work/schema.h"

namespace holm::work {

Result<std::optional<Ref>> numbered_card(const State& state, const Ref& board,
                                         std::uint64_t number) {
  // Whoever asked first for a number holds it; only where nobody asked all cards have to be read.
  const auto asking = TRY(state.find(
      {.type = kCard,
       .space = board.space,
       .where = {{card::kBoard, id_value(board.object)}, {card::kNumber, Value(number)}}}));
  std::optional<Ref> out;
  std::optional<std::pair<crdt::Stamp, ObjectId>> first;
  for (const auto& ref : asking) {
    const auto card = TRY(state.object(ref));
    if (!card) continue;
    const std::pair born{card->born.stamp, ref.object};
    if (first && *first < born) continue;
    first = born;
    out = ref;
  }
  if (out) return out;
  for (const auto& one : TRY(card_numbers(state, board)))
    if (one.number == number) out = Ref{board.space, one.card};
  return out;
}

Result<std::vector<CardNumber>> card_numbers(const State& state, const Ref& board) {
  struct Asking {
    crdt::Stamp born;
    ObjectId card;
    std::uint64_t number;
  };
  const auto cards = TRY(state.find(
      {.type = kCard, .space = board.space, .where = {{card::kBoard, id_value(board.object)}}}));
  std::vector<Asking> asking;
  std::set<std::uint64_t> asked;
  for (const auto& ref : cards) {
    const auto card = TRY(state.object(ref));
    if (!card) continue;
    const auto number = number_of(*card, card::kNumber).value_or(1);
    const auto wanted =
        static_cast<std::uint64_t>(std::clamp<std::int64_t>(number, 1, 1'000'000'000));
    asking.push_back({card->born.stamp, ref.object, wanted});
    asked.insert(wanted);
  }
  std::sort(asking.begin(), asking.end(), [](const Asking& a, const Asking& b) {
    return std::tie(a.born, a.card) < std::tie(b.born, b.card);
  });
  std::map<std::uint64_t, CardNumber> given;
  std::vector<const Asking*> late;
  for (const auto& one : asking)
    if (!given.emplace(one.number, CardNumber{one.card, one.number, 0}).second)
      late.push_back(&one);
  for (const auto* one : late) {
    auto free = one->number + 1;
    while (asked.contains(free) || given.contains(free)) ++free;
    given.emplace(free, CardNumber{one->card, free, one->number});
  }
  std::vector<CardNumber> out;
  out.reserve(given.size());
  for (const auto& [number, card] : given) out.push_back(card);
  return out;
}

Result<std::string> short_number(const State& state, const Ref& card_ref) {
  const auto card = TRY(state.object(card_ref));
  if (!card) return std::string{};
  const auto board_id = object_of(*card, card::kBoard);
  if (!board_id) return std::string{};
  const Ref board_ref{card_ref.space, *board_id};
  const auto board = TRY(state.object(board_ref));
  if (!board) return std::string{};
  const auto key = words_of(*board, board::kKey);
  if (key.empty()) return std::string{};
  const auto asked = number_of(*card, card::kNumber).value_or(0);
  if (asked > 0) {
    const auto number = static_cast<std::uint64_t>(asked);
    if (TRY(numbered_card(state, board_ref, number)) == card_ref)
      return key + "-" + std::to_string(number);
  }
  for (const auto& one : TRY(card_numbers(state, board_ref)))
    if (one.card == card_ref.object) return key + "-" + std::to_string(one.number);
  return std::string{};
}

}  // namespace holm::work
