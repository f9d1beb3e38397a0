// Keys as types that are hard to misuse. Secrets are move-only, live in locked memory and are wiped
// on destruction; public keys and signatures are plain values. Every secret is made from bytes
// handed in: this file draws no randomness (pass an Rng&, in the product crypto::SystemRng).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/rng.h"
#include "crypto/locked.h"

namespace holm::crypto {

using VerifyKey = Id<struct VerifyKeyTag, 32>;  ///< Ed25519 public key (RFC 8032)
using KexPublic = Id<struct KexPublicTag, 32>;  ///< X25519 public key (RFC 7748)
using Signature = Id<struct SignatureTag, 64>;  ///< Ed25519 signature

/// Prepares the cryptographic library. Call once at the start of a program; more calls, from any
/// thread, do nothing. Errors: unsupported, when the system offers no randomness.
Status init();

/// 32 secret bytes for symmetric use: sealing, MACs, pre-shared keys, further keys.
class SecretKey32 {
 public:
  static constexpr std::size_t kBytes = 32;

  /// Copies `raw`, which stays the caller's to wipe. Errors: reject, unless it has 32 bytes.
  static Result<SecretKey32> from(ByteView raw);
  /// Draws a new key.
  static SecretKey32 make(Rng& rng);

  /// A second key of the same content.
  SecretKey32 clone() const;
  /// A key for one use, from this one: kdf() of hash.h.
  SecretKey32 derive(std::string_view label, ByteView context = {}) const;
  /// The secret itself, valid as long as this object. Only for storing it sealed.
  ByteView reveal() const { return *bytes_; }
  /// Overwrites the key with zero bytes before its end.
  void wipe() { bytes_.wipe(); }

 private:
  SecretKey32() = default;
  Locked<std::array<std::uint8_t, 32>> bytes_;
};

/// Compares in time that depends on the lengths only. For MACs and tokens from outside.
bool equal_secret(ByteView a, ByteView b);

/// Ed25519 signing key. Signing itself stands in sign.h.
class SigningKey {
 public:
  /// seed  the 32-byte private key of RFC 8032. Errors: reject, unless it has 32 bytes.
  static Result<SigningKey> from_seed(ByteView seed);
  static SigningKey from_seed(const SecretKey32& seed);
  static SigningKey make(Rng& rng);

  SigningKey clone() const;
  const VerifyKey& public_key() const { return public_; }
  /// The seed, for storing it sealed. Valid as long as this object.
  ByteView reveal_seed() const { return ByteView(*bytes_).first(32); }
  /// libsodium's form, seed | public key. Valid as long as this object.
  ByteView reveal_expanded() const { return *bytes_; }

 private:
  SigningKey() = default;
  Locked<std::array<std::uint8_t, 64>> bytes_;
  VerifyKey public_;
};

/// X25519 key for key exchange.
class KexKey {
 public:
  /// seed  the 32-byte scalar of RFC 7748, clamped on use. Errors: reject, unless it has 32 bytes.
  static Result<KexKey> from_seed(ByteView seed);
  static KexKey from_seed(const SecretKey32& seed);
  static KexKey make(Rng& rng);

  KexKey clone() const;
  const KexPublic& public_key() const { return public_; }
  /// The shared secret with the owner of `theirs`. Errors: reject, when `theirs` is a point of low
  /// order, so that the result would be all zero whatever our key (RFC 7748, section 6.1).
  Result<SecretKey32> dh(const KexPublic& theirs) const;
  /// The scalar, for storing it sealed. Valid as long as this object.
  ByteView reveal_seed() const { return *bytes_; }

 private:
  KexKey() = default;
  Locked<std::array<std::uint8_t, 32>> bytes_;
  KexPublic public_;
};

}  // namespace holm::crypto
