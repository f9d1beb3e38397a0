// Branches of forked logs as the store keeps them: split, named, read along their paths, and what
// references in changes mean there.
#include <doctest/doctest.h>

#include <algorithm>

#include "crdt/object.h"
#include "tests/store/fixtures.h"

namespace holm::store::test {
namespace {

const SpaceId kSpace = id_of<SpaceId>(0x55);
const ObjectId kObject = id_of<ObjectId>(0x0c);
const ObjectId kOther = id_of<ObjectId>(0x0d);

crdt::Op putting(const ObjectId& object, const std::string& value,
                 std::vector<crdt::OpId> refs = {}) {
  auto op = put_op(object, kTitle, Value(value));
  op.refs = std::move(refs);
  return op;
}

/// A log of five changes, and other ways in which it went on.
struct Forked {
  Forked() {
    bench.open();
    bench.turn([&] {
      author.create_in(*bench.store);
      for (int i = 0; i < 5; ++i) whole.push_back(author.typing(kObject, 2));
      must(logs().append(author.log, whole, {}));
      must(logs().seal(author.head_of(whole.back())));
      must(logs().set_applied(author.log, whole.back().change.last_seq()));
    });
  }
  Logs& logs() { return bench.store->logs(); }
  LogInfo info(const LogId& log) { return *must(logs().find(log)); }
  /// The same author, as a copy of it that stopped behind change `at` of a history.
  Author copy_at(const std::vector<StoredChange>& history, std::size_t at) {
    Author out = author;
    LogInfo to;
    to.stored_seq = at == 0 ? 0 : history[at - 1].change.last_seq();
    to.stored_hash = at == 0 ? crdt::chain_start(kSpace, author.log) : history[at - 1].hash;
    out.rewind(to, at == 0 ? 1000 : history[at - 1].change.lamport);
    return out;
  }
  /// Takes a branch that parts behind op `seq` of a segment, as a replica does; its settled name.
  LogId take(const LogId& from, std::uint64_t seq, const std::vector<StoredChange>& changes,
             const crdt::Head& head) {
    if (seq < info(from).stored_seq) must(logs().split(from, seq));
    const auto made = must(logs().add_branch(from, author.device, author.member, changes, {}));
    must(logs().seal(made, head));
    auto name = made;
    for (const auto& moved : must(logs().settle_names(kSpace))) {
      if (moved.from == made) name = moved.to;
    }
    return name;
  }
  LogId name_of(std::uint64_t seq, const StoredChange& first) {
    return crdt::fork_name(author.log, seq, digest_of(first));
  }
  Digest digest_of(const StoredChange& one) {
    return must(crdt::change_digest(one.change, [&](const LogId&, const ObjectId& object) {
      return must(logs().salt(author.log, object));
    }));
  }

