#include "node/recovery.h"

#include "base/wire.h"
#include "crypto/sign.h"

namespace holm::node {
namespace {

constexpr std::uint64_t kVersion = 1;
constexpr std::string_view kEntryLabel = "holm recovery entry v1";

Bytes entry_signed_bytes(const TeamId& team, ByteView psk, const crypto::VerifyKey& key) {
  return Writer().array(4).uint(kVersion).id(team).bytes(psk).id(key).take();
}

}  // namespace

crypto::SecretKey32 recovery_psk(const crypto::SecretKey32& recovery) {
  return recovery.derive("holm recovery knock v1");
}

crypto::SigningKey recovery_signing_key(const crypto::SecretKey32& recovery) {
  return crypto::SigningKey::from_seed(recovery.derive("holm recovery sign v1"));
}

Bytes recovery_signed_bytes(const TeamId& team, const Digest& handshake) {
  return Writer().array(2).id(team).id(handshake).take();
}

Bytes recovery_entry(const Identity& identity, const TeamId& team) {
  const auto psk = recovery_psk(identity.recovery);
  const auto key = recovery_signing_key(identity.recovery).public_key();
  const auto signature =
      crypto::sign(identity.root(team), kEntryLabel, entry_signed_bytes(team, psk.reveal(), key));
  return Writer().array(4).uint(kVersion).bytes(psk.reveal()).id(key).id(signature).take();
}

Result<RecoveryEntry> decode_recovery_entry(ByteView bytes, const TeamId& team,
                                            const crypto::VerifyKey& root) {
  auto in = TRY(Reader::open(bytes, {.bytes_max = 256, .items_max = 8, .depth_max = 2}));
  TRY(in.array(4));
  if (TRY(in.uint()) != kVersion) return fail(Code::unsupported, "a newer recovery entry");
  RecoveryEntry out;
  out.psk = to_bytes(TRY(in.bytes()));
  out.key = TRY(in.id<crypto::VerifyKey>());
  const auto signature = TRY(in.id<crypto::Signature>());
  TRY(in.end());
  if (out.psk.size() != crypto::SecretKey32::kBytes) {
    return fail(Code::reject, "a recovery key is malformed");
  }
  if (!crypto::verify(root, kEntryLabel, entry_signed_bytes(team, out.psk, out.key), signature)) {
    return fail(Code::reject, "a recovery key is not signed by its member");
  }
  return out;
}

}  // namespace holm::node
