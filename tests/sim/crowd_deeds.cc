// What people of a crowd do, each through the program that everybody has.
#include <algorithm>

#include "tests/sim/crowd.h"
#include "work/members/invite_code.h"

namespace holm::sim {

namespace members = work::members;
namespace {

constexpr std::size_t kGossip = 4;  ///< meetings in a row

Value request_of(std::string_view what) { return Value::object().set("do", what); }

/// What a person may be told without anything being wrong with the program.
bool is_ordinary(Code code) {
  return code == Code::not_found || code == Code::usage || code == Code::denied;
}

}  // namespace

Status Crowd::act(const Step& step, std::size_t number) {
  SeededRng rng(step.seed);
  for (std::size_t i = 0; i < kStations; ++i) stations_[i]->reseed(step.seed ^ (i + 1));
  switch (step.deed) {
    case Deed::part: part(rng); return {};
    case Deed::reach: islands_.assign(kStations, 0); return {};
    case Deed::gossip: return gossip(rng);
    case Deed::write:
    case Deed::set_role:
    case Deed::remove:
    case Deed::leave:
    case Deed::invite:
    case Deed::cancel_invite:
    case Deed::open_room:
    case Deed::set_level:
    case Deed::make_private:
    case Deed::sort_tray: return decide(step.deed, rng, number);
    case Deed::admit:
    case Deed::add_device: return widen(step.deed, rng);
    case Deed::drop_device: return decide(step.deed, rng, number);
    case Deed::reveal: return reveal(rng);
    case Deed::thrust: return thrust(rng);
    default: return lie(step.deed, rng, number);
  }
}

/// Up to four islands; of one person's devices each may be on another.
void Crowd::part(Rng& rng) {
  const auto islands = 2 + rng.below(3);
  for (auto& island : islands_) island = rng.below(islands);
}

Status Crowd::gossip(Rng& rng) {
  auto* here = any_entered(rng);
  for (std::size_t i = 0; i < kGossip && here != nullptr; ++i) {
    std::vector<Station*> near;
    for (auto* other : entered()) {
      if (other != here && reaches(*here, *other)) near.push_back(other);
    }
    if (near.empty()) return {};
    auto* there = near[rng.below(near.size())];
    TRY(meet(*here, *there));
    here = there;
  }
  return {};
}

Result<std::optional<Value>> Crowd::ask(Station& station, const Value& request) {
  auto answer = station.ask(request);
  if (!answer && !is_ordinary(answer.error().code)) {
    return fail(Code::failed, station.name() + ", " + std::string(request["do"].text()) + ": " +
                                  answer.error().text());
  }
  TRY(check_step(station));
  if (!answer) return std::optional<Value>();
  ++life_.done;
  return std::optional(std::move(*answer));
}

Status Crowd::decide(Deed deed, Rng& rng, std::size_t number) {
  auto* station = any_entered(rng);
  if (station == nullptr) return {};
  const auto whom = member(rng.below(kPeople)).text();
  const auto& place = places_[rng.below(places_.size())];
  static constexpr const char* kRoles[] = {"guest", "member", "member", "admin", "admin", "owner"};
  static constexpr const char* kLevels[] = {"reader", "writer", "writer", "manager"};
  switch (deed) {
    case Deed::write: return write(*station, rng, number);
    case Deed::open_room: return open_room(*station, rng, number);
    case Deed::set_role: {
      const auto* role = kRoles[rng.below(6)];
      TRY(ask(*station, request_of("member.role").set("member", whom).set("role", role)));
      return {};
    }
    case Deed::remove:
      TRY(ask(*station, request_of("member.role").set("member", whom).set("role", "none")));
      return {};
    case Deed::leave: {
      const auto self = station->replica().self().text();
      TRY(ask(*station, request_of("member.role").set("member", self).set("role", "none")));
      return {};
    }
    case Deed::drop_device: {
      const auto device = stations_[rng.below(kStations)]->identity().device().text();
      TRY(ask(*station, request_of("device.drop").set("device", device)));
      return {};
    }
    case Deed::invite: {
      const auto uses = 1 + rng.below(3);
      const auto made = TRY(ask(*station, request_of("invite.create").set("uses", uses)));
      if (made) secrets_.push_back(TRY(members::parse_invite_code((*made)["code"].text())));
      return {};
    }
    case Deed::cancel_invite: {
      std::vector<std::string> open;
      for (const auto& [id, invite] : station->replica().roster().invites) {
        if (!invite.closed) open.push_back(id.text());
      }
      if (open.empty()) return {};
      TRY(ask(*station, request_of("invite.cancel").set("id", open[rng.below(open.size())])));
      return {};
    }
    case Deed::set_level: {
      auto request = request_of("room.member").set("room", place.room).set("member", whom);
      static constexpr const char* kActions[] = {"add", "add", "remove", "role"};
      const std::string action = kActions[rng.below(4)];
      request.set("action", action);
      if (action != "remove") request.set("level", kLevels[rng.below(4)]);
      TRY(ask(*station, request));
      return {};
    }
    case Deed::make_private: {
      Value some = Value::array();
      for (auto left = rng.below(6); left > 0; --left) some.push(member(rng.below(kPeople)).text());
      TRY(ask(*station,
              request_of("room.private").set("room", place.room).set("members", std::move(some))));
      return {};
    }
    case Deed::sort_tray:
      TRY(ask(*station, request_of(rng.chance(70) ? "tray.accept" : "tray.drop").set("ref", whom)));
      return {};
    default: return {};
  }
}

/// A line into the log of a room, which never goes while nobody takes its author's place there.
Status Crowd::write(Station& station, Rng& rng, std::size_t number) {
  const auto& place = places_[rng.below(places_.size())];
  const auto token = "t" + std::to_string(number) + ";";
  const auto done =
      TRY(ask(station, request_of("doc.append").set("doc", place.doc).set("text", token + "\n")));
  if (done) {
    promises_.push_back({token, place.space, *ObjectId::from_text(place.doc), number_of(station)});
  }
  return {};
}

Status Crowd::open_room(Station& station, Rng& rng, std::size_t number) {
  const auto name = "N" + std::to_string(number);
  auto request = request_of("room.new").set("name", name);
  if (rng.chance(60)) {
    Value some = Value::array();
    for (auto left = 1 + rng.below(4); left > 0; --left) {
      some.push(member(rng.below(kPeople)).text());
    }
    request.set("kind", "private").set("members", std::move(some));
  }
  const auto room = TRY(ask(station, request));
  if (!room) return {};
  const auto doc =
      TRY(ask(station, request_of("doc.new").set("path", name + "/Log").set("text", "Log:\n")));
  if (!doc) return {};
  const std::string id((*doc)["id"].text());
  const auto ref = TRY(station.replica().state().locate(*ObjectId::from_text(id)));
  if (ref) places_.push_back({ref->space, std::string((*room)["id"].text()), id});
  return {};
}

/// Somebody who is outside enters, or a person takes one more device.
Status Crowd::widen(Deed deed, Rng& rng) {
  const auto number = rng.below(kStations);
  auto& fresh = *stations_[number];
  if (fresh.replica().has_entered()) return {};
  auto* host = any_entered(rng);
  if (deed == Deed::add_device) host = stations_[person_of(number)].get();
  if (host == nullptr || host == &fresh || !host->replica().has_entered()) return {};
  const bool is_person = number < kPeople;
  if (is_person != (deed == Deed::admit)) return {};
  const auto& roster = host->replica().roster();
  if (!roster.authorised(host->replica().self_device())) return {};
  if (is_person) {
    // The invite is asked for as a person would; what the link adds is written as it does.
    static constexpr members::Role kRoles[] = {members::Role::member, members::Role::member,
                                               members::Role::admin};
    const auto done = let_in(*host, fresh, kRoles[rng.below(3)]);
    if (!done && !is_ordinary(done.error().code)) return done;
    if (!done) return {};
  } else {
    if (!host->replica().has_root()) return {};
    TRY(add_device(*host, fresh));
  }
  ++life_.done;
  return meet(*host, fresh);
}

}  // namespace holm::sim
