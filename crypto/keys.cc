#include "crypto/keys.h"

#include <sodium.h>

#include <algorithm>

#include "base/ensure.h"
#include "crypto/hash.h"

namespace holm::crypto {
namespace {

constexpr std::size_t kSeedBytes = 32;

Status check_seed(ByteView seed, const char* what) {
  if (seed.size() == kSeedBytes) return {};
  return fail(Code::reject,
              std::string(what) + " must have 32 bytes, not " + std::to_string(seed.size()));
}

}  // namespace

Status init() {
  if (sodium_init() < 0) {
    return fail(Code::unsupported, "the system offers no secure randomness", "nothing was done",
                "check that /dev/urandom is readable");
  }
  return {};
}

Result<SecretKey32> SecretKey32::from(ByteView raw) {
  TRY(check_seed(raw, "a secret key"));
  SecretKey32 key;
  std::copy(raw.begin(), raw.end(), key.bytes_->begin());
  return key;
}

SecretKey32 SecretKey32::make(Rng& rng) {
  SecretKey32 key;
  rng.fill(*key.bytes_);
  return key;
}

SecretKey32 SecretKey32::clone() const {
  SecretKey32 key;
  *key.bytes_ = *bytes_;
  return key;
}

SecretKey32 SecretKey32::derive(std::string_view label, ByteView context) const {
  SecretKey32 key;
  auto raw = kdf(*bytes_, label, context);
  *key.bytes_ = raw;
  detail::wipe(raw.data(), raw.size());
  return key;
}

bool equal_secret(ByteView a, ByteView b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

Result<SigningKey> SigningKey::from_seed(ByteView seed) {
  TRY(check_seed(seed, "the seed of a signing key"));
  SigningKey key;
  crypto_sign_ed25519_seed_keypair(key.public_.bytes.data(), key.bytes_->data(), seed.data());
  return key;
}

SigningKey SigningKey::from_seed(const SecretKey32& seed) { return *from_seed(seed.reveal()); }

SigningKey SigningKey::make(Rng& rng) { return from_seed(SecretKey32::make(rng)); }

SigningKey SigningKey::clone() const { return *from_seed(reveal_seed()); }

Result<KexKey> KexKey::from_seed(ByteView seed) {
  TRY(check_seed(seed, "the seed of a key exchange key"));
  KexKey key;
  std::copy(seed.begin(), seed.end(), key.bytes_->begin());
  crypto_scalarmult_curve25519_base(key.public_.bytes.data(), key.bytes_->data());
  return key;
}

KexKey KexKey::from_seed(const SecretKey32& seed) { return *from_seed(seed.reveal()); }

KexKey KexKey::make(Rng& rng) { return from_seed(SecretKey32::make(rng)); }

KexKey KexKey::clone() const {
  KexKey key;
  *key.bytes_ = *bytes_;
  key.public_ = public_;
  return key;
}

Result<SecretKey32> KexKey::dh(const KexPublic& theirs) const {
  Locked<std::array<std::uint8_t, 32>> shared;
  // Fails exactly when the result would be all zero.
  if (crypto_scalarmult_curve25519(shared->data(), bytes_->data(), theirs.bytes.data()) != 0) {
    return fail(Code::reject, "the peer's public key is a point of low order");
  }
  return SecretKey32::from(*shared);
}

}  // namespace holm::crypto
