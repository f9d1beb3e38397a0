// Position keys for movable lists: dense byte strings, unique by op, that sort by bytes. A place is
// a register of (container, key), so an item is in exactly one place however it was moved.
// Runs that two people insert at one spot apart do not interleave.
#pragma once

#include <optional>

#include "base/result.h"
#include "base/rng.h"
#include "crdt/op.h"

namespace holm::crdt {

/// Where an item stands: in which container, and where in it.
struct Place {
  ObjectId container;
  Bytes key;

  auto operator<=>(const Place&) const = default;
};

Bytes encode(const Place& place);
Result<Place> decode_place(ByteView content);

/// A key strictly between `left` and `right` (nothing: the ends), for an item put there by the
/// writer that `tag` names. Requires left < right. Keys made at one spot by one writer in a row
/// extend each other, so that another writer's run stays beside them. At most 255 bytes more than
/// its neighbours' common prefix; average length under adversarial insertion stands in
/// docs/budgets.md.
Bytes key_between(const std::optional<Bytes>& left, const std::optional<Bytes>& right,
                  std::uint64_t tag);

}  // namespace holm::crdt
