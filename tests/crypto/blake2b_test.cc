#include "crypto/blake2b.h"

#include <doctest/doctest.h>

#include "tests/crypto/vectors.h"

using namespace holm;
using namespace holm::crypto;
using test::unhex;

TEST_CASE("blake2b: the answer of RFC 7693, appendix A") {
  CHECK(hex(blake2b(64, {}, as_bytes("abc"))) ==
        "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
        "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
  CHECK(hex(blake2b_512({as_bytes("a"), {}, as_bytes("bc")})) ==
        hex(blake2b(64, {}, as_bytes("abc"))));
}

TEST_CASE("blake2b: the self-test of RFC 7693, appendix E") {
  // Digests of a deterministic sequence for all combinations of lengths, hashed together.
  const auto sequence = [](std::size_t length, std::uint32_t seed) {
    Bytes out(length);
    std::uint32_t a = 0xDEAD4BAD * seed;
    std::uint32_t b = 1;
    for (auto& byte : out) {
      const std::uint32_t t = a + b;
      a = b;
      b = t;
      byte = static_cast<std::uint8_t>(t >> 24);
    }
    return out;
  };
  Blake2b all(32);
  for (std::size_t out_len : {20, 32, 48, 64}) {
    for (std::size_t in_len : {0, 3, 128, 129, 255, 1024}) {
      const auto in = sequence(in_len, static_cast<std::uint32_t>(in_len));
      all.update(blake2b(out_len, {}, in));
      const auto key = sequence(out_len, static_cast<std::uint32_t>(out_len));
      all.update(blake2b(out_len, key, in));
    }
  }
  Bytes digest(32);
  all.finish(digest);
  CHECK(hex(digest) == "c23a7800d98123bd10f506c61e29da5603d763b8bbad2e737f5e765a7bccd475");
}

TEST_CASE("blake2b: published vectors") {
  const auto vectors = test::shared_vectors("blake2b.json");
  if (!vectors) return;
  std::size_t count = 0;
  for (const auto& v : (*vectors)["vectors"].items()) {
    const auto out = unhex(v["out"].text());
    CHECK(blake2b(out.size(), unhex(v["key"].text()), unhex(v["in"].text())) == out);
    ++count;
  }
  CHECK(count == 256);
}

TEST_CASE("blake2b: personalities give unrelated digests, cut input at any place the same one") {
  const auto text = as_bytes("some text that is hashed in two pieces");
  const auto digest = [&](std::size_t cut, std::string_view personality) {
    Bytes out(32);
    Blake2b(32, {}, personality).update(text.first(cut)).update(text.subspan(cut)).finish(out);
    return out;
  };
  for (std::size_t cut = 0; cut <= text.size(); ++cut) CHECK(digest(cut, "") == digest(0, ""));
  CHECK(digest(0, "") == blake2b(32, {}, text));
  CHECK(digest(0, "one") != digest(0, "two"));
  CHECK(digest(0, "one") != digest(0, ""));
}

TEST_CASE("hmac: agrees with a second implementation around the block length") {
  const auto vectors = test::golden_vectors("crypto_vectors.json");
  CHECK(vectors["hmac"].items().size() == 4);
  for (const auto& v : vectors["hmac"].items()) {
    const auto key = unhex(v["key"].text());
    CHECK(hex(hmac_blake2b(key, {unhex(v["data"].text())})) == v["mac"].text());
  }
}

TEST_CASE("hkdf: agrees with a second implementation, and fewer outputs are a prefix") {
  const auto vectors = test::golden_vectors("crypto_vectors.json");
  CHECK(vectors["hkdf"].items().size() == 5);
  for (const auto& v : vectors["hkdf"].items()) {
    const auto chaining_key = unhex(v["chaining_key"].text());
    const auto input = unhex(v["input"].text());
    for (std::size_t count = 1; count <= 3; ++count) {
      std::vector<HashBlock> out(count);
      hkdf(chaining_key, input, out);
      for (std::size_t i = 0; i < count; ++i) CHECK(hex(out[i]) == v["outputs"].items()[i].text());
    }
  }
}
