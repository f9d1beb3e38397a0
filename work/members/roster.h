// Who belongs to a team, with which devices, and which rooms and invites there are: what a set of
// membership ops amounts to, with names and keys. Made by Trust; a value.
#pragma once

#include <map>
#include <optional>
#include <set>
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
  bool is_leaving = false;  ///< a reduction of theirs waits for another owner
  bool is_pending = false;  ///< let in beyond an invite's uses: waits for an admin
};

struct Device {
  DeviceId id;
  MemberId member;
  std::string label;
  crypto::VerifyKey signing;
  crypto::KexPublic exchange;
  bool dropped = false;
  WallTime added{};
  Bytes certificate;  ///< as encoded
};

struct Invite {
  ShortHash id;
  MemberId made_by;
  Role role = Role::member;
  crypto::VerifyKey key;
  Bytes psk;
  std::uint64_t uses = 1;
  std::uint64_t used = 0;
  WallTime used_at{};  ///< last, as whoever let them in claims
  WallTime expires{};
  bool closed = false;
  std::vector<SpaceId> rooms;  ///< of guests: where they write
};

struct Room {
  SpaceId id;
  bool is_private = false;
  std::map<MemberId, Level> given;  ///< without none
  /// Who belonged when they were given less than to write, so that late work of theirs may come.
  std::set<MemberId> lowered;
};

struct Roster {
  TeamId team;
  std::string team_name;
  std::vector<ShortHash> frontier;  ///< ops nobody has built on; sorted
  std::map<MemberId, Person> people;
  std::map<DeviceId, Device> devices;
  std::map<ShortHash, Invite> invites;
  std::map<SpaceId, Room> rooms;
  /// The ops that began them, of what counts, newest first; of the network create is the last.
  std::map<EpochPlace, std::vector<ShortHash>> epochs;

  const Person* person(const MemberId& id) const;
  const Device* device(const DeviceId& id) const;
  Role role(const MemberId& id) const;
  const Room* room(const SpaceId& id) const;
  /// None in a space that is no room.
  Level level(const MemberId& member, const SpaceId& room) const;
  /// members::may_manage() there.
  bool manages(const MemberId& member, const SpaceId& room) const;
  /// A present device of someone who is at least a guest.
  bool authorised(const DeviceId& id) const;
};

}  // namespace holm::work::members
