// BLAKE2b (RFC 7693) with domain labels, and the HMAC and HKDF that Noise builds on it.
// Values only: no key types here, so that crdt may include this header alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/ids.h"

namespace holm::crypto {

/// Incremental BLAKE2b-256 over u8(label length) | label | what update() and part() add.
/// A label names one use, so that no two uses ever hash the same bytes. Threads: one at a time.
class Hasher {
 public:
  /// label  1 to 255 bytes, e.g. "holm change v1".
  explicit Hasher(std::string_view label);

  /// Adds bytes as they are: the caller makes sure that the whole reads back in one way only.
  Hasher& update(ByteView bytes);
  /// Adds u64 little-endian length | bytes, which reads back in one way whatever follows.
  Hasher& part(ByteView bytes);
  /// The digest. Requires: called once, nothing is added after it.
  Digest finish();

 private:
  static constexpr std::size_t kStateBytes = 384;
  alignas(64) std::array<std::uint8_t, kStateBytes> state_;
  bool is_finished_ = false;
};

/// BLAKE2b-256 of labelled parts; each part carries its length, so ("ab", "c") and ("a", "bc")
/// differ. Equal to Hasher(label) with part() for each. O(total size).
Digest hash(std::string_view label, std::span<const ByteView> parts);
Digest hash(std::string_view label, std::initializer_list<ByteView> parts);
inline Digest hash(std::string_view label, ByteView part) { return hash(label, {part}); }

/// Plain BLAKE2b without label, for formats defined elsewhere.
/// out_len  16 to 64 bytes.  key  0 to 64 bytes; empty means unkeyed.
Bytes blake2b(std::size_t out_len, ByteView key, ByteView data);

/// 64 bytes: one BLAKE2b output, the HASHLEN of Noise.
using HashBlock = std::array<std::uint8_t, 64>;

/// Plain BLAKE2b-512 of the parts one after the other.
HashBlock blake2b_512(std::initializer_list<ByteView> parts);
/// HMAC (RFC 2104) over BLAKE2b-512 with its block of 128 bytes; longer keys are hashed first.
HashBlock hmac_blake2b(ByteView key, std::initializer_list<ByteView> parts);
/// HKDF of the Noise Protocol Framework rev 34, section 4.3: fills `out` from a chaining key and
/// input key material. Noise uses two or three outputs; at most 255 are allowed.
void hkdf(ByteView chaining_key, ByteView input, std::span<HashBlock> out);

/// A key derived from a secret for one use: BLAKE2b-256 keyed with the secret over
/// u8(label length) | label | context. Different labels or contexts give unrelated keys.
/// secret  16 to 64 bytes of full entropy (for passphrases see passphrase.h).
std::array<std::uint8_t, 32> kdf(ByteView secret, std::string_view label, ByteView context = {});

}  // namespace holm::crypto
