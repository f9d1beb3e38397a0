#include "crypto/key_box.h"

#include <sodium.h>

namespace holm::crypto {
namespace {

constexpr std::string_view kLabel = "holm key box v1";
constexpr std::array<std::uint8_t, crypto_aead_chacha20poly1305_IETF_NPUBBYTES> kNonce{};
static_assert(KeyBox::kBytes == SecretKey32::kBytes + crypto_aead_chacha20poly1305_IETF_ABYTES);

Result<SecretKey32> wrapping_key(const KexKey& ours, const KexPublic& theirs,
                                 const KexPublic& ephemeral, const KexPublic& recipient,
                                 ByteView context) {
  const auto shared = TRY(ours.dh(theirs));
  Bytes bound = to_bytes(ephemeral.view());
  append(bound, recipient.view());
  append(bound, context);
  return shared.derive(kLabel, bound);
}

}  // namespace

Result<KeyBox> box_key(const KexKey& ephemeral, const KexPublic& to, ByteView context,
                       const SecretKey32& key) {
  const auto wrapping = TRY(wrapping_key(ephemeral, to, ephemeral.public_key(), to, context));
  KeyBox box;
  crypto_aead_chacha20poly1305_ietf_encrypt(box.bytes.data(), nullptr, key.reveal().data(),
                                            SecretKey32::kBytes, nullptr, 0, nullptr, kNonce.data(),
                                            wrapping.reveal().data());
  return box;
}

Result<SecretKey32> unbox_key(const KexKey& ours, const KexPublic& ephemeral, ByteView context,
                              const KeyBox& box) {
  const auto wrapping = TRY(wrapping_key(ours, ephemeral, ephemeral, ours.public_key(), context));
  Locked<std::array<std::uint8_t, SecretKey32::kBytes>> plain;
  if (crypto_aead_chacha20poly1305_ietf_decrypt(plain->data(), nullptr, nullptr, box.bytes.data(),
                                                box.bytes.size(), nullptr, 0, kNonce.data(),
                                                wrapping.reveal().data()) != 0) {
    return fail(Code::denied, "a key box does not open with this key");
  }
  return SecretKey32::from(*plain);
}

}  // namespace holm::crypto
