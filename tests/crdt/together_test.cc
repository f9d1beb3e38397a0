#include "crdt/together.h"

#include <doctest/doctest.h>

#include "crdt/order.h"
#include "tests/crdt/replicas.h"
#include "tests/support/seeds.h"

namespace holm::crdt::test {
namespace {

/// Keys that begin alike, that begin each other, and that are short.
std::string random_key(Rng& rng) {
  static const std::string starts[] = {"", "k", "one long start ", "one lo", std::string(8, '\0')};
  return starts[rng.below(5)] + std::string(rng.below(3), static_cast<char>(rng.below(128)));
}

std::vector<Write> many_writes(Rng& rng) {
  std::vector<Write> out;
  const auto object = random_object(rng);
  for (auto left = rng.below(40); left > 0; --left) {
    const auto field = static_cast<std::uint32_t>(rng.chance(70) ? 3 : 0x1203);
    const auto number = static_cast<std::int64_t>(rng.below(5));
    if (rng.chance(80)) {
      out.push_back(map_put(object, field, random_key(rng), number));
    } else {
      out.push_back(map_take(object, field, random_key(rng)));
    }
    if (rng.chance(20)) out.back() = seeded(out.back());
  }
  return out;
}

/// A history of three people who write many keys at once, as one of them met it.
std::vector<Delivered> history(std::uint64_t seed) {
  SeededRng rng(seed);
  std::vector<Replica> people;
  for (std::uint8_t n = 1; n <= 3; ++n) people.emplace_back(n, seed);
  for (int i = 0; i < 20; ++i) {
    auto& one = people[rng.below(people.size())];
    one.write(rng.chance(50) ? many_writes(rng) : random_writes(rng, one));
    if (rng.chance(10)) {
      Op op;
      op.object = random_object(rng);
      op.field = 9;
      op.kind = static_cast<Kind>(77);
      op.action = Action::put;
      one.write_op(op);
    }
    if (rng.chance(25)) one.pull(people[rng.below(people.size())]);
  }
  for (int i = 0; i < 2; ++i) {
    for (const auto& other : people) people[0].pull(other);
  }
  auto out = people[0].delivered();
  std::map<std::pair<LogId, ObjectId>, Salt> salts;
  for (auto& one : out) {
    for (const auto& salt : one.change.salts) salts[{one.change.log, salt.object}] = salt.salt;
    if (rng.chance(10)) one.mark = Mark::is_void;
    if (!rng.chance(10)) continue;
    REQUIRE(wipe(one.change, random_object(rng), [&](const LogId& log, const ObjectId& object) {
      return std::optional(salts.at({log, object}));
    }));
  }
  return out;
}

using States = std::map<ObjectId, ObjectState>;

void merge_singly(States& states, const Delivered& one) {
  if (one.mark != Mark::valid) return;
  const auto names = op_names(one.change);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto& op = one.change.ops[i];
    merge(states[op.object], op, {names[i], one.change.lamport, one.change.time, one.author});
  }
}

void merge_together(States& states, std::span<Delivered> changes) {
  Together together(changes);
  for (std::size_t i = 0; i < together.objects().size(); ++i) {
    ObjectState state = states[together.objects()[i]];
    together.merge(i, state);
    states[together.objects()[i]] = state;
  }
}

}  // namespace

TEST_CASE("together: the same states as op by op, however changes are cut into batches") {
  holm::test::for_each_seed(150, [](holm::test::Seed seed) {
    const auto changes = history(seed);
    States singly;
    for (const auto& one : changes) merge_singly(singly, one);
    SeededRng rng(seed);
    States cut;
    auto left = changes;
    for (std::size_t from = 0; from < left.size();) {
      const auto count = std::min<std::size_t>(left.size() - from, 1 + rng.below(12));
      merge_together(cut, std::span(left).subspan(from, count));
      from += count;
    }
    std::erase_if(cut, [](const auto& item) { return item.second.id.is_nil(); });
    CHECK(cut == singly);
  });
}

TEST_CASE("together: names every object once, ascending, and leaves texts and void changes alone") {
  auto changes = history(1);
  const auto before = changes;
  Together together(changes);
  std::set<ObjectId> named;
  for (const auto& one : before) {
    for (const auto& op : one.change.ops) named.insert(op.object);
  }
  CHECK(together.objects() == std::vector(named.begin(), named.end()));
  for (std::size_t i = 0; i < named.size(); ++i) {
    ObjectState state;
    together.merge(i, state);
  }
  for (std::size_t i = 0; i < changes.size(); ++i) {
    for (std::size_t k = 0; k < changes[i].change.ops.size(); ++k) {
      const auto& op = changes[i].change.ops[k];
      if (op.kind != Kind::text && changes[i].mark == Mark::valid) continue;
      CHECK(op == before[i].change.ops[k]);
    }
  }
}

TEST_CASE("together: many objects whose ids begin alike") {
  SeededRng rng(1);
  Replica ana(1, 1);
  for (int i = 0; i < 300; ++i) {
    auto object = rng.id<ObjectId>();
    std::fill_n(object.bytes.begin(), 4 + rng.below(8), std::uint8_t{7});
    ana.write({put(object, 1, Kind::reg, i), add(object, 2, Kind::set, i)});
  }
  auto changes = ana.delivered();
  States singly;
  for (const auto& one : changes) merge_singly(singly, one);
  States at_once;
  merge_together(at_once, changes);
  CHECK(at_once == singly);
}

}  // namespace holm::crdt::test
