// crdt decoders: what decodes encodes and decodes to the same again, has a digest where its salts
// are there, and merges without harm; rows, heads and places have one spelling each.
#include <map>

#include "base/ensure.h"
#include "crdt/chain.h"
#include "crdt/columns.h"
#include "crdt/object.h"
#include "crdt/order.h"
#include "crdt/replay.h"

namespace {

using namespace holm;
using namespace holm::crdt;

void try_columns(ByteView in) {
  const auto changes = decode_columns(in, {.expanded_max = 1u << 20, .memory_max = 16u << 20});
  if (!changes) return;
  const auto again = decode_columns(encode_columns(*changes));
  ENSURE(again && *again == *changes);
  std::map<ObjectId, ObjectState> states;
  std::vector<Delivered> delivered;
  std::size_t cost = 0;
  for (const auto& change : *changes) {
    ENSURE(validate(change));
    ENSURE(structure(change).size() <= weight(change));
    cost += memory_cost(change);
    const auto digest = change_digest(change, {});
    ENSURE(digest || digest.error().code == Code::corrupt);
    const auto names = op_names(change);
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto& op = change.ops[i];
      merge(states[op.object], op, {names[i], change.lamport, change.time, {}});
    }
    delivered.push_back({change, {}, {}});
  }
  ENSURE(cost <= 16u << 20);
  for (const auto& [object, state] : states) {
    const auto back = decode_object(encode(state));
    ENSURE(back && *back == state);
    const auto built = rebuild(object, delivered);  // a broken text is an error, not a crash
    if (!built) continue;
    ENSURE(built->state.id == object);
    const Rebuilt before{};
    for (const auto& change : *changes) inverse(change, object, before, *built, {});
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView in(data, size);
  const auto bytes = to_bytes(in);
  try_columns(in);
  if (const auto state = decode_object(in)) ENSURE(encode(*state) == bytes);
  if (const auto head = decode_head(in)) ENSURE(encode(*head) == bytes);
  if (const auto place = decode_place(in)) {
    ENSURE(encode(*place) == bytes);
    const auto left = key_between({}, place->key, 7);
    const auto right = key_between(place->key, {}, 7);
    const auto between = key_between(left, place->key, 8);
    ENSURE(left < between && between < place->key && place->key < right);
  }
  return 0;
}
