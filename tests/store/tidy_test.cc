// Housekeeping: the log is carried over and free pages are given back, in steps, and nothing is
// lost.
#include <doctest/doctest.h>

#include "store/facts.h"
#include "tests/store/fixtures.h"

namespace holm::store::test {
namespace {

Bytes key_of(int n) { return to_bytes(std::string_view(std::to_string(n))); }

Bytes noise(Rng& rng) {
  Bytes out(3500);
  rng.fill(out);
  return out;
}

void fill(Bench& bench, int count) {
  bench.turn([&] {
    for (int i = 0; i < count; ++i) {
      must(bench.store->facts().put("page", key_of(i), noise(bench.nonces)));
    }
  });
}

/// Steps until nothing is left to do.
int tidy(Store& store) {
  int steps = 0;
  for (; store.is_untidy(); ++steps) {
    REQUIRE(steps < 1000);
    must(store.tidy());
  }
  return steps;
}

}  // namespace

TEST_CASE("tidy: what was deleted is given back to the disk in steps, the rest stays") {
  Bench bench;
  auto& store = bench.open();
  fill(bench, 1500);
  CHECK(store.is_untidy());
  tidy(store);
  const auto full = store.bytes_on_disk();
  bench.turn([&] {
    for (int i = 10; i < 1500; ++i) must(store.facts().remove("page", key_of(i)));
  });
  CHECK(tidy(store) > 5);
  bench.turn([&] { must(store.facts().put("page", key_of(1), Bytes(10))); });
  must(store.check());
  auto& again = bench.open();
  CHECK(again.bytes_on_disk() < full / 2);
  CHECK(must(again.facts().all("page")).size() == 10);
  must(again.check());
}

TEST_CASE("tidy: small work leaves nothing to do") {
  Bench bench;
  bench.open();
  fill(bench, 5);
  CHECK_FALSE(bench.store->is_untidy());
}

TEST_CASE("tidy: a cut at any write leaves the store whole") {
  for (std::uint64_t cut = 1; cut < 200; cut += 7) {
    CAPTURE(cut);
    Bench bench(cut);
    bench.open();
    fill(bench, 800);
    bench.turn([&] {
      for (int i = 10; i < 800; ++i) must(bench.store->facts().remove("page", key_of(i)));
    });
    bench.disk.crash_at_change(bench.disk.changes() + cut);
    for (int i = 0; i < 30 && bench.store->is_untidy(); ++i) (void)bench.store->tidy().has_value();
    bench.store.reset();
    bench.disk.crash();
    bench.disk.power_on();
    auto& store = bench.open();
    CHECK(must(store.facts().all("page")).size() == 10);
    must(store.check());
  }
}

}  // namespace holm::store::test
