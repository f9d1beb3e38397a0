#include "store/objects.h"

#include <doctest/doctest.h>

#include "tests/store/fixtures.h"

namespace holm::store::test {
namespace {

const SpaceId kSpace = id_of<SpaceId>(0x51);
const SpaceId kOtherSpace = id_of<SpaceId>(0x52);

ObjectId object(std::uint8_t n) { return id_of<ObjectId>(n); }

crdt::ObjectState card(std::uint8_t n, const std::string& title) {
  auto out = object_state(object(n), kCard, 100 + n);
  add_entry(out, kTitle, 200, encode(Value(title)));
  return out;
}

TEST_CASE("objects: states come back as they were saved, each in its own space") {
  Bench bench;
  auto& store = bench.open();
  auto loud = card(1, "loud");
  loud.unknown.push_back(id_of<Digest>(9));
  bench.turn([&] {
    must(store.objects().save(kSpace, {loud, card(2, "two")}));
    must(store.objects().save(kOtherSpace, {card(1, "elsewhere"), card(3, "three")}));
    must(store.objects().save(kSpace, {}));
  });
  auto& objects = bench.open().objects();
  CHECK(must(objects.find(kSpace, object(1))) == loud);
  CHECK(must(objects.find(kOtherSpace, object(1))) == card(1, "elsewhere"));
  CHECK_FALSE(must(objects.find(kSpace, object(3))).has_value());
  const std::vector ids{object(2), object(3), object(1)};
  CHECK(must(objects.load(kSpace, ids)) == std::vector{card(2, "two"), crdt::ObjectState(), loud});
  CHECK(must(objects.load(id_of<SpaceId>(9), ids)) == std::vector<crdt::ObjectState>(3));
  CHECK(must(objects.space_of(object(3))) == kOtherSpace);
  CHECK(must(objects.space_of(object(1))) == kSpace);
  CHECK_FALSE(must(objects.space_of(object(4))).has_value());
}

TEST_CASE("objects: a prefix of any length finds what starts with it") {
  Bench bench;
  auto& store = bench.open();
  bench.turn([&] {
    must(store.objects().save(kSpace, {card(0xab, "a"), card(0xac, "b")}));
    must(store.objects().save(kOtherSpace, {card(0xab, "c"), card(0x01, "d")}));
  });
  const auto find = [&](std::string_view prefix) {
    return must(store.objects().by_prefix(prefix, 10));
  };
  CHECK(find("aba") == std::vector<Found>{{kSpace, object(0xab)}, {kOtherSpace, object(0xab)}});
  CHECK(find("A").size() == 3);
  CHECK(find("").size() == 4);
  CHECK(find(object(0x01).text()).size() == 1);
  CHECK(find("abb").empty());
  CHECK(find("xy").empty());
  CHECK(find(std::string(33, 'a')).empty());
  CHECK(must(store.objects().by_prefix("a", 2)).size() == 2);
}

TEST_CASE("objects: texts keep content, frontier and last own ids") {
  Bench bench;
  auto& store = bench.open();
  TextRow row;
  row.content = std::string("na\0\xc3\xafve", 7);
  row.points = 6;
  row.frontier = {{id_of<LogId>(1), 7}, {id_of<LogId>(2), std::uint64_t{1} << 40}};
  row.last_own[id_of<LogId>(1)] = {id_of<LogId>(1), 7};
  row.last_own[id_of<LogId>(3)] = {id_of<LogId>(9), 0};
  TextRow other;
  other.content = "x";
  other.points = 1;
  bench.turn([&] {
    must(store.objects().save(kSpace, {card(1, "a")}));
    must(store.objects().save_text(kSpace, {object(1), kBody}, other));
    must(store.objects().save_text(kSpace, {object(1), kBody}, row));
    must(store.objects().save_text(kSpace, {object(1), 77}, other));
    must(store.objects().save_text(kOtherSpace, {object(1), kBody}, other));
  });
  auto& objects = bench.open().objects();
  CHECK(must(objects.text(kSpace, {object(1), kBody})) == row);
  CHECK(must(objects.text(kSpace, {object(1), 78})) == TextRow{});
  CHECK(must(objects.text(kSpace, {object(2), kBody})) == TextRow{});
  const auto texts = must(objects.texts(kSpace, object(1)));
  CHECK(texts == std::map<std::uint32_t, TextRow>{{kBody, row}, {77, other}});
}

TEST_CASE("objects: removing one takes its state, texts, rows and losers") {
  Bench bench;
  auto& store = bench.open();
  auto state = card(1, "a");
  add_entry(state, kTitle, 300, encode(Value("b")));
  bench.turn([&] {
    must(store.objects().save(kSpace, {state, card(2, "stays")}));
    must(store.objects().save_text(kSpace, {object(1), kBody}, TextRow{"x", 1, {}, {}}));
  });
  bench.turn([&] {
    must(store.objects().remove(kSpace, object(1)));
    must(store.objects().remove(kSpace, object(7)));
  });
  auto& objects = store.objects();
  CHECK_FALSE(must(objects.find(kSpace, object(1))).has_value());
  CHECK_FALSE(must(objects.space_of(object(1))).has_value());
  CHECK(must(objects.texts(kSpace, object(1))).empty());
  CHECK(must(objects.losers(std::nullopt, std::nullopt)).empty());
  CHECK(must(objects.count({.type = kCard})) == 1);
  CHECK(must(objects.all(kSpace, {}, 10)) == std::vector<ObjectId>{object(2)});
  bench.turn([&] { must(objects.save(kSpace, {state})); });
  CHECK(must(objects.find(kSpace, object(1))) == state);
}

TEST_CASE("objects: values that lost stand beside the winner, equal ones once") {
  Bench bench;
  auto& store = bench.open();
  const auto text = [](const char* value) { return encode(Value(value)); };
  auto state = object_state(object(1), kCard, 100);
  add_entry(state, kTitle, 1, text("first"));
  add_entry(state, kTitle, 2, text("again"));
  add_entry(state, kTitle, 3, text("winner"));
  add_entry(state, kTitle, 4, text("again"));
  add_entry(state, kTitle, 5, text("winner"));
  add_entry(state, 9, 1, text("x"), crdt::Kind::set);
  add_entry(state, 9, 2, text("y"), crdt::Kind::set);
  add_entry(state, 10, 6, text("old"), crdt::Kind::map, to_bytes("k"));
  add_entry(state, 10, 7, text("new"), crdt::Kind::map, to_bytes("k"));
  add_entry(state, 10, 8, text("alone"), crdt::Kind::map, to_bytes("l"));
  bench.turn([&] {
    must(store.objects().save(kSpace, {state}));
    auto elsewhere = card(2, "a");
    add_entry(elsewhere, kTitle, 100, text("b"));
    must(store.objects().save(kOtherSpace, {elsewhere}));
  });
  const auto losers = must(store.objects().losers(kSpace, object(1)));
  REQUIRE(losers.size() == 3);
  CHECK(losers[0].entry.value == text("first"));
  CHECK(losers[0].entry.stamp.lamport == 1);
  CHECK(losers[1].entry.value == text("again"));
  CHECK(losers[1].entry.stamp == crdt::Stamp{4, {id_of<LogId>(1), 4}});
  CHECK(losers[2].field == 10);
  CHECK(losers[2].key == to_bytes("k"));
  CHECK(losers[2].entry.value == text("old"));
  CHECK(must(store.objects().losers(kSpace, std::nullopt)).size() == 3);
  CHECK(must(store.objects().losers(kOtherSpace, std::nullopt)).size() == 1);
  CHECK(must(store.objects().losers(std::nullopt, std::nullopt)).size() == 4);
  bench.turn([&] { must(store.objects().save(kSpace, {card(1, "settled")})); });
  CHECK(must(store.objects().losers(kSpace, std::nullopt)).empty());
}

TEST_CASE("objects: all of a space are listed in pages") {
  Bench bench;
  auto& store = bench.open();
  std::vector<crdt::ObjectState> states;
  for (std::uint8_t n = 1; n <= 9; ++n) states.push_back(card(n, "x"));
  bench.turn([&] {
    must(store.objects().save(kSpace, states));
    must(store.objects().save(kOtherSpace, {card(99, "x")}));
  });
  std::vector<ObjectId> seen;
  for (;;) {
    const auto page = must(store.objects().all(kSpace, seen.empty() ? ObjectId{} : seen.back(), 4));
    if (page.empty()) break;
    seen.insert(seen.end(), page.begin(), page.end());
  }
  REQUIRE(seen.size() == 9);
  for (std::uint8_t n = 1; n <= 9; ++n) CHECK(seen[n - 1u] == object(n));
}

}  // namespace
}  // namespace holm::store::test
