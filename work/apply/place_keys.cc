#include "work/apply/place_keys.h"

#include <algorithm>

#include "crdt/order.h"
#include "work/read.h"

namespace holm::work {

PlaceKeys::PlaceKeys(const Draft& draft, const SpaceId& space, std::uint32_t type,
                     const ObjectId& container, const ObjectId& moving)
    : state_(draft.state), moving_(moving) {
  lookup_.type = type;
  lookup_.space = space;
  lookup_.where = {{field::kPlace, id_value(container)}};
  lookup_.order = Lookup::By::place;
  // What tells one device's keys from another's.
  for (int i = 0; i < 8; ++i) tag_ = tag_ << 8 | draft.acting.device.bytes[i];
}

Result<std::vector<PlaceKeys::Item>> PlaceKeys::items(Lookup::Direction direction,
                                                      std::size_t limit) const {
  auto lookup = lookup_;
  lookup.direction = direction;
  // One more than asked for, because the moving item may be among them.
  lookup.limit = limit == SIZE_MAX ? limit : limit + 1;
  std::vector<Item> out;
  for (const auto& ref : TRY(state_.find(lookup))) {
    if (ref.object == moving_ || out.size() >= limit) continue;
    const auto object = TRY(state_.object(ref));
    const auto place = object ? place_of(*object) : std::nullopt;
    if (place) out.push_back({place->key, ref.object});
  }
  return out;
}

Result<Bytes> PlaceKeys::first() const {
  const auto there = TRY(items(Lookup::Direction::ascending, 1));
  std::optional<Bytes> right;
  if (!there.empty()) right = there.front().key;
  return crdt::key_between(std::nullopt, right, tag_);
}

Result<Bytes> PlaceKeys::last() {
  if (!given_) {
    const auto there = TRY(items(Lookup::Direction::descending, 1));
    if (!there.empty()) given_ = there.front().key;
  }
  given_ = crdt::key_between(given_, std::nullopt, tag_);
  return *given_;
}

Result<Bytes> PlaceKeys::before(const ObjectId& item) const {
  const auto all = TRY(items(Lookup::Direction::ascending, SIZE_MAX));
  const auto at =
      std::find_if(all.begin(), all.end(), [&](const Item& one) { return one.id == item; });
  if (at == all.end())
    return fail(Code::not_found, "the thing to put it before stands in another list",
                "nothing was changed");
  std::optional<Bytes> left;
  std::optional<Bytes> right;
  if (at != all.begin()) left = std::prev(at)->key;
  // Two items may share a key: what goes between stands behind both.
  for (auto next = at; next != all.end() && !right; ++next)
    if (!left || *left < next->key) right = next->key;
  return crdt::key_between(left, right, tag_);
}

}  // namespace holm::work
