// A team at its full size in which some lie: what holds in the end, over some seeds; holm-sim takes
// it further.
#include "tests/sim/crowd.h"

#include <doctest/doctest.h>

#include "tests/support/must.h"
#include "tests/support/seeds.h"

namespace holm::sim {
namespace {

using test::must;

TEST_CASE("crowd: twelve people with thirty devices agree in the end, whoever lies") {
  std::uint64_t voided = 0;
  std::uint64_t held = 0;
  test::for_each_seed(25, [&](test::Seed seed) {
    const auto life = live(plan_of(seed));
    REQUIRE_MESSAGE(life.has_value(), life.error().text());
    CHECK(life->done > 10);
    voided += life->voided;
    held += life->held;
  });
  CHECK(voided > 0);
  CHECK(held > 0);
}

TEST_CASE("crowd: same plan, same end; what is left out changes nothing of the rest") {
  const auto plan = plan_of(7);
  const auto one = must(live(plan));
  const auto again = must(live(plan));
  CHECK(one.digest == again.digest);
  CHECK(one.meetings == again.meetings);
  CHECK(must(live(plan_of(8))).digest != one.digest);
}

}  // namespace
}  // namespace holm::sim
