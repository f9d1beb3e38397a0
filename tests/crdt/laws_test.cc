// Merge laws over random histories of several replicas.
#include <doctest/doctest.h>

#include "crdt/columns.h"
#include "tests/crdt/naive_object.h"
#include "tests/crdt/replicas.h"
#include "tests/support/seeds.h"

namespace holm::crdt::test {
namespace {

struct Team {
  explicit Team(std::uint64_t seed) : rng(seed) {
    for (std::uint8_t n = 1; n <= 3; ++n) members.emplace_back(n, seed);
  }
  /// Random writes and random meetings, then everybody meets.
  void work(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      auto& one = members[rng.below(members.size())];
      one.wall_ms += static_cast<std::int64_t>(rng.below(3));
      one.write(random_writes(rng, one));
      if (rng.chance(25)) one.pull(members[rng.below(members.size())]);
    }
  }
  void meet() {
    for (auto& one : members) {
      for (const auto& other : members) one.pull(other);
    }
    for (auto& one : members) {
      for (const auto& other : members) one.pull(other);
    }
  }
  SeededRng rng;
  std::vector<Replica> members;
};

/// The same changes in another order that respects causality.
std::vector<Delivered> shuffled(Rng& rng, std::vector<Delivered> changes) {
  for (std::size_t i = changes.size(); i > 1; --i) std::swap(changes[i - 1], changes[rng.below(i)]);
  return changes;
}

Change unknown_change(Replica& replica, Rng& rng) {
  Op op;
  op.object = random_object(rng);
  op.type = 1;
  op.field = 9;
  op.kind = static_cast<Kind>(77);
  op.action = static_cast<Action>(rng.chance(50) ? 1 : 200);
  op.pos = rng.below(100);
  op.content = to_bytes("opaque");
  return replica.write_op(std::move(op));
}

}  // namespace

TEST_CASE("laws: any causal order of delivery gives the same bytes and digests") {
  holm::test::for_each_seed(40, [](holm::test::Seed seed) {
    Team team(seed);
    team.work(25);
    unknown_change(team.members[0], team.rng);
    team.work(10);
    unknown_change(team.members[1], team.rng);
    team.meet();
    const auto& all = team.members[0].delivered();
    REQUIRE(team.members[1].delivered().size() == all.size());

    Replica stranger(9, seed);
    std::vector<Delivered> pool = shuffled(team.rng, all);
    while (stranger.delivered().size() < all.size()) {
      for (const auto& one : pool) stranger.deliver(one);
    }
    for (const auto& object : kObjects) {
      const auto expected = team.members[0].fingerprint(object);
      for (auto& member : team.members) CHECK(member.fingerprint(object) == expected);
      CHECK(stranger.fingerprint(object) == expected);
      CHECK(object_digest(stranger.state(object), {}) ==
            object_digest(team.members[2].state(object), {}));
      // Rebuilding from the changes, in any order given, is the same again.
      const auto again = rebuild(object, shuffled(team.rng, all));
      REQUIRE(again);
      CHECK(again->state == stranger.state(object));
      for (const auto& [field, text] : again->texts) {
        CHECK(text.text() == stranger.text(object, field));
      }
      const auto row = encode(stranger.state(object));
      const auto back = decode_object(row);
      REQUIRE(back);
      CHECK(*back == stranger.state(object));
    }
  });
}

TEST_CASE("laws: the merged state is what causality says it is") {
  holm::test::for_each_seed(40, [](holm::test::Seed seed) {
    Team team(seed);
    team.work(40);
    team.meet();
    for (const auto& object : kObjects) {
      auto& member = team.members[0];
      auto expected = NaiveObject(object, member.delivered()).cells();
      for (const auto& cell : member.state(object).cells) {
        const NaiveObject::CellKey key{cell.field, cell.key};
        if (cell.kind == Kind::counter) {
          REQUIRE(expected.contains(key));
          CHECK(Writer().sint(counter_value(cell)).take() == expected[key][0].value);
        } else {
          CHECK(cell.entries == expected[key]);
        }
        expected.erase(key);
      }
      CHECK(expected.empty());
    }
  });
}

TEST_CASE("laws: changes that went through columns merge to the same state") {
  holm::test::for_each_seed(10, [](holm::test::Seed seed) {
    Team team(seed);
    team.work(30);
    team.meet();
    std::map<LogId, std::vector<Change>> logs;
    std::map<LogId, MemberId> authors;
    for (const auto& one : team.members[0].delivered()) {
      logs[one.change.log].push_back(one.change);
      authors[one.change.log] = one.author;
    }
    Replica reader(9, seed);
    std::vector<Delivered> pool;
    for (const auto& [log, changes] : logs) {
      for (std::size_t from = 0; from < changes.size();) {
        const auto size = std::min<std::size_t>(1 + team.rng.below(7), changes.size() - from);
        const auto back = decode_columns(encode_columns({changes.data() + from, size}));
        REQUIRE(back);
        for (const auto& change : *back) pool.push_back({change, {}, authors[log]});
        from += size;
      }
    }
    while (reader.delivered().size() < pool.size()) {
      for (const auto& one : pool) reader.deliver(one);
    }
    for (const auto& object : kObjects) {
      CHECK(reader.fingerprint(object) == team.members[1].fingerprint(object));
    }
  });
}

TEST_CASE(
    "laws: void changes leave fields as if they had never been, and lifting brings them back") {
  holm::test::for_each_seed(30, [](holm::test::Seed seed) {
    Team team(seed);
    team.work(40);
    team.meet();
    auto marked = team.members[0].delivered();
    std::vector<Delivered> without;
    for (auto& one : marked) {
      if (team.rng.chance(20)) one.mark = Mark::is_void;
      if (one.mark == Mark::valid) without.push_back(one);
    }
    for (const auto& object : kObjects) {
      const auto all = rebuild(object, marked);
      REQUIRE(all);
      ObjectState expected;
      expected.id = object;
      for (const auto& one : without) {
        const auto names = op_names(one.change);
        for (std::size_t i = 0; i < names.size(); ++i) {
          const auto& op = one.change.ops[i];
          if (op.object != object) continue;
          merge(expected, op, {names[i], one.change.lamport, one.change.time, one.author});
        }
      }
      CHECK(encode(all->state) == encode(expected));
    }
    for (auto& one : marked) one.mark = Mark::valid;
    for (const auto& object : kObjects) {
      const auto lifted = rebuild(object, marked);
      REQUIRE(lifted);
      CHECK(lifted->state == team.members[0].state(object));
      for (const auto& [field, text] : lifted->texts) {
        CHECK(text.text() == team.members[0].text(object, field));
      }
    }
  });
}

}  // namespace holm::crdt::test
