#include "crypto/page_cipher.h"

#include <sodium.h>

#include <algorithm>

#include "base/ensure.h"

namespace holm::crypto {

static_assert(PageCipher::kNonceBytes == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES &&
              PageCipher::kOverhead ==
                  PageCipher::kNonceBytes + crypto_aead_xchacha20poly1305_ietf_ABYTES &&
              PageCipher::kNonceBytes == crypto_stream_xchacha20_NONCEBYTES);

void PageCipher::seal(ByteView page, ByteView aad, std::span<std::uint8_t> out) const {
  ENSURE(page.size() >= kOverhead && out.size() == page.size());
  const auto text = page.size() - kOverhead;
  auto* nonce = out.data() + text;
  rng_.fill({nonce, kNonceBytes});
  crypto_aead_xchacha20poly1305_ietf_encrypt_detached(out.data(), nonce + kNonceBytes, nullptr,
                                                      page.data(), text, aad.data(), aad.size(),
                                                      nullptr, nonce, pages_.reveal().data());
}

bool PageCipher::open(std::span<std::uint8_t> page, ByteView aad) const {
  ENSURE(page.size() >= kOverhead);
  const auto text = page.size() - kOverhead;
  const auto* nonce = page.data() + text;
  const bool is_ours = crypto_aead_xchacha20poly1305_ietf_decrypt_detached(
                           page.data(), nullptr, page.data(), text, nonce + kNonceBytes, aad.data(),
                           aad.size(), nonce, pages_.reveal().data()) == 0;
  const auto unused = page.subspan(is_ours ? text : 0);
  std::fill(unused.begin(), unused.end(), std::uint8_t{0});
  return is_ours;
}

void PageCipher::mask(ByteView page, std::span<std::uint8_t> bytes) const {
  ENSURE(page.size() >= kOverhead);
  crypto_stream_xchacha20_xor(bytes.data(), bytes.data(), bytes.size(),
                              page.data() + page.size() - kOverhead, masks_.reveal().data());
}

}  // namespace holm::crypto
