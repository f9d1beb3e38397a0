#include "tools/bench/team_home.h"

namespace holm::bench {

Result<TeamHome> TeamHome::open(const std::string& dir) {
  auto parts = std::make_unique<Parts>();
  parts->home = TRY(node::Home::open(dir, {}, parts->rng));
  return TeamHome(std::move(parts));
}

Result<std::unique_ptr<node::Replica>> TeamHome::replica(const TeamId& team, node::Pool pool) {
  auto on = env(team);
  on.pool = pool;
  return node::Replica::open(on, team);
}

node::ReplicaEnv TeamHome::env(const TeamId& team) {
  auto& home = *parts_->home;
  return {.identity = home.identity(),
          .rng = parts_->rng,
          .log = parts_->log,
          .store_path = home.store_path(team),
          .vfs = {},
          .pool = node::Pool::takers,
          .store_key = std::make_shared<const crypto::SecretKey32>(home.store_key(team)),
          .witness = home.witness_place(team)};
}

}  // namespace holm::bench
