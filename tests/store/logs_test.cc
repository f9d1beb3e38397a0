#include "store/logs.h"

#include <doctest/doctest.h>

#include "tests/store/fixtures.h"

namespace holm::store::test {
namespace {

const SpaceId kSpace = id_of<SpaceId>(0x51);
const ObjectId kObject = id_of<ObjectId>(0x21);
const ObjectId kOther = id_of<ObjectId>(0x22);

struct OneLog {
  explicit OneLog(bool is_encrypted = true) {
    bench.is_encrypted = is_encrypted;
    bench.open();
    bench.turn([&] { author.create_in(*bench.store); });
  }
  Logs& logs() { return bench.store->logs(); }
  LogInfo info() { return *must(logs().find(author.log)); }
  std::vector<StoredChange> type(int count, std::uint64_t points = 1) {
    std::vector<StoredChange> out;
    out.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) out.push_back(author.typing(kObject, points));
    return out;
  }

  SeededRng rng{1};
  Bench bench;
  Author author{1, kSpace, rng};
};

TEST_CASE("logs: a new log stands at its chain's start") {
  OneLog one;
  const auto info = one.info();
  CHECK(info.stored_seq == 0);
  CHECK(info.stored_hash == crdt::chain_start(kSpace, one.author.log));
  CHECK(info.applied_hash == info.stored_hash);
  CHECK(must(one.logs().hash_at(one.author.log, 0)) == info.stored_hash);
  CHECK(must(one.logs().positions(kSpace)).empty());
  CHECK(must(one.logs().spaces()) == std::vector<SpaceId>{kSpace});
}

TEST_CASE("logs: creating one again is without effect, with other owners it is refused") {
  OneLog one;
  one.bench.turn([&] {
    one.author.create_in(*one.bench.store);
    const auto error =
        error_of(one.logs().create(one.author.log, kSpace, id_of<DeviceId>(9), one.author.member));
    CHECK(error.code == Code::reject);
  });
  CHECK(must(one.logs().of_space(kSpace)).size() == 1);
}

TEST_CASE("logs: what does not go on where the log ends is refused and changes nothing") {
  OneLog one;
  const auto changes = one.type(3);
  one.bench.turn([&] {
    CHECK(error_of(one.logs().append(id_of<LogId>(9), changes, {})).code == Code::not_found);
    const auto gap = std::vector{changes[0], changes[2]};
    CHECK(error_of(one.logs().append(one.author.log, gap, {})).code == Code::reject);
    CHECK(error_of(one.logs().append(one.author.log, std::span(changes).subspan(1), {})).code ==
          Code::reject);
    auto older = changes;
    older[1].change.lamport = 1;
    CHECK(error_of(one.logs().append(one.author.log, older, {})).code == Code::reject);
    must(one.logs().append(one.author.log, changes, {}));
    CHECK(error_of(one.logs().append(one.author.log, changes, {})).code == Code::reject);
  });
  CHECK(one.info().stored_seq == 3);
  CHECK(must(one.logs().change_count(kSpace)) == 3);
}

TEST_CASE("logs: a frozen log takes nothing more") {
  OneLog one;
  const auto changes = one.type(2);
  one.bench.turn([&] {
    must(one.logs().append(one.author.log, std::span(changes).first(1), {}));
    must(one.logs().freeze(one.author.log));
    CHECK(error_of(one.logs().append(one.author.log, std::span(changes).subspan(1), {})).code ==
          Code::reject);
  });
  one.bench.open();
  CHECK(one.info().frozen);
  CHECK(one.info().stored_seq == 1);
}

TEST_CASE("logs: only what lies under a fitting head can be applied") {
  OneLog one;
  const auto changes = one.type(3, 5);
  one.bench.turn([&] {
    must(one.logs().append(one.author.log, changes, {}));
    CHECK(error_of(one.logs().set_applied(one.author.log, 5)).code == Code::reject);
    auto wrong = one.author.head_of(changes[1]);
    wrong.hash = changes[0].hash;
    CHECK(error_of(one.logs().seal(wrong)).code == Code::reject);
    CHECK(error_of(one.logs().seal(one.author.head(8, changes[1].hash))).code == Code::reject);
    CHECK(error_of(one.logs().seal(one.author.head(20, changes[1].hash))).code == Code::reject);
    must(one.logs().seal(one.author.head_of(changes[1])));
    CHECK(error_of(one.logs().set_applied(one.author.log, 7)).code == Code::reject);
    CHECK(error_of(one.logs().set_applied(one.author.log, 15)).code == Code::reject);
    must(one.logs().set_applied(one.author.log, 10));
  });
  const auto info = one.info();
  CHECK(info.stored_seq == 15);
  CHECK(info.sealed_seq == 10);
  CHECK(info.applied_seq == 10);
  CHECK(info.applied_hash == changes[1].hash);
  CHECK(must(one.logs().touching(kSpace, kObject)).size() == 2);
  CHECK(must(one.logs().lamport(kSpace)) == changes[1].change.lamport);
}

TEST_CASE("logs: of the heads the newest and the first past each 4,096 ops stay") {
  OneLog one;
  std::vector<std::uint64_t> sealed;
  one.bench.turn([&] {
    for (int i = 0; i < 13; ++i) {
      const auto change = one.author.typing(kObject, 1000);
      must(one.logs().append(one.author.log, {&change, 1}, {}));
      must(one.logs().seal(one.author.head_of(change)));
    }
  });
  for (const auto& head : must(one.logs().heads(one.author.log, 1, UINT64_MAX))) {
    sealed.push_back(head.seq);
  }
  CHECK(sealed == std::vector<std::uint64_t>{5000, 9000, 13000});
  CHECK(must(one.logs().newest_head(one.author.log))->seq == 13000);
  CHECK(must(one.logs().heads(one.author.log, 5001, 12999)).size() == 1);
}

TEST_CASE("logs: dropping the tail forgets its objects and salts, and the log goes on") {
  OneLog one;
  const auto kept = one.type(2);
  one.bench.turn([&] {
    must(one.logs().append(one.author.log, kept, {}));
    must(one.logs().seal(one.author.head_of(kept.back())));
  });
  const auto lamport = one.author.lamport;
  const auto tail = one.author.writing({kObject, kOther}, "gone");
  one.bench.turn([&] { must(one.logs().append(one.author.log, {&tail, 1}, {})); });
  CHECK(must(one.logs().salt(one.author.log, kOther)).has_value());
  one.bench.turn([&] { must(one.logs().drop_tail(one.author.log)); });
  CHECK(one.info().stored_seq == 2);
  CHECK(one.info().stored_hash == kept.back().hash);
  CHECK(must(one.logs().salt(one.author.log, kObject)).has_value());
  CHECK_FALSE(must(one.logs().salt(one.author.log, kOther)).has_value());
  CHECK_FALSE(must(one.logs().at(one.author.log, 3)).has_value());
  one.author.rewind(one.info(), lamport);
  const auto more = one.author.writing({kOther}, "new");
  one.bench.turn([&] {
    must(one.logs().append(one.author.log, {&more, 1}, {}));
    must(one.logs().seal(one.author.head_of(more)));
    must(one.logs().set_applied(one.author.log, one.info().stored_seq));
  });
  CHECK(must(one.logs().touching(kSpace, kOther)).size() == 1);
  CHECK(must(one.logs().touching(kSpace, kObject)).size() == 2);
}

TEST_CASE("logs: an object is met when the first change that names it comes, and only then") {
  OneLog one;
  const auto monday = WallTime(Millis{1'767'600'000'000});
  const auto first = one.author.writing({kObject}, "a");
  const auto second = one.author.writing({kObject, kOther}, "b");
  one.bench.turn([&] { must(one.logs().append(one.author.log, {&first, 1}, monday)); });
  one.bench.turn([&] {
    must(one.logs().append(one.author.log, {&second, 1}, monday + std::chrono::hours(1)));
  });
  const auto& objects = one.bench.store->objects();
  CHECK(must(objects.met_at(kSpace, kObject)) == monday);
  CHECK(must(objects.met_at(kSpace, kOther)) == monday + std::chrono::hours(1));
  CHECK(must(objects.met_at(kSpace, id_of<ObjectId>(77))) == WallTime{});
}

TEST_CASE("logs: a log of which only void changes were delivered has no position") {
  OneLog one;
  const auto changes = one.type(2);
  one.bench.turn([&] {
    must(one.logs().append(one.author.log, changes, {}));
    must(one.logs().seal(one.author.head_of(changes.back())));
    must(one.logs().set_mark(one.author.log, 1, crdt::Mark::is_void));
    must(one.logs().set_mark(one.author.log, 2, crdt::Mark::is_void));
    must(one.logs().set_applied(one.author.log, 1));
  });
  CHECK(must(one.logs().positions(kSpace)).empty());
  one.bench.turn([&] { must(one.logs().set_mark(one.author.log, 2, crdt::Mark::valid)); });
  CHECK(must(one.logs().positions(kSpace)).empty());
  one.bench.turn([&] { must(one.logs().set_applied(one.author.log, 2)); });
  CHECK(must(one.logs().positions(kSpace)) ==
        std::vector<crdt::Position>{{one.author.log, 2, changes[1].hash}});
}

TEST_CASE("logs: hashes that are not stored come out as they were handed in") {
  OneLog one;
  const auto changes = one.type(300);
  for (std::size_t from = 0; from < changes.size(); from += 100) {
    one.bench.turn([&] {
      must(one.logs().append(one.author.log, std::span(changes).subspan(from, 100), {}));
    });
  }
  for (const bool is_reopened : {false, true}) {
    if (is_reopened) one.bench.open();
    for (const auto& change : changes) {
      CHECK(must(one.logs().hash_at(one.author.log, change.change.last_seq())) == change.hash);
    }
  }
}

TEST_CASE("logs: a chain that does not end in what is stored is damage") {
  OneLog one;
  auto changes = one.type(3);
  changes.back().hash.bytes[0] ^= 1;
  one.bench.turn([&] { must(one.logs().append(one.author.log, changes, {})); });
  one.bench.open();
  CHECK(error_of(one.logs().hash_at(one.author.log, 1)).code == Code::corrupt);
}

TEST_CASE("logs: what has to be named is what nothing delivered builds on") {
  OneLog one;
  auto& logs = one.logs();
  const auto changes = one.type(3);
  const auto other = id_of<LogId>(0x77);
  one.bench.turn([&] {
    must(logs.append(one.author.log, changes, {}));
    must(logs.seal(one.author.head_of(changes.back())));
  });
  CHECK(must(logs.unnamed(kSpace, other)).empty());  // nothing delivered
  one.bench.turn([&] { must(logs.set_applied(one.author.log, 2)); });
  const crdt::Dep end{one.author.log, 2, shorten(changes[1].hash)};
  CHECK(must(logs.unnamed(kSpace, other)) == std::vector{end});
  CHECK(must(logs.unnamed(kSpace, one.author.log)).empty());
  crdt::Delivered named;
  named.change.log = other;
  named.change.deps = {end};
  one.bench.turn([&] { must(logs.note_named(kSpace, {&named, 1})); });
  CHECK(must(logs.unnamed(kSpace, other)).empty());
  one.bench.turn([&] { must(logs.set_applied(one.author.log, 3)); });
  CHECK(must(logs.unnamed(kSpace, other)).size() == 1);
  named.change.deps[0].seq = 1;  // an older one takes nothing back
  one.bench.turn([&] { must(logs.note_named(kSpace, {&named, 1})); });
  named.change.deps[0].seq = 3;
  one.bench.turn([&] { must(logs.note_named(kSpace, {&named, 1})); });
  CHECK(must(logs.unnamed(kSpace, other)).empty());
}

TEST_CASE("logs: erased content is on no page of the disk") {
  OneLog one(false);
  const std::string secret = "a sentence that nobody else may ever read";
  one.bench.turn([&] {
    for (int i = 0; i < 40; ++i) {
      const auto change = one.author.writing({i == 3 ? kOther : kObject}, i == 3 ? secret : "x");
      must(one.logs().append(one.author.log, {&change, 1}, {}));
    }
  });
  const auto on_disk = [&] {
    for (const auto& [path, content] : one.bench.disk.snapshot()) {
      if (as_text(content).find(secret) != std::string_view::npos) return true;
    }
    return false;
  };
  CHECK(on_disk());
  one.bench.turn([&] { CHECK(must(one.logs().wipe(kSpace, kOther)) == 1); });
  CHECK_FALSE(on_disk());
  CHECK_FALSE(must(one.logs().salt(one.author.log, kOther)).has_value());
  const auto change = must(one.logs().at(one.author.log, 4))->change;
  CHECK(change.wiped.size() == 1);
  CHECK(change.ops[0].content.empty());
}

TEST_CASE("logs: a keystroke per turn costs tens of bytes on disk, not hundreds") {
  OneLog one;
  const auto type_turns = [&](std::uint64_t turns) {
    for (std::uint64_t i = 0; i < turns; ++i) {
      one.bench.turn([&] {
        const auto change = one.author.typing(kObject, 1);
        must(one.logs().append(one.author.log, {&change, 1}, {}));
      });
    }
    one.bench.open();
    return one.bench.disk.bytes_used();
  };
  const auto before = type_turns(10);
  constexpr std::uint64_t kTurns = 3000;
  const auto bytes_each = (type_turns(kTurns) - before) / kTurns;
  INFO("bytes a change: ", bytes_each);
  CHECK(bytes_each < 50);  // 32 of them are the chain's hash
}

}  // namespace
}  // namespace holm::store::test
