// What objects cost: concurrent changes of many writers, from bytes to a merged state that is read.
#include <algorithm>
#include <unordered_map>

#include "base/json.h"
#include "base/rng.h"
#include "base/wire.h"
#include "crdt/author.h"
#include "crdt/columns.h"
#include "crdt/order.h"
#include "crdt/together.h"
#include "tools/bench/benches.h"

namespace holm::bench {
namespace {

using Clock = std::chrono::steady_clock;
using crdt::Delivered;
using crdt::ObjectState;

constexpr std::uint64_t kWriters = 20;
constexpr std::uint64_t kKeys = 1000;
constexpr std::uint64_t kItems = 500;
constexpr std::uint32_t kType = 7;
constexpr std::uint32_t kMapField = 3;
constexpr std::uint32_t kPlaceField = 4;
constexpr std::uint32_t kValueField = 5;

template <class AnyId>
AnyId numbered(std::uint8_t first, std::uint64_t number) {
  AnyId out;
  out.bytes[0] = first;
  for (std::size_t i = 1; i <= 8; ++i) out.bytes[i] = static_cast<std::uint8_t>(number >> 8 * i);
  out.bytes[15] = static_cast<std::uint8_t>(number);
  return out;
}
const ObjectId kShared = numbered<ObjectId>(1, 0);  // the map; the list's container

/// One change that a writer made without knowing of anybody else's, as a message.
Result<Bytes> message_of(std::uint64_t writer, const std::vector<crdt::Write>& writes, Rng& rng) {
  crdt::AuthorView view;
  view.object = [](const ObjectId& id) -> Result<ObjectState> {
    ObjectState fresh;
    fresh.id = id;
    return fresh;
  };
  view.frontier = [](const ObjectId&, std::uint32_t) -> Result<std::vector<crdt::OpId>> {
    return std::vector<crdt::OpId>();
  };
  view.has_salt = [](const ObjectId&) { return false; };
  view.self = numbered<MemberId>(2, writer);
  crdt::AuthorPosition at;
  at.log = numbered<LogId>(3, writer + 1);
  at.wall = WallTime(Millis(1'767'225'600'000 + static_cast<std::int64_t>(writer)));
  at.membership = {numbered<ShortHash>(4, 0)};
  const auto changes = TRY(crdt::author(writes, view, at, rng));
  if (changes.size() != 1) return fail(Code::limit, "a writer's work is more than one change");
  return crdt::encode_columns(changes);
}

crdt::Write put(const ObjectId& object, std::uint32_t field, crdt::Kind kind, Bytes value) {
  return {.object = object, .type = kType, .field = field, .kind = kind, .value = std::move(value)};
}

Result<std::vector<Bytes>> map_messages(std::uint64_t seed) {
  SeededRng rng(seed);
  std::vector<Bytes> out;
  for (std::uint64_t writer = 0; writer < kWriters; ++writer) {
    std::vector<crdt::Write> writes;
    for (std::uint64_t i = 0; i < kKeys; ++i) {
      auto value = Writer().uint(writer * 1000 + i).take();
      writes.push_back(put(kShared, kMapField, crdt::Kind::map, std::move(value)));
      writes.back().key = "key" + std::to_string(i);
    }
    out.push_back(TRY(message_of(writer, writes, rng)));
  }
  return out;
}

/// Each item is an object: its place in the list, and its value.
Result<std::vector<Bytes>> list_messages(std::uint64_t seed) {
  SeededRng rng(seed);
  std::vector<Bytes> out;
  for (std::uint64_t writer = 0; writer < kWriters; ++writer) {
    std::vector<Bytes> keys;  // of this writer's own copy
    std::vector<crdt::Write> writes;
    for (std::uint64_t i = 0; i < kItems; ++i) {
      const auto at = static_cast<std::ptrdiff_t>(rng.below(keys.size() + 1));
      const auto next = keys.begin() + at;
      const auto left = at > 0 ? std::optional(*(next - 1)) : std::nullopt;
      const auto right = next != keys.end() ? std::optional(*next) : std::nullopt;
      auto key = crdt::key_between(left, right, writer + 1);
      const auto item = rng.id<ObjectId>();
      writes.push_back(
          put(item, kPlaceField, crdt::Kind::order, crdt::encode(crdt::Place{kShared, key})));
      auto value = Writer().uint(writer * 1000 + i).take();
      writes.push_back(put(item, kValueField, crdt::Kind::reg, std::move(value)));
      keys.insert(next, std::move(key));
    }
    out.push_back(TRY(message_of(writer, writes, rng)));
  }
  return out;
}

/// What a replica holds of the messages it took, and in which order it met the objects.
struct Replica {
  std::unordered_map<ObjectId, ObjectState> states;
  std::vector<const ObjectState*> met;

