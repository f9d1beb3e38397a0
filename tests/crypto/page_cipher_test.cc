#include "crypto/page_cipher.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

namespace holm::crypto {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kText = kPage - PageCipher::kOverhead;

Bytes page_of(std::uint8_t fill) {
  Bytes out(kPage, fill);
  std::fill(out.begin() + kText, out.end(), std::uint8_t{0});
  return out;
}

TEST_CASE("page cipher: what was sealed opens, at its place, with its room empty") {
  SeededRng rng(1);
  const auto key = SecretKey32::make(rng);
  PageCipher cipher(key, rng);
  const auto page = page_of('a');
  Bytes sealed(kPage), again(kPage);
  cipher.seal(page, to_bytes("page 1"), sealed);
  cipher.seal(page, to_bytes("page 1"), again);
  CHECK(sealed != again);  // a nonce of its own each time
  CHECK(std::search_n(sealed.begin(), sealed.end(), 8, std::uint8_t{'a'}) == sealed.end());
  auto opened = sealed;
  REQUIRE(cipher.open(opened, to_bytes("page 1")));
  CHECK(opened == page);

  auto elsewhere = sealed;
  CHECK_FALSE(cipher.open(elsewhere, to_bytes("page 2")));
  CHECK(elsewhere == Bytes(kPage));
  const PageCipher other(SecretKey32::make(rng), rng);
  auto foreign = sealed;
  CHECK_FALSE(other.open(foreign, to_bytes("page 1")));
}

TEST_CASE("page cipher: every byte counts") {
  SeededRng rng(2);
  PageCipher cipher(SecretKey32::make(rng), rng);
  Bytes sealed(kPage);
  cipher.seal(page_of('b'), {}, sealed);
  for (std::size_t i = 0; i < kPage; ++i) {
    if (i >= kText && i < kText + PageCipher::kTagBytes) continue;  // the label's tag
    auto damaged = sealed;
    damaged[i] ^= static_cast<std::uint8_t>(1u << i % 8);
    REQUIRE_FALSE(cipher.open(damaged, {}));
  }
}

TEST_CASE("page cipher: a label goes with one writing of one page") {
  SeededRng rng(3);
  PageCipher cipher(SecretKey32::make(rng), rng);
  Bytes one(kPage), two(kPage);
  cipher.seal(page_of(0), {}, one);
  cipher.seal(page_of(0), {}, two);
  const std::array<std::uint8_t, 24> plain{1, 2, 3};
  auto a = plain, b = plain;
  cipher.label(one, a);
  cipher.label(two, b);
  CHECK(a != b);
  CHECK(a != plain);
  auto read = a;
  REQUIRE(cipher.read_label(one, read));
  CHECK(read == plain);
  auto elsewhere = a;
  CHECK_FALSE(cipher.read_label(two, elsewhere));
  CHECK(elsewhere == std::array<std::uint8_t, 24>{});
  for (std::size_t i = 0; i < a.size() * 8; ++i) {
    auto damaged = a;
    damaged[i / 8] ^= static_cast<std::uint8_t>(1u << i % 8);
    REQUIRE_FALSE(cipher.read_label(one, damaged));
  }
  // The page opens with it and without it.
  auto with = one, without = one;
  PageCipher::drop_label(without);
  CHECK(with != without);
  CHECK(cipher.open(with, {}));
  CHECK(cipher.open(without, {}));
  auto gone = a;
  PageCipher::drop_label(one);
  CHECK_FALSE(cipher.read_label(one, gone));
}

}  // namespace
}  // namespace holm::crypto
