// Position keys for movable lists: dense byte strings that sort by bytes. A place is
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

/// The value of an order register for an item that stands nowhere: nil.
inline const Bytes kNowhere{0xc0};

Bytes encode(const Place& place);
/// Errors: reject when the key is none that key_between() could make or stand beside, limit when it
/// is longer than 64 KiB.
Result<Place> decode_place(ByteView content);
/// decode_place() without copying: the key is a view into `content`.
struct PlaceView {
  ObjectId container;
  ByteView key;
};
Result<PlaceView> read_place(ByteView content);

/// A key strictly between `left` and `right` (nothing: the ends), for an item put there by the
/// writer that `tag` names: the same for all keys that one log makes, different for different logs.
/// Requires left < right, each made by this function or let through by decode_place(). Keys made at
/// one spot by one writer in a row, forwards or backwards, stay together: nobody else's run made
/// there apart comes between them. A key is used again only when an item comes back to a place that
/// another took meanwhile; sort by (key, object), and take the next greater key as `right`.
/// Under 40 bytes more than its neighbours' common prefix; average lengths under adversarial
/// insertion stand in docs/formats/change.md. O(key bytes).
Bytes key_between(const std::optional<Bytes>& left, const std::optional<Bytes>& right,
                  std::uint64_t tag);

}  // namespace holm::crdt
