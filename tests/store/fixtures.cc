#include "tests/store/fixtures.h"

#include <algorithm>
#include <set>

namespace holm::store::test {
namespace {

std::string next_disk_name() {
  static int count = 0;
  return "store-test-" + std::to_string(++count);
}

}  // namespace

std::vector<TableSpec> test_tables() {
  return {{kCard,
           "card",
           {{kTitle, "title", crdt::Kind::reg, false},
            {kDue, "due", crdt::Kind::reg, true},
            {kVotes, "votes", crdt::Kind::counter, false},
            {kPlace, "place", crdt::Kind::order, false},
            {kBody, "body", crdt::Kind::text, false}}},
          {kNote, "note", {{kTitle, "title", crdt::Kind::reg, true}}}};
}

Bench::Bench(std::uint64_t seed) : disk(next_disk_name(), seed) {}

Store& Bench::open() {
  store.reset();
  store = must(try_open());
  return *store;
}

Author::Author(std::uint8_t n, const SpaceId& in_space, Rng& rng)
    : space(in_space),
      log(id_of<LogId>(n)),
      device(id_of<DeviceId>(n)),
      member(id_of<MemberId>(n)),
      hash(crdt::chain_start(in_space, log)),
      rng_(rng) {}

StoredChange Author::change(std::vector<crdt::Op> ops) {
  StoredChange out;
  auto& change = out.change;
  change.log = log;
  change.seq = next_seq;
  lamport += 1 + rng_.below(50);
  change.lamport = lamport;
  change.time = WallTime(Millis(static_cast<std::int64_t>(lamport)));
  change.ops = std::move(ops);
  std::set<ObjectId> with_content;
  for (const auto& op : change.ops) {
    if (op.content_bytes > 0) with_content.insert(op.object);
  }
  for (const auto& object : with_content) {
    if (salts_.contains(object)) continue;
    salts_[object] = {rng_.id<Salt>(), change.seq};
    change.salts.push_back({object, salts_[object].salt});
  }
  must(crdt::validate(change));
  const auto digest = must(
      crdt::change_digest(change, [&](const LogId&, const ObjectId& object) -> std::optional<Salt> {
        return salts_.at(object).salt;
      }));
  hash = crdt::chain_next(hash, digest);
  out.hash = hash;
  next_seq = change.last_seq() + 1;
  return out;
}

StoredChange Author::typing(const ObjectId& object, std::uint64_t points) {
  crdt::Op op;
  op.object = object;
  op.type = kCard;
  op.field = kBody;
  op.kind = crdt::Kind::text;
  op.action = crdt::Action::insert;
  op.len = points;
  for (std::uint64_t i = 0; i < points; ++i) {
    op.content.push_back(static_cast<std::uint8_t>('a' + rng_.below(26)));
  }
  op.content_bytes = op.content.size();
  return change({std::move(op)});
}

StoredChange Author::writing(const std::vector<ObjectId>& objects, const Value& value) {
  std::vector<crdt::Op> ops;
  ops.reserve(objects.size());
  for (const auto& object : objects) ops.push_back(put_op(object, kTitle, value));
  return change(std::move(ops));
}

void Author::rewind(const LogInfo& to, std::uint64_t to_lamport) {
  next_seq = to.stored_seq + 1;
  hash = to.stored_hash;
  lamport = to_lamport;
  std::erase_if(salts_, [&](const auto& entry) { return entry.second.seq > to.stored_seq; });
}

crdt::Head Author::head(std::uint64_t seq, const Digest& at) const {
  crdt::Head out;
  out.log = log;
  out.seq = seq;
  out.hash = at;
  out.time = WallTime(Millis(5000));
  out.signature.bytes.fill(7);
  return out;
}

void Author::create_in(Store& store) const {
  must(store.logs().create(log, space, device, member));
}

crdt::Op put_op(const ObjectId& object, std::uint32_t field, const Value& value,
                std::uint32_t type) {
  crdt::Op op;
  op.object = object;
  op.type = type;
  op.field = field;
  op.content = encode(value);
  op.content_bytes = op.content.size();
  return op;
}

crdt::ObjectState object_state(const ObjectId& id, std::uint32_t type, std::uint64_t born_lamport) {
  crdt::ObjectState out;
  out.id = id;
  out.type = type;
  out.born = {{born_lamport, {id_of<LogId>(1), 1}},
              WallTime(Millis(static_cast<std::int64_t>(born_lamport)))};
  out.touched = out.born;
  return out;
}

void add_entry(crdt::ObjectState& state, std::uint32_t field, std::uint64_t lamport,
               const Bytes& value, crdt::Kind kind, const Bytes& key) {
  const auto before = [](const crdt::Cell& a, const crdt::Cell& b) {
    return std::tie(a.field, a.key) < std::tie(b.field, b.key);
  };
  crdt::Cell wanted;
  wanted.field = field;
  wanted.key = key;
  wanted.kind = kind;
  auto at = std::lower_bound(state.cells.begin(), state.cells.end(), wanted, before);
  if (at == state.cells.end() || at->field != field || at->key != key) {
    at = state.cells.insert(at, wanted);
  }
  at->entries.push_back({{lamport, {id_of<LogId>(1), lamport}}, value});
  std::sort(at->entries.begin(), at->entries.end());
  state.touched.stamp = std::max(state.touched.stamp, at->entries.back().stamp);
}

}  // namespace holm::store::test
