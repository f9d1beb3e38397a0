// Holm's own hashes: BLAKE2b-256 with a label for each use, so that no two uses ever hash the same
// bytes. Values only: no key types here, so that crdt may include this header alone.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/ids.h"
#include "crypto/blake2b.h"

namespace holm::crypto {

/// Incremental BLAKE2b-256 over u8(label length) | label | what update() and part() add.
/// A value: a copy goes on from the same place. Threads: one at a time.
class Hasher {
 public:
  /// label  1 to 255 bytes, naming the use, e.g. "holm change v1".
  explicit Hasher(std::string_view label);

  /// Adds bytes as they are: the caller makes sure that the whole reads back in one way only.
  Hasher& update(ByteView bytes);
  /// Adds u64 little-endian length | bytes, which reads back in one way whatever follows.
  Hasher& part(ByteView bytes);
  /// The digest. Requires: called once, nothing is added after it.
  Digest finish();

 private:
  Blake2b state_;
};

/// BLAKE2b-256 of labelled parts; each part carries its length, so ("ab", "c") and ("a", "bc")
/// differ. Equal to Hasher(label) with part() for each. O(total size).
Digest hash(std::string_view label, std::span<const ByteView> parts);
Digest hash(std::string_view label, std::initializer_list<ByteView> parts);
inline Digest hash(std::string_view label, ByteView part) { return hash(label, {part}); }

/// A key derived from a secret for one use: BLAKE2b-256 keyed with the secret, personalised
/// "holm kdf", over u8(label length) | label | context. Different labels or contexts give unrelated
/// keys.
/// secret  16 to 64 bytes of full entropy (for passphrases see passphrase.h).
std::array<std::uint8_t, 32> kdf(ByteView secret, std::string_view label, ByteView context = {});

}  // namespace holm::crypto
