// crdt decoders: what decodes encodes and decodes to the same again, has a digest where its salts
// are there, and merges without harm; rows, heads and places have one spelling each.
#include <algorithm>
#include <map>

#include "base/ensure.h"
#include "crdt/chain.h"
#include "crdt/columns.h"
#include "crdt/object.h"
#include "crdt/order.h"
#include "crdt/replay.h"
#include "crdt/together.h"

namespace {

using namespace holm;
using namespace holm::crdt;

constexpr ColumnLimits kLimits{.expanded_max = 1u << 20, .memory_max = 16u << 20};

/// A change behind which batches are tried that go on from a base.
ColumnBase some_base() {
  Change change;
  change.log.bytes[0] = 1;
  change.seq = 9;
  change.lamport = 1000;
  change.time = WallTime(Millis(1000));
  change.membership.resize(1);
  change.deps.resize(1);
  change.deps[0].log.bytes[0] = 2;
  change.deps[0].seq = 4;
  change.ops.resize(2);
  change.ops[0].field = 1;
  change.ops[1].object.bytes[0] = 3;
  change.ops[1].field = 8;
  change.ops[1].kind = Kind::text;
  change.ops[1].action = Action::insert;
  change.ops[1].len = 1;
  return base_after(change);
}

/// The input as the body of a batch that goes on from the base; compressed or not, as it says.
void try_based(ByteView in) {
  static const auto base = some_base();
  if (in.empty()) return;
  Bytes batch{static_cast<std::uint8_t>((in[0] & 1) != 0 ? 0x13 : 0x12)};
  append(batch, check_of(base));
  batch.push_back(static_cast<std::uint8_t>(base.seq));
  append(batch, in.subspan(1));
  ENSURE(based_at(batch) == base.seq);
  ENSURE(!decode_columns(batch));
  const auto changes = decode_columns(batch, base, kLimits);
  if (!changes) return;
  ENSURE(changes->front().log == base.log && changes->front().seq == base.seq);
  const auto again = decode_columns(encode_columns(*changes, base), base);
  ENSURE(again && *again == *changes);
  const auto alone = decode_columns(encode_columns(*changes));
  ENSURE(alone && *alone == *changes);
}

void try_columns(ByteView in) {
  (void)based_at(in);
  const auto changes = decode_columns(in, kLimits);
  if (!changes) return;
  const auto again = decode_columns(encode_columns(*changes));
  ENSURE(again && *again == *changes);
  if (changes->size() > 1) {
    const auto base = base_after(changes->front());
    const auto rest = std::span(*changes).subspan(1);
    const auto based = decode_columns(encode_columns(rest, base), base);
    ENSURE(based && std::equal(based->begin(), based->end(), rest.begin(), rest.end()));
  }
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
  auto batch = delivered;
  Together together(batch);
  ENSURE(together.objects().size() == states.size());
  for (std::size_t i = 0; i < states.size(); ++i) {
    ObjectState state;
    together.merge(i, state);
    ENSURE(state == states.at(together.objects()[i]));
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
  try_based(in);
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
