#include "crdt/order.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/wire.h"
#include "tests/crdt/replicas.h"
#include "tests/support/seeds.h"

namespace holm::crdt::test {
namespace {

using Keys = std::vector<Bytes>;  // ascending

/// Makes a key for the gap before `at`, checks it, and puts it there.
void insert(Keys& keys, std::size_t at, std::uint64_t tag) {
  const auto left = at > 0 ? std::optional(keys[at - 1]) : std::nullopt;
  const auto right = at < keys.size() ? std::optional(keys[at]) : std::nullopt;
  auto key = key_between(left, right, tag);
  if ((left && !(*left < key)) || (right && !(key < *right))) FAIL("a key misses its gap");
  keys.insert(keys.begin() + static_cast<std::ptrdiff_t>(at), std::move(key));
}

double average(const Keys& keys) {
  std::size_t bytes = 0;
  for (const auto& key : keys) bytes += key.size();
  return static_cast<double>(bytes) / static_cast<double>(keys.size());
}

/// `count` keys, each put in front of all (`at_front`) or between the one made last and the fixed
/// one that ends the list; by writers in turn.
double one_spot(std::size_t count, std::uint64_t writers, bool at_front) {
  Bytes left = key_between({}, {}, 99);
  Bytes right = key_between(left, {}, 99);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < count; ++i) {
    auto key = key_between(left, right, i % writers);
    if (!(left < key) || !(key < right)) FAIL("a key misses its gap");
    bytes += key.size();
    (at_front ? right : left) = std::move(key);
  }
  return static_cast<double>(bytes) / static_cast<double>(count);
}

double at_end(std::size_t count, std::uint64_t writers, bool at_front) {
  std::optional<Bytes> edge;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < count; ++i) {
    auto key = at_front ? key_between({}, edge, i % writers) : key_between(edge, {}, i % writers);
    if (edge && !(at_front ? key < *edge : *edge < key)) FAIL("a key misses its gap");
    bytes += key.size();
    edge = std::move(key);
  }
  return static_cast<double>(bytes) / static_cast<double>(count);
}

}  // namespace

TEST_CASE("order: there is always a key between two others") {
  holm::test::for_each_seed(20, [](holm::test::Seed seed) {
    SeededRng rng(seed);
    Keys keys;
    std::size_t spot = 0;
    for (int i = 0; i < 400; ++i) {
      // Anywhere, or right beside the last one: zigzag, the worst case.
      spot =
          rng.chance(30) ? rng.below(keys.size() + 1) : std::min(keys.size(), spot + rng.below(2));
      insert(keys, spot, rng.below(5));
    }
    auto sorted = keys;
    std::sort(sorted.begin(), sorted.end());
    CHECK(sorted == keys);
    CHECK(std::adjacent_find(keys.begin(), keys.end()) == keys.end());
    for (const auto& key : keys) {
      const auto back = decode_place(encode(Place{kObjects[0], key}));
      REQUIRE(back);
      CHECK(back->key == key);
    }
  });
}

TEST_CASE("order: there is a key beside any that a peer can get past the decoder") {
  holm::test::for_each_seed(60, [](holm::test::Seed seed) {
    SeededRng rng(seed);
    Keys keys;
    const auto number = [&](Bytes& out) {  // often at an end of the range
      const std::uint8_t lead = rng.chance(50) ? 0xe8 : 0x17;
      const std::uint8_t rest = rng.chance(50) ? 0xff : 0x00;
      if (rng.chance(70)) {
        out.push_back(lead);
        out.insert(out.end(), 5, rest);
      } else {
        out.push_back(static_cast<std::uint8_t>(0x7c + rng.below(8)));
      }
    };
    while (keys.size() < 12) {
      Bytes key;
      for (auto steps = 1 + rng.below(3); steps > 0; --steps) {
        key.insert(key.end(), rng.below(3), 0);
        number(key);
        key.insert(key.end(), 4, static_cast<std::uint8_t>(rng.below(2) * 255));
        number(key);
      }
      REQUIRE(decode_place(encode(Place{kObjects[0], key})));
      keys.push_back(std::move(key));
    }
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    for (int i = 0; i < 60; ++i) {
      insert(keys, rng.below(keys.size() + 1), rng.chance(50) ? 0 : 0xffffffff);
    }
    for (const auto& key : keys) CHECK(decode_place(encode(Place{kObjects[0], key})));
  });
}

TEST_CASE("order: runs that two people put at one spot apart do not interleave") {
  holm::test::for_each_seed(60, [](holm::test::Seed seed) {
    SeededRng rng(seed);
    Keys common;
    for (int i = 0; i < 12; ++i) insert(common, rng.below(common.size() + 1), rng.below(4));
    const auto spot = rng.below(common.size() + 1);
    // Each writer fills the same gap alone: forwards, backwards or in any order.
    std::vector<std::pair<Bytes, int>> merged;
    for (int writer = 0; writer < 3; ++writer) {
      auto keys = common;
      const auto way = rng.below(3);
      for (std::size_t i = 0; i < 8; ++i) {
        const auto inside = way == 0 ? i : way == 1 ? 0 : rng.below(i + 1);
        insert(keys, spot + inside, 10 + static_cast<std::uint64_t>(writer));
      }
      for (std::size_t i = 0; i < 8; ++i) merged.emplace_back(keys[spot + i], writer);
    }
    std::sort(merged.begin(), merged.end());
    int switches = 0;
    for (std::size_t i = 1; i < merged.size(); ++i) {
      switches += merged[i].second != merged[i - 1].second ? 1 : 0;
    }
    CHECK(switches == 2);
  });
}

TEST_CASE("order: keys stay short where many are put at one spot") {
  // docs/formats/change.md has the figures, for 100,000 keys.
  constexpr std::size_t kCount = 10'000;
  const auto behind = one_spot(kCount, 8, false);
  const auto front = one_spot(kCount, 8, true);
  const auto append = at_end(kCount, 8, false);
  const auto prepend = at_end(kCount, 8, true);
  const auto alone = at_end(kCount, 1, false);
  for (const auto bytes : {behind, front}) CHECK(bytes < 14);
  for (const auto bytes : {append, prepend, alone}) CHECK(bytes < 8);

  // To and fro: every key halves what is left between its neighbours, so no scheme stays short.
  Bytes left = key_between({}, {}, 99);
  Bytes right = key_between(left, {}, 99);
  for (std::size_t i = 0; i < 1000; ++i) {
    (i % 2 == 0 ? left : right) = key_between(left, right, i % 8);
  }
  CHECK(right.size() < 1'600);

  SeededRng rng(1);
  Keys keys;
  for (int i = 0; i < 2'000; ++i) insert(keys, rng.below(keys.size() + 1), rng.below(8));
  CHECK(average(keys) < 26);
}

TEST_CASE("order: what is no key is refused") {
  const auto bad = [](const Bytes& key) { return !decode_place(encode(Place{kObjects[0], key})); };
  const auto good = key_between({}, {}, 7);
  CHECK(bad({}));
  CHECK(bad({0}));
  CHECK(bad({0xff, 0, 0, 0, 0, 0x80}));
  auto cut = good;
  cut.pop_back();
  CHECK(bad(cut));
  auto floor = good;
  floor.push_back(0);
  CHECK(bad(floor));
  CHECK(bad(Bytes(70'000, 0)));
  CHECK(!decode_place(Writer().array(2).id(kObjects[0]).text("key").take()));
  CHECK(!decode_place(Writer().array(1).id(kObjects[0]).take()));
}

}  // namespace holm::crdt::test
