// What the device of one member may make this one store and do: void changes, which have no effect,
// changes of membership, each of which may cost a look at all of them, and forks, which cost a
// delivery of the space. Whatever else somebody writes is theirs to write. What lies beyond stays
// at its sender and is taken later, so nothing is lost. Owned by a Replica; threads: the loop's.
#pragma once

#include <map>
#include <optional>

#include "base/clock.h"
#include "base/ids.h"
#include "node/allowance.h"

namespace holm::node {

class Quotas {
 public:
  /// Whether a range of changes is taken now. `device`: whose log it is; nil: of nobody who
  /// belongs.
  bool may_take(const DeviceId& device, bool is_membership, WallTime now);
  /// A range that was taken brought that many changes of membership.
  void count_membership(const DeviceId& device, std::uint64_t changes, WallTime now);
  /// One change turned out to be void.
  void count_void(const DeviceId& device);
  /// Whether one more fork is taken now; it counts.
  bool may_fork(WallTime now);
  /// In what time something that was not taken will be. Once.
  std::optional<Millis> take_retry();

 private:
  void wait(Millis time);
  Allowance& of(std::map<DeviceId, Allowance>& all, const DeviceId& device, double at_once,
                double per_second);

  std::map<DeviceId, Allowance> voids_;
  std::map<DeviceId, Allowance> membership_;
  Allowance forks_{16, 1.0 / 60};
  WallTime now_{};  ///< of the turn
  std::optional<Millis> retry_in_;
};

}  // namespace holm::node
