#include "store/facts.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/store/fixtures.h"

namespace holm::store::test {
namespace {

TEST_CASE("facts: kept by group and key, replaced, removed, and there after a restart") {
  Bench bench;
  bench.open();
  const auto key = to_bytes("key");
  bench.turn([&] {
    auto& facts = bench.store->facts();
    must(facts.put("undo", key, to_bytes("one")));
    must(facts.put("undo", key, to_bytes("two")));
    must(facts.put("undo", {}, {}));
    must(facts.put("own_log", key, to_bytes("three")));
  });
  bench.open();
  auto& facts = bench.store->facts();
  CHECK(must(facts.get("undo", key)) == to_bytes("two"));
  CHECK(must(facts.get("undo", {})) == Bytes{});
  CHECK(must(facts.get("own_log", key)) == to_bytes("three"));
  CHECK_FALSE(must(facts.get("own_log", to_bytes("other"))).has_value());
  bench.turn([&] { must(facts.remove("undo", key)); });
  CHECK_FALSE(must(facts.get("undo", key)).has_value());
  CHECK(must(facts.get("own_log", key)).has_value());
}

TEST_CASE("facts: a group is listed in the order of its keys' bytes") {
  Bench bench;
  bench.open();
  const std::vector<Bytes> keys{{}, {0x00}, {0x00, 0x01}, {0x01}, {0x7f}, {0x80}, {0xff}};
  bench.turn([&] {
    for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
      must(bench.store->facts().put("g", *key, *key));
    }
    must(bench.store->facts().put("h", {}, {}));
  });
  CHECK(must(bench.store->facts().last("g")) == std::pair(keys.back(), keys.back()));
  CHECK_FALSE(must(bench.store->facts().last("none")).has_value());
  const auto all = must(bench.store->facts().all("g"));
  REQUIRE(all.size() == keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) CHECK(all[i] == std::pair(keys[i], keys[i]));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    for (std::size_t end = i; end < keys.size(); ++end) {
      const auto some = must(bench.store->facts().between("g", keys[i], keys[end]));
      CHECK(std::equal(some.begin(), some.end(), all.begin() + static_cast<std::ptrdiff_t>(i),
                       all.begin() + static_cast<std::ptrdiff_t>(end)));
    }
  }
}

TEST_CASE("facts: a turn rolled back leaves none") {
  Bench bench;
  bench.open();
  must(bench.store->begin());
  must(bench.store->facts().put("g", {}, to_bytes("x")));
  CHECK(must(bench.store->facts().get("g", {})).has_value());
  bench.store->rollback();
  CHECK_FALSE(bench.store->in_turn());
  CHECK_FALSE(must(bench.store->facts().get("g", {})).has_value());
}

}  // namespace
}  // namespace holm::store::test
