// Tables of winners: one column per field, conditions, orders, and rebuilding.
#include <doctest/doctest.h>

#include <algorithm>

#include "crdt/order.h"
#include "tests/store/fixtures.h"
#include "tests/support/seeds.h"

namespace holm::store::test {
namespace {

using Is = Condition::Is;

const SpaceId kSpace = id_of<SpaceId>(0x51);
const SpaceId kOtherSpace = id_of<SpaceId>(0x52);

ObjectId object(std::uint8_t n) { return id_of<ObjectId>(n); }

/// Five keys, ascending.
Bytes key(std::size_t n) {
  static const std::vector<Bytes> kKeys = [] {
    std::vector<Bytes> out;
    for (std::uint64_t tag = 1; tag <= 5; ++tag) {
      const auto left = out.empty() ? std::nullopt : std::optional(out.back());
      out.push_back(crdt::key_between(left, std::nullopt, tag));
    }
    return out;
  }();
  return kKeys[n];
}

struct CardFacts {
  std::uint8_t n = 0;
  Value title{};
  Value due{};
  std::int64_t votes = 0;
  std::uint8_t container = 0;  ///< 0: stands nowhere
  Bytes key{};
};

crdt::ObjectState state_of(const CardFacts& facts) {
  auto out = object_state(object(facts.n), kCard, 100 + facts.n);
  if (!facts.title.is_null()) add_entry(out, kTitle, 500, encode(facts.title));
  if (!facts.due.is_null()) add_entry(out, kDue, 500, encode(facts.due));
  if (facts.votes != 0)
    add_entry(out, kVotes, 500, encode(Value(facts.votes)), crdt::Kind::counter);
  if (facts.container != 0) {
    add_entry(out, kPlace, 500, crdt::encode(crdt::Place{object(facts.container), facts.key}),
              crdt::Kind::order);
  }
  return out;
}

struct Cards {
  explicit Cards(const std::vector<CardFacts>& facts = {}) {
    bench.open();
    bench.turn([&] {
      for (const auto& one : facts) must(bench.store->objects().save(kSpace, {state_of(one)}));
    });
  }
  /// First bytes of the ids found.
  std::vector<int> select(Selection selection) {
    selection.type = kCard;
    std::vector<int> out;
    for (const auto& found : must(bench.store->objects().select(selection))) {
      CHECK(found.space == kSpace);
      out.push_back(found.object.bytes[0]);
    }
    if (selection.limit == SIZE_MAX) {
      CHECK(must(bench.store->objects().count(selection)) == out.size());
    }
    return out;
  }
  std::vector<int> where(const std::string& column, Is is, const Value& value = {}) {
    return select({.where = {{column, is, value}}});
  }

