// Boxes for keys: one secret key handed to many, each of whom opens their own box alone. For keys
// of epochs (work/members/epoch.h), where a hundred devices get the same 32 bytes.
//
// key box = ChaCha20-Poly1305 (RFC 8439), zero nonce, no aad, of the key under k, where
//   k = BLAKE2b-256 keyed with X25519(ephemeral, recipient), personalised "holm kdf", over
//       u8(15) "holm key box v1" | ephemeral public key | recipient's public key | context
// Since k serves one ephemeral key, recipient and context, the nonce never repeats for another key;
// whoever makes boxes draws a new ephemeral key for each secret and context. A box does not commit
// to the key in it: say what it must hash to beside it.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/keys.h"

namespace holm::crypto {

using KeyBox = Id<struct KeyBoxTag, 48>;

/// Puts `key` into a box that only the owner of `to` opens, with the same `context`. One X25519.
/// Errors: reject, when `to` is a point of low order.
Result<KeyBox> box_key(const KexKey& ephemeral, const KexPublic& to, ByteView context,
                       const SecretKey32& key);

/// The key in a box. Errors: denied, when it is somebody else's, of another context, or damaged;
/// reject, when `ephemeral` is a point of low order.
Result<SecretKey32> unbox_key(const KexKey& ours, const KexPublic& ephemeral, ByteView context,
                              const KeyBox& box);

}  // namespace holm::crypto
