// Sealing: authenticated encryption with a key, and to a public key. For packets, chunks, pages and
// keys at rest; live links have Noise (noise.h).
//
// sealed = nonce (24, random) | commitment (32) | ciphertext | tag (16), where
//   commitment (32) | subkey (32) = BLAKE2b-512 keyed with the key over
//                                   u8(12) "holm seal v1" | nonce | aad
//   ciphertext | tag              = XChaCha20-Poly1305 under subkey, nonce and aad
// Poly1305 alone lets one ciphertext open under two keys; the commitment rules that out, for key,
// nonce and aad together. Source: Bellare & Hoang, "Efficient Schemes for Committing Authenticated
// Encryption" (Eurocrypt 2022): UtC, with the associated data hashed in as in HtE (CMT-4).
//
// box = ephemeral public key (32) | sealed under k, where
//   k = BLAKE2b-256 keyed with X25519(ephemeral, recipient), personalised "holm kdf", over
//       u8(11) "holm box v1" | ephemeral public key | recipient's public key
// A box names no sender; whoever needs one signs what is inside.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "base/result.h"
#include "base/rng.h"
#include "crypto/keys.h"

namespace holm::crypto {

inline constexpr std::size_t kSealOverhead = 24 + 32 + 16;       ///< bytes added by seal()
inline constexpr std::size_t kBoxOverhead = 32 + kSealOverhead;  ///< bytes added by seal_to()

/// Encrypts `plain`; `aad` is authenticated but not included. 2^80 messages under one key before
/// nonces may repeat. O(plain + aad).
Bytes seal(const SecretKey32& key, ByteView aad, ByteView plain, Rng& rng);

/// The plaintext that seal() was given. Errors: corrupt, when it is too short or damaged; denied,
/// when it was sealed under another key or for another `aad` (damage to its first 56 bytes looks
/// the same).
Result<Bytes> open(const SecretKey32& key, ByteView aad, ByteView sealed);

/// Encrypts `plain` so that only the owner of `to` can read it.
/// Errors: reject, when `to` is a point of low order.
Result<Bytes> seal_to(const KexPublic& to, ByteView aad, ByteView plain, Rng& rng);

/// The plaintext that seal_to() was given. Errors: as open(); reject, when the ephemeral key in the
/// box is a point of low order.
Result<Bytes> open_box(const KexKey& key, ByteView aad, ByteView box);

}  // namespace holm::crypto