  Bench bench;
};

using Ints = std::vector<int>;

TEST_CASE("winners: every condition, on each kind of value") {
  Cards cards({{.n = 1, .title = "b", .due = 10},
               {.n = 2, .title = "a", .due = 20.5},
               {.n = 3, .title = Bytes{1, 2}, .due = true},
               {.n = 4, .votes = -3},
               {.n = 5, .title = "b", .due = 30, .votes = 5}});
  CHECK(cards.where("title", Is::equal, "b") == Ints{1, 5});
  CHECK(cards.where("title", Is::equal, Bytes{1, 2}) == Ints{3});
  CHECK(cards.where("title", Is::not_equal, "b") == Ints{2, 3, 4});
  CHECK(cards.where("title", Is::null) == Ints{4});
  CHECK(cards.where("title", Is::equal, Value()) == Ints{4});
  CHECK(cards.where("title", Is::not_null) == Ints{1, 2, 3, 5});
  CHECK(cards.where("due", Is::less, 20) == Ints{1, 3});
  CHECK(cards.where("due", Is::less_or_equal, 20.5) == Ints{1, 2, 3});
  CHECK(cards.where("due", Is::greater, 10) == Ints{2, 5});
  CHECK(cards.where("due", Is::greater_or_equal, 10) == Ints{1, 2, 5});
  CHECK(cards.where("due", Is::equal, true) == Ints{3});
  CHECK(cards.where("votes", Is::equal, 0) == Ints{1, 2, 3});
  CHECK(cards.where("votes", Is::less, 0) == Ints{4});
  CHECK(cards.select({.where = {{"title", Is::equal, "b"}, {"due", Is::greater, 10}}}) == Ints{5});
}

TEST_CASE("winners: built-in columns say when and by whom") {
  Cards cards({{.n = 1}, {.n = 2, .title = "x"}, {.n = 3}});
  CHECK(cards.where("object", Is::equal, to_bytes(object(2).view())) == Ints{2});
  CHECK(cards.where("born_lamport", Is::greater, 101) == Ints{2, 3});
  CHECK(cards.where("born_at", Is::less_or_equal, 102) == Ints{1, 2});
  CHECK(cards.where("touched_lamport", Is::equal, 500) == Ints{2});
  CHECK(cards.where("touched_at", Is::greater, 102) == Ints{3});
}

TEST_CASE("winners: orders, reversed or not, with ties by id, and limits") {
  Cards cards({{.n = 1, .title = "b", .due = 1},
               {.n = 2, .title = "a", .due = 2},
               {.n = 3, .title = "b", .due = 2},
               {.n = 4, .title = "a", .due = 1}});
  CHECK(cards.select({.order_by = {"title"}}) == Ints{2, 4, 1, 3});
  CHECK(cards.select({.order_by = {"-title"}}) == Ints{1, 3, 2, 4});
  CHECK(cards.select({.order_by = {"title", "-due"}}) == Ints{2, 4, 3, 1});
  CHECK(cards.select({.order_by = {"-born_lamport"}}) == Ints{4, 3, 2, 1});
  CHECK(cards.select({.order_by = {"-due"}, .limit = 3}) == Ints{2, 3, 1});
  CHECK(cards.select({.limit = 0}).empty());
}

TEST_CASE("winners: one space or all of them") {
  Cards cards({{.n = 1, .due = 5}, {.n = 2, .due = 6}});
  auto& objects = cards.bench.store->objects();
  cards.bench.turn([&] { must(objects.save(kOtherSpace, {state_of({.n = 3, .due = 5})})); });
  CHECK(must(objects.select({.type = kCard})).size() == 3);
  const std::vector<Condition> due{{"due", Is::equal, 5}};
  CHECK(must(objects.select({.type = kCard, .where = due})) ==
        std::vector<Found>{{kSpace, object(1)}, {kOtherSpace, object(3)}});
  CHECK(must(objects.select({.type = kCard, .space = kOtherSpace, .where = due})) ==
        std::vector<Found>{{kOtherSpace, object(3)}});
  CHECK(cards.select({.space = kSpace}) == Ints{1, 2});
  CHECK(must(objects.select({.type = kCard, .space = id_of<SpaceId>(9)})).empty());
  CHECK(must(objects.count({.type = kCard, .space = kSpace})) == 2);
}

TEST_CASE("winners: children stand in the order of their keys") {
  Cards cards({{.n = 1, .container = 0x70, .key = key(2)},
               {.n = 2, .container = 0x70, .key = key(1)},
               {.n = 3, .container = 0x71, .key = key(1)},
               {.n = 4, .container = 0x70, .key = key(4)},
               {.n = 5},
               {.n = 6, .container = 0x70, .key = key(1)}});
  auto& objects = cards.bench.store->objects();
  CHECK(must(objects.children(kCard, object(0x70))) ==
        std::vector<ObjectId>{object(2), object(6), object(1), object(4)});
  CHECK(must(objects.children(kCard, object(0x72))).empty());
  CHECK(cards.where("place_in", Is::equal, to_bytes(object(0x71).view())) == Ints{3});
  CHECK(cards.where("place_in", Is::null) == Ints{5});
  CHECK(cards.select({.where = {{"place_in", Is::not_null, {}}},
                      .order_by = {"place_in", "-place_key"}}) == Ints{4, 1, 2, 6, 3});
  cards.bench.turn(
      [&] { must(objects.save(kSpace, {state_of({.n = 2, .container = 0x71, .key = key(3)})})); });
  CHECK(must(objects.children(kCard, object(0x71))) == std::vector<ObjectId>{object(3), object(2)});
}

TEST_CASE("winners: unknown columns and types are told apart from empty answers") {
  Cards cards(std::vector<CardFacts>{{.n = 1}});
  auto& objects = cards.bench.store->objects();
  for (const auto* column : {"nonsense", "body", "space_no", "no", "f_title", "title; DROP"}) {
    CAPTURE(column);
    CHECK(error_of(objects.select({.type = kCard, .where = {{column, Is::null, {}}}})).code ==
          Code::usage);
    CHECK(error_of(objects.select({.type = kCard, .order_by = {column}})).code == Code::usage);
  }
  CHECK(error_of(objects.select({.type = 99})).code == Code::usage);
  CHECK(error_of(objects.children(kNote, object(1))).code == Code::usage);
}

TEST_CASE("winners: a cell that does not fit the column shows as not set") {
  Cards cards;
  auto state = object_state(object(1), kCard, 100);
  add_entry(state, kTitle, 500, encode(Value("in a set")), crdt::Kind::set);
  add_entry(state, kDue, 500, {});  // erased
  add_entry(state, kPlace, 500, encode(Value("nowhere")), crdt::Kind::order);
  cards.bench.turn([&] { must(cards.bench.store->objects().save(kSpace, {state})); });
  CHECK(cards.where("title", Is::null) == Ints{1});
  CHECK(cards.where("due", Is::null) == Ints{1});
  CHECK(cards.where("place_in", Is::null) == Ints{1});
}

TEST_CASE("winners: an object whose type turns out smaller moves to that table") {
  Cards cards;
  auto& objects = cards.bench.store->objects();
  auto state = object_state(object(1), kNote, 100);
  add_entry(state, kTitle, 500, encode(Value("x")));
  cards.bench.turn([&] { must(objects.save(kSpace, {state})); });
  CHECK(must(objects.count({.type = kNote})) == 1);
  state.type = kCard;
  cards.bench.turn([&] { must(objects.save(kSpace, {state})); });
  CHECK(must(objects.count({.type = kNote})) == 0);
  CHECK(cards.where("title", Is::equal, "x") == Ints{1});
}

TEST_CASE("winners: a changed, new or dropped table is there after the next open") {
  Cards cards({{.n = 1, .title = "x", .due = 7}, {.n = 2, .due = 8}});
  auto& bench = cards.bench;
  bench.turn([&] {
    auto unknown = object_state(object(3), 77, 100);
    add_entry(unknown, 1, 500, encode(Value("from a newer program")));
    must(bench.store->objects().save(kSpace, {unknown}));
  });
  bench.tables = {{kCard, "task", {{kDue, "until", crdt::Kind::reg, false}}},
                  {77, "card", {{1, "name", crdt::Kind::reg, false}}}};
  bench.open();
  CHECK(cards.where("until", Is::greater, 7) == Ints{2});
  CHECK(error_of(bench.store->objects().select({.type = kNote})).code == Code::usage);
  const Selection named{.type = 77, .where = {{"name", Is::not_null, {}}}};
  CHECK(must(bench.store->objects().count(named)) == 1);
  bench.tables = test_tables();
  bench.open();
  CHECK(cards.where("title", Is::equal, "x") == Ints{1});
  CHECK(must(bench.store->objects().count({.type = kNote})) == 0);
}

TEST_CASE("winners: a spec that names a column twice or wrongly is refused") {
  for (const auto& columns : std::vector<std::vector<ColumnSpec>>{
           {{1, "a", crdt::Kind::reg, false}, {2, "a", crdt::Kind::reg, false}},
           {{1, "p", crdt::Kind::order, false}, {2, "p_in", crdt::Kind::reg, false}},
           {{1, "Title", crdt::Kind::reg, false}},
           {{1, "a b", crdt::Kind::reg, false}},
           {{1, "", crdt::Kind::reg, false}}}) {
    Bench bench;
    bench.tables = {{1, "card", columns}};
    CHECK(error_of(bench.try_open()).code == Code::usage);
    bench.tables = test_tables();
    CHECK(bench.try_open().has_value());
  }
  Bench bench;
  bench.tables = {{1, "card", {}}, {1, "note", {}}};
  CHECK(error_of(bench.try_open()).code == Code::usage);
}

TEST_CASE("winners: rebuilding gives the same answers") {
  Cards cards({{.n = 1, .title = "x", .due = 7},
               {.n = 2, .votes = 3},
               {.n = 3, .container = 0x70, .key = key(1)}});
  auto& objects = cards.bench.store->objects();
  cards.bench.turn([&] {
    auto torn = state_of({.n = 4, .title = "old"});
    add_entry(torn, kTitle, 600, encode(Value("new")));
    must(objects.save(kSpace, {torn}));
  });
  const auto before = cards.select({.order_by = {"title", "due", "votes"}});
  cards.bench.turn([&] { must(objects.rebuild_tables()); });
  CHECK(cards.select({.order_by = {"title", "due", "votes"}}) == before);
  CHECK(must(objects.children(kCard, object(0x70))).size() == 1);
  CHECK(must(objects.losers(kSpace, std::nullopt)).size() == 1);
}

TEST_CASE("winners: any selection answers as filtering by hand does") {
  holm::test::for_each_seed(15, [](holm::test::Seed seed) {
    SeededRng rng(seed);
    std::map<std::uint8_t, CardFacts> facts;
    Cards cards;
    auto& objects = cards.bench.store->objects();
    cards.bench.turn([&] {
      for (int i = 0; i < 60; ++i) {
        const auto n = static_cast<std::uint8_t>(1 + rng.below(30));
        if (rng.chance(20)) {
          facts.erase(n);
          must(objects.remove(kSpace, object(n)));
          continue;
        }
        facts[n] = {.n = n,
                    .due = rng.chance(30) ? Value() : Value(rng.below(5)),
                    .votes = static_cast<std::int64_t>(rng.below(3))};
        must(objects.save(kSpace, {state_of(facts[n])}));
      }
    });
    const auto limit = static_cast<std::int64_t>(rng.below(5));
    Ints wanted;
    for (const auto& [n, one] : facts) {
      if (!one.due.is_null() && one.due.number() >= limit && one.votes != 1) wanted.push_back(n);
    }
    std::stable_sort(wanted.begin(), wanted.end(), [&](int a, int b) {
      const auto& one = facts[static_cast<std::uint8_t>(a)];
      const auto& other = facts[static_cast<std::uint8_t>(b)];
      return one.due.number() > other.due.number();
    });
    // One thing by its id, with and without what else is asked of it.
    for (std::uint8_t n = 1; n <= 30; ++n) {
      const Value id(to_bytes(object(n).view()));
      const auto known = facts.find(n);
      CHECK(cards.select({.where = {{"object", Is::equal, id}}}).size() == facts.count(n));
      CHECK(cards.select({.space = kSpace, .where = {{"object", Is::equal, id}}}).size() ==
            facts.count(n));
      const bool is_voted = known != facts.end() && known->second.votes == 1;
      CHECK(cards.select({.where = {{"votes", Is::equal, 1}, {"object", Is::equal, id}}}).size() ==
            (is_voted ? 1 : 0));
    }
    CHECK(
        cards.select({.where = {{"due", Is::greater_or_equal, limit}, {"votes", Is::not_equal, 1}},
                      .order_by = {"-due"}}) == wanted);
  });
}

}  // namespace
}  // namespace holm::store::test
