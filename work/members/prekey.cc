#include "work/members/prekey.h"

#include "base/wire.h"
#include "crypto/hash.h"

namespace holm::work::members {
namespace {

constexpr std::uint64_t kVersion = 1;
constexpr std::string_view kLabel = "holm prekey v1";

void put(Writer& out, const Prekey& prekey) {
  out.uint(kVersion).id(prekey.device).id(prekey.key);
  out.sint(prekey.made.time_since_epoch().count());
}

Bytes signed_bytes(const Prekey& prekey, const TeamId& team) {
  Writer out;
  put(out.array(5).id(team), prekey);
  return out.take();
}

}  // namespace

ObjectId prekey_object(const DeviceId& device) {
  return *ObjectId::from(shorten(crypto::hash("holm prekey object v1", device.view())).view());
}

Prekey sign_prekey(const crypto::SigningKey& device, const TeamId& team, Prekey prekey) {
  prekey.signature = crypto::sign(device, kLabel, signed_bytes(prekey, team));
  return prekey;
}

bool is_signed_by(const Prekey& prekey, const crypto::VerifyKey& device, const TeamId& team) {
  return crypto::verify(device, kLabel, signed_bytes(prekey, team), prekey.signature);
}

Bytes encode(const Prekey& prekey) {
  Writer out;
  put(out.array(5), prekey);
  return out.id(prekey.signature).take();
}

Result<Prekey> decode_prekey(ByteView bytes) {
  auto in = TRY(Reader::open(bytes, {.bytes_max = 256, .items_max = 8, .depth_max = 2}));
  TRY(in.array(5));
  if (TRY(in.uint()) != kVersion) return fail(Code::unsupported, "a newer kind of prekey");
  Prekey out;
  out.device = TRY(in.id<DeviceId>());
  out.key = TRY(in.id<crypto::KexPublic>());
  out.made = WallTime{Millis{TRY(in.sint())}};
  out.signature = TRY(in.id<crypto::Signature>());
  TRY(in.end());
  return out;
}

}  // namespace holm::work::members
