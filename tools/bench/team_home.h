// A home that a bench made, opened: its first team's replica, or that of a team it is to take in.
#pragma once

#include <memory>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "crypto/random.h"
#include "node/home.h"
#include "node/replica.h"

namespace holm::bench {

class TeamHome {
 public:
  /// Unlocks the home in `dir`, without a passphrase. Errors: those of Home::open.
  static Result<TeamHome> open(const std::string& dir);

  node::Home& home() { return *parts_->home; }
  /// Opens the store of a team. Errors: those of Replica::open. The replica must not outlive this.
  Result<std::unique_ptr<node::Replica>> replica(const TeamId& team,
                                                 node::Pool pool = node::Pool::takers);
  /// What a replica of that team stands on.
  node::ReplicaEnv env(const TeamId& team);
  Rng& rng() { return parts_->rng; }

 private:
  struct Parts {  // stay where they are, since replicas refer to them
    crypto::SystemRng rng;
    NullLog log;
    std::unique_ptr<node::Home> home;
  };
  explicit TeamHome(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
  std::unique_ptr<Parts> parts_;
};

}  // namespace holm::bench
