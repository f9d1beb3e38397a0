#include "node/quotas.h"

#include <utility>

namespace holm::node {
namespace {

// More than devices that were removed or copied leave behind; a flood of it is let in as fast as it
// is looked through.
constexpr double kVoidAtOnce = 4096;
constexpr double kVoidPerSecond = 32;
// The whole history of most teams; and then more than people can do.
constexpr double kMembershipAtOnce = 4096;
constexpr double kMembershipPerSecond = 1;

}  // namespace

Allowance& Quotas::of(std::map<DeviceId, Allowance>& all, const DeviceId& device, double at_once,
                      double per_second) {
  return all.try_emplace(device, at_once, per_second).first->second;
}

void Quotas::wait(Millis time) { retry_in_ = retry_in_ ? std::min(*retry_in_, time) : time; }

bool Quotas::may_take(const DeviceId& device, bool is_membership, WallTime now) {
  now_ = now;
  auto& allowance = is_membership ? of(membership_, device, kMembershipAtOnce, kMembershipPerSecond)
                                  : of(voids_, device, kVoidAtOnce, kVoidPerSecond);
  if (allowance.has(1, now)) return true;
  wait(allowance.wait(1));
  return false;
}

void Quotas::count_membership(const DeviceId& device, std::uint64_t changes, WallTime now) {
  of(membership_, device, kMembershipAtOnce, kMembershipPerSecond)
      .take(static_cast<double>(changes), now);
}

void Quotas::count_void(const DeviceId& device) {
  of(voids_, device, kVoidAtOnce, kVoidPerSecond).take(1, now_);
}

bool Quotas::may_fork(WallTime now) {
  if (forks_.has(1, now)) {
    forks_.take(1, now);
    return true;
  }
  wait(forks_.wait(1));
  return false;
}

std::optional<Millis> Quotas::take_retry() { return std::exchange(retry_in_, {}); }

}  // namespace holm::node
