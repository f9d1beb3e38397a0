// Epochs: the keys under which a team's content goes to carriers who may not read it (DESIGN.md 4).
// A *rekey* op begins an epoch of a place, the team's network, its commons or a room: its key
// comes in boxes for devices, sealed under the commons' key where all who hold that may read too,
// and holds the keys of the epochs before it, so that whoever has the newest reads all. A *share
// key* op hands it to devices that came later.
#pragma once

#include <vector>

#include "base/result.h"
#include "base/wire.h"
#include "crypto/key_box.h"
#include "crypto/keys.h"

namespace holm::work::members {

/// What the keys of epochs are for.
struct EpochPlace {
  enum class Scope : std::uint8_t {
    network = 0,  ///< knocking at one another's doors, and membership: every device of the team
    commons = 1,  ///< the commons: whoever is more than a guest
    room = 2,     ///< a room: whoever reads it
  };
  Scope scope = Scope::network;
  SpaceId room;  ///< of Scope::room; else nil

  auto operator<=>(const EpochPlace&) const = default;
};

/// A key for one device.
struct DeviceBox {
  DeviceId device;
  crypto::KeyBox box;

  auto operator<=>(const DeviceBox&) const = default;
};

/// The key of an epoch, sealed under another's.
struct SealedKey {
  ShortHash epoch;  ///< in `rekey`'s `under` the one whose key it is sealed under; else whose it is
  Bytes sealed;     ///< kSealedKeyBytes, or empty where there is none

  auto operator<=>(const SealedKey&) const = default;
};
inline constexpr std::size_t kSealedKeyBytes = crypto::SecretKey32::kBytes + 72;
inline constexpr std::size_t kDeviceBoxesMax = 800;
inline constexpr std::size_t kEarlierMax = 64;

/// What is in a rekey op, and, but for place, commitment, `under` and `earlier`, in a share key op.
struct KeyGrant {
  EpochPlace place;
  ShortHash epoch;                 ///< share key: whose key it is
  Digest commitment;               ///< commitment_of() the key
  crypto::KexPublic ephemeral;     ///< of the boxes
  std::vector<DeviceBox> boxes;    ///< ascending by device
  SealedKey under;                 ///< of a room: under an epoch of the commons
  std::vector<SealedKey> earlier;  ///< ascending; keys of the place's epochs before it

  bool operator==(const KeyGrant&) const = default;
};
void put_rekey(Writer& out, const KeyGrant& grant);
void put_share(Writer& out, const KeyGrant& grant);
/// Shapes only. Errors: reject, limit.
Result<KeyGrant> get_rekey(Reader& in);
Result<KeyGrant> get_share(Reader& in);

/// Tells a key without telling anything of it.
Digest commitment_of(const crypto::SecretKey32& key);

/// Whom a key goes to.
struct Recipient {
  DeviceId device;
  crypto::KexPublic key;  ///< its newest prekey, or its exchange key
};
/// Puts `key` into boxes. Each recipient costs one X25519. Devices whose keys are of low order get
/// none. `boxes` and `ephemeral` are replaced. Requires place and commitment set.
void box_for(KeyGrant& grant, const TeamId& team, const std::vector<Recipient>& to,
             const crypto::SecretKey32& key, Rng& rng);
/// The key that a device's box holds. `keys`: those of the device that the box may have been made
/// for. Errors: not_found without a box for it; denied, when it opens with none of them, or holds
/// another key than `commitment` says.
Result<crypto::SecretKey32> key_for(const KeyGrant& grant, const TeamId& team,
                                    const Digest& commitment, const DeviceId& device,
                                    const std::vector<const crypto::KexKey*>& keys);
/// A key of an epoch under the key of another of the same team. Errors of opening: as key_for().
Bytes seal_key(const crypto::SecretKey32& under, const TeamId& team, const Digest& commitment,
               const crypto::SecretKey32& key, Rng& rng);
Result<crypto::SecretKey32> open_key(const crypto::SecretKey32& under, const TeamId& team,
                                     const Digest& commitment, ByteView sealed);

}  // namespace holm::work::members
