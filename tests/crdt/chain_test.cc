#include "crdt/chain.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/wire.h"
#include "crdt/columns.h"
#include "crypto/hash.h"
#include "tests/crdt/replicas.h"
#include "tests/support/seeds.h"

namespace holm::crdt::test {
namespace {

/// A change with everything a change can have.
Change full_change(std::uint64_t seed) {
  Replica ana(1, seed);
  Replica bo(2, seed);
  bo.write({put(kObjects[0], 1, Kind::reg, "theirs"), type_in(kObjects[1], 8, 0, "hello")});
  ana.pull(bo);
  auto change = ana.write({put(kObjects[0], 1, Kind::reg, "mine"),
                           seeded(add(kObjects[0], 2, Kind::set, "tag")),
                           add(kObjects[0], 2, Kind::set, 5), map_put(kObjects[1], 3, "key", true),
                           rub_out(kObjects[1], 8, 1, 2), type_in(kObjects[1], 8, 1, "\u00e9")})
                    .at(0);
  change.membership = {id_of<ShortHash>(3), id_of<ShortHash>(4)};
  change.certificate = to_bytes("certificate");
  REQUIRE(validate(change));
  return change;
}

Digest digest(const Change& change) {
  const auto out = change_digest(change, {});
  REQUIRE(out);
  return *out;
}

}  // namespace

TEST_CASE("chain: any difference in structure or content changes the digest") {
  const auto change = full_change(1);
  const auto before = digest(change);
  const auto differs = [&](auto edit) {
    auto other = change;
    edit(other);
    return digest(other) != before;
  };
  CHECK(differs([](Change& c) { c.log.bytes[0] ^= 1; }));
  CHECK(differs([](Change& c) { ++c.seq; }));
  CHECK(differs([](Change& c) { ++c.lamport; }));
  CHECK(differs([](Change& c) { c.time += Millis(1); }));
  CHECK(differs([](Change& c) { c.membership.pop_back(); }));
  CHECK(differs([](Change& c) { c.deps[0].head.bytes[15] ^= 1; }));
  CHECK(differs([](Change& c) { ++c.deps[0].seq; }));
  CHECK(differs([](Change& c) { c.certificate.push_back(0); }));
  CHECK(differs([](Change& c) { c.salts[0].salt.bytes[3] ^= 1; }));
  for (std::size_t i = 0; i < change.ops.size(); ++i) {
    CHECK(differs([&](Change& c) { ++c.ops[i].type; }));
    CHECK(differs([&](Change& c) { ++c.ops[i].field; }));
    CHECK(differs([&](Change& c) { c.ops[i].kind = static_cast<Kind>(99); }));
    CHECK(differs([&](Change& c) { c.ops[i].action = static_cast<Action>(99); }));
    CHECK(differs([&](Change& c) { c.ops[i].seed = !c.ops[i].seed; }));
    CHECK(differs([&](Change& c) { c.ops[i].follows_own = !c.ops[i].follows_own; }));
    CHECK(differs([&](Change& c) { c.ops[i].refs.push_back({id_of<LogId>(9), 1}); }));
    CHECK(differs([&](Change& c) { ++c.ops[i].pos; }));
    CHECK(differs([&](Change& c) { ++c.ops[i].len; }));
    CHECK(differs([&](Change& c) { ++c.ops[i].content_bytes; }));
    for (std::size_t k = 0; k < change.ops[i].content.size(); ++k) {
      CHECK(differs([&](Change& c) { c.ops[i].content[k] ^= 0x20; }));
    }
  }
}

TEST_CASE("chain: objects stand in the order of their first ops, be they few or many") {
  holm::test::for_each_seed(60, [](holm::test::Seed seed) {
    SeededRng rng(seed);
    std::vector<ObjectId> objects(1 + rng.below(50));
    for (auto& object : objects) object = rng.id<ObjectId>();
    Change change;
    change.log = id_of<LogId>(1);
    change.seq = change.lamport = 1;
    for (auto left = 1 + rng.below(120); left > 0; --left) {
      Op op;
      op.object = objects[rng.below(objects.size())];
      op.type = op.field = 1;
      if (rng.below(4) > 0) op.content = encode(Value(static_cast<std::int64_t>(left)));
      op.content_bytes = op.content.size();
      change.ops.push_back(std::move(op));
    }
    for (const auto& object : objects) change.salts.push_back({object, rng.id<Salt>()});
    std::sort(change.salts.begin(), change.salts.end());
    // The definition of chain.h, word by word.
    std::vector<ObjectId> named;
    std::vector<ObjectId> with_content;
    const auto note = [](std::vector<ObjectId>& in, const ObjectId& object) {
      if (std::find(in.begin(), in.end(), object) == in.end()) in.push_back(object);
    };
    for (const auto& op : change.ops) {
      note(named, op.object);
      if (op.content_bytes > 0) note(with_content, op.object);
    }
    const auto spelled = structure(change);
    const auto decoded = decode_value(spelled);
    REQUIRE(decoded);
    const auto& parts = decoded->items();
    const auto& table = parts[9].items();
    REQUIRE(table.size() == named.size());
    for (std::size_t i = 0; i < named.size(); ++i) {
      CHECK(*table[i].as_bytes() == to_bytes(named[i].view()));
    }
    for (std::size_t i = 0; i < change.ops.size(); ++i) {
      const auto index = static_cast<std::size_t>(parts[10].items()[i].items()[0].number());
      CHECK(named.at(index) == change.ops[i].object);
    }
    crypto::Hasher expected("holm change v1");
    expected.part(spelled);
    for (const auto& object : with_content) {
      const auto salt = std::find_if(change.salts.begin(), change.salts.end(),
                                     [&](const SaltOf& one) { return one.object == object; });
      crypto::Hasher content("holm content v1");
      content.update(salt->salt.view());
      for (const auto& op : change.ops) {
        if (op.object == object) content.update(op.content);
      }
      expected.update(content.finish().view());
    }
    CHECK(digest(change) == expected.finish());
  });
}

TEST_CASE("chain: a flipped bit in a stored batch never gives the same chain for other changes") {
  Replica ana(1, 7);
  std::vector<Change> log;
  SeededRng rng(7);
  for (int i = 0; i < 6; ++i) {
    for (auto& change : ana.write(random_writes(rng, ana))) log.push_back(std::move(change));
  }
  const auto chain = [](const std::vector<Change>& changes) -> std::optional<Digest> {
    auto hash = chain_start(id_of<SpaceId>(1), changes.front().log);
    std::map<ObjectId, Salt> salts;
    for (const auto& change : changes) {
      for (const auto& salt : change.salts) salts.emplace(salt.object, salt.salt);
      const auto d = change_digest(change, [&](const LogId&, const ObjectId& object) {
        const auto at = salts.find(object);
        return at != salts.end() ? std::optional(at->second) : std::nullopt;
      });
      if (!d) return std::nullopt;
      hash = chain_next(hash, *d);
    }
    return hash;
  };
  const auto bytes = encode_columns(log);
  const auto expected = chain(log);
  REQUIRE(expected);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    auto flipped = bytes;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    const auto back = decode_columns(flipped);
    if (!back || *back == log) continue;
    CHECK(chain(*back) != expected);
  }
}

