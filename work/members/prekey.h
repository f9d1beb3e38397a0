// Prekeys: X25519 keys that a device changes every week, for boxes of epoch keys. Once the secret
// half is gone, what was in a box cannot be read again even by who gets hold of the device
// (DESIGN.md 4; after Marlinspike & Perrin, "The X3DH Key Agreement Protocol", 2016, section 2).
// Each device's newest is an object of the trust space.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "crypto/keys.h"
#include "crypto/sign.h"

namespace holm::work::members {

inline constexpr Millis kPrekeyLife{7LL * 24 * 3600 * 1000};    ///< then a new one is made
inline constexpr Millis kPrekeyGrace{30LL * 24 * 3600 * 1000};  ///< how long the old secret stays

struct Prekey {
  DeviceId device;
  crypto::KexPublic key;
  WallTime made{};
  crypto::Signature signature;  ///< by the device

  bool operator==(const Prekey&) const = default;
};
/// The object that holds a device's.
ObjectId prekey_object(const DeviceId& device);
Prekey sign_prekey(const crypto::SigningKey& device, const TeamId& team, Prekey prekey);
bool is_signed_by(const Prekey& prekey, const crypto::VerifyKey& device, const TeamId& team);
Bytes encode(const Prekey& prekey);
/// Shape only. Errors: reject, unsupported.
Result<Prekey> decode_prekey(ByteView bytes);

}  // namespace holm::work::members
