#include "net/gate.h"

#include <doctest/doctest.h>

#include "base/rng.h"
#include "tests/support/seeds.h"

using namespace holm;
using namespace holm::net;
using namespace std::chrono_literals;

namespace {

const Time kStart{Millis{0}};

}  // namespace

TEST_CASE("gate: a flood of 500 half-open links from one address leaves room for an honest peer") {
  for (const std::string honest_from : {"127.0.0.1", "192.0.2.7"}) {
    Gate gate;
    LinkId next = 1;
    std::size_t admitted = 0;
    for (int i = 0; i < 500; ++i) {
      if (gate.on_accepted(next++, "127.0.0.1", kStart + Millis(i)).admitted) ++admitted;
    }
    CHECK(admitted < 60);
    CHECK(gate.half_open_count() <= 16);
    // Even beside the flood, one more moment is enough.
    const auto honest = next++;
    const auto verdict = gate.on_accepted(honest, honest_from, kStart + 600ms);
    CHECK(verdict.admitted);
    // What the bucket lets through in the time of a handshake does not push it out.
    for (int i = 0; i < 200; ++i) {
      const auto later = gate.on_accepted(next++, "127.0.0.1", kStart + 600ms + Millis(i));
      CHECK(later.drop != honest);
    }
  }
}

TEST_CASE("gate: a flood from many addresses drops the oldest, never the newcomer") {
  Gate gate;
  LinkId next = 1;
  for (int i = 0; i < 500; ++i) {
    const auto host = "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250);
    const auto link = next++;
    const auto verdict = gate.on_accepted(link, host, kStart);
    REQUIRE(verdict.admitted);
    CHECK(verdict.drop.has_value() == (i >= 64));
    if (verdict.drop) CHECK(*verdict.drop == link - 64);
    CHECK(gate.half_open_count() <= 64);
  }
}

TEST_CASE("gate: one address holds few places and loses its own oldest") {
  Gate gate;
  gate.on_accepted(1, "192.0.2.1", kStart);
  for (LinkId link = 2; link <= 17; ++link) gate.on_accepted(link, "192.0.2.2", kStart);
  CHECK(gate.half_open_count() == 17);
  const auto verdict = gate.on_accepted(18, "192.0.2.2", kStart);
  CHECK(verdict.admitted);
  CHECK(verdict.drop == LinkId{2});
  CHECK(gate.half_open_count() == 17);
}

TEST_CASE("gate: links that authenticate or close free their place") {
  Gate gate;
  for (LinkId link = 1; link <= 16; ++link) gate.on_accepted(link, "192.0.2.2", kStart);
  gate.release(5);
  gate.release(5);
  gate.release(999);
  CHECK(gate.half_open_count() == 15);
  CHECK_FALSE(gate.on_accepted(17, "192.0.2.2", kStart).drop);
}

TEST_CASE("gate: an address is let in at its rate in the long run") {
  Gate gate({.burst = 4, .per_second = 2});
  int admitted = 0;
  LinkId next = 1;
  for (int i = 0; i < 100 * 100; ++i) {
    const auto link = next++;
    if (gate.on_accepted(link, "192.0.2.2", kStart + i * 10ms).admitted) ++admitted;
    gate.release(link);
  }
  CHECK(admitted >= 4 + 198);
  CHECK(admitted <= 4 + 200);
}

TEST_CASE("gate: memory is bounded however many addresses come") {
  Gate gate({.address_count_max = 100});
  LinkId next = 1;
  for (int i = 0; i < 5'000; ++i) {
    const auto host = "10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250);
    CHECK(gate.on_accepted(next++, host, kStart + Millis(i)).admitted);
    CHECK(gate.address_count() <= 100);
  }
}

TEST_CASE("gate: an IPv6 address counts by its /64, a mapped IPv4 address as itself") {
  CHECK(address_key("2001:db8:1:2::1") == address_key("2001:db8:1:2:ffff::9"));
  CHECK(address_key("2001:db8:1:2::1") != address_key("2001:db8:1:3::1"));
  CHECK(address_key("fe80::1%eth0") == address_key("fe80::2"));
  CHECK(address_key("::ffff:192.0.2.1") == "192.0.2.1");
  CHECK(address_key("192.0.2.1") == "192.0.2.1");
  CHECK(address_key("") == "");
}

TEST_CASE("gate: its counts hold over random histories") {
  test::for_each_seed(30, [](test::Seed seed) {
    SeededRng rng(seed);
    Gate gate({.half_open_max = 8,
               .half_open_per_address_max = 3,
               .burst = 5,
               .per_second = 10,
               .address_count_max = 12});
    std::map<LinkId, std::string> open;
    Time now = kStart;
    for (LinkId link = 1; link < 400; ++link) {
      now += Millis(rng.below(200));
      const auto host = "192.0.2." + std::to_string(rng.below(20));
      const auto verdict = gate.on_accepted(link, host, now);
      if (verdict.drop) REQUIRE(open.erase(*verdict.drop) == 1);
      if (verdict.admitted) open.emplace(link, host);
      if (!open.empty() && rng.chance(30)) {
        gate.release(open.begin()->first);
        open.erase(open.begin());
      }
      REQUIRE(gate.half_open_count() == open.size());
      REQUIRE(open.size() <= 8);
      std::map<std::string, int> per_host;
      for (const auto& [id, from] : open) REQUIRE(++per_host[from] <= 3);
      REQUIRE(gate.address_count() <= 12);
    }
  });
}
