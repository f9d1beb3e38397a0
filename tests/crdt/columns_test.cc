#include "crdt/columns.h"

#include <doctest/doctest.h>

#include "tests/crdt/replicas.h"
#include "tests/support/seeds.h"

namespace holm::crdt::test {
namespace {

std::vector<Change> random_log(std::uint64_t seed, int rounds) {
  SeededRng rng(seed);
  Replica ana(1, seed);
  Replica bo(2, seed);
  std::vector<Change> out;
  for (int i = 0; i < rounds; ++i) {
    bo.write(random_writes(rng, bo));
    if (rng.chance(40)) ana.pull(bo);
    ana.wall_ms += static_cast<std::int64_t>(rng.below(5000));
    for (auto& change : ana.write(random_writes(rng, ana))) out.push_back(std::move(change));
  }
  std::vector<ShortHash> membership;
  for (auto& change : out) {
    if (rng.chance(10)) membership = {rng.id<ShortHash>()};
    change.membership = membership;
    for (auto& dep : change.deps) dep.head = rng.id<ShortHash>();
  }
  out[0].certificate = to_bytes("a device's certificate");
  return out;
}

/// Changes of one typed character each, `count` of them, about 150 ms apart.
std::vector<Change> typed(int count) {
  Replica ana(1, 1);
  SeededRng rng(1);
  ana.wall_ms = 1'767'225'600'000;
  const std::string_view words = "the quick brown fox jumps over the lazy dog, again and again; ";
  std::vector<Change> out;
  for (int i = 0; i < count; ++i) {
    ana.wall_ms += 60 + static_cast<std::int64_t>(rng.below(180));
    const auto at = static_cast<std::size_t>(i);
    auto change =
        ana.write({type_in(kObjects[0], 8, at, std::string(1, words[at % words.size()]))}).at(0);
    change.membership = {id_of<ShortHash>(7)};
    out.push_back(std::move(change));
  }
  return out;
}

}  // namespace

TEST_CASE("columns: decode gives back exactly the changes that went in") {
  holm::test::for_each_seed(30, [](holm::test::Seed seed) {
    auto log = random_log(seed, 30);
    SeededRng rng(seed);
    std::map<ObjectId, Salt> salts;
    for (auto& change : log) {
      for (const auto& salt : change.salts) salts.emplace(salt.object, salt.salt);
    }
    for (auto& change : log) {
      if (!rng.chance(20)) continue;
      REQUIRE(wipe(change, random_object(rng), [&](const LogId&, const ObjectId& object) {
        return std::optional(salts.at(object));
      }));
    }
    const auto back = decode_columns(encode_columns(log));
    REQUIRE_MESSAGE(back, (back ? "" : back.error().what));
    CHECK(*back == log);
    for (std::size_t i = 0; i < log.size(); ++i) {
      CHECK(structure(back->at(i)) == structure(log[i]));
    }
    // A part of a log stands alone.
    const auto from = rng.below(log.size());
    const auto part = decode_columns(encode_columns(std::span(log).subspan(from)));
    REQUIRE(part);
    CHECK(*part == std::vector(log.begin() + static_cast<std::ptrdiff_t>(from), log.end()));
  });
}

TEST_CASE("columns: what a newer program wrote goes through untouched") {
  Replica ana(1, 1);
  Op op;
  op.object = kObjects[0];
  op.type = UINT32_MAX;
  op.field = UINT32_MAX;
  op.kind = static_cast<Kind>(255);
  op.action = static_cast<Action>(254);
  op.pos = kSeqMax;
  op.len = kSpanMax;
  op.content = {0xff, 0xc1};
  const std::vector log{ana.write_op(op), ana.write_op(op)};
  const auto back = decode_columns(encode_columns(log));
  REQUIRE(back);
  CHECK(*back == log);
}

TEST_CASE("columns: a typed character costs a few bytes in a batch, tens alone") {
  const auto log = typed(1000);
  const auto batch = encode_columns(log);
  CHECK(batch.size() < 1'600);  // docs/formats/columns.md has the figures
  const auto alone = encode_columns(std::span(log).subspan(500, 1));
  CHECK(alone.size() < 80);
}

TEST_CASE("columns: cut off or flipped bytes are refused or mean something else, never harm") {
  holm::test::for_each_seed(2, [](holm::test::Seed seed) {
    for (const int rounds : {1, 8}) {  // plain, and compressed
      const auto log = random_log(seed, rounds);
      const auto bytes = encode_columns(log);
      for (std::size_t size = 0; size < bytes.size(); ++size) {
        CHECK(!decode_columns(ByteView(bytes).first(size)));
      }
      auto longer = bytes;
      longer.push_back(0);
      CHECK(!decode_columns(longer));
      for (std::size_t bit = seed % 3; bit < bytes.size() * 8; bit += 3) {
        auto flipped = bytes;
        flipped[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
        const auto back = decode_columns(flipped);
        if (!back) continue;
        const auto again = decode_columns(encode_columns(*back));
        REQUIRE(again);
        CHECK(*again == *back);
      }
    }
  });
}

TEST_CASE("columns: random bytes never harm") {
  holm::test::for_each_seed(300, [](holm::test::Seed seed) {
    SeededRng rng(seed);
    Bytes bytes(rng.below(400));
    rng.fill(bytes);
    if (!bytes.empty() && rng.chance(90)) bytes[0] = 0x10;
    for (auto& byte : bytes) {
      if (rng.chance(60)) byte &= 0x03;  // small numbers go further
    }
    if (!bytes.empty()) bytes[0] = 0x10;
    const auto back = decode_columns(bytes);
    if (back) CHECK(decode_columns(encode_columns(*back)));
  });
}

TEST_CASE("columns: a few bytes that ask for much memory are refused") {
  // One log id, then 60,000 changes of 16,384 ops each as two runs.
  Bytes bomb{0x10};
  bomb.insert(bomb.end(), 16, 1);
  const auto varint = [&](std::uint64_t number) {
    for (; number >= 0x80; number >>= 7) bomb.push_back(static_cast<std::uint8_t>(number | 0x80));
    bomb.push_back(static_cast<std::uint8_t>(number));
  };
  varint(60'000);
  varint(1);
  varint(0);  // logs
  varint(0);  // objects
  varint(1u << 2);
  varint(60'000 * 2);
  varint(16'383);
  const auto back = decode_columns(bomb);
  REQUIRE(!back);
  CHECK(back.error().code == Code::limit);

  const auto log = typed(50);
  const auto bytes = encode_columns(log);
  CHECK(decode_columns(bytes, {.changes_max = 49}).error().code == Code::limit);
  CHECK(decode_columns(bytes, {.bytes_max = bytes.size() - 1}).error().code == Code::limit);
  CHECK(decode_columns(bytes, {.expanded_max = 100}).error().code == Code::limit);
  std::size_t cost = 0;
  for (const auto& change : log) cost += memory_cost(change);
  CHECK(decode_columns(bytes, {.memory_max = cost / 2}).error().code == Code::limit);
  CHECK(decode_columns(bytes, {.memory_max = cost + 64}));
  CHECK(decode_columns(bytes, {.change = {.bytes_max = 10}}).error().code == Code::limit);
}

TEST_CASE("columns: behind a base, decode gives back exactly the changes that went in") {
  holm::test::for_each_seed(30, [](holm::test::Seed seed) {
    const auto log = random_log(seed, 30);
    SeededRng rng(seed);
    for (int i = 0; i < 10; ++i) {
      const auto from = 1 + rng.below(log.size() - 1);
      const auto count = 1 + rng.below(std::min<std::size_t>(log.size() - from, 5));
      const auto part = std::span(log).subspan(from, count);
      const auto base = base_after(log[from - 1]);
      CHECK(base.seq == part.front().seq);
      const auto bytes = encode_columns(part, base);
      CHECK(based_at(bytes) == base.seq);
      const auto back = decode_columns(bytes, base);
      REQUIRE_MESSAGE(back, (back ? "" : back.error().what));
      CHECK(std::equal(back->begin(), back->end(), part.begin(), part.end()));
      // What stands alone is taken with a base as well.
      const auto alone = decode_columns(encode_columns(part), base);
      REQUIRE(alone);
      CHECK(*alone == *back);
      // Whoever holds anything else up to there is told so.
      CHECK(decode_columns(bytes).error().code == Code::not_found);
      const auto& other = log[rng.below(log.size())];
      if (base_after(other) == base) continue;
      CHECK(decode_columns(bytes, base_after(other)).error().code == Code::not_found);
    }
  });
}

TEST_CASE("columns: nothing of a base may differ") {
  const auto log = random_log(7, 20);
  const auto base = base_after(log[9]);
  const auto bytes = encode_columns(std::span(log).subspan(10), base);
  REQUIRE(decode_columns(bytes, base));
  const auto refused = [&](auto change) {
    auto other = base;
    change(other);
    const auto back = decode_columns(bytes, other);
    return !back && back.error().code == Code::not_found;
  };
  CHECK(refused([](ColumnBase& one) { one.log = id_of<LogId>(99); }));
  CHECK(refused([](ColumnBase& one) { ++one.seq; }));
  CHECK(refused([](ColumnBase& one) { ++one.lamport; }));
  CHECK(refused([](ColumnBase& one) { ++one.lead; }));
  CHECK(refused([](ColumnBase& one) { one.membership.push_back(id_of<ShortHash>(99)); }));
  CHECK(refused([](ColumnBase& one) { one.objects.back() = id_of<ObjectId>(99); }));
  CHECK(refused([](ColumnBase& one) { one.logs.push_back({id_of<LogId>(99), 1}); }));
  CHECK(refused([](ColumnBase& one) { ++one.last.type; }));
  CHECK(refused([](ColumnBase& one) { ++one.last.field; }));
  CHECK(refused([](ColumnBase& one) { one.last.kind = Kind::set; }));
  CHECK(refused([](ColumnBase& one) { one.last.action = static_cast<Action>(9); }));
  CHECK(refused([](ColumnBase& one) { one.last.seed = !one.last.seed; }));
  CHECK(refused([](ColumnBase& one) { one.last.follows_own = !one.last.follows_own; }));
  CHECK(refused([](ColumnBase& one) { ++one.caret; }));
}

TEST_CASE("columns: a base keeps the last of what is named, whatever one change names") {
  Replica ana(1, 1);
  SeededRng rng(1);
  std::vector<Write> writes;
  for (int i = 0; i < 200; ++i) writes.push_back(put(rng.id<ObjectId>(), 1, Kind::reg, i));
  auto many = ana.write(writes).at(0);
  for (std::uint8_t n = 1; n <= 100; ++n) many.deps.push_back({id_of<LogId>(n), n, {}});
  const auto base = base_after(many);
  CHECK(base.objects.size() == ColumnBase::kNamedMax);
  CHECK(base.objects.back() == many.ops.back().object);
  CHECK(base.logs.size() == ColumnBase::kNamedMax);
  CHECK(base.logs.back() == ColumnBase::Named{id_of<LogId>(100), 100});
}

TEST_CASE("columns: a typed character behind a base is a dozen bytes, a hundred are a hundred") {
  const auto log = typed(1000);
  for (const std::size_t at : {1u, 500u, 999u}) {
    const auto bytes = encode_columns(std::span(log).subspan(at, 1), base_after(log[at - 1]));
    CHECK(bytes.size() <= 12);  // docs/formats/columns.md has the figures
  }
  Replica ana(1, 1);
  const auto first = ana.write({type_in(kObjects[0], 8, 0, "a")}).at(0);
  ana.write({type_in(kObjects[0], 8, 1, "b")});
  const auto before = ana.delivered().back().change;
  std::vector<Write> burst;
  for (std::uint64_t i = 0; i < 100; ++i) burst.push_back(type_in(kObjects[0], 8, 2 + i, "c"));
  const auto change = ana.write(burst).at(0);
  CHECK(change.ops.size() == 100);
  CHECK(encode_columns(std::span(&change, 1), base_after(before)).size() <= 125);
}

TEST_CASE("columns: behind a base, too, cut off or flipped bytes never harm") {
  holm::test::for_each_seed(2, [](holm::test::Seed seed) {
    for (const std::size_t count : {1u, 8u}) {  // plain, and compressed
      const auto log = random_log(seed, 20);
      const auto base = base_after(log[3]);
      const auto bytes = encode_columns(std::span(log).subspan(4, count), base);
      for (std::size_t size = 0; size < bytes.size(); ++size) {
        CHECK(!decode_columns(ByteView(bytes).first(size), base));
        (void)based_at(ByteView(bytes).first(size));
      }
      auto longer = bytes;
      longer.push_back(0);
      CHECK(!decode_columns(longer, base));
      for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        auto flipped = bytes;
        flipped[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
        const auto back = decode_columns(flipped, base);
        if (bit >= 8 && bit < 24) CHECK(back.error().code == Code::not_found);
        if (!back || flipped[0] != bytes[0]) continue;
        const auto again = decode_columns(encode_columns(*back, base), base);
        REQUIRE(again);
        CHECK(*again == *back);
      }
    }
  });
}

TEST_CASE("columns: behind a base, too, memory is counted before it is used") {
  const auto base = base_after(typed(1).at(0));
  const auto varint = [](Bytes& out, std::uint64_t number) {
    for (; number >= 0x80; number >>= 7) out.push_back(static_cast<std::uint8_t>(number | 0x80));
    out.push_back(static_cast<std::uint8_t>(number));
  };
  // 60,000 changes of 16,384 ops each as two runs.
  Bytes bomb{0x12};
  for (const auto byte : check_of(base)) bomb.push_back(byte);
  varint(bomb, base.seq);
  varint(bomb, 1u << 25 | 1u << 2);
  varint(bomb, 60'000);
  varint(bomb, 60'000 * 2);
  varint(bomb, 16'383);
  CHECK(decode_columns(bomb, base).error().code == Code::limit);
  const auto log = typed(51);
  const auto from = base_after(log[0]);
  const auto bytes = encode_columns(std::span(log).subspan(1), from);
  std::size_t cost = 0;
  for (std::size_t i = 1; i < log.size(); ++i) cost += memory_cost(log[i]);
  CHECK(decode_columns(bytes, from, {.memory_max = cost / 2}).error().code == Code::limit);
  CHECK(decode_columns(bytes, from, {.memory_max = cost + 64}));
  CHECK(decode_columns(bytes, from, {.changes_max = 49}).error().code == Code::limit);
  CHECK(decode_columns(bytes, from, {.bytes_max = bytes.size() - 1}).error().code == Code::limit);
}

TEST_CASE("columns: another layout is named as newer") {
  auto bytes = encode_columns(typed(1));
  bytes[0] = 0x20;
  CHECK(decode_columns(bytes).error().code == Code::unsupported);
  CHECK(decode_columns({}).error().code == Code::reject);
}

}  // namespace holm::crdt::test
