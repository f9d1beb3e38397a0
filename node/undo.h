// Undo and redo of what this device's person did: a list of commands and the changes each made,
// kept among the store's facts, and the inverse of a command as a new change (DESIGN.md 3,
// History).
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "base/result.h"
#include "node/replica.h"

namespace holm::node {

/// A change of this device, by where it stands.
struct OwnChange {
  SpaceId space;
  LogId log;
  std::uint64_t seq = 0;
  auto operator<=>(const OwnChange&) const = default;
};

/// One entry of the list. `order` is its key; later entries are greater.
struct Deed {
  enum class Kind : std::uint8_t { done = 0, undone = 1, redone = 2 };
  std::uint64_t order = 0;
  Kind kind = Kind::done;
  bool is_taken_back = false;
  std::uint64_t of = 0;            ///< undone, redone: the deed that this one took back
  std::vector<OwnChange> changes;  ///< in the order they were made
};

/// Adds what this turn wrote to the list. Needs an open turn. Nothing when nothing was written.
Result<std::optional<std::uint64_t>> record_deed(Replica& replica, Deed::Kind kind,
                                                 std::uint64_t of = 0);
/// Deeds name changes as logs are named now. Needs an open turn.
Status rename_deeds(store::Facts& facts, const std::vector<store::Moved>& moved);
/// What became of the deed of this order: itself, or the last in the row of what undid it, redid it
/// and so on. Its kind tells whether the deed's work is here. Nothing when the list forgot it, or
/// something else brought its work back.
Result<std::optional<Deed>> last_of(Replica& replica, std::uint64_t order);
/// Objects that a deed touched.
Result<std::set<ObjectId>> objects_of(Replica& replica, const Deed& deed);
/// The latest deed that can be undone (or redone); `object` narrows it to deeds that touch it.
/// Errors: not_found, in words.
Result<Deed> last_to_undo(Replica& replica, const std::optional<work::Ref>& object);
Result<Deed> last_to_redo(Replica& replica, const std::optional<work::Ref>& object);
/// Writes the inverse of a deed and marks it as taken back; others' work stays. Needs an open turn.
/// The objects it touched.
Result<std::vector<work::Ref>> take_back(Replica& replica, Deed deed, WallTime now);

}  // namespace holm::node
