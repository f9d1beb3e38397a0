#include "net/backoff.h"

#include <doctest/doctest.h>

#include "tests/support/seeds.h"

using namespace holm;
using namespace holm::net;
using namespace std::chrono_literals;

TEST_CASE("backoff: waits double up to the cap, jittered over their upper half") {
  test::for_each_seed(50, [](test::Seed seed) {
    SeededRng rng(seed);
    Backoff backoff({.first = 1s, .cap = 60s}, rng);
    auto longest = Millis(1s);
    for (int i = 0; i < 100; ++i) {
      const auto wait = backoff.next();
      CHECK(wait <= longest);
      CHECK(wait >= longest / 2);
      longest = std::min(longest * 2, Millis(60s));
    }
    CHECK(backoff.failure_count() == 100);
    backoff.reset();
    CHECK(backoff.next() <= 1s);
  });
}

TEST_CASE("backoff: peers cut off together spread out") {
  SeededRng rng(7);
  Millis least = Millis::max();
  Millis most{};
  for (int peer = 0; peer < 200; ++peer) {
    Backoff backoff({.first = 10s, .cap = 60s}, rng);
    const auto wait = backoff.next();
    least = std::min(least, wait);
    most = std::max(most, wait);
  }
  CHECK(most - least > 4s);
}

TEST_CASE("backoff: the largest cap does not overflow") {
  SeededRng rng(1);
  Backoff backoff({.first = Millis{1}, .cap = Millis::max() - Millis{1}}, rng);
  for (int i = 0; i < 100; ++i) CHECK(backoff.next() >= Millis::zero());
}
