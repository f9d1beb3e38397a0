#include "crdt/change.h"

#include <doctest/doctest.h>

#include "crdt/order.h"
#include "tests/crdt/replicas.h"

namespace holm::crdt::test {
namespace {

Change plain() {
  Replica ana(1, 1);
  return ana
      .write({put(kObjects[0], 1, Kind::reg, "value"), type_in(kObjects[0], 8, 0, "text"),
              rub_out(kObjects[0], 8, 1, 2), add(kObjects[1], 4, Kind::counter, 3)})
      .at(0);
}

/// Whether a change is still accepted after `edit`.
template <class Edit>
bool passes(Edit edit, const ChangeLimits& limits = {}) {
  auto change = plain();
  edit(change);
  return validate(change, limits).has_value();
}

Op op_of(Kind kind, Action action, Bytes content) {
  Op op;
  op.object = kObjects[0];
  op.type = 1;
  op.field = 1;
  op.kind = kind;
  op.action = action;
  op.content_bytes = content.size();
  op.content = std::move(content);
  return op;
}

bool passes_op(Op op) {
  return passes([&](Change& c) {
    c.ops = {std::move(op)};
    c.salts.clear();
  });
}

}  // namespace

TEST_CASE("change: one that author() made is well formed") { CHECK(validate(plain())); }

TEST_CASE("change: headers out of range or order are refused") {
  CHECK(!passes([](Change& c) { c.ops.clear(); }));
  CHECK(!passes([](Change& c) { c.seq = 0; }));
  CHECK(!passes([](Change& c) { c.seq = kSeqMax; }));
  CHECK(!passes([](Change& c) { c.lamport = 0; }));
  CHECK(!passes([](Change& c) { c.lamport = UINT64_MAX; }));
  CHECK(!passes([](Change& c) { c.time = WallTime(Millis(-1)); }));
  CHECK(!passes([](Change& c) { c.time = WallTime(Millis(INT64_MAX)); }));
  CHECK(!passes([](Change& c) { c.membership = {id_of<ShortHash>(2), id_of<ShortHash>(1)}; }));
  CHECK(!passes([](Change& c) { c.membership.assign(2, id_of<ShortHash>(2)); }));
  CHECK(!passes([](Change& c) { c.membership.resize(ChangeLimits{}.deps_max + 1); }));
  CHECK(!passes([](Change& c) { c.deps = {{c.log, 1, {}}}; }));
  CHECK(!passes([](Change& c) { c.deps = {{id_of<LogId>(5), 0, {}}}; }));
  CHECK(!passes([](Change& c) { c.deps = {{id_of<LogId>(5), 1, {}}, {id_of<LogId>(5), 2, {}}}; }));
  CHECK(passes([](Change& c) { c.deps = {{id_of<LogId>(5), 1, {}}, {id_of<LogId>(6), 2, {}}}; }));
  CHECK(passes([](Change& c) { c.certificate = {1}; }));
  CHECK(!passes([](Change& c) {
    c.seq = 5;
    c.certificate = {1};
  }));
}

TEST_CASE("change: salts and wiped marks stand for content that is there, once") {
  CHECK(!passes([](Change& c) { c.salts.push_back({id_of<ObjectId>(99), {}}); }));
  CHECK(!passes([](Change& c) { c.salts.push_back(c.salts.back()); }));
  CHECK(!passes([](Change& c) { std::swap(c.salts[0], c.salts[1]); }));
  CHECK(!passes([](Change& c) { c.wiped.push_back({id_of<ObjectId>(99), {}}); }));
  // Content still there, salt still there, names of seeds that are none.
  CHECK(!passes([](Change& c) { c.wiped.push_back({kObjects[1], {}}); }));
  const auto wiped = [](Change& c) {
    c.ops[3].content.clear();
    c.salts.pop_back();
    c.wiped.push_back({kObjects[1], {}});
  };
  CHECK(passes(wiped));
  CHECK(!passes([&](Change& c) {
    wiped(c);
    c.wiped[0].seeds.push_back(id_of<LogId>(1));
  }));
  CHECK(!passes([&](Change& c) {
    wiped(c);
    c.salts.push_back({kObjects[1], {}});
  }));
}

TEST_CASE("change: ops whose parts do not fit are refused") {
  CHECK(!passes([](Change& c) { c.ops[0].field = 0; }));
  CHECK(!passes([](Change& c) { c.ops[0].pos = 1; }));
  CHECK(!passes([](Change& c) { c.ops[0].len = 1; }));
  CHECK(!passes([](Change& c) { c.ops[0].action = Action::erase; }));
  CHECK(!passes([](Change& c) { c.ops[0].action = Action::remove; }));
  CHECK(!passes([](Change& c) { c.ops[0].follows_own = true; }));
  CHECK(!passes([](Change& c) { ++c.ops[0].content_bytes; }));
  CHECK(!passes([](Change& c) { c.ops[0].content.clear(); }));
  CHECK(!passes([](Change& c) { c.ops[1].len = 0; }));
  CHECK(!passes([](Change& c) { c.ops[1].len = 3; }));
  CHECK(!passes([](Change& c) { c.ops[1].content[0] = 0xff; }));
  CHECK(!passes([](Change& c) { c.ops[1].pos = UINT64_MAX; }));
  CHECK(!passes([](Change& c) { c.ops[2].len = UINT64_MAX; }));
  CHECK(!passes([](Change& c) { c.ops[2].refs = {{id_of<LogId>(5), 1}}; }));  // and follows_own
  CHECK(!passes([](Change& c) { c.ops[2].seed = true; }));                    // and follows_own
  CHECK(!passes([](Change& c) { c.ops[3].refs = {{id_of<LogId>(5), 1}}; }));  // a counter
}

TEST_CASE("change: references are sorted, known once, and point back") {
  const auto with = [](std::vector<OpId> refs) {
    return [refs](Change& c) { c.ops[0].refs = refs; };
  };
  const auto other = id_of<LogId>(5);
  CHECK(passes(with({{other, 1}, {other, 2}})));
  CHECK(!passes(with({{other, 2}, {other, 1}})));
  CHECK(!passes(with({{other, 1}, {other, 1}})));
  CHECK(!passes(with({{other, UINT64_MAX}})));
  CHECK(!passes(with({{id_of<LogId>(1), 1}})));  // itself
  CHECK(!passes(with({{id_of<LogId>(1), 9}})));
  CHECK(!passes([](Change& c) { c.ops[3].refs.assign(ChangeLimits{}.refs_max + 1, {}); }));
  CHECK(passes([](Change& c) {
    c.ops[3] = op_of(Kind::reg, Action::put, packed(1));
    c.ops[3].refs = {{c.log, 1}};  // an earlier op of the same change
    c.salts.pop_back();
  }));
}

TEST_CASE("change: contents have the shape of their kind") {
  using enum Kind;
  using enum Action;
  const auto place = encode(Place{kObjects[1], key_between({}, {}, 1)});
  CHECK(passes_op(op_of(reg, Action::put, packed("x"))));
  CHECK(!passes_op(op_of(reg, Action::put, {0xcc, 0x01})));  // not the shortest form
  CHECK(!passes_op(op_of(reg, Action::put, {0x01, 0x02})));  // two values
  CHECK(!passes_op(op_of(reg, Action::put, {})));
  CHECK(passes_op(op_of(set, Action::remove, {})));
  CHECK(!passes_op(op_of(set, Action::remove, packed("x"))));
  CHECK(passes_op(op_of(map, Action::put, Writer().array(2).text("k").nil().take())));
  CHECK(!passes_op(op_of(map, Action::put, Writer().array(1).text("k").take())));
  CHECK(!passes_op(op_of(map, Action::put, Writer().array(2).uint(1).nil().take())));
  CHECK(passes_op(op_of(map, Action::remove, Writer().array(1).text("k").take())));
  CHECK(passes_op(op_of(counter, Action::add, packed(-7))));
  CHECK(!passes_op(op_of(counter, Action::add, packed("7"))));
  CHECK(passes_op(op_of(order, Action::put, place)));
  CHECK(!passes_op(op_of(order, Action::put, packed("here"))));
  CHECK(passes_op(op_of(member, Action::put, packed(1))));
  CHECK(passes_op(op_of(member_set, Action::add, packed(1))));
}

TEST_CASE("change: what a newer program writes passes as it is") {
  auto op = op_of(static_cast<Kind>(42), static_cast<Action>(7), {0xff, 0x00, 0xc1});
  op.pos = 12;
  op.len = 34;
  CHECK(passes_op(op));
  CHECK(op.span() == 1);
  CHECK(passes_op(op_of(Kind::reg, static_cast<Action>(9), {0xc1})));
  CHECK(passes_op(op_of(static_cast<Kind>(42), static_cast<Action>(1), {})));
}

TEST_CASE("change: limits hold") {
  const auto refused = [](const ChangeLimits& limits) {
    const auto checked = validate(plain(), limits);
    return !checked && checked.error().code == Code::limit;
  };
  CHECK(refused({.bytes_max = 100}));
  CHECK(refused({.ops_max = 3}));
  CHECK(refused({.content_max = 3}));
  CHECK(validate(plain(), {.ops_max = 4}));
}

}  // namespace holm::crdt::test
