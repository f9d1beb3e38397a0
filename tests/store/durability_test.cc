// Power cuts, full disks and I/O errors at every single operation of a scripted run: each turn is
// wholly there or wholly absent, what was committed is there, and the store goes on.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/store/fixtures.h"
#include "tests/support/seeds.h"

namespace holm::store::test {
namespace {

const SpaceId kSpace = id_of<SpaceId>(0x51);
constexpr int kTurns = 14;

ObjectId object(int n) { return id_of<ObjectId>(static_cast<std::uint8_t>(0x20 + n)); }

/// The changes of each turn, made once so that a turn tried again is the same turn.
struct Script {
  Script() {
    turns.reserve(kTurns);
    for (int turn = 0; turn < kTurns; ++turn) {
      std::vector<StoredChange> changes;
      // Turn 7 is large enough to be several chunks; the others gather into merges.
      const int count = turn == 7 ? 30 : 1 + turn % 5;
      changes.reserve(static_cast<std::size_t>(count));
      for (int i = 0; i < count; ++i) {
        changes.push_back(author.typing(object(turn % 3), turn == 7 ? 8000 : 9));
      }
      turns.push_back(std::move(changes));
    }
  }

  /// Everything a turn of the node writes: changes, a head, merged state, a text, a fact.
  Status write(Store& store, int turn) const {
    const auto& changes = turns[static_cast<std::size_t>(turn)];
    TRY(store.begin());
    TRY(store.logs().create(author.log, kSpace, author.device, author.member));
    TRY(store.logs().append(author.log, changes, {}));
    TRY(store.logs().seal(author.head_of(changes.back())));
    TRY(store.logs().set_applied(author.log, changes.back().change.last_seq()));
    auto state = object_state(object(turn % 3), kCard, 100);
    add_entry(state, kTitle, 100, encode(Value("before")));
    add_entry(state, kTitle, 200, encode(Value(turn)));
    TRY(store.objects().save(kSpace, {state}));
    TRY(store.objects().save_text(kSpace, {object(0), kBody}, row(turn)));
    TRY(store.facts().put("turn", {}, encode(Value(turn + 1))));
    return store.commit();
  }

  static TextRow row(int turn) {
    return {std::string(static_cast<std::size_t>(turn) * 700, 'x'),
            static_cast<std::uint64_t>(turn) * 700,
            {{id_of<LogId>(1), static_cast<std::uint64_t>(turn) + 1}},
            {}};
  }

  /// How many turns the store holds; fails when what it holds is not exactly the first so many.
  int turns_in(Store& store) const {
    const auto fact = must(store.facts().get("turn", {}));
    const auto count = fact ? static_cast<int>(must(decode_value(*fact)).number()) : 0;
    std::vector<StoredChange> wanted;
    for (int turn = 0; turn < count; ++turn) {
      const auto& changes = turns[static_cast<std::size_t>(turn)];
      wanted.insert(wanted.end(), changes.begin(), changes.end());
    }
    const auto held = must(store.logs().read(author.log, 1, SIZE_MAX, SIZE_MAX));
    REQUIRE(held.size() == wanted.size());
    for (std::size_t i = 0; i < held.size(); ++i) {
      REQUIRE(held[i].change == wanted[i].change);
      REQUIRE(must(store.logs().hash_at(author.log, held[i].change.last_seq())) == wanted[i].hash);
    }
    if (count == 0) return 0;
    const auto last = turns[static_cast<std::size_t>(count - 1)].back();
    const auto info = must(store.logs().find(author.log));
    REQUIRE(info);
    CHECK(info->applied_seq == last.change.last_seq());
    CHECK(info->sealed_seq == last.change.last_seq());
    CHECK(must(store.logs().newest_head(author.log))->hash == last.hash);
    CHECK(must(store.objects().text(kSpace, {object(0), kBody})) == row(count - 1));
    const auto winner = must(store.objects().select(
        {.type = kCard, .where = {{"title", Condition::Is::equal, count - 1}}}));
    REQUIRE(winner.size() == 1);
    CHECK(winner[0].object == object((count - 1) % 3));
    const auto rows = static_cast<std::size_t>(std::min(count, 3));
    CHECK(must(store.objects().losers(kSpace, std::nullopt)).size() == rows);
    return count;
  }

  /// Runs the rest of the script and closes the store, which must then hold all of it.
  void finish(Bench& bench) const {
    for (int turn = turns_in(*bench.store); turn < kTurns; ++turn) {
      must(write(*bench.store, turn));
    }
    bench.open();
    CHECK(turns_in(*bench.store) == kTurns);
    must(bench.store->check());
  }

