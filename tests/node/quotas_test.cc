// What one device may cost: so much at once, then as time goes by, and nobody else's share.
#include "node/quotas.h"

#include <doctest/doctest.h>

#include <chrono>

namespace holm::node {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kNow{Millis{1'767'600'000'000}};

DeviceId device(std::uint8_t byte) {
  DeviceId out;
  out.bytes.fill(byte);
  return out;
}

TEST_CASE("quotas: an allowance gives what there is at once, and more as time goes by") {
  Allowance allowance(3, 0.5);
  CHECK(allowance.has(3, kNow));
  allowance.take(3, kNow);
  CHECK_FALSE(allowance.has(1, kNow + 1s));
  CHECK(allowance.has(1, kNow + 2s));
  CHECK_FALSE(allowance.has(4, kNow + 1h));  // never more than at once
  allowance.take(5, kNow + 1h);
  CHECK(allowance.wait(1) >= 6s);
  CHECK(allowance.wait(1) < 7s);
  // A clock that is put back gives nothing, nor keeps anything back for longer than it was ahead.
  CHECK_FALSE(allowance.has(1, kNow));
  CHECK(allowance.has(1, kNow + 6s));
}

TEST_CASE("quotas: membership and void changes of one device leave others' alone") {
  Quotas quotas;
  CHECK(quotas.may_take(device(1), true, kNow));
  quotas.count_membership(device(1), 5'000, kNow);
  CHECK_FALSE(quotas.may_take(device(1), true, kNow));
  CHECK(quotas.may_take(device(1), false, kNow));
  CHECK(quotas.may_take(device(2), true, kNow));
  CHECK(quotas.may_take(DeviceId(), true, kNow));
  const auto wait = quotas.take_retry();
  REQUIRE(wait);
  CHECK_FALSE(quotas.take_retry());
  CHECK(quotas.may_take(device(1), true, kNow + *wait));
  for (int i = 0; i < 4'096; ++i) quotas.count_void(device(2));
  CHECK_FALSE(quotas.may_take(device(2), false, kNow + *wait));
  CHECK(quotas.may_take(device(2), false, kNow + *wait + 1s));
}

}  // namespace
}  // namespace holm::node
