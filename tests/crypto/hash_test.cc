#include "crypto/hash.h"

#include <doctest/doctest.h>

#include <set>

#include "tests/crypto/vectors.h"

using namespace holm;
using namespace holm::crypto;
using test::unhex;

TEST_CASE("hash: golden digests") {
  const auto vectors = test::golden_vectors("crypto_vectors.json");
  CHECK(vectors["hash"].items().size() == 15);
  for (const auto& v : vectors["hash"].items()) {
    std::vector<Bytes> parts;
    for (const auto& part : v["parts"].items()) parts.push_back(unhex(part.text()));
    const std::vector<ByteView> views(parts.begin(), parts.end());
    CHECK(hash(v["label"].text(), views).text() == v["digest"].text());
  }
}

TEST_CASE("hash: labels and the cuts between parts count") {
  std::set<std::string> seen;
  const auto a = as_bytes("a");
  const auto ab = as_bytes("ab");
  const auto b = as_bytes("b");
  seen.insert(hash("x", {ab}).text());
  seen.insert(hash("x", {a, b}).text());
  seen.insert(hash("x", {ab, {}}).text());
  seen.insert(hash("x", {{}, ab}).text());
  seen.insert(hash("x", std::initializer_list<ByteView>{}).text());
  seen.insert(hash("xa", {b}).text());
  seen.insert(hash("y", {ab}).text());
  CHECK(seen.size() == 7);
}

TEST_CASE("hash: the incremental form gives the same, and a copy goes on by itself") {
  const auto a = as_bytes("first");
  const auto b = as_bytes("second");
  CHECK(Hasher("x").part(a).part(b).finish() == hash("x", {a, b}));
  Hasher one("x");
  one.part(a);
  Hasher two = one;
  two.part(b);
  CHECK(one.finish() == hash("x", a));
  CHECK(two.finish() == hash("x", {a, b}));
  // update() adds bytes as they are.
  CHECK(Hasher("x").update(as_bytes("fi")).update(as_bytes("rst")).finish() ==
        Hasher("x").update(a).finish());
}

TEST_CASE("kdf: golden keys; secret, label and context count") {
  const auto vectors = test::golden_vectors("crypto_vectors.json");
  CHECK(vectors["kdf"].items().size() == 5);
  for (const auto& v : vectors["kdf"].items()) {
    CHECK(hex(kdf(unhex(v["key"].text()), v["label"].text(), unhex(v["data"].text()))) ==
          v["derived"].text());
  }
  const Bytes secret(32, 7);
  const Bytes other(32, 8);
  CHECK(kdf(secret, "x") != kdf(other, "x"));
  CHECK(kdf(secret, "x") != kdf(secret, "y"));
  CHECK(kdf(secret, "x") != kdf(secret, "x", as_bytes("context")));
}
