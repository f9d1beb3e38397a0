// Encryption of fixed-size pages in place: the form in which a store lies on a disk. A page keeps
// its size, since its writer leaves kOverhead bytes at its end unused.
//
//   page    ciphertext | label tag (16) | nonce (24, random) | tag (16)
//   cipher  XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) under kdf(key, "holm page v1")
//   label   a few bytes that go with one writing of a page, encrypted with bytes 32 on of the
//           XChaCha20 keystream under kdf(key, "holm page label v1") and the page's nonce; the
//           label tag is Poly1305 over that, keyed with the keystream's first 32 bytes, and zero
//           where a page has no label
//
// One key goes with one file, and the associated data says which place in it a page has, so that a
// page is of no use anywhere else. What it cannot tell is an older page of the same place.
#pragma once

#include <array>
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
  static constexpr std::size_t kTagBytes = 16;
  static constexpr std::size_t kOverhead = kTagBytes + kNonceBytes + kTagBytes;
  static constexpr std::size_t kLabelMax = 32;

  /// `rng` outlives this.
  PageCipher(const SecretKey32& key, Rng& rng)
      : pages_(key.derive("holm page v1")), labels_(key.derive("holm page label v1")), rng_(rng) {}

  /// Writes the sealed form of `page` into `out`, of the same size, at least kOverhead, which may
  /// not overlap. The last kOverhead bytes of `page` are not kept. O(size): about 1 ns a byte.
  void seal(ByteView page, ByteView aad, std::span<std::uint8_t> out);
  /// Opens a sealed page in place; its last kOverhead bytes become 0. False, leaving `page` all
  /// zero, when it was not sealed under this key and `aad`.
  [[nodiscard]] bool open(std::span<std::uint8_t> page, ByteView aad) const;

  /// Encrypts `label`, at most kLabelMax bytes, in place, to go with the sealed page `page`, which
  /// takes its tag. Once for each sealing: the label hides under the page's nonce.
  void label(std::span<std::uint8_t> page, std::span<std::uint8_t> label) const;
  /// The inverse. False, leaving `label` all zero, when it does not go with this page.
  [[nodiscard]] bool read_label(ByteView page, std::span<std::uint8_t> label) const;
  /// Whether a sealed page has a label.
  static bool has_label(ByteView page);
  /// Makes a labelled page one without.
  static void drop_label(std::span<std::uint8_t> page);

 private:
  SecretKey32 pages_;
  SecretKey32 labels_;
  Rng& rng_;
  // Drawn many at a time: asking the system costs a fifth of sealing a page.
  std::array<std::uint8_t, 64 * kNonceBytes> nonces_{};
  std::size_t drawn_ = sizeof nonces_;  // bytes of them that are used up
};

}  // namespace holm::crypto