  SeededRng rng{7};
  Author author{1, kSpace, rng};
  std::vector<std::vector<StoredChange>> turns;
};

/// Opens and runs until something fails. Returns how many turns were committed.
int run_until_failure(Bench& bench, const Script& script, Status& failure) {
  int committed = 0;
  auto store = bench.try_open();
  if (!store) {
    failure = fail(store.error());
    return committed;
  }
  bench.store = std::move(*store);
  for (int turn = 0; turn < kTurns; ++turn) {
    failure = script.write(*bench.store, turn);
    if (!failure) return committed;
    ++committed;
  }
  return committed;
}

std::uint64_t count_changes(const Script& script) {
  Bench bench;
  bench.open();
  for (int turn = 0; turn < kTurns; ++turn) must(script.write(*bench.store, turn));
  bench.store.reset();
  return bench.disk.changes();
}

TEST_CASE("durability: a power cut at any change to the disk loses no committed turn") {
  const Script script;
  const auto last = count_changes(script);
  REQUIRE(last > 100);
  std::uint64_t cuts = 0;
  holm::test::for_each_seed(2, [&](holm::test::Seed seed) {
    for (std::uint64_t at = 1; at <= last; ++at) {
      // Every change of the making of the store; a sample of the rest, another for each seed.
      if (at > 60 && at % 11 != seed % 11) continue;
      CAPTURE(at);
      Bench bench(seed * 100000 + at);
      bench.disk.crash_at_change(at);
      Status failure;
      const auto committed = run_until_failure(bench, script, failure);
      bench.store.reset();  // the last changes are those of closing
      REQUIRE_FALSE(bench.disk.is_powered());
      bench.disk.power_on();
      bench.open();
      const auto held = script.turns_in(*bench.store);
      // The turn under way may have become durable just before the power went.
      REQUIRE(held >= committed);
      REQUIRE(held <= committed + 1);
      must(bench.store->check());
      script.finish(bench);
      ++cuts;
    }
  });
  CHECK(cuts > 50);
}

TEST_CASE("durability: a disk that fills up at any size takes no turn in part, and goes on later") {
  const Script script;
  Bench whole;
  whole.open();
  for (int turn = 0; turn < kTurns; ++turn) must(script.write(*whole.store, turn));
  const auto largest = whole.disk.bytes_used();
  int refused = 0;
  for (std::uint64_t capacity = 0; capacity < largest; capacity += 12007) {
    CAPTURE(capacity);
    Bench bench;
    bench.disk.set_capacity(capacity);
    Status failure;
    const auto committed = run_until_failure(bench, script, failure);
    REQUIRE_FALSE(failure.has_value());
    CHECK(failure.error().code == Code::failed);
    CHECK(failure.error().what == "the disk is full");
    if (bench.store != nullptr) {
      ++refused;
      bench.store->rollback();
      CHECK_FALSE(bench.store->in_turn());
      CHECK(script.turns_in(*bench.store) == committed);
    }
    bench.disk.set_capacity(std::nullopt);
    if (bench.store == nullptr) bench.open();
    script.finish(bench);
  }
  CHECK(refused > 10);
}

TEST_CASE("durability: an I/O error at any operation is reported, and the store goes on") {
  const Script script;
  std::uint64_t last = 0;
  {
    Bench bench;
    bench.open();
    for (int turn = 0; turn < kTurns; ++turn) must(script.write(*bench.store, turn));
    last = bench.disk.operations();
  }
  int reported = 0;
  for (std::uint64_t at = 1; at <= last; at += at < 80 ? 1 : 9) {
    CAPTURE(at);
    Bench bench(at);
    bench.disk.fail_at_operation(at);
    Status failure;
    const auto committed = run_until_failure(bench, script, failure);
    if (!failure) {
      ++reported;
      CHECK_FALSE(failure.error().what.empty());
      if (bench.store != nullptr) {
        bench.store->rollback();
        REQUIRE(script.turns_in(*bench.store) == committed);
      }
    }
    bench.disk.clear_faults();
    if (bench.store == nullptr) bench.open();
    script.finish(bench);
  }
  CHECK(reported > 50);
}

TEST_CASE("durability: after a failed write the turn cannot be committed in part") {
  const Script script;
  Bench bench;
  bench.open();
  must(script.write(*bench.store, 0));
  must(bench.store->begin());
  must(bench.store->facts().put("half", {}, {}));
  bench.disk.set_capacity(bench.disk.bytes_used());
  // Large enough to leave the page cache before the commit.
  const Bytes large(40u << 20, 0x41);
  const auto error = error_of(bench.store->facts().put("large", {}, large));
  CHECK(error.what == "the disk is full");
  bench.disk.set_capacity(std::nullopt);
  CHECK_FALSE(bench.store->facts().put("more", {}, {}).has_value());
  CHECK(error_of(bench.store->commit()) == error);
  CHECK_FALSE(bench.store->in_turn());
  CHECK_FALSE(must(bench.store->facts().get("half", {})).has_value());
  script.finish(bench);
}

TEST_CASE("durability: a commit is synced before it returns, once per turn") {
  const Script script;
  Bench bench;
  bench.open();
  must(script.write(*bench.store, 0));
  for (int turn = 1; turn < 7; ++turn) {
    const auto before = bench.disk.syncs();
    must(script.write(*bench.store, turn));
    CHECK(bench.disk.syncs() == before + 1);
  }
}

TEST_CASE("durability: what stands in the WAL when a process ends is there at the next open") {
  const Script script;
  Bench bench;
  bench.open();
  for (int turn = 0; turn < 5; ++turn) must(script.write(*bench.store, turn));
  must(bench.store->begin());
  must(bench.store->facts().put("half", {}, {}));
  const auto left = bench.disk.snapshot();
  bench.store.reset();
  bench.disk.restore(left);
  bench.open();
  CHECK(script.turns_in(*bench.store) == 5);
  CHECK_FALSE(must(bench.store->facts().get("half", {})).has_value());
}

}  // namespace
}  // namespace holm::store::test