  ObjectState& state(const ObjectId& id) {
    const auto [at, is_new] = states.try_emplace(id);
    if (is_new) met.push_back(&at->second);
    return at->second;
  }
};

Result<Replica> merged(const std::vector<Bytes>& messages) {
  Replica out;
  for (const auto& message : messages) {
    std::vector<Delivered> changes;
    for (auto& change : TRY(crdt::decode_columns(message))) {
      changes.push_back({std::move(change), {}, {}});
    }
    crdt::Together together(changes);
    for (std::size_t i = 0; i < together.objects().size(); ++i) {
      together.merge(i, out.state(together.objects()[i]));
    }
  }
  return out;
}

/// A number that stands as a cell's latest value; -1 when none does.
std::int64_t number_in(const crdt::Cell* cell) {
  if (cell == nullptr || cell->winner() == nullptr) return -1;
  auto in = Reader::open(cell->winner()->value);
  return in ? in->sint().value_or(-1) : -1;
}

using Read = std::vector<std::int64_t>;

/// The latest value of every key, by key.
Read read_map(const Replica& replica) {
  Read out;
  for (const auto* cell : replica.states.at(kShared).all(kMapField)) out.push_back(number_in(cell));
  return out;
}

/// The values of all items, in the list's order.
Read read_list(const Replica& replica) {
  struct Item {
    ByteView key;
    const ObjectId* id;
    std::int64_t number;
  };
  std::vector<Item> items;
  std::vector<std::pair<std::uint64_t, std::size_t>>
      order;  // the key's first bytes, and which item
  items.reserve(replica.met.size());
  order.reserve(replica.met.size());
  for (const auto* state : replica.met) {
    const auto* value = state->value(kPlaceField);
    const auto place = value != nullptr ? crdt::read_place(*value) : fail(Code::not_found, "");
    if (!place || place->container != kShared) continue;
    Id<struct FirstTag, 8> first;
    std::copy_n(place->key.begin(), std::min<std::size_t>(8, place->key.size()),
                first.bytes.begin());
    order.emplace_back(first.word(0), items.size());
    items.push_back({place->key, &state->id, number_in(state->find(kValueField))});
  }
  std::sort(order.begin(), order.end(), [&](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first < b.first;
    const auto by_key = as_text(items[a.second].key).compare(as_text(items[b.second].key));
    return by_key != 0 ? by_key < 0 : *items[a.second].id < *items[b.second].id;
  });
  Read out;
  out.reserve(order.size());
  for (const auto& [first, at] : order) out.push_back(items[at].number);
  return out;
}

struct Case {
  std::string_view name;
  std::string_view what;
  Result<std::vector<Bytes>> (*make)(std::uint64_t seed);
  Read (*read)(const Replica&);
  std::size_t count;  ///< of what is read
};
constexpr Case kCases[] = {
    {"map", "20 writers set the same 1,000 keys", map_messages, read_map, kKeys},
    {"items", "20 writers insert 500 items each", list_messages, read_list, kWriters* kItems},
};

/// Merged again the other way round: the same state, and all that is to be read.
Result<bool> is_right(const Case& one, std::vector<Bytes> messages) {
  const auto replica = TRY(merged(messages));
  std::reverse(messages.begin(), messages.end());
  const auto read = one.read(replica);
  const auto is_whole = read.size() == one.count && !std::count(read.begin(), read.end(), -1);
  return is_whole && TRY(merged(messages)).states == replica.states;
}

/// How long it takes until what the messages say is read; below 0 when they cannot be.
double time_of(const Case& one, const std::vector<Bytes>& messages) {
  const auto began = Clock::now();
  const auto replica = merged(messages);
  if (!replica || one.read(*replica).size() != one.count) return -1;
  return ms_since(began);
}

std::size_t size_of(const std::vector<Bytes>& messages) {
  std::size_t out = 0;
  for (const auto& message : messages) out += message.size();
  return out;
}

/// {"first_ms", "ms", "bytes"}: until the messages of 20 writers are merged and read.
Status bench_case(const Case& one, const Options& options, const Report& report) {
  const auto messages = TRY(one.make(options.seed));
  const auto first = time_of(one, messages);
  const auto ms = median_ms(options.runs, [&] { return time_of(one, messages); });
  if (!TRY(is_right(one, messages))) return fail(Code::corrupt, "writers end apart");
  report.add(Value::object()
                 .set("bench", std::string(one.name))
                 .set("case", std::string(one.what))
                 .set("ms", ms)
                 .set("first_ms", first)
                 .set("bytes", size_of(messages))
                 .set("rss_kb", rss_kb()));
  return {};
}

}  // namespace

Status bench_map(const Options& options, const Report& report) {
  return bench_case(kCases[0], options, report);
}

Status bench_items(const Options& options, const Report& report) {
  return bench_case(kCases[1], options, report);
}

Result<bool> run_object_peer(std::string_view measure) {
  const auto name = measure == "list" ? "items" : measure;  // `holm-bench list` lists the benches
  const auto* one = std::find_if(std::begin(kCases), std::end(kCases),
                                 [&](const Case& any) { return any.name == name; });
  if (one == std::end(kCases)) return false;
  const auto began = Clock::now();
  const auto messages = TRY(one->make(1));
  const auto make_ms = ms_since(began);
  Value out = Value::object();
  out.set("rssBase", rss_kb() * 1024);
  out.set("ms", time_of(*one, messages));
  out.set("rssAfter", rss_kb() * 1024).set("rssPeak", peak_kb() * 1024);
  out.set("ok", TRY(is_right(*one, messages)));
  std::size_t bytes = 0;
  const auto replica = TRY(merged(messages));
  for (const auto* state : replica.met) bytes += crdt::encode(*state).size();
  out.set("bytes", bytes).set("messageBytes", size_of(messages)).set("makeMs", make_ms);
  out.set("warmMs", median_ms(4, [&] { return time_of(*one, messages); }));
  std::puts(to_json(out).c_str());
  return true;
}

}  // namespace holm::bench
