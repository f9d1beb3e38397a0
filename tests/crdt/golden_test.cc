// The bytes in docs/formats/change.md, columns.md and object_state.md are what this program writes.
// Changing one is a change of format.
#include <doctest/doctest.h>

#include "crdt/columns.h"
#include "crdt/order.h"
#include "tests/crdt/replicas.h"
#include "tests/support/doc_hex.h"

namespace holm::crdt::test {
namespace {

using holm::test::doc_hex;

const SpaceId kSpace = id_of<SpaceId>(0x55);
const ObjectId kCard = id_of<ObjectId>(0x0c);

Op op_on_card(std::uint32_t field, Kind kind, Action action, Bytes content) {
  Op op;
  op.object = kCard;
  op.type = 7;
  op.field = field;
  op.kind = kind;
  op.action = action;
  op.content_bytes = content.size();
  op.content = std::move(content);
  return op;
}

Op title(std::string_view text, std::vector<OpId> refs) {
  auto op = op_on_card(1, Kind::reg, Action::put, packed(Value(text)));
  op.refs = std::move(refs);
  return op;
}

/// Log aa..: sets the title to "Draft" in place of an op of log bb.., and types "Hé" into field 2.
Change example() {
  Change change;
  change.log = id_of<LogId>(0xaa);
  change.seq = 1;
  change.lamport = 1'767'225'600'000;
  change.time = WallTime(Millis(1'767'225'600'000));
  change.deps = {{id_of<LogId>(0xbb), 3, id_of<ShortHash>(0xb3)}};
  change.salts = {{kCard, id_of<Salt>(0x5a)}};
  change.ops.push_back(title("Draft", {{id_of<LogId>(0xbb), 2}}));
  auto typed = op_on_card(2, Kind::text, Action::insert, to_bytes("H\u00e9"));
  typed.len = 2;
  change.ops.push_back(typed);
  REQUIRE(validate(change));
  return change;
}

/// Log aa.. again: an imported title, and a tag.
Change import() {
  auto change = example();
  change.deps.clear();
  change.ops = {title("Draft", {}), op_on_card(3, Kind::set, Action::add, packed("urgent"))};
  change.ops[0].seed = true;
  REQUIRE(validate(change));
  return change;
}

}  // namespace

TEST_CASE("golden: a change's structure, digest and chain") {
  const auto change = example();
  const auto d = change_digest(change, {});
  REQUIRE(d);
  const auto start = chain_start(kSpace, change.log);
  CHECK(hex(structure(change)) == hex(doc_hex("change.md", "structure")));
  CHECK(d->text() == hex(doc_hex("change.md", "d")));
  CHECK(start.text() == hex(doc_hex("change.md", "h0")));
  CHECK(chain_next(start, *d).text() == hex(doc_hex("change.md", "h3")));
  CHECK(fork_name(change.log, 1, *d).text() == hex(doc_hex("change.md", "fork")));
}

TEST_CASE("golden: a head, and what it signs") {
  const auto change = example();
  Head head;
  head.log = change.log;
  head.seq = change.last_seq();
  head.hash = chain_next(chain_start(kSpace, change.log), *change_digest(change, {}));
  head.time = change.time;
  head.signature = id_of<Signature>(0xee);
  CHECK(hex(signed_bytes(kSpace, head)) == hex(doc_hex("change.md", "signed")));
  CHECK(hex(encode(head)) == hex(doc_hex("change.md", "head")));
}

TEST_CASE("golden: the name of a seed") {
  CHECK(seed_id(import().ops[0]).log.text() == hex(doc_hex("change.md", "seed")));
}

TEST_CASE("golden: a position, and one after it by another writer") {
  const auto first = key_between({}, {}, 7);
  CHECK(hex(first) == hex(doc_hex("change.md", "position")));
  CHECK(hex(key_between(first, {}, 7)) == hex(doc_hex("change.md", "position next")));
  const auto between = key_between(first, key_between(first, {}, 7), 9);
  CHECK(hex(between) == hex(doc_hex("change.md", "position between")));
}

TEST_CASE("golden: a batch that goes on from a base") {
  const auto before = example();
  Change change;
  change.log = before.log;
  change.seq = 4;
  change.lamport = before.lamport + 150;
  change.time = before.time + Millis(150);
  change.ops.push_back(op_on_card(2, Kind::text, Action::insert, to_bytes("l")));
  change.ops[0].pos = 2;
  change.ops[0].len = 1;
  change.ops[0].follows_own = true;
  REQUIRE(validate(change));
  const auto expected = doc_hex("columns.md", "batch behind a base");
  CHECK(hex(encode_columns({&change, 1}, base_after(before))) == hex(expected));
  const auto back = decode_columns(expected, base_after(before));
  REQUIRE(back);
  CHECK(back->at(0) == change);
}

TEST_CASE("golden: a batch of one change") {
  const auto change = example();
  const auto expected = doc_hex("columns.md", "batch");
  CHECK(hex(encode_columns({&change, 1})) == hex(expected));
  const auto back = decode_columns(expected);
  REQUIRE(back);
  CHECK(back->at(0) == change);
}

TEST_CASE("golden: an object's row") {
  const auto change = import();
  const auto names = op_names(change);
  ObjectState state;
  for (std::size_t i = 0; i < names.size(); ++i) {
    merge(state, change.ops[i], {names[i], change.lamport, change.time, id_of<MemberId>(1)});
  }
  const auto expected = doc_hex("object_state.md", "row");
  CHECK(hex(encode(state)) == hex(expected));
  const auto back = decode_object(expected);
  REQUIRE(back);
  CHECK(*back == state);
}

}  // namespace holm::crdt::test
