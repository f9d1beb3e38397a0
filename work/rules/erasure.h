// What was erased, by whom and when (PRODUCT.md 5.10). An order to erase is an object of its own,
// so that it outlives what it erases: it names its target, and whether all of it goes or what its
// author wrote. Only an owner's order of all counts, which every receiver judges (judge.h); an
// order without it reaches its author's own words and no others, so nobody can be robbed of theirs.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "work/state.h"

namespace holm::work::rules {

inline constexpr std::string_view kEraseAll = "all";
inline constexpr std::string_view kEraseOwn = "own";

/// An order as it stands.
struct Erasure {
  ObjectId order;
  ObjectId target;
  std::uint32_t type = 0;  ///< of the target
  MemberId by;
  WallTime at{};
  bool is_all = false;
};

/// Of an order's own object; nothing when it names no target.
std::optional<Erasure> erasure_in(const State& state, const crdt::ObjectState& order);

/// The first order that took the thing as a whole away: an owner's, or that of whoever made it.
Result<std::optional<Erasure>> erasure_of(const State& state, const Ref& target);
/// What was erased out of a thing, such as messages of a thread, by the order's time.
Result<std::vector<Erasure>> erasures_in(const State& state, const Ref& container,
                                         std::uint32_t type);

/// "erased by NAME on DATE".
std::string erasure_text(const State& state, const Erasure& erasure);
/// Errors: not_found when it is erased, saying by whom and when.
Status check_not_erased(const State& state, const Ref& ref);

}  // namespace holm::work::rules
