#include "crypto/keys.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>
#include <thread>
#include <type_traits>
#include <vector>

#include "crypto/hash.h"
#include "crypto/random.h"
#include "tests/crypto/vectors.h"
#include "tests/support/seeds.h"

using namespace holm;
using namespace holm::crypto;
using test::unhex;

static_assert(!std::is_copy_constructible_v<SecretKey32>);
static_assert(!std::is_copy_constructible_v<SigningKey>);
static_assert(!std::is_copy_constructible_v<KexKey>);
static_assert(std::is_nothrow_move_constructible_v<KexKey>);
static_assert(!std::is_same_v<VerifyKey, KexPublic>);

namespace {

KexPublic kex_public(std::string_view text) { return *KexPublic::from(unhex(text)); }

}  // namespace

TEST_CASE("keys: init may be called from many threads, any number of times") {
  std::vector<std::thread> threads;
  std::vector<int> good(4, 0);
  for (auto& flag : good) {
    threads.emplace_back([&flag] { flag = init().has_value() && init().has_value() ? 1 : 0; });
  }
  for (auto& thread : threads) thread.join();
  CHECK(std::count(good.begin(), good.end(), 1) == 4);
}

TEST_CASE("x25519: the answers of RFC 7748, section 5.2") {
  const auto check = [](std::string_view scalar, std::string_view u, std::string_view out) {
    const auto key = KexKey::from_seed(unhex(scalar));
    REQUIRE(key.has_value());
    const auto shared = key->dh(kex_public(u));
    REQUIRE(shared.has_value());
    CHECK(hex(shared->reveal()) == out);
  };
  check("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
        "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
  check("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
        "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
        "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
}

TEST_CASE("x25519: a thousand rounds of RFC 7748, section 5.2") {
  Bytes k(32, 0);
  k[0] = 9;
  Bytes u = k;
  for (int round = 1; round <= 1000; ++round) {
    const auto next = KexKey::from_seed(k)->dh(*KexPublic::from(u));
    REQUIRE(next.has_value());
    u = k;
    k = to_bytes(next->reveal());
    if (round == 1) {
      CHECK(hex(k) == "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
    }
  }
  CHECK(hex(k) == "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
}

TEST_CASE("x25519: two keys agree as in RFC 7748, section 6.1") {
  const auto alice =
      KexKey::from_seed(unhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"));
  const auto bob =
      KexKey::from_seed(unhex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"));
  REQUIRE((alice && bob));
  CHECK(alice->public_key().text() ==
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  CHECK(bob->public_key().text() ==
        "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  const auto one = alice->dh(bob->public_key());
  const auto two = bob->dh(alice->public_key());
  REQUIRE((one && two));
  CHECK(hex(one->reveal()) == "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
  CHECK(hex(one->reveal()) == hex(two->reveal()));
}

TEST_CASE("x25519: points of low order are refused") {
  // 0, 1, the two points of order 8, p - 1, p, p + 1; with the unused top bit clear and set.
  const std::string_view points[] = {
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  };
  SeededRng rng(1);
  for (auto text : points) {
    auto point = kex_public(text);
    for (int i = 0; i < 2; ++i) {
      const auto shared = KexKey::make(rng).dh(point);
      REQUIRE_FALSE(shared.has_value());
      CHECK(shared.error().code == Code::reject);
      point.bytes[31] |= 0x80;
    }
  }
}

TEST_CASE("ed25519: public keys of RFC 8032, section 7.1") {
  const auto check = [](std::string_view seed, std::string_view out) {
    const auto key = SigningKey::from_seed(unhex(seed));
    REQUIRE(key.has_value());
    CHECK(key->public_key().text() == out);
    CHECK(hex(key->reveal_seed()) == seed);
  };
  check("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  check("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
}

TEST_CASE("keys: a wrong length is refused") {
  for (std::size_t size : {0, 1, 31, 33, 64}) {
    const Bytes raw(size, 1);
    const auto secret = SecretKey32::from(raw);
    REQUIRE_FALSE(secret.has_value());
    CHECK(secret.error().code == Code::reject);
    CHECK_FALSE(SigningKey::from_seed(raw).has_value());
    CHECK_FALSE(KexKey::from_seed(raw).has_value());
  }
}

TEST_CASE("keys: drawn from one seed they are equal, clones too, and each draw differs") {
  test::for_each_seed(5, [](test::Seed seed) {
    SeededRng one(seed);
    SeededRng two(seed);
    const auto a = SecretKey32::make(one);
    CHECK(equal_secret(a.reveal(), SecretKey32::make(two).reveal()));
    CHECK_FALSE(equal_secret(a.reveal(), SecretKey32::make(two).reveal()));
    CHECK(equal_secret(a.reveal(), a.clone().reveal()));
    const auto signing = SigningKey::make(one);
    CHECK(hex(signing.clone().reveal_expanded()) == hex(signing.reveal_expanded()));
    CHECK(signing.clone().public_key() == signing.public_key());
    const auto kex = KexKey::make(one);
    CHECK(hex(kex.clone().reveal_seed()) == hex(kex.reveal_seed()));
    CHECK(kex.clone().public_key() == kex.public_key());
  });
}

TEST_CASE("keys: derive() is kdf() in locked memory") {
  SeededRng rng(3);
  const auto key = SecretKey32::make(rng);
  CHECK(hex(key.derive("x", as_bytes("c")).reveal()) == hex(kdf(key.reveal(), "x", as_bytes("c"))));
}

TEST_CASE("keys: a wiped key is zero, a moved key is gone from where it was") {
  SeededRng rng(2);
  auto key = SecretKey32::make(rng);
  const auto copy = key.clone();
  auto moved = std::move(key);
  CHECK(equal_secret(moved.reveal(), copy.reveal()));
  moved.wipe();
  CHECK(hex(moved.reveal()) == std::string(64, '0'));
  CHECK_FALSE(equal_secret(moved.reveal(), copy.reveal()));

  Locked<std::array<std::uint8_t, 16>> block;
  block->fill(0xaa);
  auto taken = std::move(block);
  CHECK(block.is_empty());  // NOLINT(bugprone-use-after-move): the state after a move is the point
  block.wipe();             // harmless
  CHECK((*taken)[15] == 0xaa);
  taken.wipe();
  CHECK((*taken)[15] == 0);
}

TEST_CASE("keys: memory that can't be locked is no failure") {
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_MEMLOCK, &before) == 0);
  rlimit none = before;
  none.rlim_cur = 0;
  REQUIRE(setrlimit(RLIMIT_MEMLOCK, &none) == 0);
  SeededRng rng(4);
  const auto key = KexKey::make(rng);
  CHECK(key.dh(KexKey::make(rng).public_key()).has_value());
  REQUIRE(setrlimit(RLIMIT_MEMLOCK, &before) == 0);
}

TEST_CASE("keys: secrets compare by content and length") {
  CHECK(equal_secret({}, {}));
  CHECK(equal_secret(as_bytes("abc"), as_bytes("abc")));
  CHECK_FALSE(equal_secret(as_bytes("abc"), as_bytes("abd")));
  CHECK_FALSE(equal_secret(as_bytes("abc"), as_bytes("ab")));
}

TEST_CASE("random: the system's bytes fill the whole buffer and differ") {
  REQUIRE(init().has_value());
  SystemRng rng;
  Bytes one(64);
  Bytes two(64);
  rng.fill(one);
  rng.fill(two);
  CHECK(one != two);
  CHECK(std::count(one.begin(), one.end(), 0) < 16);
}
