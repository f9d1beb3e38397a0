// What changes had built on, held against the bare definition on random logs: whose lamports may
// lie, that name each other in any way, and of which some are forked.
#include "node/built_on.h"

#include <doctest/doctest.h>

#include <set>
#include <vector>

#include "base/rng.h"
#include "node/store_state.h"
#include "store/store.h"
#include "tests/support/folder.h"
#include "tests/support/must.h"
#include "tests/support/seeds.h"
#include "work/schema.h"

namespace holm::node {
namespace {

using test::must;

class Web {
 public:
  explicit Web(test::Seed seed)
      : rng_(seed),
        store_(must(store::Store::open(
            {.path = (folder_.path / "team.holm").string(), .vfs = {}, .tables = table_specs()}))) {
    space_ = rng_.id<SpaceId>();
    must(store_->begin());
    for (std::size_t i = 2 + rng_.below(4); i > 0; --i) {
      logs_.push_back(rng_.id<LogId>());
      must(store_->logs().create(logs_.back(), space_, {}, {}));
    }
    must(store_->commit());
  }

  /// One more change of a random log, or of a new branch of one.
  void grow() {
    must(store_->begin());
    const auto root = logs_[rng_.below(logs_.size())];
    const auto tree = must(store_->logs().tree(root));
    auto at = tree[rng_.below(tree.size())];
    while (at.frozen) at = child_of(tree, at);
    crdt::Change change;
    change.log = root;
    change.seq = at.stored_seq + 1;
    std::uint64_t seen = at.stored_lamport;
    for (const auto& other : must(store_->logs().of_space(space_))) {
      if (other.root == root || other.stored_seq <= other.base_seq || rng_.chance(60)) continue;
      const auto end = must(store_->logs().end_before(
          other.log, other.base_seq + 1 + rng_.below(other.stored_seq - other.base_seq)));
      if (end.seq <= other.base_seq) continue;
      change.deps.push_back({other.log, end.seq, shorten(end.hash)});
      const auto named = must(store_->logs().at(other.log, end.seq));
      if (!rng_.chance(10)) seen = std::max(seen, named->change.lamport);  // or it lies
    }
    change.lamport = seen + 1 + rng_.below(3);
    crdt::Op op;
    op.object = rng_.id<ObjectId>();
    op.type = work::kDocument;
    op.field = work::document::kText;
    op.kind = crdt::Kind::text;
    op.action = crdt::Action::erase;
    op.len = 1 + rng_.below(3);
    change.ops.push_back(op);
    put(at, change);
    must(store_->commit());
  }
  /// Another history of a log behind a random change.
  void fork() {
    must(store_->begin());
    const auto root = logs_[rng_.below(logs_.size())];
    const auto info = *must(store_->logs().find(root));
    const auto end =
        info.stored_seq < 2 || info.frozen
            ? crdt::Position{}
            : must(store_->logs().end_before(root, 1 + rng_.below(info.stored_seq - 1)));
    if (end.seq > 0 && end.seq < info.stored_seq) {
      (void)must(store_->logs().split(root, end.seq));
      const auto from = must(store_->logs().at(root, end.seq));
      crdt::Change change = from->change;
      change.seq = end.seq + 1;
      change.deps.clear();
      change.ops[0].object = rng_.id<ObjectId>();
      const auto hash = crdt::chain_next(end.hash, must(crdt::change_digest(change, no_salts())));
      const store::StoredChange stored{change, hash, crdt::Mark::valid};
      const auto name = must(store_->logs().add_branch(root, {}, {}, {&stored, 1}, {}));
      crdt::Head head;
      head.log = root;
      head.seq = change.last_seq();
      head.hash = hash;
      must(store_->logs().seal(name, head));
      for (;;) {
        if (must(store_->logs().settle_names(space_)).empty()) break;
      }
      for (const auto& log : must(store_->logs().of_space(space_))) {
        must(store_->logs().set_applied(log.log, log.sealed_seq));
      }
    }
    must(store_->commit());
  }

  void check() {
    std::vector<crdt::OpId> places;
    std::map<LogId, std::uint64_t> wanted;
    for (const auto& log : must(store_->logs().of_space(space_))) {
      if (log.stored_seq <= log.base_seq) continue;
      if (rng_.chance(30) && !wanted.contains(log.root)) {
        const auto end = must(store_->logs().end_before(
            log.log, log.base_seq + 1 + rng_.below(log.stored_seq - log.base_seq)));
        if (end.seq > log.base_seq) places.push_back({log.log, end.seq});
      } else if (!log.is_branch()) {
        wanted[log.log] = 1 + rng_.below(log.stored_lamport + 1);
      }
    }
    for (const auto& place : places) {
      wanted.erase(must(store_->logs().find(place.log))->root);  // as of removers and removed
    }
    std::map<LogId, std::uint64_t> expected;
    std::set<crdt::OpId> seen;
    for (const auto& place : places) visit(place, seen, expected, wanted);
    auto reached = must(built_on(store_->logs(), space_, places, wanted));
    // What lies below what was wanted does not matter.
    std::erase_if(reached, [&](const auto& item) {
      for (const auto& log : must(store_->logs().tree(item.first))) {
        if (item.second <= log.base_seq || item.second > log.stored_seq) continue;
        if (must(store_->logs().at(log.log, item.second))->change.lamport >= wanted[item.first]) {
          return false;
        }
      }
      return true;
    });
    CHECK(reached == expected);
    found += expected.size();
  }

