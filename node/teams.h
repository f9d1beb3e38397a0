// The teams of this home: one replica each, and the keys under which their members knock. Owned by
// a Node. Threads: the loop's.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "net/psk_ring.h"
#include "node/env.h"
#include "node/replica.h"

namespace holm::node {

/// What a pre-shared key opens.
struct Door {
  TeamId team;
  ShortHash invite;  ///< nil: a network key of the team
  ShortHash key;     ///< hash of the key itself
  auto operator<=>(const Door&) const = default;
};

/// Whether membership of the team has arrived: false for a join under way, or one that was refused.
bool is_entered(const Replica& replica);

class Teams {
 public:
  Teams(const Env& env, const Identity& identity) : env_(env), identity_(identity) {}

  /// Opens the stores of these teams. Errors: the first store's that cannot be opened.
  Status open(const std::vector<TeamId>& teams);
  /// Makes a team with this person as owner.
  Result<Replica*> found(std::string_view name);
  /// The replica of a team about to be joined; an empty store if there is none.
  Result<Replica*> prepare(const TeamId& team);

  Replica* find(const TeamId& team);
  /// By id, id prefix or name; nothing named: the only team. Errors: not_found, usage.
  Result<Replica*> resolve(std::string_view reference);
  const std::map<TeamId, std::unique_ptr<Replica>>& all() const { return replicas_; }

  /// The keys that open this node's door, kept in step with membership by refresh_doors().
  const net::PskRing& ring() const { return ring_; }
  void refresh_doors();
  const Door* door(std::uint32_t tag) const;
  /// The team's present network key; nothing before its first membership op is here.
  /// `unanswered`: how many knocks nobody has answered so far. Two islands may each have changed
  /// the key since they last met: every other knock is with an older one, the oldest first, which
  /// all know.
  std::optional<crypto::SecretKey32> network_key(const TeamId& team, std::size_t unanswered) const;

 private:
  ReplicaEnv replica_env(const TeamId& team) const;

  const Env& env_;
  const Identity& identity_;
  std::map<TeamId, std::unique_ptr<Replica>> replicas_;
  net::PskRing ring_;
  std::map<std::uint32_t, Door> doors_;
  std::uint32_t next_tag_ = 1;
};

/// The application's part of a handshake: which team the speaker means.
Bytes encode_hello(const TeamId& team);
Result<TeamId> decode_hello(ByteView payload);

}  // namespace holm::node
