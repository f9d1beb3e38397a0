#include "crypto/page_cipher.h"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "base/ensure.h"

namespace holm::crypto {

namespace {

constexpr std::size_t kKeyBytes = crypto_onetimeauth_KEYBYTES;
static_assert(PageCipher::kNonceBytes == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES &&
              PageCipher::kNonceBytes == crypto_stream_xchacha20_NONCEBYTES &&
              PageCipher::kTagBytes == crypto_aead_xchacha20poly1305_ietf_ABYTES &&
              PageCipher::kTagBytes == crypto_onetimeauth_BYTES);

std::size_t label_tag_at(std::size_t page) { return page - PageCipher::kOverhead; }
std::size_t nonce_at(std::size_t page) { return label_tag_at(page) + PageCipher::kTagBytes; }
std::size_t tag_at(std::size_t page) { return nonce_at(page) + PageCipher::kNonceBytes; }

/// What hides and proves the label of one page.
class Keystream {
 public:
  Keystream(const SecretKey32& key, ByteView page) {
    crypto_stream_xchacha20(bytes_.data(), bytes_.size(), page.data() + nonce_at(page.size()),
                            key.reveal().data());
  }
  ~Keystream() { detail::wipe(bytes_.data(), bytes_.size()); }
  Keystream(const Keystream&) = delete;
  Keystream& operator=(const Keystream&) = delete;

  void apply(std::span<std::uint8_t> label) const {
    for (std::size_t i = 0; i < label.size(); ++i) label[i] ^= bytes_[kKeyBytes + i];
  }
  const std::uint8_t* key() const { return bytes_.data(); }

 private:
  std::array<std::uint8_t, kKeyBytes + PageCipher::kLabelMax> bytes_;
};

}  // namespace

void PageCipher::seal(ByteView page, ByteView aad, std::span<std::uint8_t> out) {
  ENSURE(page.size() >= kOverhead && out.size() == page.size());
  if (drawn_ == nonces_.size()) {
    rng_.fill(nonces_);
    drawn_ = 0;
  }
  auto* nonce = out.data() + nonce_at(out.size());
  std::copy_n(nonces_.begin() + static_cast<std::ptrdiff_t>(drawn_), kNonceBytes, nonce);
  drawn_ += kNonceBytes;
  drop_label(out);
  crypto_aead_xchacha20poly1305_ietf_encrypt_detached(
      out.data(), out.data() + tag_at(out.size()), nullptr, page.data(), label_tag_at(page.size()),
      aad.data(), aad.size(), nullptr, nonce, pages_.reveal().data());
}

bool PageCipher::open(std::span<std::uint8_t> page, ByteView aad) const {
  ENSURE(page.size() >= kOverhead);
  const auto text = label_tag_at(page.size());
  const bool is_ours =
      crypto_aead_xchacha20poly1305_ietf_decrypt_detached(
          page.data(), nullptr, page.data(), text, page.data() + tag_at(page.size()), aad.data(),
          aad.size(), page.data() + nonce_at(page.size()), pages_.reveal().data()) == 0;
  const auto unused = page.subspan(is_ours ? text : 0);
  std::fill(unused.begin(), unused.end(), std::uint8_t{0});
  return is_ours;
}

void PageCipher::label(std::span<std::uint8_t> page, std::span<std::uint8_t> label) const {
  ENSURE(page.size() >= kOverhead && label.size() <= kLabelMax);
  const Keystream keystream(labels_, page);
  keystream.apply(label);
  crypto_onetimeauth(page.data() + label_tag_at(page.size()), label.data(), label.size(),
                     keystream.key());
}

bool PageCipher::read_label(ByteView page, std::span<std::uint8_t> label) const {
  ENSURE(page.size() >= kOverhead && label.size() <= kLabelMax);
  const Keystream keystream(labels_, page);
  if (crypto_onetimeauth_verify(page.data() + label_tag_at(page.size()), label.data(), label.size(),
                                keystream.key()) != 0) {
    std::fill(label.begin(), label.end(), std::uint8_t{0});
    return false;
  }
  keystream.apply(label);
  return true;
}

bool PageCipher::has_label(ByteView page) {
  const auto tag = page.subspan(label_tag_at(page.size()), kTagBytes);
  return std::any_of(tag.begin(), tag.end(), [](std::uint8_t byte) { return byte != 0; });
}

void PageCipher::drop_label(std::span<std::uint8_t> page) {
  std::fill_n(page.begin() + static_cast<std::ptrdiff_t>(label_tag_at(page.size())), kTagBytes,
              std::uint8_t{0});
}

}  // namespace holm::crypto
