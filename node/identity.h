// Who this home is: the recovery secret its team roots derive from, and the keys of its device.
// A value with secrets in locked memory; home.h keeps it on disk, sealed.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/keys.h"
#include "work/members/membership.h"

namespace holm::node {

struct Identity {
  crypto::SecretKey32 recovery;  ///< from the recovery phrase; never leaves the home
  crypto::SigningKey signing;    ///< of this device
  crypto::KexKey exchange;       ///< of this device
  std::string name;              ///< of the person
  std::string zone;              ///< "Europe/Lisbon"
  std::string hours;             ///< "Mon-Fri 09:00-17:00", or empty
  std::string label;             ///< of this device, for people

  DeviceId device() const;
  /// Root key of this person in a team: derived from the recovery secret and the team's id.
  crypto::SigningKey root(const TeamId& team) const;
  MemberId member(const TeamId& team) const;
  /// This device's certificate for a team.
  work::members::DeviceCertificate certificate(const TeamId& team, WallTime made) const;
};

/// The membership op that founds a team with this person as its owner; unsigned.
struct Founding {
  TeamId team;
  work::members::Op create;
};
/// Draws the team's network key.
Founding founding(const Identity& identity, std::string_view team_name, Rng& rng, WallTime now);

/// 16 random bytes as nine pronounceable words, the last one a check (proquints: Wilkerson,
/// arXiv:0901.4016, 2009). Shown once, for paper.
using RecoverySecret = Id<struct RecoverySecretTag>;
std::string recovery_phrase(const RecoverySecret& secret);
/// Case and white space do not matter; words may be joined by hyphens. Errors: usage.
Result<RecoverySecret> parse_recovery_phrase(std::string_view phrase);
crypto::SecretKey32 recovery_key(const RecoverySecret& secret);

/// Draws device keys for a new home.
Identity make_identity(const RecoverySecret& secret, std::string name, std::string zone,
                       std::string hours, std::string label, Rng& rng);

/// Canonical msgpack, and back. Holds secrets: seal before storing.
Bytes encode(const Identity& identity);
Result<Identity> decode_identity(ByteView bytes);

}  // namespace holm::node