TEST_CASE("chain: erasure keeps every digest, and no salt or content") {
  holm::test::for_each_seed(20, [](holm::test::Seed seed) {
    auto change = full_change(seed);
    const auto names = op_names(change);
    const auto before = digest(change);
    const auto salt = change.salts[0].salt;
    const auto object = kObjects[0];
    const auto wiped = wipe(change, object, {});
    REQUIRE(wiped);
    CHECK(*wiped);
    CHECK(validate(change));
    CHECK(digest(change) == before);
    CHECK(op_names(change) == names);
    for (const auto& op : change.ops) CHECK((op.object != object || op.content.empty()));
    const auto bytes = encode_columns({&change, 1});
    CHECK(std::search(bytes.begin(), bytes.end(), salt.bytes.begin(), salt.bytes.end()) ==
          bytes.end());
    const auto back = decode_columns(bytes);
    REQUIRE(back);
    CHECK(back->at(0) == change);
    CHECK(digest(back->at(0)) == before);
    CHECK(*wipe(change, object, {}) == false);
    CHECK(*wipe(change, id_of<ObjectId>(99), {}) == false);
    REQUIRE(wipe(change, kObjects[1], {}));
    CHECK(digest(change) == before);
  });
}

TEST_CASE("chain: a missing salt is an error, a salt known from before will do") {
  auto change = full_change(1);
  const auto before = digest(change);
  const auto salts = change.salts;
  change.salts.clear();
  CHECK(change_digest(change, {}).error().code == Code::corrupt);
  CHECK(wipe(change, kObjects[0], {}).error().code == Code::corrupt);
  const auto known = change_digest(change, [&](const LogId& log, const ObjectId& object) {
    CHECK(log == change.log);
    const auto at = std::find_if(salts.begin(), salts.end(),
                                 [&](const SaltOf& one) { return one.object == object; });
    return at != salts.end() ? std::optional(at->salt) : std::nullopt;
  });
  REQUIRE(known);
  CHECK(*known == before);
}

