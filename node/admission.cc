// Letting in, and being let in: the half of Links that speaks before the other side belongs.
#include <algorithm>

#include "crypto/sign.h"
#include "node/link.h"
#include "work/members/proquint.h"
#include "work/when.h"

namespace holm::node {
namespace members = work::members;

/// What a hang-up before the first word means to the person here.
Error Links::silence(const Link& link) {
  const auto at = link.dialled.text();
  if (link.is_recovery) {
    return {Code::denied, at + " knows nobody with this recovery phrase", "nothing was changed",
            "check the phrase and the address; any device of a team that you were in will do"};
  }
  if (link.secret) {
    return {Code::denied, at + " does not know this code", "nothing was changed",
            "check the code and the address; the code of a device works at that device alone"};
  }
  return {Code::denied, at + " is not a device of this team", "nothing was changed",
          "check the address"};
}

void Links::answer_join(Link& link) {
  if ((!link.secret && !link.is_recovery) || link.stage != LinkStage::open) return;
  link.secret.reset();
  link.is_recovery = false;
  events_.on_join(link.id, link.replica->team());
}

void Links::ask_to_join(Link& link, const Hello& hello) {
  auto& replica = *link.replica;
  const auto& team = replica.team();
  if (!hello.root.is_nil()) {  // a code for one more device of somebody
    const auto* known = replica.roster().device(identity_.device());
    if (known != nullptr && known->member != members::member_id(hello.root)) {
      link.why = Error{Code::denied, "this home is in that team already, as somebody else",
                       "nothing was changed", "make a home of its own for it: holm --home FOLDER"};
      return close(link, net::GoodbyeReason::done, "in that team already");
    }
    return send(link, sync::DeviceRequest{identity_.signing.public_key(), identity_.label,
                                          members::possess(identity_.signing, hello.root, team,
                                                           identity_.exchange.public_key())});
  }
  const auto certificate = members::encode(identity_.certificate(team, env_.clock.wall()));
  const auto key = members::invite_signing_key(*link.secret);
  const members::JoinProof proof{
      .handshake = link.handshake,
      .signature = crypto::sign(key, members::kJoinLabel,
                                members::join_signed_bytes(team, certificate, link.handshake))};
  send(link, sync::JoinRequest{identity_.name, certificate, members::encode(proof)});
}

/// What is said before the other side is let in, or before it lets this one in.
void Links::on_admitting_message(Link& link, const sync::Message& message) {
  const auto kind = link.door ? std::optional(link.door->kind) : std::nullopt;
  const bool is_ours = link.secret || link.is_recovery;
  if (auto* request = std::get_if<sync::JoinRequest>(&message);
      request && kind == Door::Kind::invite) {
    return answer_request(link, admit(link, *request));
  }
  if (auto* request = std::get_if<sync::DeviceRequest>(&message);
      request && kind == Door::Kind::code) {
    return answer_request(link, certify(link, *request));
  }
  if (auto* request = std::get_if<sync::RecoverRequest>(&message);
      request && kind == Door::Kind::recovery) {
    return on_recover_request(link, *request);
  }
  if (auto* recoverable = std::get_if<sync::Recoverable>(&message);
      recoverable && link.is_recovery && link.wanted.is_nil()) {
    return on_recoverable(link, *recoverable);
  }
  if (auto* admitted = std::get_if<sync::Admitted>(&message); admitted && is_ours) {
    return on_admitted(link, *admitted);
  }
  if (auto* refused = std::get_if<sync::Refused>(&message); refused && is_ours) {
    return on_refused(link, *refused);
  }
  close(link, net::GoodbyeReason::invalid, "an unexpected message while joining");
}

void Links::answer_request(Link& link, const Result<TeamId>& team) {
  if (!team) {
    send(link, sync::Refused{team.error().code, team.error().what});
    return close(link, net::GoodbyeReason::denied, team.error().what);
  }
  send(link, sync::Admitted{*team, identity_.device(), env_.clock.wall()});
  link.door.reset();
  link.stage = LinkStage::membership_only;
  on_membership_changed(*link.replica);
}

/// Lets in one more device of this person, by a code that was given out here.
Result<TeamId> Links::certify(Link& link, const sync::DeviceRequest& request) {
  auto& replica = *link.replica;
  const auto& team = replica.team();
  const auto now = env_.clock.wall();
  members::DeviceCertificate device;
  device.signing = request.signing;
  device.exchange = link.remote;
  device.label = request.label;
  device.made = now;
  device.possession = request.possession;
  const auto bytes =
      members::encode(members::certify(identity_.root(team), team, std::move(device)));
  const auto certificate = TRY(members::decode_certificate(bytes, team));
  if (certificate.device != link.said) return fail(Code::reject, "that is another device's key");
  const auto* known = replica.roster().device(certificate.device);
  if (known != nullptr && known->member != replica.self()) {
    return fail(Code::denied, "that device is somebody else's in this team");
  }
  if (known != nullptr && known->dropped) {
    return fail(Code::denied, "that device was dropped; it comes back with a new home only");
  }
  if (known != nullptr) return team;  // asked again
  auto& facts = replica.store().facts();
  const auto fact = TRY(facts.get(kDeviceCodes, link.door->key.view()));
  if (!fact) return fail(Code::denied, "that code is no longer known here");
  auto code = TRY(decode_device_code(*fact));
  if (!code.used_by.is_nil()) return fail(Code::denied, "that code was used by another device");
  if (now > code.expires) {
    return fail(Code::denied, "that code has expired; ask for another: holm device add");
  }
  if (!replica.has_root()) {
    return fail(Code::denied, "the device there has not got the key that certifies devices");
  }
  members::Op op;
  op.kind = members::OpKind::add_device;
  op.certificate = bytes;
  code.used_by = certificate.device;
  end_turn();  // what others sent stands on its own
  TRY(replica.begin());
  Status done = facts.put(kDeviceCodes, link.door->key.view(), encode(code));
  if (done) {
    auto added = replica.add_membership(std::move(op), now);
    if (!added) done = fail(std::move(added).error());
  }
  if (!done) {
    replica.rollback();
    return fail(std::move(done).error());
  }
  TRY(replica.commit());
  events_.on_changed(replica, replica.take_changed());
  (void)replica.take_membership_changed();
  if (!replica.roster().authorised(certificate.device)) {
    return fail(Code::denied, "this device may not let another one in any more");
  }
  env_.log.write(Level::warn,
                 "the device \"" + certificate.label + "\" is yours now; both show the words: " +
                     members::safety_words(team, certificate.root, certificate.device));
  return team;
}

// --- recovery

void Links::on_recover_request(Link& link, const sync::RecoverRequest& request) {
  const auto asked = recovery_signed_bytes(link.wanted, link.handshake);
  const auto teams = teams_.recoverable(link.door->key, [&](const crypto::VerifyKey& key) {
    return crypto::verify(key, kRecoverLabel, asked, request.proof);
  });
  const bool is_known = std::binary_search(teams.begin(), teams.end(), link.wanted);
  if (teams.empty() || (!link.wanted.is_nil() && !is_known)) {
    static const std::string kNobody = "nobody here has that recovery phrase";
    send(link, sync::Refused{Code::denied, kNobody});
    return close(link, net::GoodbyeReason::denied, kNobody);
  }
  if (link.wanted.is_nil()) return send(link, sync::Recoverable{teams});
  link.replica = teams_.find(link.wanted);
  link.view = std::make_unique<LinkView>(*link.replica);
  link.view->may_learn = true;  // whoever has the phrase may know what membership is
  answer_request(link, link.wanted);
}

void Links::on_recoverable(Link& link, const sync::Recoverable& recoverable) {
  link.is_recovery = false;  // this link did its part
  close(link, net::GoodbyeReason::done, "knows the teams");
  events_.on_recoverable(link.id, recoverable.teams);
}

/// Whether this device, knocking by the phrase, knows all of membership that the other side does
/// and is not part of it yet.
bool Links::may_sign_in(const Link& link) const {
  return link.is_recovery && link.stage == LinkStage::membership_only &&
         !link.session->is_closed() && !link.replica->store().in_turn() &&
         !link.replica->has_entered() && link.peer.in_sync(*link.view);
}

void Links::sign_in(Link& link) {
  auto& replica = *link.replica;
  const auto member = identity_.member(replica.team());
  if (replica.roster().role(member) < members::Role::guest) {
    link.why = Error{Code::denied, "whoever has this phrase is not in that team any more",
                     "nothing was changed", "ask an admin or owner to let you in again"};
    return close(link, net::GoodbyeReason::done, "not in the team");
  }
  auto done = replica.begin();
  if (done) {
    auto added = replica.enter_by_root(env_.clock.wall());
    if (!added) done = fail(std::move(added).error());
    if (done) done = replica.commit();
    if (!done) replica.rollback();
  }
  if (!done) {
    env_.log.write(Level::error, done.error().text());
    return close(link, net::GoodbyeReason::failed, std::string(kCannotStore));
  }
  auto changed = replica.take_changed();
  stored(replica, replica.trust());
  (void)replica.take_membership_changed();
  on_membership_changed(replica);
  events_.on_changed(replica, changed);
}

// --- joining

Result<TeamId> Links::admit(Link& link, const sync::JoinRequest& request) {
  auto& replica = *link.replica;
  const auto now = env_.clock.wall();
  const auto certificate = TRY(members::decode_certificate(request.certificate, replica.team()));
  if (certificate.exchange != link.remote || certificate.device != link.said) {
    return fail(Code::reject, "the certificate is of another device");
  }
  if (replica.roster().authorised(certificate.device)) return replica.team();  // asked again
  const auto found = replica.roster().invites.find(link.door->invite);
  if (found == replica.roster().invites.end()) {
    return fail(Code::denied, "the invite does not hold; ask for another");
  }
  const auto& invite = found->second;
  if (now > invite.expires) {
    return fail(Code::denied, "the invite has expired: it held until " +
                                  work::rfc3339(invite.expires) + ", and there it is " +
                                  work::rfc3339(now) + "; ask for another");
  }
  if (invite.used >= invite.uses) {
    return fail(Code::denied, "the invite has been used up; ask for another");
  }
  // Asked last: what is over is closed by itself (work/members/closing.h).
  if (invite.closed) return fail(Code::denied, "the invite was cancelled; ask for another");
  const auto proof = TRY(members::decode_join_proof(request.proof));
  if (proof.handshake != link.handshake) {
    return fail(Code::reject, "the request was made for another link");
  }
  members::Op op;
  op.kind = members::OpKind::grant;
  op.target = certificate.member;
  op.role = invite.role;
  op.certificate = request.certificate;
  op.name = request.name;
  op.invite = invite.id;
  op.join_proof = request.proof;
  end_turn();  // what others sent stands on its own
  TRY(replica.begin());
  auto added = replica.add_membership(std::move(op), now);
  if (!added) {
    replica.rollback();
    return fail(std::move(added).error());
  }
  TRY(replica.commit());
  events_.on_changed(replica, replica.take_changed());
  (void)replica.take_membership_changed();
  if (!replica.roster().authorised(certificate.device)) {
    return fail(Code::denied, "this device may not let anyone in with that invite");
  }
  return replica.team();
}

void Links::on_admitted(Link& link, const sync::Admitted& admitted) {
  if (link.is_recovery) {
    if (admitted.team != link.wanted || link.wanted.is_nil()) {
      return close(link, net::GoodbyeReason::invalid, "admitted to another team");
    }
    auto replica = teams_.prepare(admitted.team);
    if (!replica) return close(link, net::GoodbyeReason::failed, replica.error().what);
    link.replica = *replica;
    link.view = std::make_unique<LinkView>(*link.replica);
    link.said = admitted.device;
  } else if (admitted.team != link.replica->team()) {
    return close(link, net::GoodbyeReason::invalid, "admitted to another team");
  }
  link.clock_gap = admitted.at - env_.clock.wall();
  link.stage = LinkStage::membership_only;
  promote(link);
  answer_join(link);  // what it took to know may be here already: the device died before it heard
}

void Links::on_refused(Link& link, const sync::Refused& refused) {
  link.why = Error{refused.code, refused.why, {}, {}};
  close(link, net::GoodbyeReason::done, "refused");
}

}  // namespace holm::node
