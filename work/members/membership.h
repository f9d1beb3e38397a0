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
#include "work/members/epoch.h"

namespace holm::work::members {

enum class Role : std::uint8_t { none = 0, guest = 1, member = 2, admin = 3, owner = 4 };
std::string_view role_name(Role role);
std::optional<Role> parse_role(std::string_view name);

/// What somebody may do in one room.
enum class Level : std::uint8_t { none = 0, reader = 1, writer = 2, manager = 3 };
std::string_view level_name(Level level);
/// Not "none".
std::optional<Level> parse_level(std::string_view name);
/// What somebody of a team role may do in a room where they were given `given`: who does not belong
/// nothing; a guest that, and writes at most; others that, and write in rooms that are not private.
Level level_in(bool is_private, Role role, Level given);
/// Whether somebody may say who does what in a room: who manages it, and where it is not private
/// admins and owners; where nobody manages it, every member who writes there. Guests never.
bool may_manage(bool is_private, bool has_manager, Role role, Level level);

/// Kinds of membership op. Numbers are part of the format; unknown ones are kept and without
/// effect.
enum class OpKind : std::uint8_t {
  create = 1,         ///< founds the team: first owner, team name, network key
  grant = 2,          ///< admits or promotes `target` to `role`
  reduce = 3,         ///< removes or demotes `target` to `role`
  extend = 4,         ///< shows named late content again
  add_device = 5,     ///< certifies one more device of the author
  drop_device = 6,    ///< revokes `dropped`, of `target`
  invite = 7,         ///< opens an invite
  close_invite = 8,   ///< closes it
  rekey = 9,          ///< begins an epoch of a place: a new key
  open_room = 10,     ///< makes a room's space
  dismiss = 11,       ///< puts named late content away
  room_member = 12,   ///< gives `target` a level in a room
  make_private = 13,  ///< leaves a room to those named
  share_key = 14,     ///< hands the key of an epoch to more devices
};

/// A place in a log: op `seq`.
struct LogPlace {
  LogId log;
  std::uint64_t seq = 0;

  auto operator<=>(const LogPlace&) const = default;
};
/// Ops of a log, both ends included.
struct LogSpan {
  LogId log;
  std::uint64_t from = 0;
  std::uint64_t to = 0;

  auto operator<=>(const LogSpan&) const = default;
};

/// A level that somebody is given in a room.
struct RoomMember {
  MemberId member;
  Level level = Level::none;

  auto operator<=>(const RoomMember&) const = default;
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
  crypto::Signature possession;  ///< by the device, so that nobody certifies another's keys
  crypto::Signature signature;   ///< by the root

  bool operator==(const DeviceCertificate&) const = default;
};
/// First 16 bytes of the hash of a member's root key.
MemberId member_id(const crypto::VerifyKey& root);
DeviceId device_id(const crypto::VerifyKey& signing, const crypto::KexPublic& exchange);
/// A device's word that it is to be a device of whom `root` belongs to.
crypto::Signature possess(const crypto::SigningKey& device, const crypto::VerifyKey& root,
                          const TeamId& team, const crypto::KexPublic& exchange);
/// Made by whoever holds the root key, for a device of whom it knows the other fields: `signing`,
/// `exchange`, `label` of at most 400 bytes, `made` and `possession`.
DeviceCertificate certify(const crypto::SigningKey& root, const TeamId& team,
                          DeviceCertificate device);
Bytes encode(const DeviceCertificate& certificate);
/// Decodes, verifies both signatures, and derives the ids. Errors: reject, unsupported, limit.
Result<DeviceCertificate> decode_certificate(ByteView bytes, const TeamId& team);

struct Op {
  OpKind kind = OpKind::create;
  TeamId team;
  MemberId author;
  DeviceId device;              ///< whose key signs
  std::vector<ShortHash> past;  ///< frontier of the ops its author had seen; sorted
  WallTime time{};
  // By kind; the rest stays empty.
  MemberId target;         ///< grant, reduce, room_member; drop_device: whose it is
  Role role = Role::none;  ///< grant, reduce, invite
  Bytes certificate;       ///< create, grant, add_device: the device's certificate
  std::string name;        ///< create, grant: display name of the person who enters
  DeviceId dropped;        ///< drop_device
  /// reduce, drop_device, room_member, make_private: how far the logs of whom it is about still
  /// show; sorted. A log of theirs that is not named shows nothing. What `built_on` had built on
  /// shows in any case. Of room ops, the logs of that room.
  std::vector<LogPlace> cut;
  std::vector<LogPlace> built_on;  ///< with `cut`: the author's own logs; sorted
  std::vector<LogSpan> spans;      ///< extend, dismiss; sorted
  Bytes network_key;               ///< create: 32 bytes, the first epoch of the network
  KeyGrant keys;                   ///< rekey, share_key
  ShortHash invite;                ///< grant: the invite used; close_invite: the one closed
  crypto::VerifyKey invite_key;    ///< invite: verifies joiners' signatures
  Bytes invite_psk;                ///< invite: 32 bytes, selects and keys the joiner's handshake
  std::uint64_t uses = 0;          ///< invite
  WallTime expires{};              ///< invite
  Bytes join_proof;                ///< grant by invite: the joiner's signed request
  /// open_room, room_member, make_private; extend, dismiss: the room whose logs are named, nil for
  /// the commons.
  SpaceId room;
  bool is_private = false;          ///< open_room
  Bytes nonce;                      ///< open_room: 16 bytes that `room` derives from, or none
  std::vector<RoomMember> members;  ///< open_room, make_private: beside the author; sorted
  Level level = Level::none;        ///< room_member
  std::vector<SpaceId> rooms;       ///< invite of guests: where they write; sorted
  std::string team_name;            ///< create
  /// add_device: by the root key, where no device of the person is left to sign.
  std::optional<crypto::Signature> root_signature;
  crypto::Signature signature;

  bool operator==(const Op&) const = default;
};
Bytes encode(const Op& op);        ///< canonical msgpack, signature last
Bytes signed_bytes(const Op& op);  ///< what the device signs
/// What the root key signs of an op that adds a device.
Bytes root_signed_bytes(const Op& op);
/// Shape only; who may is judged by Trust. Of an op of an unknown kind only what all kinds have.
/// Errors: reject, limit, unsupported.
Result<Op> decode_op(ByteView bytes);
inline constexpr std::string_view kRootLabel = "holm membership op by root v1";
inline constexpr std::string_view kOpLabel = "holm membership op v1";
/// The id of the team that `create` founds: it binds the founder's device, name, network key and
/// time, so that nobody else can make another genesis for the same id. (Not the founder's root key,
/// which itself derives from the team id.)
TeamId team_of(const Op& create);
/// The id of a room that `author` opens. It binds the author, so that nobody else can open a room
/// under the same id and give levels in it.
SpaceId room_of(const TeamId& team, const MemberId& author, ByteView nonce);
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
