// The bytes in docs/formats/store.md are what is written, and bytes that make no sense are errors.
#include <doctest/doctest.h>

#include "store/sqlite.h"
#include "tests/store/fixtures.h"
#include "tests/support/doc_hex.h"

namespace holm::store::test {
namespace {

using holm::test::doc_hex;

const SpaceId kSpace = id_of<SpaceId>(0x51);
const ObjectId kObject = id_of<ObjectId>(0x21);

/// A store that holds a log of three changes, a head, an object and a text.
void fill(Bench& bench) {
  auto& store = bench.open();
  SeededRng rng(1);
  Author author(1, kSpace, rng);
  std::vector<StoredChange> changes;
  // 5, 1 and 300 ops; lamports 1000, 1007 and 1307.
  for (const auto& [points, lamport] : {std::pair{5u, 1000u}, {1u, 1007u}, {300u, 1307u}}) {
    changes.push_back(author.typing(kObject, points));
    changes.back().change.lamport = lamport;
  }
  bench.turn([&] {
    author.create_in(store);
    must(store.logs().append(author.log, changes, {}));
    must(store.logs().seal(author.head_of(changes.back())));
    must(store.logs().set_applied(author.log, changes.back().change.last_seq()));
    auto state = object_state(kObject, kCard, 100);
    add_entry(state, kTitle, 200, encode(Value("x")));
    must(store.objects().save(kSpace, {state}));
    TextRow row{"x", 1, {{id_of<LogId>(1), 9}}, {}};
    row.last_own[id_of<LogId>(1)] = {id_of<LogId>(1), 9};
    must(store.objects().save_text(kSpace, {kObject, kBody}, row));
  });
  bench.store.reset();
}

Bytes stored(Db& db, const std::string& sql) {
  auto rows = must(db.prepare(sql));
  REQUIRE(must(rows.step()));
  return to_bytes(rows.blob(0));
}

TEST_CASE("format: the bytes in docs/formats/store.md are what it says") {
  Bench bench;
  fill(bench);
  const auto db = bench.db();
  CHECK(hex(stored(*db, "SELECT places FROM chunk")) == hex(doc_hex("store.md", "places")));
  CHECK(hex(stored(*db, "SELECT graph FROM text")) == hex(doc_hex("store.md", "graph")));
  CHECK(hex(stored(*db, "SELECT spec FROM winners_spec WHERE type = 2")) ==
        hex(doc_hex("store.md", "spec")));
}

TEST_CASE("format: stored bytes that make no sense are damage, not a crash") {
  const auto log = id_of<LogId>(1);
  for (const auto* harm : {
           "UPDATE chunk SET body = x'00'",
           "UPDATE chunk SET body = x''",
           "UPDATE chunk SET places = x'c0'",
           "UPDATE chunk SET places = x'960500010700cd012c'",
           "UPDATE chunk SET places = x'96050001070101'",
           "UPDATE chunk SET end_hash = zeroblob(31)",
           "UPDATE chunk SET end_hash = zeroblob(32)",
           "UPDATE chunk SET change_count = 0",
           "UPDATE chunk SET change_count = -1",
           "UPDATE chunk SET last_seq = 400",
           "UPDATE chunk SET last_seq = 4",
           "UPDATE chunk SET first_seq = 3",
           "DELETE FROM chunk",
           "UPDATE head SET body = x'90'",
           "UPDATE log SET device = x'00'",
           "UPDATE object SET state = x'93'",
           "UPDATE text SET graph = x'c0'",
           "UPDATE text SET graph = x'9390920009'",
           "UPDATE space SET id = x'5151'",
       }) {
    CAPTURE(harm);
    Bench bench;
    fill(bench);
    {
      const auto db = bench.db();
      must(db->make_durable());
      must(db->run_script(harm));
    }
    auto& store = bench.open();
    std::vector<Status> answers;
    const auto ask = [&](const auto& result) {
      answers.push_back(result ? Status() : Status(fail(result.error())));
    };
    ask(store.logs().read(log, 1, SIZE_MAX, SIZE_MAX));
    ask(store.logs().at(log, 6));
    ask(store.logs().hash_at(log, 6));
    ask(store.logs().newest_head(log));
    ask(store.logs().of_space(kSpace));
    ask(store.logs().spaces());
    ask(store.logs().touching(kSpace, kObject));
    ask(store.logs().recent(kSpace, UINT64_MAX, 10));
    ask(store.objects().find(kSpace, kObject));
    ask(store.objects().text(kSpace, {kObject, kBody}));
    ask(store.objects().select({.type = kCard}));
    int damaged_answers = 0;
    for (const auto& answer : answers) {
      if (answer) continue;
      ++damaged_answers;
      CHECK(answer.error().code == Code::corrupt);
    }
    CHECK(damaged_answers > 0);
  }
}

}  // namespace
}  // namespace holm::store::test
