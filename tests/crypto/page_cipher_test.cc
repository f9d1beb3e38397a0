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
  const PageCipher cipher(key, rng);
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
  const PageCipher cipher(SecretKey32::make(rng), rng);
  Bytes sealed(kPage);
  cipher.seal(page_of('b'), {}, sealed);
  for (std::size_t i = 0; i < kPage; ++i) {
    auto damaged = sealed;
    damaged[i] ^= static_cast<std::uint8_t>(1u << i % 8);
    REQUIRE_FALSE(cipher.open(damaged, {}));
  }
}

TEST_CASE("page cipher: a mask undoes itself, and is another one for every page") {
  SeededRng rng(3);
  const PageCipher cipher(SecretKey32::make(rng), rng);
  Bytes one(kPage), two(kPage);
  cipher.seal(page_of(0), {}, one);
  cipher.seal(page_of(0), {}, two);
  std::array<std::uint8_t, 24> a{}, b{};
  cipher.mask(one, a);
  cipher.mask(two, b);
  CHECK(a != b);
  CHECK(a != std::array<std::uint8_t, 24>{});
  cipher.mask(one, a);
  CHECK(a == std::array<std::uint8_t, 24>{});
}

}  // namespace
}  // namespace holm::crypto