  Bench bench;
  SeededRng rng{7};
  Author author{1, kSpace, rng};
  std::vector<StoredChange> whole;
};

TEST_CASE("forks: a head over a branch seals what the branch goes on from") {
  Forked it;
  auto copy = it.copy_at(it.whole, 3);
  const std::vector<StoredChange> other{copy.typing(kObject, 3), copy.typing(kObject, 1)};
  auto third = it.copy_at(it.whole, 3);
  LogInfo to;
  to.stored_seq = other[0].change.last_seq();
  to.stored_hash = other[0].hash;
  third.rewind(to, other[0].change.lamport);
  const std::vector<StoredChange> last{third.typing(kObject, 2)};
  const auto base = other[0].change.last_seq();
  LogId middle;
  // Put together out of order, as after damage: heads come when all stands.
  it.bench.turn([&] {
    must(it.logs().split(it.author.log, 6));
    middle =
        must(it.logs().add_branch(it.author.log, it.author.device, it.author.member, other, {}));
    must(it.logs().split(middle, base));
    const auto end =
        must(it.logs().add_branch(middle, it.author.device, it.author.member, last, {}));
    CHECK(it.info(middle).sealed_seq == 6);
    must(it.logs().seal(end, third.head_of(last.back())));
  });
  CHECK(it.info(middle).stored_seq == base);
  CHECK(it.info(middle).sealed_seq == base);
  CHECK(it.info(it.author.log).sealed_seq == 6);
}

TEST_CASE("forks: a log parts into its beginning and two branches, and reads as before") {
  Forked it;
  auto copy = it.copy_at(it.whole, 3);
  const std::vector<StoredChange> other{copy.typing(kObject, 3), copy.typing(kObject, 1)};
  const auto first_name = it.name_of(7, it.whole[3]);
  const auto second_name = it.name_of(7, other[0]);
  LogId name;
  it.bench.turn([&] { name = it.take(it.author.log, 6, other, copy.head_of(other.back())); });
  it.bench.open();
  CHECK(name == second_name);
  const auto tree = must(it.logs().tree(it.author.log));
  REQUIRE(tree.size() == 3);
  CHECK(tree[0].log == it.author.log);
  CHECK(tree[0].frozen);
  CHECK(tree[0].stored_seq == 6);
  CHECK(tree[0].stored_hash == it.whole[2].hash);
  for (const auto& branch : {tree[1], tree[2]}) {
    CHECK(branch.root == it.author.log);
    CHECK(branch.parent == it.author.log);
    CHECK(branch.base_seq == 6);
    CHECK(branch.base_hash == it.whole[2].hash);
    CHECK_FALSE(branch.frozen);
  }
  CHECK(it.info(first_name).stored_hash == it.whole[4].hash);
  CHECK(it.info(second_name).stored_hash == other[1].hash);
  CHECK(it.info(first_name).applied_seq == 10);
  CHECK(it.info(second_name).applied_seq == 6);
  // Along a path, from either side of where it parts.
  const std::vector<StoredChange> own(it.whole.begin() + 3, it.whole.end());
  for (const bool is_first : {true, false}) {
    const auto& branch = is_first ? first_name : second_name;
    const auto& tail = is_first ? own : other;
    std::vector<StoredChange> path(it.whole.begin(), it.whole.begin() + 3);
    path.insert(path.end(), tail.begin(), tail.end());
    std::vector<HeldChange> read;
    for (std::uint64_t next = 1; next <= it.info(branch).stored_seq;) {
      const auto some = must(it.logs().read_hashed(branch, next, SIZE_MAX, SIZE_MAX));
      REQUIRE_FALSE(some.empty());
      read.insert(read.end(), some.begin(), some.end());
      next = read.back().change.last_seq() + 1;
    }
    REQUIRE(read.size() == path.size());
    for (std::size_t i = 0; i < path.size(); ++i) {
      CHECK(read[i].change == path[i].change);
      CHECK(read[i].hash == path[i].hash);
      const auto end = path[i].change.last_seq();
      CHECK(must(it.logs().hash_at(branch, end)) == path[i].hash);
      CHECK(must(it.logs().at(branch, end))->change == path[i].change);
      CHECK(must(it.logs().find_place(it.author.log, end, path[i].hash.view()))->log ==
            (i < 3 ? it.author.log : branch));
    }
    CHECK(must(it.logs().salt(branch, kObject)) == path[0].change.salts[0].salt);
    CHECK(must(it.logs().end_before(branch, 5)).seq == 4);
  }
  // Only what was delivered counts, each branch under its own name.
  auto positions = must(it.logs().positions(kSpace));
  CHECK(positions.size() == 2);
  CHECK(must(it.logs().touching(kSpace, kObject)).size() == 5);
  it.bench.turn([&] {
    CHECK(error_of(it.logs().append(it.author.log, other, {})).code == Code::reject);
    CHECK(error_of(it.logs().set_applied(second_name, 3)).code == Code::reject);
    must(it.logs().set_applied(second_name, 10));
  });
  CHECK(must(it.logs().positions(kSpace)).size() == 3);
  for (const auto& one : must(it.logs().touching(kSpace, kObject))) {
    CHECK(one.change.root() == it.author.log);
    CHECK((one.change.log == it.author.log) == (one.change.seq <= 6));
  }
}

TEST_CASE("forks: branches found in any order, three at a place and nested, end in the same logs") {
  std::optional<std::vector<LogInfo>> first;
  std::vector<int> order{0, 1, 2, 3};
  do {
    Forked it;
    // 0: behind the second change; 1 and 2: behind the fourth; 3: behind the first change of 0.
    auto a = it.copy_at(it.whole, 2);
    const std::vector<StoredChange> low{a.typing(kOther, 2), a.typing(kOther, 2)};
    auto b = it.copy_at(it.whole, 4);
    const std::vector<StoredChange> high{b.typing(kOther, 1)};
    auto c = it.copy_at(it.whole, 4);
    const std::vector<StoredChange> third{c.typing(kOther, 5)};
    auto d = it.copy_at(low, 1);
    const std::vector<StoredChange> nested{d.typing(kObject, 3)};
    const auto place = [&](const StoredChange& last) {
      return must(it.logs().find_place(it.author.log, last.change.last_seq(), last.hash.view()));
    };
    it.bench.turn([&] {
      for (const auto which : order) {
        if (which == 0 && !place(low[0])) {
          it.take(place(it.whole[1])->log, 4, low, a.head_of(low.back()));
        } else if (which == 0) {  // its beginning came with the branch that parts from it
          it.take(place(low[0])->log, 6, {low[1]}, a.head_of(low.back()));
        } else if (which == 1) {
          it.take(place(it.whole[3])->log, 8, high, b.head_of(high.back()));
        } else if (which == 2) {
          it.take(place(it.whole[3])->log, 8, third, c.head_of(third.back()));
        } else if (place(low[0])) {
          it.take(place(low[0])->log, 6, nested, d.head_of(nested.back()));
        } else {
          it.take(place(it.whole[1])->log, 4, {low[0], nested[0]}, d.head_of(nested.back()));
        }
      }
      must(it.logs().rewind(kSpace));
    });
    const auto logs = must(it.logs().of_space(kSpace));
    for (const auto& log : logs) CHECK(log.root == it.author.log);
    if (!first) first = logs;
    REQUIRE(logs.size() == first->size());
    for (std::size_t i = 0; i < logs.size(); ++i) {
      INFO("log ", i);
      CHECK(logs[i] == (*first)[i]);
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("forks: a log made of the id that a branch goes by takes it over") {
  Forked it;
  auto a = it.copy_at(it.whole, 2);
  const std::vector<StoredChange> one{a.typing(kObject, 2)};
  LogId name;
  it.bench.turn([&] { name = it.take(it.author.log, 4, one, a.head_of(one[0])); });
  // Somebody makes a log of the id that the branch goes by.
  it.bench.turn([&] {
    CHECK(error_of(it.logs().create(name, kSpace, id_of<DeviceId>(9), id_of<MemberId>(9))).code ==
          Code::reject);
    const auto moved = must(it.logs().vacate(name));
    CHECK(moved.from == name);
    must(it.logs().create(name, kSpace, id_of<DeviceId>(9), id_of<MemberId>(9)));
    CHECK(must(it.logs().settle_names(kSpace)).empty());  // the next best name is what it has
    CHECK(it.info(moved.to).is_branch());
    CHECK(it.info(moved.to).stored_hash == one[0].hash);
    CHECK(moved.to == crdt::fork_name(it.author.log, 5, one[0].hash));
  });
}

TEST_CASE("forks: two branches that begin with the same d are named by their chains") {
  Forked it;
  // Behind another second change, the very third change of the log: what d covers is equal.
  auto a = it.copy_at(it.whole, 1);
  std::vector<StoredChange> other{a.typing(kObject, 2)};
  auto repeated = it.whole[2];
  repeated.hash = crdt::chain_next(other[0].hash, it.digest_of(repeated));
  other.push_back(repeated);
  auto fork_of_log = it.copy_at(it.whole, 2);
  const std::vector<StoredChange> one{fork_of_log.typing(kOther, 2)};
  it.bench.turn([&] {
    it.take(it.author.log, 2, other, a.head(6, repeated.hash));
    const auto log = must(it.logs().find_place(it.author.log, 6, it.whole[2].hash.view()))->log;
    it.take(log, 4, one, fork_of_log.head_of(one[0]));
    auto other_fork = it.copy_at(other, 1);
    const std::vector<StoredChange> two{other_fork.typing(kOther, 3)};
    const auto at = must(it.logs().find_place(it.author.log, 4, other[0].hash.view()))->log;
    it.take(at, 4, two, other_fork.head_of(two[0]));
  });
  const auto first = must(it.logs().find_place(it.author.log, 6, it.whole[2].hash.view()));
  const auto second = must(it.logs().find_place(it.author.log, 6, repeated.hash.view()));
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->log == crdt::fork_name(it.author.log, 5, it.whole[2].hash));
  CHECK(second->log == crdt::fork_name(it.author.log, 5, repeated.hash));
}

TEST_CASE("forks: a reference means the branch that its author had seen") {
  Forked it;
  auto copy = it.copy_at(it.whole, 3);
  const std::vector<StoredChange> other{copy.typing(kOther, 4)};
  Author cy(2, kSpace, it.rng);
  Author di(3, kSpace, it.rng);
  const auto dep = [&](const StoredChange& last) {
    return crdt::Dep{it.author.log, last.change.last_seq(), shorten(last.hash)};
  };
  // Cy saw the log's own history up to 8 and 10, Di the copy's; both call it by the log's id.
  auto early = cy.change({putting(kObject, "early", {{it.author.log, 8}})});
  early.change.deps = {dep(it.whole[3])};
  auto late = cy.change({putting(kObject, "late", {{it.author.log, 5}, {it.author.log, 10}})});
  late.change.deps = {dep(it.whole[4])};
  auto from_copy = di.change({putting(kObject, "copy", {{it.author.log, 5}, {it.author.log, 8}})});
  from_copy.change.deps = {dep(other[0])};
  LogId name;
  it.bench.turn([&] {
    cy.create_in(*it.bench.store);
    di.create_in(*it.bench.store);
    must(it.logs().append(cy.log, std::vector{early, late}, {}));
    must(it.logs().append(di.log, std::vector{from_copy}, {}));
    CHECK_FALSE(must(it.logs().find_dep(kSpace, dep(other[0]))).has_value());
    name = it.take(it.author.log, 6, other, copy.head_of(other[0]));
    must(it.logs().note_deps(cy.log, early.change));
    must(it.logs().note_deps(cy.log, late.change));
    must(it.logs().note_deps(di.log, from_copy.change));
  });
  it.bench.open();
  const auto first = it.name_of(7, it.whole[3]);
  CHECK(must(it.logs().find_dep(kSpace, dep(other[0]))) == name);
  CHECK(must(it.logs().find_dep(kSpace, dep(it.whole[4]))) == first);
  CHECK(must(it.logs().find_dep(kSpace, dep(it.whole[1]))) == it.author.log);
  // By a name that another has for it, which is not known here: by the hash.
  CHECK(must(it.logs().find_dep(kSpace, {id_of<LogId>(0x99), 10, shorten(it.whole[4].hash)})) ==
        first);
  const auto refs = [&](const LogId& log, std::uint64_t seq) {
    return must(it.logs().named(log, *must(it.logs().at(log, seq)))).change.ops[0].refs;
  };
  const auto sorted = [](std::vector<crdt::OpId> ids) {
    std::sort(ids.begin(), ids.end());
    return ids;
  };
  CHECK(refs(cy.log, 1) == std::vector<crdt::OpId>{{first, 8}});
  CHECK(refs(cy.log, 2) == sorted({{it.author.log, 5}, {first, 10}}));
  CHECK(refs(di.log, 1) == sorted({{it.author.log, 5}, {name, 8}}));
  // As signed they stay as they were.
  CHECK(must(it.logs().at(di.log, 1))->change.ops[0].refs == from_copy.change.ops[0].refs);
  const auto path = must(it.logs().path({di.log, 1}, {it.author.log, 8}));
  CHECK(path == std::vector<crdt::OpId>{{name, 8}, {it.author.log, 6}});
  CHECK(must(it.logs().path({di.log, 1}, {id_of<LogId>(0x77), 3})) ==
        std::vector<crdt::OpId>{{id_of<LogId>(0x77), 3}});
}

}  // namespace
}  // namespace holm::store::test
