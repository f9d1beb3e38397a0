// The teams of this home: one replica each, and the keys under which their members knock. Owned by
// a Node. Threads: the loop's.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "net/psk_ring.h"
#include "node/env.h"
#include "node/recovery.h"
#include "node/replica.h"

namespace holm::node {

/// What a pre-shared key opens.
struct Door {
  enum class Kind : std::uint8_t {
    network,   ///< of a team's devices
    invite,    ///< lets a person in
    code,      ///< lets one more device of this person in
    recovery,  ///< somebody who has a member's phrase; of no team until they have proven it
  };
  Kind kind = Kind::network;
  TeamId team;
  ShortHash invite;  ///< by an invite
  ShortHash key;     ///< hash of the key itself; names the fact of a code
  auto operator<=>(const Door&) const = default;
};

/// A code by which this device lets in one more of the same person. A fact of the team's store.
struct DeviceCode {
  Bytes secret;  ///< 16 bytes
  WallTime expires{};
  DeviceId used_by;  ///< nil: not used
};
inline constexpr std::string_view kDeviceCodes = "device_code";  ///< facts, by Door::key
Bytes encode(const DeviceCode& code);
Result<DeviceCode> decode_device_code(ByteView bytes);
/// Names a pre-shared key.
ShortHash door_key(ByteView psk);

/// Whether this device is, or was, one of the team's: false for a join under way, or one that was
/// refused.
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
  /// Profiles of a team have changed: with them, perhaps, what members knock with.
  void on_profiles_changed(const TeamId& team) { recoveries_.erase(team); }
  /// Teams of this device in which a present member knocks with the key so named and holds the key
  /// of which `is_proven` says yes; sorted.
  std::vector<TeamId> recoverable(
      const ShortHash& key, const std::function<bool(const crypto::VerifyKey&)>& is_proven) const;
  /// The team's present network key; nothing before its first membership op is here.
  /// `unanswered`: how many knocks nobody has answered so far. Two islands may each have changed
  /// the key since they last met: every other knock is with an older one, the oldest first, which
  /// all know.
  std::optional<crypto::SecretKey32> network_key(const TeamId& team, std::size_t unanswered) const;

 private:
  struct Recovery {
    ShortHash key;
    RecoveryEntry entry;
  };
  using Recoveries = std::map<MemberId, std::optional<Recovery>>;

  ReplicaEnv replica_env(const TeamId& team) const;
  const Recoveries& recoveries(Replica& replica);

  const Env& env_;
  const Identity& identity_;
  std::map<TeamId, std::unique_ptr<Replica>> replicas_;
  net::PskRing ring_;
  std::map<std::uint32_t, Door> doors_;
  std::map<TeamId, Recoveries> recoveries_;  ///< as read of profiles; a member without: nothing
  std::uint32_t next_tag_ = 1;
};

/// The application's part of a handshake.
struct Hello {
  TeamId team;             ///< which team the speaker means; nil: not known, or not told yet
  DeviceId device;         ///< who the speaker is; nil: not told yet
  crypto::VerifyKey root;  ///< by a code for one more device: whose it becomes; else nil
};
Bytes encode(const Hello& hello);
/// Errors: reject, limit.
Result<Hello> decode_hello(ByteView payload);

}  // namespace holm::node
