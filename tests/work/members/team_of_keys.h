// People with real keys who write membership ops, each from what they have seen: what tests of
// rosters start from.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/rng.h"
#include "tests/support/print_roster.h"
#include "work/members/invite_code.h"
#include "work/members/trust.h"

namespace holm::work::members::test {

inline constexpr WallTime kDay{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};

/// One person with one device.
struct Actor {
  Actor(std::string known_as, Rng& rng)
      : name(std::move(known_as)),
        root(crypto::SigningKey::make(rng)),
        signing(crypto::SigningKey::make(rng)),
        exchange(crypto::KexKey::make(rng)),
        id(member_id(root.public_key())),
        device(device_id(signing.public_key(), exchange.public_key())) {}

  Bytes certificate(const TeamId& team) const { return encode(certified(team, root)); }
  /// As a device of whom `by` is the root key of.
  DeviceCertificate certified(const TeamId& team, const crypto::SigningKey& by) const {
    DeviceCertificate out;
    out.signing = signing.public_key();
    out.exchange = exchange.public_key();
    out.label = name;
    out.made = kDay;
    out.possession = possess(signing, by.public_key(), team, exchange.public_key());
    return certify(by, team, std::move(out));
  }

  std::string name;
  crypto::SigningKey root;
  crypto::SigningKey signing;
  crypto::KexKey exchange;
  MemberId id;
  DeviceId device;
  std::vector<Bytes> seen;  ///< ops known to this person
};

/// A team founded by `founder`.
class TeamOfKeys {
 public:
  TeamOfKeys(Actor& founder, Rng& rng) {
    Op create;
    create.kind = OpKind::create;
    create.name = "Founder";
    create.team_name = "Crew";
    create.device = founder.device;
    create.time = kDay;
    create.network_key.resize(32);
    rng.fill(create.network_key);
    id = team_of(create);
    create.certificate = founder.certificate(id);
    write(founder, std::move(create));
  }

  Roster roster(const Actor& as) const { return resolve(id, as.seen); }

  /// What `by` knows, as a Trust.
  Trust trust(const Actor& by) const {
    Trust out(id);
    out.add(by.seen);
    return out;
  }

  /// Signs and adds to what `by` has seen; its name.
  ShortHash write(Actor& by, Op op) {
    op.team = id;
    op.author = by.id;
    op.device = by.device;
    if (op.kind != OpKind::create && op.past.empty()) op.past = roster(by).frontier;
    if (op.time == WallTime{}) op.time = kDay;
    sign(op, by.signing);
    auto bytes = encode(op);
    const auto hash = op_hash(bytes);
    by.seen.push_back(bytes);
    all.push_back(std::move(bytes));
    return hash;
  }

  ShortHash invite(Actor& by, const InviteSecret& secret, std::uint64_t uses = 1,
                   Role role = Role::member) {
    Op op;
    op.kind = OpKind::invite;
    op.role = role;
    op.uses = uses;
    op.expires = kDay + std::chrono::days(7);
    op.invite_key = invite_signing_key(secret).public_key();
    op.invite_psk = to_bytes(invite_psk(secret).reveal());
    return write(by, std::move(op));
  }

  /// The grant that lets `joiner` in, as whoever admits would write it.
  Op admission(const Actor& joiner, const ShortHash& invite, const InviteSecret& secret,
               const Digest& handshake, Role role = Role::member) const {
    Op op;
    op.kind = OpKind::grant;
    op.target = joiner.id;
    op.role = role;
    op.certificate = joiner.certificate(id);
    op.name = joiner.name;
    op.invite = invite;
    const auto key = invite_signing_key(secret);
    op.join_proof = encode(
        JoinProof{handshake,
                  crypto::sign(key, kJoinLabel, join_signed_bytes(id, op.certificate, handshake))});
    return op;
  }

  /// `joiner` enters by an invite made for this.
  void admit(Actor& by, Actor& joiner, Rng& rng, Role role = Role::member) {
    const auto secret = rng.id<InviteSecret>();
    const auto made = invite(by, secret, 1, role);
    write(by, admission(joiner, made, secret, rng.id<Digest>(), role));
    joiner.seen = by.seen;
  }

  void set_role(Actor& by, const MemberId& target, OpKind kind, Role role) {
    Op op;
    op.kind = kind;
    op.target = target;
    op.role = role;
    write(by, std::move(op));
  }

  TeamId id;
  std::vector<Bytes> all;
};

}  // namespace holm::work::members::test
