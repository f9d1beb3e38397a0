// The simulated disk does what it says, seen through SQLite; else the tests on it would prove less.
#include "tests/support/sim_disk.h"

#include <doctest/doctest.h>

#include "store/sqlite.h"
#include "tests/store/fixtures.h"
#include "tests/support/seeds.h"

namespace holm::store::test {
namespace {

/// A database that keeps a counter without ever syncing, so that a power cut can take any part.
std::unique_ptr<Db> careless(const holm::test::SimDisk& disk) {
  auto db = must(Db::open("careless.db", disk.name()));
  must(db->run_script("PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY"));
  return db;
}

TEST_CASE("sim disk: without syncs a power cut loses or breaks something sooner or later") {
  int lost = 0;
  int runs = 0;
  holm::test::for_each_seed(10, [&](holm::test::Seed seed) {
    ++runs;
    Bench bench(seed);
    {
      auto db = careless(bench.disk);
      must(db->run_script("CREATE TABLE t (x)"));
      for (int i = 0; i < 20; ++i) {
        must(db->run_script("INSERT INTO t VALUES (randomblob(3000))"));
      }
      bench.disk.crash();
    }
    bench.disk.power_on();
    auto db = Db::open("careless.db", bench.disk.name());
    if (!db) {
      ++lost;
      return;
    }
    const auto count = (*db)->number("SELECT count(*) FROM t");
    if (!count || *count != 20) ++lost;
  });
  CHECK(lost * 2 > runs);
}

TEST_CASE("sim disk: while the power is off everything fails, and old connections stay dead") {
  Bench bench;
  bench.open();
  bench.disk.crash();
  CHECK_FALSE(bench.disk.is_powered());
  const auto write = [&]() -> Status {
    TRY(bench.store->begin());
    TRY(bench.store->facts().put("g", {}, {}));
    return bench.store->commit();
  };
  CHECK_FALSE(write().has_value());
  bench.store->rollback();
  CHECK_FALSE(bench.try_open().has_value());
  bench.disk.power_on();
  CHECK_FALSE(write().has_value());
  bench.open();
  bench.turn([&] { must(bench.store->facts().put("g", {}, {})); });
}

TEST_CASE("sim disk: one seed gives one disk") {
  const auto run = [](std::uint64_t seed) {
    Bench bench(seed);
    {
      auto db = careless(bench.disk);
      must(db->run_script("CREATE TABLE t (x)"));
      for (int i = 0; i < 10; ++i) {
        must(db->run_script("INSERT INTO t VALUES (zeroblob(3000))"));
      }
      bench.disk.crash();
    }
    return bench.disk.snapshot();
  };
  CHECK(run(3) == run(3));
  CHECK(run(3) != run(4));
}

TEST_CASE("sim disk: a snapshot brings back an earlier disk, or makes a second one") {
  Bench bench;
  bench.open();
  bench.turn([&] { must(bench.store->facts().put("g", {}, to_bytes("old"))); });
  const auto snapshot = bench.disk.snapshot();
  bench.turn([&] { must(bench.store->facts().put("g", {}, to_bytes("new"))); });
  Bench clone;
  clone.disk.restore(snapshot);
  clone.open();
  CHECK(must(clone.store->facts().get("g", {})) == to_bytes("old"));
  CHECK(must(bench.store->facts().get("g", {})) == to_bytes("new"));
  bench.store.reset();
  bench.disk.restore(snapshot);
  bench.open();
  CHECK(must(bench.store->facts().get("g", {})) == to_bytes("old"));
}

TEST_CASE("sim disk: a full disk takes what fits, and counts what is there") {
  Bench bench;
  bench.disk.set_file("ballast", Bytes(1000));
  CHECK(bench.disk.bytes_used() == 1000);
  bench.disk.set_capacity(5000);
  CHECK(error_of(bench.try_open()).what == "the disk is full");
  CHECK(bench.disk.bytes_used() <= 5000);
  bench.disk.set_capacity(std::nullopt);
  bench.open();
}

}  // namespace
}  // namespace holm::store::test
