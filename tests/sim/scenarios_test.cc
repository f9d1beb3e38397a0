// Every scenario over some seeds; holm-sim takes them further.
#include "tests/sim/scenarios.h"

#include <doctest/doctest.h>

#include "tests/support/seeds.h"

namespace holm::sim {
namespace {

constexpr int kSeeds = 5;  // of each of the scenarios: about 50 worlds

Result<Outcome> run(std::string_view name, std::uint64_t seed) {
  for (const auto& scenario : scenarios()) {
    if (scenario.name == name) return scenario.run(seed);
  }
  return fail(Code::not_found, "no such scenario");
}

void hold(std::string_view name, int seeds = kSeeds) {
  std::uint64_t deeds = 0;
  test::for_each_seed(seeds, [&](test::Seed seed) {
    const auto outcome = run(name, seed);
    REQUIRE_MESSAGE(outcome.has_value(), outcome.error().text());
    deeds += outcome->deeds;
  });
  CHECK(deeds > 0);
}

TEST_CASE("sim: what is written on both sides of a partition meets after it heals") {
  hold("partition");
}
TEST_CASE("sim: two that never meet agree through a third") { hold("relay"); }
TEST_CASE("sim: a power cut at any write loses nothing that was acknowledged") {
  hold("crash-alone");
}
TEST_CASE("sim: a power cut at any write of an exchange costs only time") { hold("crash-in-sync"); }
TEST_CASE("sim: a long backlog is taken in slice by slice, whatever happens meanwhile") {
  hold("backlog", 2);
}
TEST_CASE("sim: a join interrupted at any write can be done again") { hold("crash-in-join"); }
TEST_CASE("sim: a full disk refuses and forgets nothing, and its device catches up") {
  hold("disk-full");
}
TEST_CASE("sim: several links between two devices repeat and reorder without harm") {
  hold("twins");
}
TEST_CASE("sim: links that are cut again and again still carry everything over") { hold("cuts"); }
TEST_CASE("sim: a change is on a linked device within 100 ms") { hold("push"); }
TEST_CASE("sim: homes that are copied, rolled back and used on both sides lose nothing") {
  hold("forks", 12);
}
TEST_CASE("sim: all trouble at once still ends in agreement") { hold("storm"); }

TEST_CASE("sim: devices that agree keep silent") {
  const auto outcome = run("quiet", 1);
  REQUIRE_MESSAGE(outcome.has_value(), outcome.error().text());
}

TEST_CASE("sim: same seed, same trace; another seed, another") {
  for (const auto* name : {"storm", "crash-in-sync"}) {
    const auto one = run(name, 77);
    const auto again = run(name, 77);
    const auto other = run(name, 78);
    REQUIRE(one.has_value());
    REQUIRE(again.has_value());
    REQUIRE(other.has_value());
    CHECK(one->trace == again->trace);
    CHECK(one->events == again->events);
    CHECK(one->trace != other->trace);
  }
}

}  // namespace
}  // namespace holm::sim
