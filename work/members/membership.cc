#include "work/members/membership.h"

#include <algorithm>

#include "base/wire.h"
#include "crypto/hash.h"

namespace holm::work::members {
namespace {

constexpr std::uint64_t kVersion = 1;
constexpr std::size_t kNameMax = 400;
constexpr std::size_t kPastMax = 1024;
constexpr std::size_t kOpBytesMax = 64u << 10;
constexpr std::string_view kCertificateLabel = "holm device certificate v1";
constexpr std::string_view kPossessionLabel = "holm device possession v1";

void put_time(Writer& out, WallTime time) { out.sint(time.time_since_epoch().count()); }

Result<WallTime> get_time(Reader& in) { return WallTime{Millis{TRY(in.sint())}}; }

Result<Bytes> get_bytes(Reader& in, std::size_t max) {
  const auto view = TRY(in.bytes());
  if (view.size() > max) return fail(Code::limit, "a part of a membership op is too long");
  return to_bytes(view);
}

Result<std::string> get_name(Reader& in) {
  const auto name = TRY(in.text());
  if (name.size() > kNameMax) return fail(Code::limit, "a name is too long");
  return std::string(name);
}

constexpr std::size_t kNonceBytes = 16;
constexpr std::size_t kPlacesMax = 4096;
constexpr std::size_t kHeadFields = 7;  // of every kind

void put_places(Writer& out, const std::vector<LogPlace>& places) {
  out.array(2 * places.size());
  for (const auto& place : places) out.id(place.log).uint(place.seq);
}

Result<std::vector<LogPlace>> get_places(Reader& in) {
  const auto size = TRY(in.array());
  if (size % 2 != 0 || size / 2 > kPlacesMax) return fail(Code::limit, "a cut is too long");
  std::vector<LogPlace> out(size / 2);
  for (auto& place : out) {
    place.log = TRY(in.id<LogId>());
    place.seq = TRY(in.uint());
  }
  for (std::size_t i = 1; i < out.size(); ++i) {
    if (!(out[i - 1].log < out[i].log)) return fail(Code::reject, "a cut is out of order");
  }
  return out;
}

void put_spans(Writer& out, const std::vector<LogSpan>& spans) {
  out.array(3 * spans.size());
  for (const auto& span : spans) out.id(span.log).uint(span.from).uint(span.to);
}

Result<std::vector<LogSpan>> get_spans(Reader& in) {
  const auto size = TRY(in.array());
  if (size % 3 != 0 || size / 3 > kPlacesMax) return fail(Code::limit, "too many spans of logs");
  std::vector<LogSpan> out(size / 3);
  for (auto& span : out) {
    span.log = TRY(in.id<LogId>());
    span.from = TRY(in.uint());
    span.to = TRY(in.uint());
    if (span.from > span.to) return fail(Code::reject, "a span of a log ends before it begins");
  }
  for (std::size_t i = 1; i < out.size(); ++i) {
    if (!(out[i - 1] < out[i])) return fail(Code::reject, "spans of logs are out of order");
  }
  return out;
}

constexpr std::size_t kRoomMembersMax = 1024;
constexpr std::size_t kRoomsMax = 256;  // that one invite leads to

void put_members(Writer& out, const std::vector<RoomMember>& members) {
  out.array(2 * members.size());
  for (const auto& one : members) out.id(one.member).uint(static_cast<std::uint64_t>(one.level));
}

Result<Level> get_level(Reader& in) {
  return static_cast<Level>(TRY(in.uint(static_cast<std::uint64_t>(Level::manager))));
}

Result<std::vector<RoomMember>> get_members(Reader& in) {
  const auto size = TRY(in.array());
  if (size % 2 != 0 || size / 2 > kRoomMembersMax) {
    return fail(Code::limit, "a membership op names too many members of a room");
  }
  std::vector<RoomMember> out(size / 2);
  for (auto& one : out) {
    one.member = TRY(in.id<MemberId>());
    one.level = TRY(get_level(in));
  }
  for (std::size_t i = 1; i < out.size(); ++i) {
    if (!(out[i - 1].member < out[i].member)) {
      return fail(Code::reject, "members of a room are out of order");
    }
  }
  return out;
}

void put_rooms(Writer& out, const std::vector<SpaceId>& rooms) {
  out.array(rooms.size());
  for (const auto& room : rooms) out.id(room);
}

Result<std::vector<SpaceId>> get_rooms(Reader& in) {
  const auto size = TRY(in.array());
  if (size > kRoomsMax) return fail(Code::limit, "an invite names too many rooms");
  std::vector<SpaceId> out(size);
  for (auto& room : out) room = TRY(in.id<SpaceId>());
  for (std::size_t i = 1; i < out.size(); ++i) {
    if (!(out[i - 1] < out[i])) return fail(Code::reject, "rooms of an invite are out of order");
  }
  return out;
}

void put_head(Writer& out, const Op& op) {
  out.uint(kVersion).uint(static_cast<std::uint64_t>(op.kind)).id(op.team).id(op.author);
  out.id(op.device).array(op.past.size());
  for (const auto& hash : op.past) out.id(hash);
  put_time(out, op.time);
}

void put_role(Writer& out, Role role) { out.uint(static_cast<std::uint64_t>(role)); }

/// What is of this kind alone. docs/formats/membership.md has the table.
void put_body(Writer& out, const Op& op) {
  switch (op.kind) {
    case OpKind::create:
      out.array(4).bytes(op.certificate).text(op.name).bytes(op.network_key).text(op.team_name);
      return;
    case OpKind::grant:
      out.array(6).id(op.target);
      put_role(out, op.role);
      out.bytes(op.certificate).text(op.name);
      out.id_or_empty(op.invite);
      out.bytes(op.join_proof);
      return;
    case OpKind::reduce:
      out.array(4).id(op.target);
      put_role(out, op.role);
      put_places(out, op.cut);
      put_places(out, op.built_on);
      return;
    case OpKind::extend:
    case OpKind::dismiss:
      out.array(2).id_or_empty(op.room);
      put_spans(out, op.spans);
      return;
    case OpKind::add_device:
      out.array(2).bytes(op.certificate);
      out.bytes(op.root_signature ? op.root_signature->view() : ByteView());
      return;
    case OpKind::drop_device:
      out.array(4).id(op.target).id(op.dropped);
      put_places(out, op.cut);
      put_places(out, op.built_on);
      return;
    case OpKind::invite:
      put_role(out.array(6), op.role);
      out.id(op.invite_key).bytes(op.invite_psk).uint(op.uses);
      put_time(out, op.expires);
      put_rooms(out, op.rooms);
      return;
    case OpKind::close_invite: out.array(1).id(op.invite); return;
    case OpKind::rekey: put_rekey(out, op.keys); return;
    case OpKind::share_key: put_share(out, op.keys); return;
    case OpKind::open_room:
      out.array(4).id(op.room).uint(op.is_private ? 1 : 0).bytes(op.nonce);
      put_members(out, op.members);
      return;
    case OpKind::room_member:
      out.array(5).id(op.room).id(op.target).uint(static_cast<std::uint64_t>(op.level));
      put_places(out, op.cut);
      put_places(out, op.built_on);
      return;
    case OpKind::make_private:
      put_members(out.array(4).id(op.room), op.members);
      put_places(out, op.cut);
      put_places(out, op.built_on);
      return;
  }
  out.array(0);
}

Result<Role> get_role(Reader& in) {
  return static_cast<Role>(TRY(in.uint(static_cast<std::uint64_t>(Role::owner))));
}

Status get_body(Reader& in, Op& op) {
  switch (op.kind) {
    case OpKind::create:
      TRY(in.array(4));
      op.certificate = TRY(get_bytes(in, 1024));
      op.name = TRY(get_name(in));
      op.network_key = TRY(get_bytes(in, 32));
      op.team_name = TRY(get_name(in));
      return {};
    case OpKind::grant:
      TRY(in.array(6));
      op.target = TRY(in.id<MemberId>());
      op.role = TRY(get_role(in));
      op.certificate = TRY(get_bytes(in, 1024));
      op.name = TRY(get_name(in));
      op.invite = TRY(in.id_or_empty<ShortHash>());
      op.join_proof = TRY(get_bytes(in, 1024));
      return {};
    case OpKind::reduce:
      TRY(in.array(4));
      op.target = TRY(in.id<MemberId>());
      op.role = TRY(get_role(in));
      op.cut = TRY(get_places(in));
      op.built_on = TRY(get_places(in));
      return {};
    case OpKind::extend:
    case OpKind::dismiss:
      TRY(in.array(2));
      op.room = TRY(in.id_or_empty<SpaceId>());
      op.spans = TRY(get_spans(in));
      return {};
    case OpKind::add_device: {
      TRY(in.array(2));
      op.certificate = TRY(get_bytes(in, 1024));
      const auto by_root = TRY(get_bytes(in, crypto::Signature::kBytes));
      if (by_root.empty()) return {};
      op.root_signature = crypto::Signature::from(by_root);
      if (!op.root_signature) return fail(Code::reject, "a signature is malformed");
      return {};
    }
    case OpKind::drop_device:
      TRY(in.array(4));
      op.target = TRY(in.id<MemberId>());
      op.dropped = TRY(in.id<DeviceId>());
      op.cut = TRY(get_places(in));
      op.built_on = TRY(get_places(in));
      return {};
    case OpKind::invite:
      TRY(in.array(6));
      op.role = TRY(get_role(in));
      op.invite_key = TRY(in.id<crypto::VerifyKey>());
      op.invite_psk = TRY(get_bytes(in, 32));
      op.uses = TRY(in.uint());
      op.expires = TRY(get_time(in));
      op.rooms = TRY(get_rooms(in));
      return {};
    case OpKind::close_invite:
      TRY(in.array(1));
      op.invite = TRY(in.id<ShortHash>());
      return {};
    case OpKind::rekey: op.keys = TRY(get_rekey(in)); return {};
    case OpKind::share_key: op.keys = TRY(get_share(in)); return {};
    case OpKind::open_room:
      TRY(in.array(4));
      op.room = TRY(in.id<SpaceId>());
      op.is_private = TRY(in.uint(1)) == 1;
      op.nonce = TRY(get_bytes(in, kNonceBytes));
      op.members = TRY(get_members(in));
      return {};
    case OpKind::room_member:
      TRY(in.array(5));
      op.room = TRY(in.id<SpaceId>());
      op.target = TRY(in.id<MemberId>());
      op.level = TRY(get_level(in));
      op.cut = TRY(get_places(in));
      op.built_on = TRY(get_places(in));
      return {};
    case OpKind::make_private:
      TRY(in.array(4));
      op.room = TRY(in.id<SpaceId>());
      op.members = TRY(get_members(in));
      op.cut = TRY(get_places(in));
      op.built_on = TRY(get_places(in));
      return {};
  }
  TRY(in.raw_view());
  return {};
}

}  // namespace

std::string_view role_name(Role role) {
  switch (role) {
    case Role::none: return "none";
    case Role::guest: return "guest";
    case Role::member: return "member";
    case Role::admin: return "admin";
    case Role::owner: return "owner";
  }
  return "none";
}

std::optional<Role> parse_role(std::string_view name) {
  for (auto role : {Role::guest, Role::member, Role::admin, Role::owner}) {
    if (name == role_name(role)) return role;
  }
  return std::nullopt;
}

std::string_view level_name(Level level) {
  switch (level) {
    case Level::none: return "none";
    case Level::reader: return "reader";
    case Level::writer: return "writer";
    case Level::manager: return "manager";
  }
  return "none";
}

std::optional<Level> parse_level(std::string_view name) {
  for (auto level : {Level::reader, Level::writer, Level::manager}) {
    if (name == level_name(level)) return level;
  }
  return std::nullopt;
}

Level level_in(bool is_private, Role role, Level given) {
  if (role == Role::none) return Level::none;
  if (role == Role::guest) return std::min(given, Level::writer);
  return is_private ? given : std::max(given, Level::writer);
}

bool may_manage(bool is_private, bool has_manager, Role role, Level level) {
  if (role < Role::member) return false;
  if (!is_private && role >= Role::admin) return true;
  return level >= (has_manager ? Level::manager : Level::writer);
}

namespace {

Bytes certificate_signed_bytes(const DeviceCertificate& certificate, const TeamId& team) {
  Writer out;
  out.array(7).uint(kVersion).id(team).id(certificate.root).id(certificate.signing);
  out.id(certificate.exchange).text(certificate.label);
  put_time(out, certificate.made);
  return out.take();
}

Bytes possession_signed_bytes(const crypto::VerifyKey& root, const TeamId& team,
                              const crypto::KexPublic& exchange) {
  return Writer().array(4).uint(kVersion).id(team).id(root).id(exchange).take();
}

}  // namespace

MemberId member_id(const crypto::VerifyKey& root) {
  return *MemberId::from(shorten(crypto::hash("holm member id v1", root.view())).view());
}

DeviceId device_id(const crypto::VerifyKey& signing, const crypto::KexPublic& exchange) {
  const auto digest = crypto::hash("holm device id v1", {signing.view(), exchange.view()});
  return *DeviceId::from(shorten(digest).view());
}

crypto::Signature possess(const crypto::SigningKey& device, const crypto::VerifyKey& root,
                          const TeamId& team, const crypto::KexPublic& exchange) {
  return crypto::sign(device, kPossessionLabel, possession_signed_bytes(root, team, exchange));
}

DeviceCertificate certify(const crypto::SigningKey& root, const TeamId& team,
                          DeviceCertificate device) {
  device.root = root.public_key();
  device.member = member_id(device.root);
  device.device = device_id(device.signing, device.exchange);
  device.signature = crypto::sign(root, kCertificateLabel, certificate_signed_bytes(device, team));
  return device;
}

Bytes encode(const DeviceCertificate& certificate) {
  Writer out;
  out.array(8).uint(kVersion).id(certificate.root).id(certificate.signing);
  out.id(certificate.exchange).text(certificate.label);
  put_time(out, certificate.made);
  out.id(certificate.possession).id(certificate.signature);
  return out.take();
}

Result<DeviceCertificate> decode_certificate(ByteView bytes, const TeamId& team) {
  auto in = TRY(Reader::open(bytes, {.bytes_max = 1024, .items_max = 16, .depth_max = 2}));
  TRY(in.array(8));
  if (TRY(in.uint()) != kVersion) return fail(Code::unsupported, "a newer device certificate");
  DeviceCertificate out;
  out.root = TRY(in.id<crypto::VerifyKey>());
  out.signing = TRY(in.id<crypto::VerifyKey>());
  out.exchange = TRY(in.id<crypto::KexPublic>());
  out.label = TRY(get_name(in));
  out.made = TRY(get_time(in));
  out.possession = TRY(in.id<crypto::Signature>());
  out.signature = TRY(in.id<crypto::Signature>());
  TRY(in.end());
  if (!crypto::verify(out.signing, kPossessionLabel,
                      possession_signed_bytes(out.root, team, out.exchange), out.possession)) {
    return fail(Code::reject, "a device certificate is not signed by its device");
  }
  if (!crypto::verify(out.root, kCertificateLabel, certificate_signed_bytes(out, team),
                      out.signature)) {
    return fail(Code::reject, "a device certificate is not signed by its member");
  }
  out.member = member_id(out.root);
  out.device = device_id(out.signing, out.exchange);
  return out;
}

Bytes encode(const Op& op) {
  Writer out;
  put_head(out.array(kHeadFields + 2), op);
  put_body(out, op);
  return out.id(op.signature).take();
}

Bytes signed_bytes(const Op& op) {
  Writer out;
  put_head(out.array(kHeadFields + 1), op);
  put_body(out, op);
  return out.take();
}

Bytes root_signed_bytes(const Op& op) {
  Writer out;
  put_head(out.array(kHeadFields + 1), op);
  return out.bytes(op.certificate).take();
}

void sign(Op& op, const crypto::SigningKey& device) {
  op.signature = crypto::sign(device, kOpLabel, signed_bytes(op));
}

TeamId team_of(const Op& create) {
  Writer out;
  out.array(4).id(create.device).text(create.team_name).bytes(create.network_key);
  put_time(out, create.time);
  return *TeamId::from(shorten(crypto::hash("holm team id v1", out.view())).view());
}

SpaceId room_of(const TeamId& team, const MemberId& author, ByteView nonce) {
  const auto named = Writer().array(3).id(team).id(author).bytes(nonce).take();
  return *SpaceId::from(shorten(crypto::hash("holm room id v1", named)).view());
}

Result<Op> decode_op(ByteView bytes) {
  auto in = TRY(
      Reader::open(bytes, {.bytes_max = kOpBytesMax, .items_max = 4 * kPlacesMax, .depth_max = 4}));
  TRY(in.array(kHeadFields + 2));
  if (TRY(in.uint()) != kVersion) return fail(Code::unsupported, "a newer membership op");
  Op op;
  op.kind = static_cast<OpKind>(TRY(in.uint(255)));
  op.team = TRY(in.id<TeamId>());
  op.author = TRY(in.id<MemberId>());
  op.device = TRY(in.id<DeviceId>());
  const auto past = TRY(in.array());
  if (past > kPastMax) return fail(Code::limit, "a membership op names too much of its past");
  for (std::size_t i = 0; i < past; ++i) op.past.push_back(TRY(in.id<ShortHash>()));
  if (!std::is_sorted(op.past.begin(), op.past.end()) ||
      std::adjacent_find(op.past.begin(), op.past.end()) != op.past.end()) {
    return fail(Code::reject, "a membership op names its past out of order");
  }
  op.time = TRY(get_time(in));
  TRY(get_body(in, op));
  op.signature = TRY(in.id<crypto::Signature>());
  TRY(in.end());
  return op;
}

ShortHash op_hash(ByteView encoded) {
  return shorten(crypto::hash("holm membership op v1", encoded));
}

Bytes encode(const JoinProof& proof) {
  return Writer().array(2).id(proof.handshake).id(proof.signature).take();
}

Result<JoinProof> decode_join_proof(ByteView bytes) {
  auto in = TRY(Reader::open(bytes, {.bytes_max = 1024, .items_max = 4, .depth_max = 2}));
  TRY(in.array(2));
  JoinProof out;
  out.handshake = TRY(in.id<Digest>());
  out.signature = TRY(in.id<crypto::Signature>());
  TRY(in.end());
  return out;
}

Bytes join_signed_bytes(const TeamId& team, ByteView certificate, const Digest& handshake) {
  return Writer().array(3).id(team).bytes(certificate).id(handshake).take();
}

}  // namespace holm::work::members
