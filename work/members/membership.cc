#include "work/members/membership.h"

#include <algorithm>

#include "base/wire.h"
#include "crypto/hash.h"

namespace holm::work::members {
namespace {

constexpr std::uint64_t kVersion = 1;
constexpr std::size_t kNameMax = 400;
constexpr std::size_t kPastMax = 1024;
constexpr std::string_view kCertificateLabel = "holm device certificate v1";

/// Nil ids are spelled as empty bytes, so that fields a kind does not use cost one byte each.
template <class AnyId>
void put_id(Writer& out, const AnyId& id) {
  out.bytes(id.is_nil() ? ByteView{} : id.view());
}

template <class AnyId>
Result<AnyId> get_id(Reader& in) {
  const auto view = TRY(in.bytes());
  if (view.empty()) return AnyId{};
  auto id = AnyId::from(view);
  if (!id || id->is_nil()) return fail(Code::reject, "an id is malformed");
  return *id;
}

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

void put_op(Writer& out, const Op& op) {
  out.uint(kVersion).uint(static_cast<std::uint64_t>(op.kind)).id(op.team).id(op.author);
  out.id(op.device).array(op.past.size());
  for (const auto& hash : op.past) out.id(hash);
  put_time(out, op.time);
  put_id(out, op.target);
  out.uint(static_cast<std::uint64_t>(op.role)).bytes(op.certificate).text(op.name);
  put_id(out, op.dropped);
  out.bytes(op.network_key);
  put_id(out, op.invite);
  put_id(out, op.invite_key);
  out.bytes(op.invite_psk).uint(op.uses);
  put_time(out, op.expires);
  out.bytes(op.join_proof);
  put_id(out, op.room);
  out.text(op.team_name);
}

constexpr std::size_t kOpFields = 21;  // signature not counted

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

Bytes certificate_signed_bytes(const DeviceCertificate& certificate, const TeamId& team) {
  Writer out;
  out.array(7).uint(kVersion).id(team).id(certificate.root).id(certificate.signing);
  out.id(certificate.exchange).text(certificate.label);
  put_time(out, certificate.made);
  return out.take();
}

MemberId member_id(const crypto::VerifyKey& root) {
  return *MemberId::from(shorten(crypto::hash("holm member id v1", root.view())).view());
}

DeviceId device_id(const crypto::VerifyKey& signing, const crypto::KexPublic& exchange) {
  const auto digest = crypto::hash("holm device id v1", {signing.view(), exchange.view()});
  return *DeviceId::from(shorten(digest).view());
}

DeviceCertificate certify(const crypto::SigningKey& root, const TeamId& team,
                          const crypto::VerifyKey& signing, const crypto::KexPublic& exchange,
                          std::string label, WallTime made) {
  DeviceCertificate out;
  out.root = root.public_key();
  out.member = member_id(out.root);
  out.signing = signing;
  out.exchange = exchange;
  out.device = device_id(signing, exchange);
  out.label = std::move(label);
  out.made = made;
  out.signature = crypto::sign(root, kCertificateLabel, certificate_signed_bytes(out, team));
  return out;
}

Bytes encode(const DeviceCertificate& certificate) {
  Writer out;
  out.array(7).uint(kVersion).id(certificate.root).id(certificate.signing);
  out.id(certificate.exchange).text(certificate.label);
  put_time(out, certificate.made);
  out.id(certificate.signature);
  return out.take();
}

Result<DeviceCertificate> decode_certificate(ByteView bytes, const TeamId& team) {
  auto in = TRY(Reader::open(bytes, {.bytes_max = 1024, .items_max = 16, .depth_max = 2}));
  TRY(in.array(7));
  if (TRY(in.uint()) != kVersion) return fail(Code::unsupported, "a newer device certificate");
  DeviceCertificate out;
  out.root = TRY(in.id<crypto::VerifyKey>());
  out.signing = TRY(in.id<crypto::VerifyKey>());
  out.exchange = TRY(in.id<crypto::KexPublic>());
  out.label = TRY(get_name(in));
  out.made = TRY(get_time(in));
  out.signature = TRY(in.id<crypto::Signature>());
  TRY(in.end());
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
  out.array(kOpFields + 1);
  put_op(out, op);
  out.id(op.signature);
  return out.take();
}

Bytes signed_bytes(const Op& op) {
  Writer out;
  out.array(kOpFields);
  put_op(out, op);
  return out.take();
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

Result<Op> decode_op(ByteView bytes) {
  auto in =
      TRY(Reader::open(bytes, {.bytes_max = 64u << 10, .items_max = kPastMax, .depth_max = 3}));
  TRY(in.array(kOpFields + 1));
  if (TRY(in.uint()) != kVersion) return fail(Code::unsupported, "a newer membership op");
  Op op;
  op.kind = static_cast<OpKind>(TRY(in.uint(255)));
  op.team = TRY(in.id<TeamId>());
  op.author = TRY(in.id<MemberId>());
  op.device = TRY(in.id<DeviceId>());
  const auto past = TRY(in.array());
  for (std::size_t i = 0; i < past; ++i) op.past.push_back(TRY(in.id<ShortHash>()));
  if (!std::is_sorted(op.past.begin(), op.past.end()) ||
      std::adjacent_find(op.past.begin(), op.past.end()) != op.past.end()) {
    return fail(Code::reject, "a membership op names its past out of order");
  }
  op.time = TRY(get_time(in));
  op.target = TRY(get_id<MemberId>(in));
  op.role = static_cast<Role>(TRY(in.uint(static_cast<std::uint64_t>(Role::owner))));
  op.certificate = TRY(get_bytes(in, 1024));
  op.name = TRY(get_name(in));
  op.dropped = TRY(get_id<DeviceId>(in));
  op.network_key = TRY(get_bytes(in, 32));
  op.invite = TRY(get_id<ShortHash>(in));
  op.invite_key = TRY(get_id<crypto::VerifyKey>(in));
  op.invite_psk = TRY(get_bytes(in, 32));
  op.uses = TRY(in.uint());
  op.expires = TRY(get_time(in));
  op.join_proof = TRY(get_bytes(in, 1024));
  op.room = TRY(get_id<SpaceId>(in));
  op.team_name = TRY(get_name(in));
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
