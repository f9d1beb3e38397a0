// Opening: new, again, foreign, damaged, newer, taken.
#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>

#include "store/migrate.h"
#include "store/sqlite.h"
#include "tests/store/fixtures.h"

namespace holm::store::test {
namespace {

const SpaceId kSpace = id_of<SpaceId>(0x51);

Store& filled(Bench& bench) {
  auto& store = bench.open();
  bench.turn([&] {
    std::vector<crdt::ObjectState> states;
    for (std::uint8_t n = 1; n < 200; ++n) {
      auto state = object_state(id_of<ObjectId>(n), kCard, n);
      add_entry(state, kTitle, 500, encode(Value(std::string(300, 'x'))));
      states.push_back(state);
    }
    must(store.objects().save(kSpace, states));
  });
  return store;
}

/// What is on the disk, empty files apart.
holm::test::SimDisk::Snapshot content_of(const holm::test::SimDisk& disk) {
  auto out = disk.snapshot();
  std::erase_if(out, [](const auto& file) { return file.second.empty(); });
  return out;
}

TEST_CASE("open: a new store is there again afterwards, at the newest version") {
  Bench bench;
  filled(bench);
  auto& store = bench.open();
  must(store.check());
  CHECK(must(store.objects().count({.type = kCard})) == 199);
  CHECK(store.bytes_on_disk() > 4096);
  bench.store.reset();
  CHECK(bench.disk.bytes_used() == bench.disk.file("team.holm")->size());  // no WAL, no journal
  const auto db = bench.db();
  CHECK(must(db->number("PRAGMA application_id")) == kApplicationId);
  CHECK(must(db->number("PRAGMA user_version")) == migrations().back().number);
}

TEST_CASE("open: migrations are numbered from 1 without gaps, and run once each") {
  int number = 0;
  for (const auto& step : migrations()) CHECK(step.number == ++number);
  Bench bench;
  const auto old = migrations().first(1);
  {
    const auto db = bench.db();
    must(check_version(*db, old));
    must(db->make_durable());
    auto transaction = must(Transaction::begin(*db));
    must(migrate(*db, old));
    must(db->run_script("INSERT INTO space (id) VALUES (x'51515151515151515151515151515151')"));
    must(transaction.commit());
    CHECK(must(db->number("PRAGMA user_version")) == 1);
    CHECK(error_of(db->number("SELECT count(*) FROM fact")).code == Code::failed);
  }
  auto& store = bench.open();
  bench.turn([&] { must(store.facts().put("g", {}, {})); });
  bench.store.reset();
  const auto db = bench.db();
  CHECK(must(db->number("PRAGMA user_version")) == migrations().back().number);
  CHECK(must(db->number("SELECT count(*) FROM space")) == 1);
}

TEST_CASE("open: a migration that fails leaves the file as it was") {
  Bench bench;
  const auto db = bench.db();
  must(db->make_durable());
  const Migration broken[] = {{1, "CREATE TABLE a (x)"}, {2, "CREATE TABLE a (y)"}};
  {
    auto transaction = must(Transaction::begin(*db));
    CHECK_FALSE(migrate(*db, broken).has_value());
    CHECK_FALSE(transaction.commit().has_value());
  }
  CHECK(must(db->number("PRAGMA user_version")) == 0);
  CHECK(must(db->number("SELECT count(*) FROM sqlite_schema")) == 0);
}

TEST_CASE("open: a newer program's store is refused and left untouched") {
  Bench bench;
  bench.open();
  bench.store.reset();
  {
    const auto db = bench.db();
    must(db->make_durable());
    must(db->run_script("PRAGMA user_version=9999"));
  }
  const auto before = content_of(bench.disk);
  const auto error = error_of(bench.try_open());
  CHECK(error.code == Code::unsupported);
  CHECK(error.text().find("newer") != std::string::npos);
  CHECK(content_of(bench.disk) == before);
}

TEST_CASE("open: a newer store that was not closed keeps its WAL, too") {
  Bench bench;
  bench.open();
  holm::test::SimDisk::Snapshot before;
  {
    bench.store.reset();
    const auto db = bench.db();
    must(db->make_durable());
    must(db->run_script("PRAGMA user_version=9999"));
    before = bench.disk.snapshot();
    REQUIRE(before.contains("team.holm-wal"));
  }
  bench.disk.restore(before);
  CHECK(error_of(bench.try_open()).code == Code::unsupported);
  CHECK(bench.disk.snapshot() == before);
}

TEST_CASE("open: another program's database, garbage and text are no stores, and are not changed") {
  Bench bench;
  {
    const auto db = must(Db::open("other.db", bench.disk.name()));
    must(db->run_script("CREATE TABLE mine (x)"));
  }
  SeededRng rng(1);
  Bytes noise(20000);
  rng.fill(noise);
  std::vector<Bytes> contents{*bench.disk.file("other.db"), noise, to_bytes("# Notes\n"),
                              Bytes(8192), Bytes{0}};
  for (const auto& content : contents) {
    bench.disk.restore({{"team.holm", content}});
    const auto error = error_of(bench.try_open());
    CHECK(error.code == Code::corrupt);
    CHECK(bench.disk.file("team.holm") == content);
  }
}

TEST_CASE("open: a store cut short is named as damaged") {
  Bench bench;
  filled(bench);
  bench.store.reset();
  const auto whole = *bench.disk.file("team.holm");
  for (const std::size_t left : {50u, 100u, 1000u, 4096u, 5000u, 40960u}) {
    REQUIRE(left < whole.size());
    bench.disk.restore(
        {{"team.holm", Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(left))}});
    CAPTURE(left);
    CHECK(error_of(bench.try_open()).code == Code::corrupt);
  }
}

TEST_CASE("open: damage in the middle is found by check(), and reading it is an error") {
  Bench bench;
  filled(bench);
  bench.store.reset();
  auto content = *bench.disk.file("team.holm");
  for (std::size_t page = 30; page < 60 && (page + 1) * 4096 < content.size(); ++page) {
    std::fill_n(content.begin() + static_cast<std::ptrdiff_t>(page * 4096), 2000,
                std::uint8_t{0x5a});
  }
  bench.disk.restore({{"team.holm", content}});
  auto store = bench.try_open();
  if (!store) {
    CHECK(store.error().code == Code::corrupt);
    return;
  }
  CHECK(error_of((*store)->check()).code == Code::corrupt);
}

TEST_CASE("open: a second one is refused while the first is open, and not after") {
  Bench bench;
  bench.open();
  const auto error = error_of(bench.try_open());
  CHECK(error.code == Code::busy);
  CHECK_FALSE(error.todo.empty());
  bench.turn([&] { must(bench.store->facts().put("g", {}, {})); });
  bench.store.reset();
  CHECK(bench.try_open().has_value());
}

TEST_CASE("open: on the system's disk, with one file, no shared memory, and no second owner") {
  const auto folder =
      std::filesystem::temp_directory_path() / ("holm-store-test-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const StoreOptions options{(folder / "team.holm").string(), "", test_tables()};
  {
    auto store = must(Store::open(options));
    must(store->begin());
    must(store->facts().put("g", {}, to_bytes("kept")));
    must(store->commit());
    CHECK(error_of(Store::open(options)).code == Code::busy);
    CHECK_FALSE(std::filesystem::exists(folder / "team.holm-shm"));
  }
  {
    const auto store = must(Store::open(options));
    CHECK(must(store->facts().get("g", {})) == to_bytes("kept"));
  }
  const StoreOptions nowhere{(folder / "no" / "team.holm").string(), "", {}};
  CHECK(error_of(Store::open(nowhere)).code == Code::failed);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace holm::store::test
