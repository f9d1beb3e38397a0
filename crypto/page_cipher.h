// Encryption of fixed-size pages in place: the form in which a store lies on a disk. A page keeps
// its size, since its writer leaves kOverhead bytes at its end unused.
//
// page   = ciphertext | nonce (24, random) | tag (16)
// cipher   XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) under BLAKE2b-256 kdf(key, "holm page
// v1") mask     XChaCha20 keystream under kdf(key, "holm page mask v1") and the page's nonce, for a
// few
//          bytes that stand in front of a page
// One key goes with one file, and the associated data says which place in it a page has, so that a
// page is of no use anywhere else. What it cannot tell is an older page of the same place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/rng.h"
#include "crypto/keys.h"

namespace holm::crypto {

/// Threads: one at a time.
class PageCipher {
 public:
  static constexpr std::size_t kNonceBytes = 24;
  static constexpr std::size_t kOverhead = kNonceBytes + 16;

  /// `rng` outlives this.
  PageCipher(const SecretKey32& key, Rng& rng)
      : pages_(key.derive("holm page v1")), masks_(key.derive("holm page mask v1")), rng_(rng) {}

  /// Writes the sealed form of `page` into `out`, of the same size, at least kOverhead, which may
  /// not overlap. The last kOverhead bytes of `page` are not kept. O(size): about 0.6 ns a byte.
  void seal(ByteView page, ByteView aad, std::span<std::uint8_t> out) const;
  /// Opens a sealed page in place; its last kOverhead bytes become 0. False, leaving `page` all
  /// zero, when it was not sealed under this key and `aad`.
  [[nodiscard]] bool open(std::span<std::uint8_t> page, ByteView aad) const;
  /// Masks or unmasks bytes that go with the sealed page `page`; each page masks once.
  void mask(ByteView page, std::span<std::uint8_t> bytes) const;

 private:
  SecretKey32 pages_;
  SecretKey32 masks_;
  Rng& rng_;
};

}  // namespace holm::crypto
