#include "crypto/sign.h"

#include <doctest/doctest.h>

#include "tests/crypto/vectors.h"

using namespace holm;
using namespace holm::crypto;
using test::unhex;

TEST_CASE("sign: golden signatures, made by a second implementation of RFC 8032") {
  const auto vectors = test::golden_vectors("crypto_vectors.json");
  CHECK(vectors["sign"].items().size() == 5);
  for (const auto& v : vectors["sign"].items()) {
    const auto key = SigningKey::from_seed(unhex(v["key"].text()));
    REQUIRE(key.has_value());
    CHECK(key->public_key().text() == v["public"].text());
    const auto data = unhex(v["data"].text());
    const auto signature = sign(*key, v["label"].text(), data);
    CHECK(signature.text() == v["signature"].text());
    CHECK(verify(key->public_key(), v["label"].text(), data, signature));
  }
}

TEST_CASE("sign: a flipped bit anywhere, another label or another key is refused") {
  SeededRng rng(1);
  const auto key = SigningKey::make(rng);
  const auto message = to_bytes("the message");
  const auto signature = sign(key, "x", message);
  REQUIRE(verify(key.public_key(), "x", message, signature));
  for (std::size_t bit = 0; bit < 512; ++bit) {
    auto bad = signature;
    bad.bytes[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    CHECK_FALSE(verify(key.public_key(), "x", message, bad));
  }
  for (std::size_t bit = 0; bit < 8 * message.size(); ++bit) {
    auto bad = message;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    CHECK_FALSE(verify(key.public_key(), "x", bad, signature));
  }
  CHECK_FALSE(verify(key.public_key(), "y", message, signature));
  CHECK_FALSE(verify(SigningKey::make(rng).public_key(), "x", message, signature));
  CHECK_FALSE(verify(VerifyKey{}, "x", message, signature));
}

TEST_CASE("sign: bytes can't move between label and message") {
  SeededRng rng(2);
  const auto key = SigningKey::make(rng);
  const auto signature = sign(key, "ab", as_bytes("c"));
  CHECK_FALSE(verify(key.public_key(), "a", as_bytes("bc"), signature));
  CHECK_FALSE(verify(key.public_key(), "abc", {}, signature));
}

TEST_CASE("sign: a signature with the group order added is refused") {
  SeededRng rng(3);
  const auto key = SigningKey::make(rng);
  auto signature = sign(key, "x", {});
  const auto order = unhex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += signature.bytes[32 + i] + order[i];
    signature.bytes[32 + i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
  CHECK_FALSE(verify(key.public_key(), "x", {}, signature));
}

TEST_CASE("mac: golden values; only prefixes of 8 to 32 bytes verify") {
  const auto vectors = test::golden_vectors("crypto_vectors.json");
  CHECK(vectors["mac"].items().size() == 5);
  for (const auto& v : vectors["mac"].items()) {
    const auto key = SecretKey32::from(unhex(v["key"].text()));
    REQUIRE(key.has_value());
    const auto data = unhex(v["data"].text());
    const auto label = v["label"].text();
    const auto out = mac(*key, label, data);
    CHECK(out.text() == v["mac"].text());
    for (std::size_t size = 0; size <= 32; ++size) {
      auto prefix = to_bytes(out.view().first(size));
      CHECK(verify_mac(*key, label, data, prefix) == (size >= 8));
      if (size == 0) continue;
      prefix.back() ^= 1;
      CHECK_FALSE(verify_mac(*key, label, data, prefix));
    }
    auto longer = to_bytes(out.view());
    longer.push_back(0);
    CHECK_FALSE(verify_mac(*key, label, data, longer));
    CHECK_FALSE(verify_mac(*key, "another", data, out.view()));
    // A MAC reveals no key that is derived with the same label.
    CHECK_FALSE(equal_secret(key->derive(label, data).reveal(), out.view()));
  }
}
