// Who closes an invite that is over, and when.
#include "work/members/closing.h"

#include <doctest/doctest.h>

#include <chrono>

namespace holm::work::members {
namespace {

using namespace std::chrono_literals;

template <class AnyId>
AnyId id(std::uint8_t byte) {
  AnyId out;
  out.bytes.fill(byte);
  return out;
}

constexpr WallTime kNow{Millis{1'767'600'000'000}};

/// Ana founded the team, Bo is an admin with two devices, Cy a member who made an invite.
struct Team {
  Team() {
    add(1, Role::owner, {1});
    add(2, Role::admin, {21, 22});
    add(3, Role::member, {3});
    add(4, Role::owner, {4});
    invite.made_by = id<MemberId>(3);
    invite.expires = kNow;
  }
  void add(std::uint8_t who, Role role, std::vector<std::uint8_t> devices) {
    auto& person = roster.people[id<MemberId>(who)];
    person.id = id<MemberId>(who);
    person.role = role;
    person.joined = kNow - std::chrono::days(100 - who);
    for (const auto device : devices) {
      auto& at = roster.devices[id<DeviceId>(device)];
      at.id = id<DeviceId>(device);
      at.member = person.id;
    }
  }
  std::optional<WallTime> at(std::uint8_t who, std::uint8_t device) const {
    return closes_at(roster, invite, id<MemberId>(who), id<DeviceId>(device));
  }

  Roster roster;
  Invite invite;
};

TEST_CASE("closing: its maker first, then owners and admins by age, each at a time of their own") {
  Team team;
  CHECK(team.at(3, 3) == kNow + 1h);
  CHECK(team.at(1, 1) == kNow + 73h);
  CHECK(team.at(4, 4) == kNow + 79h);
  CHECK(team.at(2, 21) == kNow + 85h);
  CHECK(team.at(2, 22) == kNow + 85h + 10min);
}

TEST_CASE("closing: who may not does not, and what is closed is left alone") {
  Team team;
  team.invite.made_by = id<MemberId>(1);
  CHECK_FALSE(team.at(3, 3));  // a member, and not theirs
  CHECK(team.at(2, 21));
  team.roster.devices[id<DeviceId>(21)].dropped = true;
  CHECK_FALSE(team.at(2, 21));
  CHECK(team.at(2, 22) == kNow + 79h);  // the first of theirs now, and Ana needs no turn twice
  team.roster.people[id<MemberId>(2)].role = Role::none;
  CHECK_FALSE(team.at(2, 22));
  team.invite.closed = true;
  CHECK_FALSE(team.at(1, 1));
}

TEST_CASE("closing: what is used up is closed a day after, unless it expires before") {
  Team team;
  team.invite.used = team.invite.uses;
  team.invite.used_at = kNow - 48h;
  CHECK(is_spent(team.invite, kNow - 1h));
  CHECK(team.at(3, 3) == kNow - 24h);
  team.invite.used_at = kNow - 1h;
  CHECK(team.at(3, 3) == kNow + 1h);
  team.invite.used = 0;
  CHECK_FALSE(is_spent(team.invite, kNow - 1h));
}

}  // namespace
}  // namespace holm::work::members
