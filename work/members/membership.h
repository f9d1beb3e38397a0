// Membership: a hash-DAG of signed ops in the trust space, and what they amount to (TRUST.md,
// DESIGN.md 4). Each op is an object of type membership_op there, named by its own hash.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/keys.h"
#include "crypto/sign.h"

namespace holm::work::members {

enum class Role : std::uint8_t { none = 0, guest = 1, member = 2, admin = 3, owner = 4 };
std::string_view role_name(Role role);
std::optional<Role> parse_role(std::string_view name);

/// Kinds of membership op. Numbers are part of the format; unknown ones are kept and without
/// effect.
enum class OpKind : std::uint8_t {
  create = 1,        ///< founds the team: first owner, team name, network key
  grant = 2,         ///< admits or promotes `target` to `role`
  reduce = 3,        ///< removes or demotes `target` to `role`
  extend = 4,        ///< shows named late content again
  add_device = 5,    ///< certifies one more device of the author
  drop_device = 6,   ///< revokes `device`
  invite = 7,        ///< opens an invite
  close_invite = 8,  ///< closes it
  rekey = 9,         ///< a new network key
  open_room = 10,    ///< makes a room's space
};

/// What the root key of a member says of one device. Signed by the root.
struct DeviceCertificate {
  MemberId member;             ///< first 16 bytes of H(root public key)
  crypto::VerifyKey root;      ///< Ed25519 public key of the member in this team
  DeviceId device;             ///< first 16 bytes of H(device keys)
  crypto::VerifyKey signing;   ///< Ed25519: signs heads and membership ops
  crypto::KexPublic exchange;  ///< X25519: the static key of links
  std::string label;           ///< "Ana's laptop"; at most 400 bytes
  WallTime made{};
  crypto::Signature signature;

  bool operator==(const DeviceCertificate&) const = default;
};
/// First 16 bytes of the hash of a member's root key.
MemberId member_id(const crypto::VerifyKey& root);
DeviceId device_id(const crypto::VerifyKey& signing, const crypto::KexPublic& exchange);
/// Made by whoever holds the root key; `label` at most 400 bytes.
DeviceCertificate certify(const crypto::SigningKey& root, const TeamId& team,
                          const crypto::VerifyKey& signing, const crypto::KexPublic& exchange,
                          std::string label, WallTime made);
Bytes encode(const DeviceCertificate& certificate);
/// Decodes and verifies signature and derived ids. Errors: reject.
Result<DeviceCertificate> decode_certificate(ByteView bytes, const TeamId& team);

struct Op {
  OpKind kind = OpKind::create;
  TeamId team;
  MemberId author;
  DeviceId device;              ///< whose key signs
  std::vector<ShortHash> past;  ///< frontier of the ops its author had seen; sorted
  WallTime time{};
  // By kind; the rest stays empty.
  MemberId target;               ///< grant, reduce
  Role role = Role::none;        ///< grant, reduce, invite
  Bytes certificate;             ///< create, grant, add_device: the device's certificate
  std::string name;              ///< create, grant: display name of the person who enters
  DeviceId dropped;              ///< drop_device
  Bytes network_key;             ///< create, rekey: 32 bytes
  ShortHash invite;              ///< grant: the invite used; close_invite: the one closed
  crypto::VerifyKey invite_key;  ///< invite: verifies joiners' signatures
  Bytes invite_psk;              ///< invite: 32 bytes, selects and keys the joiner's handshake
  std::uint64_t uses = 0;        ///< invite
  WallTime expires{};            ///< invite
  Bytes join_proof;              ///< grant: the joiner's signed request
  SpaceId room;                  ///< open_room
  std::string team_name;         ///< create
  crypto::Signature signature;

  bool operator==(const Op&) const = default;
};
Bytes encode(const Op& op);            ///< canonical msgpack, signature last
Bytes signed_bytes(const Op& op);      ///< what is signed
Result<Op> decode_op(ByteView bytes);  ///< shape only; signatures are judged by resolve()
inline constexpr std::string_view kOpLabel = "holm membership op v1";
/// The id of the team that `create` founds: it binds the founder's device, name, network key and
/// time, so that nobody else can make another genesis for the same id. (Not the founder's root key,
/// which itself derives from the team id.)
TeamId team_of(const Op& create);
void sign(Op& op, const crypto::SigningKey& device);
/// Names an op: the first 16 bytes of the hash of its encoding; also its object id.
ShortHash op_hash(ByteView encoded);

/// What a joiner signs with the invite's key: that this device, in this very handshake, asks to
/// enter. Whoever admits copies it into the grant, so that every device can check it.
struct JoinProof {
  Digest handshake;  ///< hash of the Noise handshake hash
  crypto::Signature signature;

  bool operator==(const JoinProof&) const = default;
};
inline constexpr std::string_view kJoinLabel = "holm join v1";
Bytes encode(const JoinProof& proof);
Result<JoinProof> decode_join_proof(ByteView bytes);
Bytes join_signed_bytes(const TeamId& team, ByteView certificate, const Digest& handshake);

}  // namespace holm::work::members
