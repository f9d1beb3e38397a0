// Whether an archived thing stays archived: "deleted here, edited there: lives, with notice";
// "archived here, written there: the writing revives the room with a notice" (PRODUCT.md 3).
// Derived, never stored: whoever archives writes down what they had seen (field::kSeen), and what
// lies beyond that brings the thing back.
#pragma once

#include <map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "work/state.h"

namespace holm::work::rules {

/// What somebody had seen of some logs: the last op of each.
using Seen = std::map<LogId, std::uint64_t>;
Value encode(const Seen& seen);
/// Empty for anything that is no such list.
Seen decode_seen(const Value& value);

struct Life {
  bool archived = false;  ///< what to show: false too when it was archived but lives
  bool lives = false;     ///< archived by someone, and kept alive by what they had not seen
  MemberId archived_by;   ///< meaningful when archived or lives
  WallTime archived_at{};
  std::vector<MemberId> kept_by;  ///< who wrote what keeps it alive; sorted, each once
};

/// Life of a room, document, board, card, thread, checklist item or any other object. What belongs
/// to a thing keeps it alive too: a card's items, progress updates and comments, a thread's
/// messages, a document's comments, anything in a room. A column that was removed stays so: its
/// cards move (columns.h). A checklist lives while an item stands in it. Costs the history of the
/// object and its parts when it is archived, and one read when it is not.
Result<Life> life_of(const State& state, const Ref& ref);
Result<Life> life_of(const State& state, const Ref& ref, const crdt::ObjectState& object);

/// Objects whose parent is `owner`, and the places where its parts stand, of the types that keep
/// it alive.
Result<std::vector<Ref>> parts_of(const State& state, const Ref& owner, std::uint32_t type);

/// The vector to write into field::kSeen when archiving `ref` now.
Result<Seen> seen_of(const State& state, const Ref& ref, std::uint32_t type);

}  // namespace holm::work::rules
