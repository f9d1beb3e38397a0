#include "crypto/sign.h"

#include <sodium.h>

#include "crypto/label.h"

namespace holm::crypto {
namespace {

constexpr std::size_t kMacPrefixMin = 8;

/// u8(label length) | label | message in one piece, as one-pass Ed25519 reads it twice.
Bytes labelled(std::string_view label, ByteView message) {
  Bytes out;
  out.reserve(1 + label.size() + message.size());
  out.push_back(label_length(label));
  append(out, as_bytes(label));
  append(out, message);
  return out;
}

}  // namespace

Signature sign(const SigningKey& key, std::string_view label, ByteView message) {
  const auto bytes = labelled(label, message);
  Signature out;
  crypto_sign_ed25519_detached(out.bytes.data(), nullptr, bytes.data(), bytes.size(),
                               key.reveal_expanded().data());
  return out;
}

bool verify(const VerifyKey& key, std::string_view label, ByteView message,
            const Signature& signature) {
  const auto bytes = labelled(label, message);
  return crypto_sign_ed25519_verify_detached(signature.bytes.data(), bytes.data(), bytes.size(),
                                             key.bytes.data()) == 0;
}

Mac mac(const SecretKey32& key, std::string_view label, ByteView message) {
  Mac out;
  Blake2b state(out.bytes.size(), key.reveal(), "holm mac");
  add_label(state, label).update(message).finish(out.bytes);
  return out;
}

bool verify_mac(const SecretKey32& key, std::string_view label, ByteView message, ByteView theirs) {
  const auto ours = mac(key, label, message);
  if (theirs.size() < kMacPrefixMin || theirs.size() > ours.bytes.size()) return false;
  return equal_secret(ours.view().first(theirs.size()), theirs);
}

}  // namespace holm::crypto