  std::size_t found = 0;  ///< so that the checks say something

  void check_search() {
    for (const auto& log : must(store_->logs().of_space(space_))) {
      for (int i = 0; i < 20 && log.stored_seq > 0; ++i) {
        const auto after =
            must(store_->logs().end_before(log.log, rng_.below(log.stored_seq + 1))).seq;
        const auto lamport = rng_.below(log.stored_lamport + 3);
        auto expected = log.stored_seq + 1;
        for (auto at = after + 1; at <= log.stored_seq;) {
          const auto held = *must(store_->logs().at(log.log, at));
          if (held.change.lamport >= lamport) {
            expected = at;
            break;
          }
          at = held.change.last_seq() + 1;
        }
        CHECK(must(first_from(store_->logs(), log.log, after, log.stored_seq, lamport)) ==
              expected);
      }
    }
  }

 private:
  static crdt::SaltLookup no_salts() {
    return [](const LogId&, const ObjectId&) { return std::optional<Salt>(); };
  }
  static store::LogInfo child_of(const std::vector<store::LogInfo>& tree,
                                 const store::LogInfo& parent) {
    for (const auto& log : tree) {
      if (log.is_branch() && log.parent == parent.log) return log;
    }
    FAIL("a frozen log without a branch");
    return parent;
  }
  void put(const store::LogInfo& at, const crdt::Change& change) {
    const auto hash =
        crdt::chain_next(at.stored_hash, must(crdt::change_digest(change, no_salts())));
    const store::StoredChange stored{change, hash, crdt::Mark::valid};
    must(store_->logs().append(at.log, {&stored, 1}, {}));
    crdt::Head head;
    head.log = at.root;
    head.seq = change.last_seq();
    head.hash = hash;
    must(store_->logs().seal(at.log, head));
    must(store_->logs().set_applied(at.log, change.last_seq()));
  }
  /// By the definition: all that lies behind a change, one by one.
  void visit(const crdt::OpId& end, std::set<crdt::OpId>& seen,
             std::map<LogId, std::uint64_t>& expected,
             const std::map<LogId, std::uint64_t>& wanted) {
    if (end.seq == 0 || !seen.insert(end).second) return;
    const auto info = *must(store_->logs().find(end.log));
    if (end.seq <= info.base_seq) return visit({info.parent, end.seq}, seen, expected, wanted);
    const auto held = *must(store_->logs().at(end.log, end.seq));
    visit({end.log, held.change.seq - 1}, seen, expected, wanted);
    for (const auto& dep : held.change.deps) {
      const auto log = must(store_->logs().find_dep(space_, dep));
      REQUIRE(log);
      const auto named = *must(store_->logs().at(*log, dep.seq));
      if (named.change.lamport >= held.change.lamport) continue;
      const auto root = must(store_->logs().find(*log))->root;
      const auto matters = wanted.find(root);
      if (matters != wanted.end() && named.change.lamport >= matters->second) {
        auto& at = expected[root];
        at = std::max(at, dep.seq);
      }
      visit({*log, dep.seq}, seen, expected, wanted);
    }
  }

  SeededRng rng_;
  test::Folder folder_;
  std::unique_ptr<store::Store> store_;
  SpaceId space_;
  std::vector<LogId> logs_;
};

TEST_CASE("built_on: says what the bare definition says, on random logs") {
  std::size_t found = 0;
  test::for_each_seed(60, [&](test::Seed seed) {
    Web web(seed);
    for (int round = 0; round < 6; ++round) {
      for (int i = 0; i < 12; ++i) web.grow();
      for (int i = 0; i < 4; ++i) web.check();
    }
    found += web.found;
  });
  CHECK(found > 100);
}

TEST_CASE("built_on: and where logs are forked") {
  std::size_t found = 0;
  test::for_each_seed(40, [&](test::Seed seed) {
    Web web(seed);
    for (int round = 0; round < 4; ++round) {
      for (int i = 0; i < 10; ++i) web.grow();
      web.fork();
      for (int i = 0; i < 6; ++i) web.grow();
      for (int i = 0; i < 4; ++i) web.check();
    }
    found += web.found;
  });
  CHECK(found > 100);
}

TEST_CASE("built_on: the place from which lamports suffice is found in any log") {
  test::for_each_seed(10, [](test::Seed seed) {
    Web web(seed);
    for (int i = 0; i < 120; ++i) web.grow();
    web.check_search();
  });
}

}  // namespace
}  // namespace holm::node
