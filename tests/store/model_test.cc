// Random work on logs, with rollbacks, restarts and power cuts between turns, against the oracle.
#include <doctest/doctest.h>

#include "tests/store/fixtures.h"
#include "tests/store/naive_logs.h"
#include "tests/support/seeds.h"

namespace holm::store::test {
namespace {

bool same(const HeldChange& a, const StoredChange& b) {
  return a.change == b.change && a.mark == b.mark;
}

bool same(const crdt::Delivered& a, const crdt::Delivered& b) {
  return a.change == b.change && a.hash == b.hash && a.mark == b.mark && a.author == b.author;
}

template <class Is, class Should>
void check_same(const std::vector<Is>& is, const std::vector<Should>& should) {
  REQUIRE(is.size() == should.size());
  for (std::size_t i = 0; i < is.size(); ++i) {
    INFO("item ", i);
    REQUIRE(same(is[i], should[i]));
  }
}

struct Play {
  explicit Play(holm::test::Seed seed) : rng(seed), bench(seed) {
    for (std::uint8_t n = 1; n <= 3; ++n) {
      authors.emplace_back(n, n == 3 ? other_space : space, rng);
    }
    bench.open();
    bench.turn([&] {
      for (const auto& author : authors) {
        author.create_in(*bench.store);
        model.create(*must(bench.store->logs().find(author.log)));
      }
    });
  }

  Author& any_author() { return authors[rng.below(authors.size())]; }
  ObjectId any_object() { return id_of<ObjectId>(static_cast<std::uint8_t>(0x20 + rng.below(4))); }

  /// A batch of changes: single keystrokes mostly, now and then many or large ones.
  void append() {
    auto& author = any_author();
    std::vector<StoredChange> batch;
    const auto count = rng.chance(10) ? 40 + rng.below(60) : 1 + rng.below(3);
    for (std::uint64_t i = 0; i < count; ++i) {
      if (rng.chance(70)) {
        batch.push_back(author.typing(any_object(), 1 + rng.below(rng.chance(5) ? 20000 : 12)));
      } else {
        batch.push_back(author.writing({any_object()}, Value(rng.below(1000))));
      }
      if (rng.chance(5)) batch.back().mark = crdt::Mark::is_void;
    }
    model.append(author.log, batch);
    must(bench.store->logs().append(author.log, batch, {}));
  }

  void seal() {
    auto& author = any_author();
    const auto& changes = model.changes(author.log);
    if (changes.empty()) return;
    const auto head = author.head_of(changes[rng.below(changes.size())]);
    model.seal(head);
    must(bench.store->logs().seal(head));
  }

  void apply() {
    auto& author = any_author();
    const auto info = *must(bench.store->logs().find(author.log));
    std::uint64_t to = 0;
    for (const auto& stored : model.changes(author.log)) {
      const auto last = stored.change.last_seq();
      if (last <= info.sealed_seq && (to == 0 || rng.chance(80))) to = last;
    }
    model.set_applied(author.log, to);
    must(bench.store->logs().set_applied(author.log, to));
  }

  void drop_tail() {
    auto& author = any_author();
    model.drop_tail(author.log);
    must(bench.store->logs().drop_tail(author.log));
    const auto& left = model.changes(author.log);
    author.rewind(*must(bench.store->logs().find(author.log)),
                  left.empty() ? 1000 : left.back().change.lamport);
  }

  void mark() {
    auto& author = any_author();
    const auto stored = must(bench.store->logs().find(author.log))->stored_seq;
    if (stored == 0) return;
    const auto seq = 1 + rng.below(stored);
    const auto mark = rng.chance(50) ? crdt::Mark::is_void : crdt::Mark::valid;
    model.set_mark(author.log, seq, mark);
    must(bench.store->logs().set_mark(author.log, seq, mark));
  }

  void wipe() {
    const auto object = any_object();
    const auto wiped = model.wipe(space, object);
    CHECK(must(bench.store->logs().wipe(space, object)) == wiped);
  }

  void step() {
    switch (rng.below(20)) {
      case 0: drop_tail(); break;
      case 1:
      case 2: mark(); break;
      case 3:
      case 4:
      case 5: seal(); break;
      case 6:
      case 7:
      case 8: apply(); break;
      default: append(); break;
    }
  }

