#include "files/list.h"

#include <doctest/doctest.h>

#include <map>

#include "base/rng.h"
#include "base/wire.h"
#include "files/content_keys.h"
#include "files/cutter.h"
#include "files/list_builder.h"
#include "files/list_walk.h"
#include "tests/support/seeds.h"

namespace holm::files {
namespace {

using holm::test::for_each_seed;

/// Lists by name, as a store holds them.
struct Shelf {
  explicit Shelf(std::uint64_t seed) : rng(seed), keys(crypto::SecretKey32::make(rng)) {}

  Entry build(const std::vector<Entry>& chunks) {
    ListBuilder builder([&](ByteView encoded) -> Result<PieceId> {
      const auto id = keys.list_id(encoded);
      lists[id] = to_bytes(encoded);
      return id;
    });
    for (const auto& chunk : chunks) REQUIRE(builder.add(chunk));
    const auto root = builder.finish();
    REQUIRE(root);
    return *root;
  }
  std::vector<Entry> some_chunks(std::size_t count) {
    std::vector<Entry> out(count);
    for (auto& entry : out) entry = {rng.id<PieceId>(), 1 + rng.below(kChunkMax)};
    return out;
  }
  FetchList fetch() {
    return [this](const PieceId& id) -> Result<Bytes> {
      const auto found = lists.find(id);
      if (found == lists.end()) return fail(Code::not_found, "no such list");
      return found->second;
    };
  }

  SeededRng rng;
  ContentKeys keys;
  std::map<PieceId, Bytes> lists;
};

std::uint64_t total(const std::vector<Entry>& chunks) {
  std::uint64_t out = 0;
  for (const auto& chunk : chunks) out += chunk.bytes;
  return out;
}

TEST_CASE("list: a tree gives back the chunks it was built from") {
  for_each_seed(20, [](std::uint64_t seed) {
    Shelf shelf(seed);
    const auto chunks =
        shelf.some_chunks(shelf.rng.chance(30) ? shelf.rng.below(5) : shelf.rng.below(20'000));
    const auto root = shelf.build(chunks);
    CHECK(root.bytes == total(chunks));
    const auto all = chunks_at(root, 0, root.bytes, shelf.fetch());
    REQUIRE(all);
    REQUIRE(all->size() == chunks.size());
    std::uint64_t at = 0;
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      CHECK((*all)[i].chunk == chunks[i]);
      CHECK((*all)[i].at == at);
      at += chunks[i].bytes;
    }
    std::uint64_t seen = 0;
    REQUIRE(walk(root, shelf.fetch(), [&](const Visited& piece) -> Result<bool> {
      if (piece.kind == PieceKind::chunk) ++seen;
      return true;
    }));
    CHECK(seen == chunks.size());
    for (int i = 0; i < 20 && root.bytes > 0; ++i) {
      const auto from = shelf.rng.below(root.bytes + 10);
      const auto part = chunks_at(root, from, 1 + shelf.rng.below(1u << 20), shelf.fetch());
      REQUIRE(part);
      REQUIRE(part->empty() == (from >= root.bytes));
      if (part->empty()) continue;
      CHECK(part->front().at <= from);
      CHECK(part->front().at + part->front().chunk.bytes > from);
    }
  });
}

TEST_CASE("list: a change in the middle of a long file leaves most lists as they are") {
  Shelf shelf(4);
  auto chunks = shelf.some_chunks(160'000);  // 10 GB
  const auto root = shelf.build(chunks);
  CHECK(shelf.lists.at(root.id).size() < kListBytesMax);
  const auto before = shelf.lists;
  chunks.insert(chunks.begin() + 80'000, {shelf.rng.id<PieceId>(), 1000});
  shelf.build(chunks);
  CHECK(before.size() > 80);
  CHECK(shelf.lists.size() - before.size() <= 5);
}

TEST_CASE("list: encode and decode are inverse, and nothing else is accepted") {
  Shelf shelf(2);
  const List list{.level = 0, .entries = shelf.some_chunks(3)};
  const auto bytes = encode(list);
  const auto back = decode_list(bytes);
  REQUIRE(back);
  CHECK(*back == list);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    CHECK_FALSE(decode_list(ByteView(bytes).first(i)));
    for (const std::uint8_t bit : {1, 16, 128}) {
      auto other = bytes;
      other[i] ^= bit;
      const auto read = decode_list(other);
      if (read) CHECK(encode(*read) == other);
    }
  }
  const auto with = [&](unsigned level, std::uint64_t size) {
    Writer out;
    out.array(4).uint(1).uint(level).bytes(Bytes(32, 7)).array(1).uint(size);
    return decode_list(out.take());
  };
  CHECK(with(0, kChunkMax));
  CHECK_FALSE(with(0, kChunkMax + 1));
  CHECK_FALSE(with(0, 0));
  CHECK_FALSE(with(kLevelMax + 1, 5));
  CHECK(with(1, kFileBytesMax));
  CHECK_FALSE(with(1, kFileBytesMax + 1));
  const auto empty = [&](unsigned level) {
    return decode_list(Writer().array(4).uint(1).uint(level).bytes({}).array(0).take());
  };
  CHECK(empty(0));  // a file without bytes
  CHECK_FALSE(empty(1));
}

TEST_CASE("list: a tree that does not fit itself is refused") {
  Shelf shelf(3);
  const auto chunks = shelf.some_chunks(5000);
  const auto root = shelf.build(chunks);
  auto lied = root;
  ++lied.bytes;
  CHECK(chunks_at(lied, 0, 10, shelf.fetch()).error().code == Code::reject);
  // A list that names itself can't be made; one that stands a level too high can.
  const auto top = decode_list(shelf.lists.at(root.id));
  REQUIRE(top->level == 1);
  auto high = *top;
  high.level = 2;
  const auto encoded = encode(high);
  const auto id = shelf.keys.list_id(encoded);
  shelf.lists[id] = encoded;
  CHECK(chunks_at({id, root.bytes}, 0, 10, shelf.fetch()).error().code == Code::reject);
  shelf.lists.erase(top->entries.front().id);
  CHECK(chunks_at(root, 0, 10, shelf.fetch()).error().code == Code::not_found);
}

TEST_CASE("list: a file beyond 16 TiB is refused") {
  ListBuilder builder([](ByteView) -> Result<PieceId> { return PieceId{}; });
  REQUIRE(builder.add({PieceId{}, kFileBytesMax}));
  CHECK(builder.add({PieceId{}, 1}).error().code == Code::limit);
}

}  // namespace
}  // namespace holm::files