TEST_CASE("chain: objects whose ops have no content need no salt") {
  Replica ana(1, 1);
  ana.write({type_in(kObjects[0], 8, 0, "text")});
  const auto change = ana.write({rub_out(kObjects[0], 8, 0, 2)}).at(0);
  CHECK(change.salts.empty());
  CHECK(change_digest(change, {}));
}

TEST_CASE("chain: starts, steps and fork names depend on all they name") {
  const auto space = id_of<SpaceId>(1);
  const auto log = id_of<LogId>(2);
  const auto digest_a = id_of<Digest>(3);
  const auto digest_b = id_of<Digest>(4);
  CHECK(chain_start(space, log) != chain_start(id_of<SpaceId>(9), log));
  CHECK(chain_start(space, log) != chain_start(space, id_of<LogId>(9)));
  CHECK(chain_next(digest_a, digest_b) != chain_next(digest_b, digest_a));
  CHECK(fork_name(log, 1, digest_a) == fork_name(log, 1, digest_a));
  CHECK(fork_name(log, 1, digest_a) != fork_name(log, 1, digest_b));
  CHECK(fork_name(log, 1, digest_a) != fork_name(log, 2, digest_a));
  CHECK(fork_name(log, 1, digest_a) != fork_name(id_of<LogId>(9), 1, digest_a));
}

TEST_CASE("chain: heads read back, in one spelling only") {
  Head head;
  head.log = id_of<LogId>(2);
  head.seq = 4711;
  head.hash = id_of<Digest>(3);
  head.membership = {id_of<ShortHash>(4), id_of<ShortHash>(5)};
  head.time = WallTime(Millis(1'767'225'600'000));
  head.signature = id_of<Signature>(6);
  const auto bytes = encode(head);
  const auto back = decode_head(bytes);
  REQUIRE(back);
  CHECK(*back == head);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK(!decode_head(ByteView(bytes).first(size)));
  }
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    auto flipped = bytes;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    if (const auto other = decode_head(flipped)) CHECK(encode(*other) == flipped);
  }
  auto unsorted = head;
  std::swap(unsorted.membership[0], unsorted.membership[1]);
  CHECK(!decode_head(encode(unsorted)));

  const auto space = id_of<SpaceId>(1);
  const auto message = signed_bytes(space, head);
  CHECK(message != signed_bytes(id_of<SpaceId>(9), head));
  auto later = head;
  later.time += Millis(1);
  CHECK(message != signed_bytes(space, later));
  auto resigned = head;
  resigned.signature = {};
  CHECK(message == signed_bytes(space, resigned));
}

TEST_CASE("chain: a checkpoint is the first head at or past each 4,096 ops") {
  CHECK(!is_checkpoint(0, 1));
  CHECK(!is_checkpoint(0, 4095));
  CHECK(is_checkpoint(0, 4096));
  CHECK(is_checkpoint(4095, 4097));
  CHECK(!is_checkpoint(4096, 4097));
  CHECK(is_checkpoint(5000, 20'000));
}

TEST_CASE("chain: a space's digest names what was accepted, in any order") {
  const Position a{id_of<LogId>(1), 5, id_of<Digest>(1)};
  const Position b{id_of<LogId>(2), 7, id_of<Digest>(2)};
  const Position none{id_of<LogId>(3), 0, {}};
  CHECK(space_digest({a, b}) == space_digest({b, none, a}));
  CHECK(space_digest({a, b}) != space_digest({a}));
  CHECK(space_digest({}) == space_digest({none}));
  auto further = b;
  ++further.seq;
  CHECK(space_digest({a, b}) != space_digest({a, further}));
}

}  // namespace holm::crdt::test
