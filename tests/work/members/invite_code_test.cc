#include "work/members/invite_code.h"

#include <doctest/doctest.h>

#include <cctype>

#include "base/rng.h"
#include "tests/support/seeds.h"

namespace holm::work::members {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

TEST_CASE("invite code: reads back, however it is written down") {
  test::for_each_seed(50, [](test::Seed seed) {
    SeededRng rng(seed);
    const auto secret = rng.id<InviteSecret>();
    const auto code = invite_code(secret);
    CHECK(code.size() == 28 + 6);
    REQUIRE(parse_invite_code(code).has_value());
    CHECK(*parse_invite_code(code) == secret);
    std::string loose;
    for (char c : code) {
      if (c == '-') {
        loose += ' ';
        continue;
      }
      if (c == '0') c = 'o';
      if (c == '1') c = rng.chance(50) ? 'l' : 'I';
      loose += rng.chance(50) ? static_cast<char>(std::tolower(c)) : c;
    }
    REQUIRE(parse_invite_code(loose).has_value());
    CHECK(*parse_invite_code(loose) == secret);
  });
}

TEST_CASE("invite code: every mistyped character and every swap of neighbours is noticed") {
  test::for_each_seed(40, [&](test::Seed seed) {
    SeededRng rng(seed);
    const auto code = invite_code(rng.id<InviteSecret>());
    for (std::size_t at = 0; at < code.size(); ++at) {
      if (code[at] == '-') continue;
      for (char other : kAlphabet) {
        if (other == code[at]) continue;
        auto typo = code;
        typo[at] = other;
        const auto read = parse_invite_code(typo);
        REQUIRE_FALSE(read.has_value());
        CHECK(read.error().code == Code::usage);
      }
      const auto next = code.find_first_not_of('-', at + 1);
      if (next == std::string::npos || code[next] == code[at]) continue;
      auto swapped = code;
      std::swap(swapped[at], swapped[next]);
      CHECK_FALSE(parse_invite_code(swapped).has_value());
    }
  });
}

TEST_CASE("invite code: the code that the format page shows") {
  InviteSecret secret;
  REQUIRE(from_hex("000102030405060708090a0b0c0d0e0f").has_value());
  secret = *InviteSecret::from(*from_hex("000102030405060708090a0b0c0d0e0f"));
  CHECK(invite_code(secret) == "000G-40R4-0M30-E209-185G-R38E-1W0H");
}

TEST_CASE("invite code: a wrong length says so") {
  SeededRng rng(1);
  const auto code = invite_code(rng.id<InviteSecret>());
  for (const auto& wrong : {code.substr(1), code + "0", std::string()}) {
    const auto read = parse_invite_code(wrong);
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().what.find("28 characters") != std::string::npos);
  }
  CHECK_FALSE(parse_invite_code("U" + code.substr(1)).has_value());
}

}  // namespace
}  // namespace holm::work::members
