// Undo of one's own changes, with and without others' work beside them.
#include <doctest/doctest.h>

#include "crdt/order.h"
#include "crdt/replay.h"
#include "crdt/text/utf8.h"
#include "tests/crdt/replicas.h"
#include "tests/support/seeds.h"

namespace holm::crdt::test {
namespace {

const ObjectId kDoc = kObjects[0];

/// The object as a replica had it before it delivered `change`.
Rebuilt before(const Replica& replica, const Change& change, const ObjectId& object) {
  std::vector<Delivered> past;
  for (const auto& one : replica.delivered()) {
    if (one.change.log == change.log && one.change.seq == change.seq) break;
    past.push_back(one);
  }
  auto out = rebuild(object, past);
  REQUIRE(out);
  return std::move(*out);
}

/// Undoes `change` on all objects it touches; the change that does so, if any was needed.
std::optional<Change> undo(Replica& replica, const Change& change) {
  std::set<ObjectId> objects;
  for (const auto& op : change.ops) objects.insert(op.object);
  std::vector<Write> writes;
  for (const auto& object : objects) {
    const auto now = replica.rebuilt(object);
    for (auto& write :
         inverse(change, object, before(replica, change, object), now, replica.self)) {
      writes.push_back(std::move(write));
    }
  }
  auto changes = replica.write(writes);
  REQUIRE(changes.size() <= 1);
  return changes.empty() ? std::nullopt : std::optional(changes[0]);
}

/// What a person sees of an object: values by field and key, absent ones and nil alike.
std::string visible(Replica& replica, const ObjectId& object) {
  std::string out;
  for (const auto& cell : replica.state(object).cells) {
    std::string shown;
    if (cell.kind == Kind::counter) {
      shown = std::to_string(counter_value(cell));
      if (shown == "0") continue;
    } else if (cell.kind == Kind::set || cell.kind == Kind::member_set) {
      for (const auto& value : set_values(cell)) shown += hex(value) + " ";
      if (shown.empty()) continue;
    } else {
      const auto* winner = cell.winner();
      if (winner == nullptr || winner->value == packed({})) continue;
      shown = hex(winner->value);
    }
    out += std::to_string(cell.field) + "/" + hex(cell.key) + " = " + shown + "\n";
  }
  return out + replica.text(object, 8);
}

}  // namespace

TEST_CASE("undo: alone, everything is as it was; redo brings it back") {
  holm::test::for_each_seed(60, [](holm::test::Seed seed) {
    SeededRng rng(seed);
    Replica ana(1, seed);
    for (int i = 0; i < 15; ++i) ana.write(random_writes(rng, ana));
    const auto first = visible(ana, kObjects[0]) + visible(ana, kObjects[1]);
    const auto changes = ana.write(random_writes(rng, ana));
    if (changes.empty()) return;
    const auto second = visible(ana, kObjects[0]) + visible(ana, kObjects[1]);
    const auto undone = undo(ana, changes[0]);
    CHECK(visible(ana, kObjects[0]) + visible(ana, kObjects[1]) == first);
    if (!undone) {
      CHECK(first == second);
      return;
    }
    const auto redone = undo(ana, *undone);
    CHECK(visible(ana, kObjects[0]) + visible(ana, kObjects[1]) == second);
    if (redone) undo(ana, *redone);
    CHECK(visible(ana, kObjects[0]) + visible(ana, kObjects[1]) == first);
  });
}

TEST_CASE("undo: what others wrote into and around mine remains") {
  Replica ana(1, 1);
  Replica bo(2, 1);
  ana.write({type_in(kDoc, 8, 0, "Buy milk.")});
  bo.pull(ana);
  const auto mine = ana.write({rub_out(kDoc, 8, 4, 4), type_in(kDoc, 8, 4, "oat drink")}).at(0);
  CHECK(ana.text(kDoc, 8) == "Buy oat drink.");
  bo.pull(ana);
  bo.write({type_in(kDoc, 8, 7, " (barista)"), type_in(kDoc, 8, 24, " Thanks!")});
  ana.pull(bo);
  CHECK(ana.text(kDoc, 8) == "Buy oat (barista) drink. Thanks!");
  REQUIRE(undo(ana, mine));
  bo.pull(ana);
  for (auto* one : {&ana, &bo}) {
    const auto text = one->text(kDoc, 8);
    CHECK((text == "Buy milk (barista). Thanks!" || text == "Buy  (barista)milk. Thanks!"));
  }
  CHECK(ana.fingerprint(kDoc) == bo.fingerprint(kDoc));
}

TEST_CASE("undo: a register goes back only where mine still stands") {
  Replica ana(1, 1);
  Replica bo(2, 1);
  ana.write({put(kDoc, 1, Kind::reg, "old"), put(kDoc, 2, Kind::reg, "old")});
  bo.pull(ana);
  const auto mine =
      ana.write({put(kDoc, 1, Kind::reg, "new"), put(kDoc, 2, Kind::reg, "new")}).at(0);
  bo.pull(ana);
  bo.write({put(kDoc, 1, Kind::reg, "bo's")});
  ana.pull(bo);
  REQUIRE(undo(ana, mine));
  CHECK(*ana.state(kDoc).value(1) == packed("bo's"));
  CHECK(*ana.state(kDoc).value(2) == packed("old"));
}

TEST_CASE("undo: where another's value was written apart, it stays, alone") {
  Replica ana(1, 1);
  Replica bo(2, 1);
  ana.write({put(kDoc, 1, Kind::reg, "old")});
  bo.pull(ana);
  bo.write({put(kDoc, 1, Kind::reg, "bo's")});
  ana.wall_ms += 1000;
  const auto mine = ana.write({put(kDoc, 1, Kind::reg, "ana's")}).at(0);
  ana.pull(bo);
  REQUIRE(*ana.state(kDoc).value(1) == packed("ana's"));
  REQUIRE(undo(ana, mine));
  CHECK(*ana.state(kDoc).value(1) == packed("bo's"));
  CHECK(also(*ana.state(kDoc).find(1)).empty());

  // When the other's already wins there is nothing to take back.
  bo.pull(ana);
  const auto again = ana.write({put(kDoc, 1, Kind::reg, "ana's")}).at(0);
  bo.wall_ms += 100'000;
  bo.write({put(kDoc, 1, Kind::reg, "later")});
  ana.pull(bo);
  CHECK(!undo(ana, again));
  CHECK(*ana.state(kDoc).value(1) == packed("later"));
}

TEST_CASE("undo: an element that another added too stays") {
  Replica ana(1, 1);
  Replica bo(2, 1);
  const auto mine =
      ana.write({add(kDoc, 2, Kind::set, "both"), add(kDoc, 2, Kind::set, "mine")}).at(0);
  bo.write({add(kDoc, 2, Kind::set, "both")});
  ana.pull(bo);
  REQUIRE(undo(ana, mine));
  CHECK(set_values(*ana.state(kDoc).find(2)) == std::vector<Bytes>{packed("both")});
}

TEST_CASE("undo: a moved card goes back, unless it was moved on") {
  Replica ana(1, 1);
  Replica bo(2, 1);
  const auto place = [](std::uint8_t column) {
    auto out = put(kDoc, 5, Kind::order, {});
    out.value = encode(Place{id_of<ObjectId>(column), key_between({}, {}, 1)});
    return out;
  };
  const auto column = [&] { return decode_place(*ana.state(kDoc).value(5))->container; };
  ana.write({place(0x31)});
  auto mine = ana.write({place(0x32)}).at(0);
  REQUIRE(undo(ana, mine));
  CHECK(column() == id_of<ObjectId>(0x31));
  mine = ana.write({place(0x32)}).at(0);
  bo.pull(ana);
  bo.write({place(0x33)});
  ana.pull(bo);
  CHECK(!undo(ana, mine));
  CHECK(column() == id_of<ObjectId>(0x33));
}

TEST_CASE("undo: text that I typed and erased in one change does not come back") {
  Replica ana(1, 1);
  ana.write({type_in(kDoc, 8, 0, "keep this")});
  const auto mine = ana.write({type_in(kDoc, 8, 4, "ABCD"), rub_out(kDoc, 8, 2, 4)}).at(0);
  CHECK(ana.text(kDoc, 8) == "keCD this");
  REQUIRE(undo(ana, mine));
  CHECK(ana.text(kDoc, 8) == "keep this");
}

TEST_CASE("undo: of others' text nothing goes, whatever was done apart") {
  holm::test::for_each_seed(40, [](holm::test::Seed seed) {
    SeededRng rng(seed);
    Replica ana(1, seed);
    Replica bo(2, seed);
    ana.write({type_in(kDoc, 8, 0, "some common text to begin with")});
    bo.pull(ana);
    const auto edit = [&](Replica& one, char mark) {
      std::vector<Write> writes;
      auto size = utf8::count(one.text(kDoc, 8));
      for (int i = 0; i < 4; ++i) {
        if (rng.chance(40) && mark == 'A') {
          const auto pos = rng.below(size - 2);
          writes.push_back(rub_out(kDoc, 8, pos, 2));
          size -= 2;
        } else {
          writes.push_back(type_in(kDoc, 8, rng.below(size + 1), std::string(3, mark)));
          size += 3;
        }
      }
      return one.write(writes).at(0);
    };
    const auto mine = edit(ana, 'A');
    for (int i = 0; i < 3; ++i) edit(bo, 'B');
    ana.pull(bo);
    undo(ana, mine);
    bo.pull(ana);
    CHECK(ana.text(kDoc, 8) == bo.text(kDoc, 8));
    std::string common;
    std::size_t theirs = 0;
    for (const char c : ana.text(kDoc, 8)) {
      CHECK(c != 'A');
      if (c == 'B') {
        ++theirs;
      } else {
        common += c;
      }
    }
    CHECK(theirs == 36);
    CHECK(common == "some common text to begin with");
  });
}

TEST_CASE("replay: text runs carry resolved parents, and say when one is missing") {
  Replica ana(1, 1);
  const auto first = ana.write({type_in(kDoc, 8, 0, "ab")}).at(0);
  const auto second = ana.write({type_in(kDoc, 8, 2, "cd"), rub_out(kDoc, 8, 0, 1)}).at(0);
  std::map<LogId, OpId> last_own;
  const std::vector<Delivered> later{{second, {}, ana.self}};
  CHECK(text_runs(kDoc, 8, later, last_own).error().code == Code::corrupt);
  last_own.clear();
  const std::vector<Delivered> all{{second, {}, ana.self}, {first, {}, ana.self}};
  const auto runs = text_runs(kDoc, 8, all, last_own);
  REQUIRE(runs);
  REQUIRE(runs->size() == 3);
  CHECK(runs->at(0).id == OpId{ana.log, 1});
  CHECK(runs->at(1).parents == std::vector<OpId>{{ana.log, 2}});
  CHECK(runs->at(2).parents == std::vector<OpId>{{ana.log, 4}});
  CHECK(!runs->at(2).insert);
  CHECK(last_own[ana.log] == OpId{ana.log, 5});
}

TEST_CASE("replay: an import in two logs is one run, valid when either copy is") {
  Replica ana(1, 1);
  Replica bo(2, 1);
  const auto here = ana.write({seeded(type_in(kDoc, 8, 0, "imported"))}).at(0);
  const auto there = bo.write({seeded(type_in(kDoc, 8, 0, "imported"))}).at(0);
  for (const bool first_void : {true, false}) {
    const std::vector<Delivered> changes{
        {here, {}, ana.self, first_void ? Mark::is_void : Mark::valid},
        {there, {}, bo.self, first_void ? Mark::valid : Mark::is_void}};
    const auto built = rebuild(kDoc, changes);
    REQUIRE(built);
    CHECK(built->texts.at(8).text() == "imported");
  }
}

}  // namespace holm::crdt::test
