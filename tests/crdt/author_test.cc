#include "crdt/author.h"

#include <doctest/doctest.h>

#include "crdt/columns.h"
#include "crdt/order.h"
#include "crdt/text/utf8.h"
#include "tests/crdt/replicas.h"
#include "tests/support/seeds.h"

namespace holm::crdt::test {
namespace {

const ObjectId kDoc = kObjects[0];

Result<std::vector<Change>> attempt(const std::vector<Write>& writes) {
  AuthorView view;
  view.object = [](const ObjectId&) -> Result<ObjectState> { return ObjectState{}; };
  view.frontier = [](const ObjectId&, std::uint32_t) -> Result<std::vector<OpId>> {
    return std::vector<OpId>{};
  };
  view.has_salt = [](const ObjectId&) { return false; };
  AuthorPosition at;
  at.log = id_of<LogId>(1);
  SeededRng rng(1);
  return author(writes, view, at, rng);
}

std::string long_text(std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += "a\u00e9\u4e2d\U0001f600";
  return out;
}

}  // namespace

TEST_CASE("author: headers say where, when and on top of what") {
  Replica ana(1, 1);
  Replica bo(2, 1);
  bo.wall_ms = 50'000;
  const auto theirs = bo.write({put(kDoc, 1, Kind::reg, 1)}).at(0);
  ana.pull(bo);
  ana.wall_ms = 10;
  const auto first = ana.write({put(kDoc, 1, Kind::reg, 2), add(kDoc, 2, Kind::set, 1)}).at(0);
  CHECK(first.seq == 1);
  CHECK(first.lamport == theirs.lamport + 1);
  CHECK(first.time == WallTime(Millis(10)));
  CHECK(first.deps == std::vector<Dep>{{bo.log, 1, {}}});
  CHECK(first.ops.at(0).refs == std::vector<OpId>{{bo.log, 1}});
  CHECK(first.salts.size() == 1);
  ana.wall_ms = 90'000;
  const auto second = ana.write({put(kDoc, 1, Kind::reg, 3)}).at(0);
  CHECK(second.seq == 3);
  CHECK(second.lamport == 90'000);
  CHECK(second.deps.empty());
  CHECK(second.salts.empty());
}

TEST_CASE("author: a clock that runs years ahead does not make work void") {
  Replica ana(1, 1);
  ana.wall_ms = 1'000;
  ana.write({put(kDoc, 1, Kind::reg, 1)});
  ana.wall_ms = static_cast<std::int64_t>(kLamportLeapMax) * 2;
  CHECK(ana.write({put(kDoc, 1, Kind::reg, 2)}).at(0).lamport == 1'000 + kLamportLeapMax);
}

TEST_CASE("author: writes of one call see each other") {
  Replica ana(1, 1);
  const auto change =
      ana.write({put(kDoc, 1, Kind::reg, 1), put(kDoc, 1, Kind::reg, 2), add(kDoc, 2, Kind::set, 7),
                 take(kDoc, 2, Kind::set, 7), type_in(kDoc, 8, 0, "world"),
                 type_in(kDoc, 8, 0, "hello "), rub_out(kDoc, 8, 0, 1), type_in(kDoc, 8, 0, "H")})
          .at(0);
  CHECK(change.ops.at(1).refs == std::vector<OpId>{{ana.log, 1}});
  CHECK(change.ops.at(3).refs == std::vector<OpId>{{ana.log, 3}});
  CHECK(!change.ops.at(4).follows_own);
  for (std::size_t i = 5; i < change.ops.size(); ++i) CHECK(change.ops[i].follows_own);
  CHECK(ana.text(kDoc, 8) == "Hello world");
  CHECK(*ana.state(kDoc).value(1) == packed(2));
  CHECK(ana.state(kDoc).find(2) == nullptr);
}

TEST_CASE("author: a text op names its parents unless it follows this log's own") {
  Replica ana(1, 1);
  Replica bo(2, 1);
  ana.write({type_in(kDoc, 8, 0, "one")});
  bo.pull(ana);
  const auto theirs = bo.write({type_in(kDoc, 8, 3, " two")}).at(0);
  CHECK(theirs.ops[0].refs == std::vector<OpId>{{ana.log, 3}});
  ana.write({type_in(kDoc, 8, 0, "zero ")});
  ana.pull(bo);
  const auto both = ana.write({type_in(kDoc, 8, 0, "!")}).at(0);
  CHECK(both.ops[0].refs == std::vector<OpId>{{ana.log, 8}, {bo.log, 4}});
  CHECK(ana.text(kDoc, 8) == "!zero one two");
}

TEST_CASE("author: what changes nothing is left out") {
  Replica ana(1, 1);
  ana.write({put(kDoc, 1, Kind::reg, 1), add(kDoc, 2, Kind::set, 1), map_put(kDoc, 3, "a", 1)});
  CHECK(ana.write({put(kDoc, 1, Kind::reg, 1), add(kDoc, 2, Kind::set, 1),
                   take(kDoc, 2, Kind::set, 9), map_put(kDoc, 3, "a", 1), map_take(kDoc, 3, "b"),
                   add(kDoc, 4, Kind::counter, 0), type_in(kDoc, 8, 0, ""), rub_out(kDoc, 8, 0, 0)})
            .empty());
}

TEST_CASE("author: what does not fit is refused, and nothing is written") {
  const auto refused = [](const Write& write) {
    const auto out = attempt({put(kDoc, 1, Kind::reg, 1), write});
    return !out && out.error().code == Code::reject;
  };
  auto bad = put(kDoc, 1, Kind::reg, 1);
  bad.value = {0xc1};
  CHECK(refused(bad));
  bad = put(kDoc, 1, Kind::reg, 1);
  bad.key = "key";
  CHECK(refused(bad));
  CHECK(refused(put(kDoc, 0, Kind::reg, 1)));
  CHECK(refused(add(kDoc, 1, Kind::reg, 1)));
  CHECK(refused(put(kDoc, 1, static_cast<Kind>(42), 1)));
  CHECK(refused(add(kDoc, 4, Kind::counter, "one")));
  CHECK(refused(put(kDoc, 5, Kind::order, "here")));
  CHECK(refused(map_put(kDoc, 3, "\xff", 1)));
  CHECK(refused(type_in(kDoc, 8, 0, "\xff")));
  const auto large = attempt({put(kDoc, 1, Kind::reg, std::string(600'000, 'x'))});
  CHECK(large.error().code == Code::limit);
}

TEST_CASE("author: a long text becomes several changes, cut between code points") {
  const ChangeLimits limits{.bytes_max = 4'000, .content_max = 1'000};
  Replica ana(1, 1);
  Replica bo(2, 1);
  const auto text = long_text(20'000);
  const auto changes = ana.write({type_in(kDoc, 8, 0, text)}, limits);
  CHECK(changes.size() > 4);
  std::uint64_t seq = 1;
  for (const auto& change : changes) {
    CHECK(change.seq == seq);
    CHECK(change.lamport ==
          changes[0].lamport + static_cast<std::uint64_t>(&change - changes.data()));
    CHECK(weight(change) <= limits.bytes_max);
    seq += change.span();
  }
  bo.pull(ana);
  CHECK(bo.text(kDoc, 8) == text);
}

TEST_CASE("author: an imported text has the same names whatever is written beside it") {
  const ChangeLimits limits{.bytes_max = 4'000, .content_max = 1'000};
  const auto text = long_text(6'000);
  Replica ana(1, 1);
  Replica bo(2, 1);
  ana.write({seeded(type_in(kDoc, 8, 0, text))}, limits);
  bo.write(
      {put(kObjects[1], 1, Kind::reg, std::string(700, 'x')), seeded(type_in(kDoc, 8, 0, text))},
      limits);
  CHECK(ana.write({seeded(type_in(kDoc, 8, 0, text))}, limits).empty());
  ana.pull(bo);
  bo.pull(ana);
  CHECK(ana.text(kDoc, 8) == text);
  CHECK(bo.text(kDoc, 8) == text);
}

TEST_CASE("author: what is written to a text with void and erased parts lands where it was meant") {
  holm::test::for_each_seed(60, [](holm::test::Seed seed) {
    SeededRng rng(seed);
    Replica ana(1, seed);
    Replica bo(2, seed);
    for (int i = 0; i < 12; ++i) {
      auto& one = rng.chance(50) ? ana : bo;
      const auto size = utf8::count(one.text(kDoc, 8));
      if (size > 4 && rng.chance(40)) {
        one.write({rub_out(kDoc, 8, rng.below(size - 3), 3)});
      } else {
        one.write({type_in(kDoc, 8, rng.below(size + 1), "abcde")});
      }
      if (rng.chance(40)) one.pull(&one == &ana ? bo : ana);
    }
    ana.pull(bo);
    auto changes = ana.delivered();
    for (auto& one : changes) {
      if (rng.chance(30)) one.mark = Mark::is_void;
    }
    auto built = rebuild(kDoc, changes);
    REQUIRE(built);
    auto& text = built->texts.at(8);

    std::u32string wanted;
    for (const auto point : utf8::decode_all(text.text())) wanted += point;
    std::vector<Write> writes;
    for (auto left = 1 + rng.below(4); left > 0; --left) {
      const auto pos = rng.below(wanted.size() + 1);
      if (rng.chance(40) && wanted.size() > pos) {
        const auto len = 1 + rng.below(std::min<std::uint64_t>(4, wanted.size() - pos));
        writes.push_back(rub_out(kDoc, 8, pos, len));
        wanted.erase(pos, len);
      } else {
        writes.push_back(type_in(kDoc, 8, pos, "XY"));
        wanted.insert(pos, U"XY");
      }
    }
    AuthorView view;
    view.object = [&](const ObjectId&) -> Result<ObjectState> { return built->state; };
    view.frontier = [&](const ObjectId&, std::uint32_t) -> Result<std::vector<OpId>> {
      return text.frontier();
    };
    view.has_salt = [](const ObjectId&) { return true; };
    view.marked_text = [&](const ObjectId&, std::uint32_t) -> Result<const Text*> { return &text; };
    AuthorPosition at;
    at.log = id_of<LogId>(3);
    at.seen_lamport = 1'000'000;
    const auto made = author(writes, view, at, rng, {.bytes_max = 2000, .content_max = 4});
    REQUIRE_MESSAGE(made, (made ? "" : made.error().what));
    for (const auto& change : *made) {
      REQUIRE(validate(change));
      changes.push_back({change, {}, {}});
    }
    const auto after = rebuild(kDoc, changes);
    REQUIRE_MESSAGE(after, (after ? "" : after.error().what));
    std::string expected;
    for (const auto point : wanted) utf8::append(expected, point);
    CHECK(after->texts.at(8).text() == expected);
  });
}

TEST_CASE("author: an edit outside of a text with void parts is refused") {
  Text text;
  TextRun hidden;
  hidden.id = {id_of<LogId>(1), 1};
  hidden.len = 3;
  hidden.text = "abc";
  hidden.is_void = true;
  REQUIRE(text.merge({&hidden, 1}));
  AuthorView view;
  view.object = [](const ObjectId&) -> Result<ObjectState> { return ObjectState{}; };
  view.marked_text = [&](const ObjectId&, std::uint32_t) -> Result<const Text*> { return &text; };
  SeededRng rng(1);
  const auto made = author({type_in(kDoc, 8, 2, "x")}, view, {}, rng);
  CHECK(made.error().code == Code::reject);
}

TEST_CASE("author: many writes become several changes") {
  const ChangeLimits limits{.ops_max = 10};
  Replica ana(1, 1);
  std::vector<Write> writes;
  for (int i = 0; i < 95; ++i) writes.push_back(add(kDoc, 2, Kind::set, i));
  const auto changes = ana.write(writes, limits);
  CHECK(changes.size() == 10);
  CHECK(set_values(*ana.state(kDoc).find(2)).size() == 95);
  std::size_t salts = 0;
  for (const auto& change : changes) salts += change.salts.size();
  CHECK(salts == 1);
}

TEST_CASE("author: more values at once than an op may name are replaced all the same") {
  const ChangeLimits limits{.refs_max = 4};
  std::vector<Replica> others;
  Replica ana(1, 1);
  for (std::uint8_t n = 2; n < 14; ++n) {
    Replica one(n, 1);
    one.write({put(kDoc, 1, Kind::reg, n), add(kDoc, 2, Kind::set, "same")});
    ana.pull(one);
  }
  REQUIRE(ana.state(kDoc).find(1)->entries.size() == 12);
  ana.write({put(kDoc, 1, Kind::reg, "settled"), take(kDoc, 2, Kind::set, "same")}, limits);
  CHECK(ana.state(kDoc).find(1)->entries.size() == 1);
  CHECK(*ana.state(kDoc).value(1) == packed("settled"));
  CHECK(ana.state(kDoc).find(2) == nullptr);
}

}  // namespace holm::crdt::test
