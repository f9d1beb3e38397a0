// Requests about teams and who may enter them.
#include <algorithm>

#include "node/node.h"
#include "work/members/closing.h"
#include "work/members/invite_code.h"
#include "work/reference.h"
#include "work/when.h"

namespace holm::node {
namespace members = work::members;
namespace {

constexpr std::size_t kNameMax = 200;
constexpr Millis kInvitesAgain{3'600'000};

Status check_name(std::string_view name, const char* what) {
  if (name.empty() || name.size() > kNameMax || name.find('\n') != std::string_view::npos) {
    return fail(Code::usage,
                std::string(what) + " has to be one line of 1 to " + std::to_string(kNameMax) +
                    " characters",
                "nothing was changed");
  }
  return {};
}

/// A span of no length: "0d", "+00h".
bool is_nothing(std::string_view span) {
  if (span.starts_with("+")) span.remove_prefix(1);
  const auto end = span.find_first_not_of('0');
  return !span.empty() && span[0] == '0' &&
         (end == std::string_view::npos || span[end] < '0' || span[end] > '9') &&
         span.find_first_of("-:.") == std::string_view::npos;
}

/// The rooms that a guest is asked into; sorted.
Result<std::vector<SpaceId>> rooms_of_invite(const Replica& replica, const Value& request,
                                             members::Role role) {
  std::vector<SpaceId> out;
  const auto named = request["rooms"];
  for (const auto& name : named.items()) {
    const auto ref = TRY(work::resolve_room(replica.state(), name.text()));
    if (role != members::Role::guest) {
      return fail(Code::usage, "only guests are asked into single rooms", "nothing was changed",
                  "leave the rooms out, or add --role guest");
    }
    const auto* room = replica.roster().room(ref.space);
    const auto may = room != nullptr &&
                     (!room->is_private || replica.roster().manages(replica.self(), ref.space));
    if (!may) {
      return fail(Code::denied,
                  "you may not ask guests into " + work::path_of(replica.state(), ref),
                  "nothing was changed", "ask somebody who manages it: holm room show");
    }
    out.push_back(ref.space);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace

Result<Value> Node::team_create(const Value& request) {
  const auto name = request["name"].text();
  TRY(check_name(name, "a team's name"));
  links_.end_turn();
  auto* replica = TRY(teams_.found(name));
  TRY(introduce(*replica));
  (void)replica->take_changed();
  (void)replica->take_membership_changed();
  return Value::object()
      .set("team", replica->team().text())
      .set("name", name)
      .set("member", replica->self().text());
}

/// Writes this person's profile into the commons: what the home knows of them.
Status Node::introduce(Replica& replica) {
  // Guests do not write in the commons; their name stands in how they were let in.
  if (replica.roster().role(replica.self()) == members::Role::guest) return {};
  work::ProfileSet profile;
  profile.values.emplace_back("name", identity_.name);
  if (!identity_.zone.empty()) profile.values.emplace_back("zone", replica.zone());
  if (!identity_.hours.empty()) profile.values.emplace_back("hours", identity_.hours);
  auto done = in_turn(
      replica, [&] { return replica.run(work::Command(profile), env_.clock.wall()); }, false);
  if (!done) return fail(std::move(done).error());
  publish_recovery(replica);
  return {};
}

Result<Value> Node::team_list() {
  Value teams = Value::array();
  for (const auto& [id, replica] : teams_.all()) {
    if (!is_entered(*replica)) continue;
    teams.push(Value::object()
                   .set("team", id.text())
                   .set("name", replica->name())
                   .set("member", replica->self().text()));
  }
  return Value::object().set("teams", std::move(teams));
}

Result<Value> Node::invite_create(Replica& replica, const Value& request) {
  const auto now = env_.clock.wall();
  members::Op op;
  op.kind = members::OpKind::invite;
  op.role = members::Role::member;
  if (request.has("role")) {
    const auto role = members::parse_role(request["role"].text());
    if (!role) {
      return fail(Code::usage, "there is no role \"" + std::string(request["role"].text()) + "\"",
                  "nothing was changed", "use guest, member or admin");
    }
    op.role = *role;
  }
  const auto mine = replica.roster().role(replica.self());
  if (mine < members::Role::member || op.role == members::Role::owner ||
      (op.role > members::Role::member && op.role > mine)) {
    return fail(Code::denied, "you may not invite as " + std::string(members::role_name(op.role)),
                "nothing was changed");
  }
  op.uses = request.has("uses") ? static_cast<std::uint64_t>(request["uses"].number()) : 1;
  if (op.uses < 1 || op.uses > 1000) {
    return fail(Code::usage, "an invite is for 1 to 1000 uses", "nothing was changed");
  }
  const auto expires = request.has("expires") ? request["expires"].text() : "7d";
  if (is_nothing(expires)) {
    return fail(Code::usage, "an invite has to hold for a while", "nothing was changed",
                "give --expires a span like 2h or 7d, or a moment to come");
  }
  const auto span = expires.starts_with("+") ? std::string(expires) : "+" + std::string(expires);
  auto until = work::parse_when(span, now, replica.zone());
  if (!until) until = work::parse_when(expires, now, replica.zone());
  op.expires = TRY(until).at;
  if (op.expires <= now) {
    return fail(Code::usage, "an invite cannot expire in the past", "nothing was changed");
  }
  op.rooms = TRY(rooms_of_invite(replica, request, op.role));
  const auto secret = env_.rng.id<members::InviteSecret>();
  op.invite_key = members::invite_signing_key(secret).public_key();
  op.invite_psk = to_bytes(members::invite_psk(secret).reveal());
  const auto uses = op.uses;
  const auto role = op.role;
  const auto end = op.expires;
  return in_turn(
      replica,
      [&]() -> Result<Value> {
        const auto id = TRY(replica.add_membership(std::move(op), now));
        return Value::object()
            .set("code", members::invite_code(secret))
            .set("expires", work::rfc3339(end))
            .set("uses", uses)
            .set("role", members::role_name(role))
            .set("id", id.text());
      },
      false);
}

Result<Value> Node::invite_cancel(Replica& replica, const Value& request) {
  const auto prefix = request["id"].text();
  std::vector<const members::Invite*> fits;
  for (const auto& [id, invite] : replica.roster().invites) {
    if (!prefix.empty() && id.text().starts_with(prefix)) fits.push_back(&invite);
  }
  if (fits.empty()) return fail(Code::not_found, "there is no invite " + std::string(prefix));
  if (fits.size() > 1) {
    return fail(Code::usage, "several invites begin with " + std::string(prefix),
                "nothing was changed", "give more of the id");
  }
  if (fits.front()->closed) {
    return fail(Code::failed, "that invite is closed already", "nothing was changed");
  }
  const auto mine = replica.roster().role(replica.self());
  if (fits.front()->made_by != replica.self() && mine < members::Role::admin) {
    return fail(Code::denied, "only its maker or an admin may cancel an invite",
                "nothing was changed");
  }
  members::Op op;
  op.kind = members::OpKind::close_invite;
  op.invite = fits.front()->id;
  const auto id = op.invite;
  return in_turn(
      replica,
      [&]() -> Result<Value> {
        (void)TRY(replica.add_membership(std::move(op), env_.clock.wall()));
        return Value::object().set("id", id.text()).set("cancelled", true);
      },
      false);
}

void Node::close_spent_invites(Time now) {
  if (!invites_at_ || *invites_at_ > now) return;
  invites_at_.reset();
  const auto wall = env_.clock.wall();
  std::optional<WallTime> next;
  for (const auto& [team, owned] : teams_.all()) {
    auto& replica = *owned;
    if (replica.store().in_turn() || !is_entered(replica)) continue;
    std::vector<ShortHash> due;
    for (const auto& [id, invite] : replica.roster().invites) {
      const auto at =
          members::closes_at(replica.roster(), invite, replica.self(), replica.self_device());
      if (!at) continue;
      if (*at <= wall) {
        due.push_back(id);
      } else {
        next = next ? std::min(*next, *at) : at;
      }
    }
    for (const auto& id : due) {
      members::Op op;
      op.kind = members::OpKind::close_invite;
      op.invite = id;
      auto done = in_turn(
          replica,
          [&]() -> Result<Value> {
            (void)TRY(replica.add_membership(std::move(op), wall));
            return Value();
          },
          false);
      if (done) continue;
      env_.log.write(Level::warn, "an invite stays open: " + done.error().text());
      next = wall + kInvitesAgain;
    }
  }
  // A clock may be put forward, or the machine have slept: not only then.
  if (next) invites_at_ = now + std::clamp<Millis>(*next - wall, Millis{1000}, kInvitesAgain);
}

}  // namespace holm::node
