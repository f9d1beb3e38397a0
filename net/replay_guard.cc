#include "net/replay_guard.h"

#include "base/ensure.h"

namespace holm::net {

ReplayGuard::ReplayGuard(std::size_t entry_count_max) : entry_count_max_(entry_count_max) {
  ENSURE(entry_count_max > 0);
}

bool ReplayGuard::first_time(const Ephemeral& ephemeral) {
  if (!seen_.insert(ephemeral).second) return false;
  order_.push_back(ephemeral);
  if (order_.size() > entry_count_max_) {
    seen_.erase(order_.front());
    order_.pop_front();
  }
  return true;
}

}  // namespace holm::net
