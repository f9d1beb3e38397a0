// Position keys for what a command puts into a list. Private to apply.
#pragma once

#include <optional>
#include <vector>

#include "work/apply/draft.h"

namespace holm::work {

/// Keys for places in a list of `type` objects in `container`, without `moving`. Only before()
/// reads the whole list. Errors of each: those of the state.
class PlaceKeys {
 public:
  PlaceKeys(const Draft& draft, const SpaceId& space, std::uint32_t type, const ObjectId& container,
            const ObjectId& moving = {});
  Result<Bytes> first() const;
  /// Behind all others; called again, behind what it gave before.
  Result<Bytes> last();
  /// Errors: not_found, when `item` does not stand in this list.
  Result<Bytes> before(const ObjectId& item) const;

 private:
  struct Item {
    Bytes key;
    ObjectId id;
  };
  Result<std::vector<Item>> items(Lookup::Direction direction, std::size_t limit) const;

  const State& state_;
  Lookup lookup_;
  ObjectId moving_;
  std::uint64_t tag_ = 0;
  std::optional<Bytes> given_;
};

}  // namespace holm::work
