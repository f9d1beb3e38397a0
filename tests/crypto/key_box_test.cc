#include "crypto/key_box.h"

#include <doctest/doctest.h>

#include "tests/crypto/vectors.h"
#include "tests/support/must.h"
#include "tests/support/seeds.h"

using namespace holm;
using namespace holm::crypto;
using test::must;
using test::unhex;

TEST_CASE("key box: golden bytes, and they open again") {
  const auto vectors = test::golden_vectors("crypto_vectors.json");
  CHECK(vectors["key_box"].items().size() == 5);
  for (const auto& v : vectors["key_box"].items()) {
    const auto recipient = must(KexKey::from_seed(unhex(v["recipient"].text())));
    const auto ephemeral = must(KexKey::from_seed(unhex(v["ephemeral"].text())));
    const auto context = unhex(v["context"].text());
    const auto key = must(SecretKey32::from(unhex(v["key"].text())));
    const auto box = must(box_key(ephemeral, recipient.public_key(), context, key));
    CHECK(hex(box.view()) == v["box"].text());
    const auto opened = must(unbox_key(recipient, ephemeral.public_key(), context, box));
    CHECK(hex(opened.reveal()) == v["key"].text());
  }
}

TEST_CASE("key box: opens for its owner and context alone, and not when a bit of it differs") {
  test::for_each_seed(20, [](test::Seed seed) {
    SeededRng rng(seed);
    const auto ephemeral = KexKey::make(rng);
    const auto ours = KexKey::make(rng);
    const auto theirs = KexKey::make(rng);
    const auto key = SecretKey32::make(rng);
    Bytes context(rng.below(60));
    rng.fill(context);
    const auto box = must(box_key(ephemeral, ours.public_key(), context, key));
    const auto from = ephemeral.public_key();
    CHECK(to_bytes(must(unbox_key(ours, from, context, box)).reveal()) == to_bytes(key.reveal()));
    CHECK(unbox_key(theirs, from, context, box).error().code == Code::denied);
    CHECK(unbox_key(ours, theirs.public_key(), context, box).error().code == Code::denied);
    auto other = context;
    other.push_back(0);
    CHECK(unbox_key(ours, from, other, box).error().code == Code::denied);
    auto flipped = box;
    const auto bit = rng.below(8 * KeyBox::kBytes);
    flipped.bytes[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    CHECK(unbox_key(ours, from, context, flipped).error().code == Code::denied);
  });
}

TEST_CASE("key box: points of low order are refused") {
  SeededRng rng(1);
  const auto ours = KexKey::make(rng);
  const auto key = SecretKey32::make(rng);
  CHECK(box_key(ours, KexPublic{}, {}, key).error().code == Code::reject);
  CHECK(unbox_key(ours, KexPublic{}, {}, KeyBox{}).error().code == Code::reject);
}
