#include "crypto/passphrase.h"

#include <doctest/doctest.h>

#include "tests/crypto/vectors.h"

using namespace holm;
using namespace holm::crypto;
using test::unhex;

namespace {

/// The least work allowed, so that tests are quick.
PassphraseParams quick() {
  SeededRng rng(1);
  auto out = PassphraseParams::make(rng);
  out.passes = 1;
  out.memory_kib = PassphraseParams::kMemoryKibMin;
  return out;
}

}  // namespace

TEST_CASE("passphrase: the same words and record give the same key, anything else another") {
  const auto params = quick();
  const auto key = derive_key("correct horse", params);
  REQUIRE(key.has_value());
  CHECK(equal_secret(key->reveal(), derive_key("correct horse", params)->reveal()));
  CHECK_FALSE(equal_secret(key->reveal(), derive_key("correct horsf", params)->reveal()));
  auto other = params;
  other.salt.bytes[0] ^= 1;
  CHECK_FALSE(equal_secret(key->reveal(), derive_key("correct horse", other)->reveal()));
  other = params;
  other.passes = 2;
  CHECK_FALSE(equal_secret(key->reveal(), derive_key("correct horse", other)->reveal()));
}

TEST_CASE("passphrase: a golden key, so that old homes open") {
  CHECK(hex(derive_key("holm", quick())->reveal()) ==
        "2f87867d2818ffe7ea4d5b820985e40505031a60ef28a07e8db9de12c5d5a4ff");
}

TEST_CASE("passphrase: the record has one form and reads back") {
  PassphraseParams params;
  params.salt = *PassphraseSalt::from_text("000102030405060708090a0b0c0d0e0f");
  CHECK(hex(params.encode()) == "010300000000000400000102030405060708090a0b0c0d0e0f");
  CHECK(PassphraseParams::read(params.encode()) == params);
}

TEST_CASE("passphrase: hostile records are refused before any work is done") {
  const auto code_of = [](std::string_view text) {
    const auto out = PassphraseParams::read(unhex(text));
    REQUIRE_FALSE(out.has_value());
    return out.error().code;
  };
  const std::string salt = "000102030405060708090a0b0c0d0e0f";
  CHECK(code_of("") == Code::corrupt);
  CHECK(code_of("0103000000") == Code::corrupt);
  CHECK(code_of("010300000000000400" + salt + "00") == Code::corrupt);
  CHECK(code_of("000300000000000400" + salt) == Code::corrupt);
  CHECK(code_of("020300000000000400" + salt) == Code::unsupported);
  CHECK(code_of("010000000000000400" + salt) == Code::limit);  // no passes
  CHECK(code_of("011100000000000400" + salt) == Code::limit);  // 17 passes
  CHECK(code_of("0103000000ffffffff" + salt) == Code::limit);  // 4 TiB
  CHECK(code_of("010300000001001000" + salt) == Code::limit);  // 1 GiB and 1 KiB
  CHECK(code_of("0103000000ff1f0000" + salt) == Code::limit);  // 8 MiB less 1 KiB
  auto params = quick();
  params.memory_kib = 1;
  CHECK(derive_key("x", params).error().code == Code::limit);
}

TEST_CASE("passphrase: empty or endless ones are refused") {
  CHECK(derive_key("", quick()).error().code == Code::usage);
  CHECK(derive_key(std::string(1025, 'x'), quick()).error().code == Code::usage);
  CHECK(derive_key(std::string(1024, 'x'), quick()).has_value());
}
