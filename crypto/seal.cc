#include "crypto/seal.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>

#include "base/ensure.h"
#include "crypto/blake2b.h"
#include "crypto/label.h"

namespace holm::crypto {
namespace {

constexpr std::string_view kSealLabel = "holm seal v1";
constexpr std::string_view kBoxLabel = "holm box v1";
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kCommitmentBytes = 32;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(kSealOverhead == kNonceBytes + kCommitmentBytes + kTagBytes);

struct Derived {
  std::array<std::uint8_t, kCommitmentBytes> commitment;
  std::array<std::uint8_t, 32> subkey;
};

/// Commitment and subkey: the committing function F(key, nonce, aad) of the construction.
Locked<Derived> derive(const SecretKey32& key, ByteView nonce, ByteView aad) {
  HashBlock block;
  Blake2b state(block.size(), key.reveal());
  add_label(state, kSealLabel).update(nonce).update(aad).finish(block);
  Locked<Derived> out;
  static_assert(sizeof(Derived) == sizeof block);
  std::memcpy(&*out, block.data(), block.size());
  detail::wipe(block.data(), block.size());
  return out;
}

/// The key of a box, bound to both public keys.
Result<SecretKey32> box_key(const KexKey& ours, const KexPublic& theirs, const KexPublic& ephemeral,
                            const KexPublic& recipient) {
  auto shared = TRY(ours.dh(theirs));
  Bytes context = to_bytes(ephemeral.view());
  append(context, recipient.view());
  return shared.derive(kBoxLabel, context);
}

}  // namespace

Bytes seal(const SecretKey32& key, ByteView aad, ByteView plain, Rng& rng) {
  ENSURE(plain.size() <= SIZE_MAX - kSealOverhead);
  Bytes out(plain.size() + kSealOverhead);
  rng.fill(std::span(out).first(kNonceBytes));
  const auto derived = derive(key, ByteView(out).first(kNonceBytes), aad);
  std::copy(derived->commitment.begin(), derived->commitment.end(), out.begin() + kNonceBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(out.data() + kNonceBytes + kCommitmentBytes, nullptr,
                                             plain.data(), plain.size(), aad.data(), aad.size(),
                                             nullptr, out.data(), derived->subkey.data());
  return out;
}

Result<Bytes> open(const SecretKey32& key, ByteView aad, ByteView sealed) {
  if (sealed.size() < kSealOverhead) return fail(Code::corrupt, "sealed data is cut short");
  const auto nonce = sealed.first(kNonceBytes);
  const auto commitment = sealed.subspan(kNonceBytes, kCommitmentBytes);
  const auto body = sealed.subspan(kNonceBytes + kCommitmentBytes);
  const auto derived = derive(key, nonce, aad);
  if (!equal_secret(derived->commitment, commitment)) {
    return fail(Code::denied, "sealed data does not open with this key");
  }
  Bytes out(body.size() - kTagBytes);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(out.data(), nullptr, nullptr, body.data(),
                                                 body.size(), aad.data(), aad.size(), nonce.data(),
                                                 derived->subkey.data()) != 0) {
    return fail(Code::corrupt, "sealed data is damaged");
  }
  return out;
}

Result<Bytes> seal_to(const KexPublic& to, ByteView aad, ByteView plain, Rng& rng) {
  const auto ephemeral = KexKey::make(rng);
  const auto key = TRY(box_key(ephemeral, to, ephemeral.public_key(), to));
  Bytes out = to_bytes(ephemeral.public_key().view());
  append(out, seal(key, aad, plain, rng));
  return out;
}

Result<Bytes> open_box(const KexKey& key, ByteView aad, ByteView box) {
  if (box.size() < kBoxOverhead) return fail(Code::corrupt, "a sealed box is cut short");
  const auto ephemeral = *KexPublic::from(box.first(KexPublic::kBytes));
  const auto shared = TRY(box_key(key, ephemeral, ephemeral, key.public_key()));
  return open(shared, aad, box.subspan(KexPublic::kBytes));
}

}  // namespace holm::crypto
