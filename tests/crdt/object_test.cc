// What merging means to people, kind by kind (PRODUCT.md 3, "concurrent").
#include "crdt/object.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/wire.h"
#include "crdt/order.h"
#include "tests/crdt/replicas.h"

namespace holm::crdt::test {
namespace {

const ObjectId kCard = kObjects[0];

/// Two people who work apart until they meet.
struct Pair {
  Replica ana{1, 1};
  Replica bo{2, 1};

  void meet() {
    ana.pull(bo);
    bo.pull(ana);
    REQUIRE(ana.fingerprint(kCard) == bo.fingerprint(kCard));
  }
  const Cell* cell(std::uint32_t field, ByteView key = {}) {
    return ana.state(kCard).find(field, key);
  }
  Value value(std::uint32_t field, ByteView key = {}) {
    const auto* held = ana.state(kCard).value(field, key);
    return held != nullptr ? *decode_value(*held) : Value("(none)");
  }
  std::vector<Value> elements(std::uint32_t field, ByteView key = {}) {
    std::vector<Value> out;
    if (const auto* found = cell(field, key)) {
      for (const auto& one : set_values(*found)) out.push_back(*decode_value(one));
    }
    return out;
  }
};

Write place(std::uint8_t column, std::uint64_t tag) {
  auto out = put(kCard, 5, Kind::order, {});
  out.value = encode(Place{id_of<ObjectId>(column), key_between({}, {}, tag)});
  return out;
}

}  // namespace

TEST_CASE("register: the later of two writes made apart wins, the other stays offered") {
  Pair two;
  two.ana.write({put(kCard, 1, Kind::reg, "first")});
  two.meet();
  two.ana.write({put(kCard, 1, Kind::reg, "ana's")});
  two.bo.wall_ms += 5000;
  two.bo.write({put(kCard, 1, Kind::reg, "bo's")});
  two.meet();
  CHECK(two.value(1) == Value("bo's"));
  CHECK(also(*two.cell(1)) == std::vector<Bytes>{packed("ana's")});

  // Whoever touches the field settles it, even by writing the value that already wins.
  two.ana.write({put(kCard, 1, Kind::reg, "bo's")});
  two.meet();
  CHECK(two.value(1) == Value("bo's"));
  CHECK(also(*two.cell(1)).empty());
  CHECK(two.cell(1)->entries.size() == 1);
}

TEST_CASE("register: a write that saw another is later, whatever the clocks say") {
  Pair two;
  two.ana.wall_ms = 1'000'000;
  two.ana.write({put(kCard, 1, Kind::reg, "before")});
  two.meet();
  two.bo.wall_ms = 5;
  two.bo.write({put(kCard, 1, Kind::reg, "after")});
  two.meet();
  CHECK(two.value(1) == Value("after"));
  CHECK(also(*two.cell(1)).empty());
}

TEST_CASE("register: the same value written apart is one value") {
  Pair two;
  two.ana.write({put(kCard, 1, Kind::reg, "same")});
  two.bo.write({put(kCard, 1, Kind::reg, "same")});
  two.meet();
  CHECK(two.cell(1)->entries.size() == 2);
  CHECK(also(*two.cell(1)).empty());
  CHECK(two.ana.write({put(kCard, 1, Kind::reg, "same")}).empty());
}

TEST_CASE("set: an add wins over a removal made apart") {
  Pair two;
  two.ana.write({add(kCard, 2, Kind::set, "bug")});
  two.meet();
  two.ana.write({take(kCard, 2, Kind::set, "bug")});
  two.bo.write({take(kCard, 2, Kind::set, "bug")});
  two.bo.write({add(kCard, 2, Kind::set, "bug")});
  two.meet();
  CHECK(two.elements(2) == std::vector{Value("bug")});

  // A removal that saw all adds takes the element away for good, and leaves nothing behind.
  two.ana.write({take(kCard, 2, Kind::set, "bug")});
  two.meet();
  CHECK(two.cell(2) == nullptr);
}

TEST_CASE("set: two people take one card, both are on it, once each") {
  Pair two;
  two.ana.write({add(kCard, 2, Kind::set, "ana"), add(kCard, 2, Kind::set, "both")});
  two.bo.write({add(kCard, 2, Kind::set, "bo"), add(kCard, 2, Kind::set, "both")});
  two.meet();
  CHECK(two.elements(2) == std::vector{Value("bo"), Value("ana"), Value("both")});
}

TEST_CASE("map: keys merge each on their own; setting one wins over emptying it apart") {
  Pair two;
  two.ana.write({map_put(kCard, 3, "a", 1), map_put(kCard, 3, "b", 1)});
  two.meet();
  two.ana.write({map_take(kCard, 3, "a"), map_take(kCard, 3, "b")});
  two.bo.write({map_put(kCard, 3, "a", 2), map_put(kCard, 3, "c", 3)});
  two.meet();
  CHECK(two.value(3, as_bytes("a")) == Value(2));
  CHECK(two.cell(3, as_bytes("b")) == nullptr);
  CHECK(two.value(3, as_bytes("c")) == Value(3));
  CHECK(two.ana.state(kCard).all(3).size() == 2);
}

TEST_CASE("counter: increments add up, and the sum of each log is one entry") {
  Pair two;
  for (int i = 0; i < 5; ++i) two.ana.write({add(kCard, 4, Kind::counter, 2)});
  two.bo.write({add(kCard, 4, Kind::counter, -3)});
  two.meet();
  CHECK(counter_value(*two.cell(4)) == 7);
  CHECK(two.cell(4)->entries.size() == 2);
  two.ana.write({add(kCard, 4, Kind::counter, Value(std::int64_t{INT64_MAX}))});
  two.bo.write({add(kCard, 4, Kind::counter, Value(std::int64_t{INT64_MAX}))});
  two.meet();  // wraps around alike on both
}

TEST_CASE("order: a card moved by two people apart is in one place") {
  Pair two;
  two.ana.write({place(0x31, 1)});
  two.meet();
  two.ana.write({place(0x32, 1)});
  two.bo.wall_ms += 10;
  two.bo.write({place(0x33, 2)});
  two.meet();
  const auto stands = decode_place(*two.ana.state(kCard).value(5));
  REQUIRE(stands);
  CHECK(stands->container == id_of<ObjectId>(0x33));
  CHECK(also(*two.cell(5)).size() == 1);
}

TEST_CASE("member: each member has a value of their own, which no one else can touch") {
  Pair two;
  two.ana.write({put(kCard, 6, Kind::member, "yes")});
  two.bo.write({put(kCard, 6, Kind::member, "no")});
  two.meet();
  two.bo.write({put(kCard, 6, Kind::member, "abstain")});
  two.meet();
  CHECK(two.value(6, two.ana.self.view()) == Value("yes"));
  CHECK(two.value(6, two.bo.self.view()) == Value("abstain"));
  CHECK(two.ana.state(kCard).all(6).size() == 2);

  // A modified program names another's op: without effect.
  Op op;
  op.object = kCard;
  op.type = 1;
  op.field = 6;
  op.kind = Kind::member;
  op.refs = {two.cell(6, two.ana.self.view())->entries[0].stamp.id};
  op.content = packed("stolen");
  two.bo.write_op(op);
  two.meet();
  CHECK(two.value(6, two.ana.self.view()) == Value("yes"));
}

TEST_CASE("member set: reactions of two members do not mix") {
  Pair two;
  two.ana.write({add(kCard, 7, Kind::member_set, "+1"), add(kCard, 7, Kind::member_set, "heart")});
  two.bo.write({add(kCard, 7, Kind::member_set, "+1")});
  two.meet();
  two.bo.write({take(kCard, 7, Kind::member_set, "+1")});
  two.meet();
  CHECK(two.elements(7, two.ana.self.view()).size() == 2);
  CHECK(two.cell(7, two.bo.self.view()) == nullptr);
}

TEST_CASE("seed: one import made apart is one set of writes") {
  Pair two;
  const std::vector import{
      seeded(put(kCard, 1, Kind::reg, "title")), seeded(add(kCard, 2, Kind::set, "tag")),
      seeded(add(kCard, 4, Kind::counter, 3)), seeded(type_in(kCard, 8, 0, "imported text"))};
  two.ana.write(import);
  two.bo.write(import);
  two.meet();
  CHECK(two.cell(1)->entries.size() == 1);
  CHECK(two.cell(2)->entries.size() == 1);
  CHECK(counter_value(*two.cell(4)) == 3);
  CHECK(two.ana.text(kCard, 8) == "imported text");
  CHECK(two.ana.write(import).empty());
}

TEST_CASE("seed: a copy that arrives after its value was replaced or removed stays away") {
  Pair two;
  const std::vector import{seeded(put(kCard, 1, Kind::reg, "title")),
                           seeded(add(kCard, 2, Kind::set, "tag"))};
  two.ana.write(import);
  two.ana.write({put(kCard, 1, Kind::reg, "edited"), take(kCard, 2, Kind::set, "tag")});
  two.bo.write(import);
  two.meet();
  CHECK(two.value(1) == Value("edited"));
  CHECK(also(*two.cell(1)).empty());
  CHECK(two.cell(1)->dead.size() == 1);
  CHECK(two.elements(2).empty());
  REQUIRE(two.cell(2) != nullptr);
  CHECK(two.cell(2)->winner() == nullptr);
}

TEST_CASE("seed: any person's edit is later than an import made apart") {
  Pair two;
  two.ana.write({put(kCard, 1, Kind::reg, "by hand")});
  two.bo.wall_ms += 1'000'000;
  two.bo.write({seeded(put(kCard, 1, Kind::reg, "imported"))});
  two.meet();
  CHECK(two.value(1) == Value("by hand"));
  CHECK(also(*two.cell(1)) == std::vector<Bytes>{packed("imported")});
}

TEST_CASE("object: born and touched are its first and last writes, texts included") {
  Pair two;
  two.ana.wall_ms = 5000;
  two.ana.write({put(kCard, 1, Kind::reg, 1)});
  two.meet();
  two.bo.wall_ms = 9000;
  two.bo.write({type_in(kCard, 8, 0, "x")});
  two.meet();
  const auto& state = two.ana.state(kCard);
  CHECK(state.born.stamp.id == OpId{two.ana.log, 1});
  CHECK(state.born.time == WallTime(Millis(5000)));
  CHECK(state.touched.stamp.id == OpId{two.bo.log, 1});
  CHECK(state.touched.time == WallTime(Millis(9000)));
  CHECK(state.type == 1);
}

TEST_CASE("object: its type is the smallest that anyone named, in any order") {
  Pair two;
  auto low = put(kCard, 1, Kind::reg, 1);
  auto high = put(kCard, 2, Kind::reg, 1);
  low.type = 3;
  high.type = 4;
  two.ana.write({low});
  two.bo.write({high});
  two.meet();
  CHECK(two.ana.state(kCard).type == 3);
}

TEST_CASE("object: a field written under two kinds keeps a cell for each") {
  Pair two;
  two.ana.write({put(kCard, 1, Kind::reg, "text")});
  two.bo.write({add(kCard, 1, Kind::set, "element")});
  two.meet();
  REQUIRE(two.ana.state(kCard).cells.size() == 2);
  CHECK(two.cell(1)->kind == Kind::reg);
  CHECK(two.ana.state(kCard).find(1, Kind::set, {})->entries.size() == 1);
}

TEST_CASE("object: ops of unknown kind enter the digest and nothing else") {
  Pair two;
  two.ana.write({put(kCard, 1, Kind::reg, "text")});
  const auto before = two.ana.state(kCard);
  Op op;
  op.object = kCard;
  op.type = 1;
  op.field = 1;
  op.kind = static_cast<Kind>(42);
  op.content = {0xc1};
  two.ana.write_op(op);
  two.ana.write_op(op);
  const auto& after = two.ana.state(kCard);
  CHECK(after.cells == before.cells);
  CHECK(after.unknown.size() == 2);
  CHECK(object_digest(after, {}) != object_digest(before, {}));
}

TEST_CASE("object: wiped ops take away what they replaced and leave nothing") {
  Pair two;
  const auto first = two.ana.write({put(kCard, 1, Kind::reg, "one"), map_put(kCard, 3, "a", 1)});
  auto second = two.ana
                    .write({put(kCard, 1, Kind::reg, "two"), add(kCard, 2, Kind::set, 1),
                            map_put(kCard, 3, "a", 2), add(kCard, 4, Kind::counter, 5),
                            type_in(kCard, 8, 0, "secret")})
                    .at(0);
  REQUIRE(*wipe(second, kCard, [&](const LogId&, const ObjectId&) {
    return std::optional(first[0].salts[0].salt);
  }));
  const std::vector<Delivered> changes{{first[0], {}, two.ana.self}, {second, {}, two.ana.self}};
  const auto built = rebuild(kCard, changes);
  REQUIRE(built);
  CHECK(built->state.value(1) == nullptr);
  CHECK(built->state.find(2) == nullptr);
  CHECK(*built->state.value(3, as_bytes("a")) == packed(1));  // its key is not known any more
  CHECK(built->state.find(4) == nullptr);
  CHECK(built->texts.at(8).text().empty());
}

TEST_CASE("object: erased seeds keep their names, so that what was built on them still stands") {
  Pair two;
  auto import = two.ana.write({seeded(type_in(kCard, 8, 0, "imported text"))}).at(0);
  const auto edit = two.ana.write({type_in(kCard, 8, 8, "!")}).at(0);
  REQUIRE(*wipe(import, kCard, {}));
  const std::vector<Delivered> changes{{import, {}, two.ana.self}, {edit, {}, two.ana.self}};
  const auto built = rebuild(kCard, changes);
  REQUIRE_MESSAGE(built, (built ? "" : built.error().what));
  CHECK(built->texts.at(8).text() == "!");
}

TEST_CASE("object: damaged rows are refused, whatever is damaged") {
  Pair two;
  SeededRng rng(3);
  for (int i = 0; i < 20; ++i) {
    two.ana.write(random_writes(rng, two.ana));
    two.bo.write(random_writes(rng, two.bo));
  }
  two.meet();
  const auto row = encode(two.ana.state(kCard));
  for (std::size_t size = 0; size < row.size(); ++size) {
    CHECK(!decode_object(ByteView(row).first(size)));
  }
  for (std::size_t bit = 0; bit < row.size() * 8; bit += 3) {
    auto flipped = row;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    if (const auto state = decode_object(flipped)) CHECK(encode(*state) == flipped);
  }
}

}  // namespace holm::crdt::test
