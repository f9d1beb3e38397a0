#include "crypto/seal.h"

#include <doctest/doctest.h>

#include "tests/crypto/vectors.h"
#include "tests/support/seeds.h"

using namespace holm;
using namespace holm::crypto;
using test::unhex;

TEST_CASE("seal: golden bytes, and they open again") {
  const auto vectors = test::golden_vectors("crypto_vectors.json");
  CHECK(vectors["seal"].items().size() == 5);
  for (const auto& v : vectors["seal"].items()) {
    const auto key = SecretKey32::from(unhex(v["key"].text()));
    REQUIRE(key.has_value());
    test::FixedRng rng(unhex(v["random"].text()));
    const auto aad = unhex(v["aad"].text());
    const auto plain = unhex(v["plain"].text());
    const auto sealed = seal(*key, aad, plain, rng);
    CHECK(hex(sealed) == v["sealed"].text());
    CHECK(sealed.size() == plain.size() + kSealOverhead);
    CHECK(open(*key, aad, sealed) == plain);
  }
}

TEST_CASE("box: golden bytes, and they open again") {
  const auto vectors = test::golden_vectors("crypto_vectors.json");
  CHECK(vectors["box"].items().size() == 5);
  for (const auto& v : vectors["box"].items()) {
    const auto key = KexKey::from_seed(unhex(v["recipient"].text()));
    REQUIRE(key.has_value());
    test::FixedRng rng(unhex(v["random"].text()));
    const auto aad = unhex(v["aad"].text());
    const auto plain = unhex(v["plain"].text());
    const auto box = seal_to(key->public_key(), aad, plain, rng);
    REQUIRE(box.has_value());
    CHECK(hex(*box) == v["box"].text());
    CHECK(box->size() == plain.size() + kBoxOverhead);
    CHECK(open_box(*key, aad, *box) == plain);
  }
}

TEST_CASE("seal: what comes back is what went in, and equal plaintexts look different") {
  test::for_each_seed(20, [](test::Seed seed) {
    SeededRng rng(seed);
    const auto key = SecretKey32::make(rng);
    Bytes plain(rng.below(3000));
    Bytes aad(rng.below(100));
    rng.fill(plain);
    rng.fill(aad);
    const auto one = seal(key, aad, plain, rng);
    const auto two = seal(key, aad, plain, rng);
    CHECK(one != two);
    CHECK(open(key, aad, one) == plain);
    CHECK(open(key, aad, two) == plain);
  });
}

TEST_CASE("seal: every flipped bit and every cut is refused, with the cause") {
  SeededRng rng(1);
  const auto key = SecretKey32::make(rng);
  const auto sealed = seal(key, as_bytes("head"), as_bytes("some text"), rng);
  for (std::size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
    auto bad = sealed;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    const auto out = open(key, as_bytes("head"), bad);
    REQUIRE_FALSE(out.has_value());
    CHECK(out.error().code == (bit / 8 < 56 ? Code::denied : Code::corrupt));
  }
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    const auto out = open(key, as_bytes("head"), ByteView(sealed).first(size));
    REQUIRE_FALSE(out.has_value());
    CHECK(out.error().code == Code::corrupt);
  }
}

TEST_CASE("seal: another key or other associated data is denied") {
  SeededRng rng(2);
  const auto key = SecretKey32::make(rng);
  const auto sealed = seal(key, as_bytes("head"), as_bytes("text"), rng);
  const auto wrong_key = open(SecretKey32::make(rng), as_bytes("head"), sealed);
  REQUIRE_FALSE(wrong_key.has_value());
  CHECK(wrong_key.error().code == Code::denied);
  const auto wrong_aad = open(key, as_bytes("heads"), sealed);
  REQUIRE_FALSE(wrong_aad.has_value());
  CHECK(wrong_aad.error().code == Code::denied);
}

TEST_CASE("box: only the recipient opens it; damage is refused") {
  SeededRng rng(3);
  const auto ana = KexKey::make(rng);
  const auto ben = KexKey::make(rng);
  const auto box = seal_to(ana.public_key(), {}, as_bytes("text"), rng);
  REQUIRE(box.has_value());
  CHECK(open_box(ana, {}, *box) == to_bytes("text"));
  CHECK_FALSE(open_box(ben, {}, *box).has_value());
  CHECK_FALSE(open_box(ana, as_bytes("other"), *box).has_value());
  for (std::size_t bit = 0; bit < 8 * box->size(); ++bit) {
    auto bad = *box;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    CHECK_FALSE(open_box(ana, {}, bad).has_value());
  }
  for (std::size_t size = 0; size < box->size(); ++size) {
    CHECK_FALSE(open_box(ana, {}, ByteView(*box).first(size)).has_value());
  }
}

TEST_CASE("box: a recipient or an ephemeral key of low order is refused") {
  SeededRng rng(4);
  const auto to_nobody = seal_to(KexPublic{}, {}, as_bytes("text"), rng);
  REQUIRE_FALSE(to_nobody.has_value());
  CHECK(to_nobody.error().code == Code::reject);
  const auto from_nobody = open_box(KexKey::make(rng), {}, Bytes(kBoxOverhead + 4, 0));
  REQUIRE_FALSE(from_nobody.has_value());
  CHECK(from_nobody.error().code == Code::reject);
}
