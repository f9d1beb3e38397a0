// Signatures (Ed25519, RFC 8032) and MACs (keyed BLAKE2b), each bound to a label: what was signed
// for one use verifies for no other.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "crypto/keys.h"

namespace holm::crypto {

/// Signs u8(label length) | label | message. Deterministic. O(message), which is copied once.
/// label  1 to 255 bytes, naming the use, e.g. "holm head v1".
Signature sign(const SigningKey& key, std::string_view label, ByteView message);

/// True when `signature` was made by the owner of `key` for this label and message. Refuses
/// signatures that are not canonical (S >= L) and public keys of low order, so one message has one
/// signature per key.
[[nodiscard]] bool verify(const VerifyKey& key, std::string_view label, ByteView message,
                          const Signature& signature);

using Mac = Id<struct MacTag, 32>;  ///< keyed BLAKE2b-256; may be cut to a prefix

/// MAC, personalised "holm mac", over u8(label length) | label | message.
Mac mac(const SecretKey32& key, std::string_view label, ByteView message);
/// True when `theirs` is a prefix, of 8 to 32 bytes, of the MAC. Takes the same time either way.
[[nodiscard]] bool verify_mac(const SecretKey32& key, std::string_view label, ByteView message,
                              ByteView theirs);

}  // namespace holm::crypto
