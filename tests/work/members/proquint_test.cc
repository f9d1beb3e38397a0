#include "work/members/proquint.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "base/rng.h"
#include "tests/support/seeds.h"

namespace holm::work::members {
namespace {

TEST_CASE("proquint: every sixteen bits are one word, and every word reads back") {
  std::set<std::string> words;
  for (unsigned bits = 0; bits <= 0xffff; ++bits) {
    const auto word = proquint(static_cast<std::uint16_t>(bits));
    words.insert(word);
    REQUIRE(parse_proquint(word) == static_cast<std::uint16_t>(bits));
  }
  CHECK(words.size() == 0x10000);
  CHECK(proquint(0x7f00) == "lusab");  // Wilkerson's 127.0.0.1: lusab-babad
  CHECK(proquint(0x0001) == "babad");
  for (const auto* none : {"", "lusa", "lusabb", "Lusab", "lxsab", "luseb", "ausab", "lus\xc3"}) {
    CHECK_FALSE(parse_proquint(none).has_value());
  }
}

TEST_CASE("safety words: the same from either side, others for anybody or anything else") {
  test::for_each_seed(50, [](test::Seed seed) {
    SeededRng rng(seed);
    const auto team = rng.id<TeamId>();
    const auto ana = rng.id<crypto::VerifyKey>();
    const auto bo = rng.id<crypto::VerifyKey>();
    const auto eve = rng.id<crypto::VerifyKey>();
    const auto words = safety_words(team, ana, bo);
    CHECK(words == safety_words(team, bo, ana));
    CHECK(std::count(words.begin(), words.end(), ' ') == 5);
    CHECK(words != safety_words(team, ana, eve));
    CHECK(words != safety_words(rng.id<TeamId>(), ana, bo));
    const auto device = rng.id<DeviceId>();
    CHECK(safety_words(team, ana, device) != safety_words(team, bo, device));
    CHECK(safety_words(team, ana, device) != safety_words(team, ana, rng.id<DeviceId>()));
  });
}

}  // namespace
}  // namespace holm::work::members
