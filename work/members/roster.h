// What a set of membership ops amounts to: who belongs, with which devices, and which rooms and
// invites there are. A pure function of the op set (TRUST.md).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "work/members/membership.h"

namespace holm::work::members {

struct Person {
  MemberId id;
  std::string name;  ///< as given at admission; the profile's name wins over it
  Role role = Role::none;
  WallTime joined{};
  crypto::VerifyKey root;
};

struct Device {
  DeviceId id;
  MemberId member;
  std::string label;
  crypto::VerifyKey signing;
  crypto::KexPublic exchange;
  bool dropped = false;
  WallTime added{};
};

struct Invite {
  ShortHash id;
  MemberId made_by;
  Role role = Role::member;
  crypto::VerifyKey key;
  Bytes psk;
  std::uint64_t uses = 1;
  std::uint64_t used = 0;
  WallTime expires{};
  bool closed = false;
};

struct Roster {
  TeamId team;
  std::string team_name;
  std::vector<ShortHash> frontier;  ///< ops nobody has built on; sorted
  std::map<MemberId, Person> people;
  std::map<DeviceId, Device> devices;
  std::map<ShortHash, Invite> invites;
  std::vector<SpaceId> rooms;       ///< sorted
  std::vector<Bytes> network_keys;  ///< newest first, 32 bytes each

  const Person* person(const MemberId& id) const;
  const Device* device(const DeviceId& id) const;
  const Device* device_by_key(const crypto::KexPublic& exchange) const;
  Role role(const MemberId& id) const;
  /// A present device of someone who is at least a guest.
  bool authorised(const DeviceId& id) const;
};

/// What was verified of ops before, by op: signatures cost far more than all the rest. Each answer
/// rests on the op alone, as a device's id and an invite's id tell their keys.
struct Verified {
  std::map<ShortHash, std::optional<DeviceCertificate>> certificates;  ///< nothing: not valid
  std::map<ShortHash, bool> ops;                                       ///< signed by its device
  std::map<ShortHash, bool> joins;                                     ///< signed with the invite
};

/// Judges every op against its own past and applies those that count, in an order that depends on
/// the set alone. Ops that do not decode, are not signed by a certified device, or are not
/// permitted are without effect. `ops` are encoded, in any order; duplicates count once. `verified`
/// is read and added to.
Roster resolve(const TeamId& team, std::span<const Bytes> ops, Verified& verified);
Roster resolve(const TeamId& team, std::span<const Bytes> ops);

}  // namespace holm::work::members