  /// Several steps as one turn, which is kept, or taken back with everything it did.
  void turn() {
    const auto authors_before = authors;
    const auto model_before = model;
    must(bench.store->begin());
    const auto steps = 1 + rng.below(4);
    for (std::uint64_t i = 0; i < steps; ++i) step();
    if (rng.chance(15)) {
      if (rng.chance(50)) check();
      bench.store->rollback();
      restore(authors_before);
      model = model_before;
    } else {
      must(bench.store->commit());
    }
    if (rng.chance(5)) bench.open();
    if (rng.chance(5)) {
      bench.disk.crash();
      bench.store.reset();
      bench.disk.power_on();
      bench.open();
    }
  }

  void restore(const std::vector<Author>& before) {
    authors.clear();
    for (const auto& author : before) authors.push_back(author);
  }

  void check() {
    auto& logs = bench.store->logs();
    for (const auto& in_space : {space, other_space}) {
      CHECK(must(logs.of_space(in_space)) == model.of_space(in_space));
      CHECK(must(logs.positions(in_space)) == model.positions(in_space));
      CHECK(must(logs.lamport(in_space)) == model.lamport(in_space));
      CHECK(must(logs.change_count(in_space)) == model.change_count(in_space));
      for (std::uint8_t n = 0; n < 4; ++n) {
        const auto object = id_of<ObjectId>(static_cast<std::uint8_t>(0x20 + n));
        check_same(must(logs.touching(in_space, object)), model.delivered(in_space, object));
      }
      auto recent = model.delivered(in_space, std::nullopt);
      const auto before = recent.empty() ? 0 : 1 + rng.below(recent.back().change.lamport + 10);
      std::erase_if(recent, [&](const auto& one) { return one.change.lamport >= before; });
      std::reverse(recent.begin(), recent.end());
      const auto limit = 1 + rng.below(60);
      if (recent.size() > limit) recent.resize(limit);
      check_same(must(logs.recent(in_space, before, limit)), recent);
    }
    for (const auto& author : authors) check_log(author);
  }

  void check_log(const Author& author) {
    auto& logs = bench.store->logs();
    const auto& changes = model.changes(author.log);
    check_same(must(logs.read(author.log, 1, SIZE_MAX, SIZE_MAX)), changes);
    CHECK(must(logs.heads(author.log, 0, UINT64_MAX)) == model.heads(author.log));
    for (std::uint8_t n = 0; n < 4; ++n) {
      const auto object = id_of<ObjectId>(static_cast<std::uint8_t>(0x20 + n));
      CHECK(must(logs.salt(author.log, object)) == model.salt(author.log, object));
    }
    if (changes.empty()) return;
    const auto& some = changes[rng.below(changes.size())];
    const auto seq = some.change.seq + rng.below(some.change.span());
    const auto held = must(logs.at(author.log, seq));
    REQUIRE(held);
    CHECK(same(*held, some));
    CHECK(must(logs.hash_at(author.log, some.change.last_seq())) == some.hash);
    const auto part = must(logs.read(author.log, seq, 2000, 3));
    REQUIRE(!part.empty());
    CHECK(part.size() <= 3);
    CHECK(same(part[0], some));
  }

  SeededRng rng;
  Bench bench;
  NaiveLogs model;
  std::vector<Author> authors;
  const SpaceId space = id_of<SpaceId>(0x51);
  const SpaceId other_space = id_of<SpaceId>(0x52);
};

TEST_CASE("logs: any work, rolled back, restarted or cut off, leaves what the oracle has") {
  holm::test::for_each_seed(12, [](holm::test::Seed seed) {
    Play play(seed);
    for (int i = 0; i < 60; ++i) {
      play.turn();
      if (i % 10 == 9) play.check();
    }
    play.check();
    must(play.bench.store->check());
  });
}

TEST_CASE("logs: erasing content leaves every chain and everything else as it was") {
  holm::test::for_each_seed(6, [](holm::test::Seed seed) {
    Play play(seed);
    for (int i = 0; i < 30; ++i) play.turn();
    play.bench.turn([&] { play.wipe(); });
    play.check();
    play.bench.open();
    play.check();
  });
}

}  // namespace
}  // namespace holm::store::test
