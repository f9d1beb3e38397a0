#include "work/members/past.h"

#include <doctest/doctest.h>

#include <set>

#include "base/rng.h"
#include "tests/support/seeds.h"

using namespace holm;
using namespace holm::work::members;

TEST_CASE("past: holds what a set of numbers holds") {
  holm::test::for_each_seed(50, [](holm::test::Seed seed) {
    SeededRng rng(seed);
    Past past;
    std::set<OpIndex> model;
    for (int i = 0; i < 200; ++i) {
      if (rng.chance(70)) {
        const auto op = static_cast<OpIndex>(rng.below(120));
        past.add(op);
        model.insert(op);
      } else {
        Past other;
        const auto from = static_cast<OpIndex>(rng.below(120));
        for (OpIndex op = from; op < from + rng.below(9); ++op) {
          other.add(op);
          model.insert(op);
        }
        past.add(other);
      }
    }
    std::vector<OpIndex> listed;
    past.each([&](OpIndex op) { listed.push_back(op); });
    REQUIRE(listed == std::vector<OpIndex>(model.begin(), model.end()));
    Past again;
    for (const auto op : model) again.add(op);
    REQUIRE(again == past);
    for (OpIndex op = 0; op < 140; ++op) REQUIRE(past.has(op) == model.contains(op));
  });
}
