// The keys of a team's epochs that this device holds (work/members/epoch.h), and what it writes so
// that everybody who should has them: a rekey where somebody has a key who may not read any more, a
// share where somebody may read who has none. Kept as facts of the team's store. Owned by a
// Replica; threads: the loop's.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "node/identity.h"
#include "node/prekeys.h"
#include "store/facts.h"
#include "work/members/trust.h"

namespace holm::node {

/// Facts: keys of epochs, by the op that began them.
inline constexpr std::string_view kEpochKeys = "epoch_key";

class Epochs {
 public:
  /// References outlive it.
  Epochs(const TeamId& team, const Identity& identity, const Prekeys& own,
         work::members::Trust& trust)
      : team_(team), identity_(identity), own_(own), trust_(trust) {}

  /// Reads what is kept; forgets what was known. Errors: the store's.
  Status load(store::Facts& facts);
  /// Opens the keys that new membership ops bring. An X25519 for each box that is for this device.
  /// `facts`: where they are kept, within a turn; null: they are opened again the next time.
  /// Errors: the store's.
  Status open_new(store::Facts* facts);

  /// A device's newest prekey, as it is published.
  void note(const work::members::Prekey& prekey) { prekeys_[prekey.device] = prekey; }

  /// Null when this device has not got it.
  const crypto::SecretKey32* key(const ShortHash& epoch) const;
  /// Keys of a place's epochs that count, newest first: those this device has.
  std::vector<const crypto::SecretKey32*> known(const work::members::EpochPlace& place) const;

  /// An epoch to seal under.
  struct Current {
    ShortHash epoch;
    const crypto::SecretKey32* key = nullptr;
  };
  /// The newest epoch of a place, if this device has it and all who do may read there now. Nothing:
  /// a rekey has to come first.
  std::optional<Current> current(const work::members::EpochPlace& place) const;

  /// The next op that this device should write so that keys are where they belong, in the places
  /// that it reads: a rekey, a share, or nothing. O(places times devices); an X25519 for each box.
  std::optional<work::members::Op> due(const DeviceId& self, const MemberId& member, WallTime now,
                                       Rng& rng) const;
  /// When due() will say something if nothing else happens; `now` or earlier: at once. Makes no
  /// keys.
  std::optional<WallTime> due_at(const DeviceId& self, const MemberId& member, WallTime now) const;

  /// An op that begins an epoch of a place; nothing when this person may not.
  std::optional<work::members::Op> begin(const work::members::EpochPlace& place,
                                         const MemberId& member, Rng& rng) const;
  /// Where a member may begin one, the commons before rooms, whose keys lean on it.
  std::vector<work::members::EpochPlace> beginnable(const MemberId& member) const;

  /// Devices whose people may read a place now, ascending.
  std::set<DeviceId> readers(const work::members::EpochPlace& place) const;
  /// Devices that the key of an epoch was given to, ascending.
  std::set<DeviceId> holders(const ShortHash& epoch) const;

 private:
  using Place = work::members::EpochPlace;
  struct Need {
    enum class What : std::uint8_t { nothing, rekey, share } what = What::nothing;
    WallTime at{};  ///< from when on
  };

  /// Epochs of a place that count, newest first.
  const std::vector<ShortHash>& of(const Place& place) const;
  bool may_begin(const MemberId& member, const Place& place) const;
  Need need(const DeviceId& self, const MemberId& member, const Place& place, WallTime now) const;
  /// Those that a member reads, the commons before rooms, whose keys lean on it.
  std::vector<Place> places(const MemberId& member) const;
  work::members::Op rekey(const Place& place, Rng& rng) const;
  work::members::Op share(const Place& place, Rng& rng) const;
  std::vector<work::members::Recipient> recipients(const std::set<DeviceId>& devices) const;
  /// Adds an epoch and all whose keys its key leads to.
  void reach(const ShortHash& epoch, std::set<ShortHash>& reached) const;
  std::vector<const crypto::KexKey*> own_keys() const;
  std::optional<crypto::SecretKey32> opened(const ShortHash& epoch, const work::members::Op& op);
  Status learn(const ShortHash& epoch, crypto::SecretKey32 key, store::Facts* facts);

  const TeamId& team_;
  const Identity& identity_;
  const Prekeys& own_;
  work::members::Trust& trust_;
  std::map<ShortHash, crypto::SecretKey32> keys_;
  std::map<ShortHash, std::vector<ShortHash>> shares_;  ///< share key ops, by epoch
  std::map<DeviceId, work::members::Prekey> prekeys_;
  std::set<ShortHash> tried_;  ///< ops whose box for this device does not open
  std::size_t seen_ = 0;       ///< of Trust::key_ops()
};

}  // namespace holm::node
