#include "crypto/hash.h"

#include <sodium.h>

#include <algorithm>

#include "base/ensure.h"
#include "crypto/label.h"

namespace holm::crypto {
namespace {

using State = crypto_generichash_blake2b_state;

constexpr std::size_t kHmacBlockBytes = 128;  // the input block of BLAKE2b

/// BLAKE2b under way. Wiped at its end, since HMAC and kdf() feed it secrets.
class Blake2b {
 public:
  explicit Blake2b(std::size_t out_len, ByteView key = {}) : out_len_(out_len) {
    ENSURE(out_len >= crypto_generichash_blake2b_BYTES_MIN &&
           out_len <= crypto_generichash_blake2b_BYTES_MAX);
    ENSURE(key.size() <= crypto_generichash_blake2b_KEYBYTES_MAX);
    crypto_generichash_blake2b_init(&state_, key.data(), key.size(), out_len);
  }
  Blake2b(const Blake2b&) = delete;
  Blake2b& operator=(const Blake2b&) = delete;
  ~Blake2b() { sodium_memzero(&state_, sizeof state_); }

  void update(ByteView bytes) {
    crypto_generichash_blake2b_update(&state_, bytes.data(), bytes.size());
  }
  void finish(std::uint8_t* out) { crypto_generichash_blake2b_final(&state_, out, out_len_); }

 private:
  State state_;
  std::size_t out_len_;
};

}  // namespace

Hasher::Hasher(std::string_view label) {
  static_assert(sizeof(State) == kStateBytes && alignof(State) <= 64);
  const auto length = label_length(label);
  crypto_generichash_blake2b_init(reinterpret_cast<State*>(state_.data()), nullptr, 0,
                                  Digest::kBytes);
  update({&length, 1});
  update(as_bytes(label));
}

Hasher& Hasher::update(ByteView bytes) {
  ENSURE(!is_finished_);
  crypto_generichash_blake2b_update(reinterpret_cast<State*>(state_.data()), bytes.data(),
                                    bytes.size());
  return *this;
}

Hasher& Hasher::part(ByteView bytes) {
  std::uint8_t length[8];
  for (int i = 0; i < 8; ++i) {
    length[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(bytes.size()) >> (8 * i));
  }
  update(length);
  return update(bytes);
}

Digest Hasher::finish() {
  ENSURE(!is_finished_);
  is_finished_ = true;
  Digest out;
  crypto_generichash_blake2b_final(reinterpret_cast<State*>(state_.data()), out.bytes.data(),
                                   out.bytes.size());
  return out;
}

Digest hash(std::string_view label, std::span<const ByteView> parts) {
  Hasher hasher(label);
  for (auto part : parts) hasher.part(part);
  return hasher.finish();
}

Digest hash(std::string_view label, std::initializer_list<ByteView> parts) {
  return hash(label, std::span<const ByteView>(parts.begin(), parts.size()));
}

Bytes blake2b(std::size_t out_len, ByteView key, ByteView data) {
  Blake2b state(out_len, key);
  state.update(data);
  Bytes out(out_len);
  state.finish(out.data());
  return out;
}

HashBlock blake2b_512(std::initializer_list<ByteView> parts) {
  Blake2b state(sizeof(HashBlock));
  for (auto part : parts) state.update(part);
  HashBlock out;
  state.finish(out.data());
  return out;
}

HashBlock hmac_blake2b(ByteView key, std::initializer_list<ByteView> parts) {
  std::array<std::uint8_t, kHmacBlockBytes> pad{};
  if (key.size() > pad.size()) {
    auto digest = blake2b_512({key});
    std::copy(digest.begin(), digest.end(), pad.begin());
    sodium_memzero(digest.data(), digest.size());
  } else {
    std::copy(key.begin(), key.end(), pad.begin());
  }
  for (auto& byte : pad) byte ^= 0x36;
  HashBlock out;
  Blake2b inner(out.size());
  inner.update(pad);
  for (auto part : parts) inner.update(part);
  inner.finish(out.data());

  for (auto& byte : pad) byte ^= 0x36 ^ 0x5c;
  Blake2b outer(out.size());
  outer.update(pad);
  outer.update(out);
  outer.finish(out.data());
  sodium_memzero(pad.data(), pad.size());
  return out;
}

void hkdf(ByteView chaining_key, ByteView input, std::span<HashBlock> out) {
  ENSURE(!out.empty() && out.size() <= 255);
  auto temp_key = hmac_blake2b(chaining_key, {input});
  ByteView previous;
  std::uint8_t counter = 0;
  for (auto& block : out) {
    ++counter;
    block = hmac_blake2b(temp_key, {previous, ByteView(&counter, 1)});
    previous = block;
  }
  sodium_memzero(temp_key.data(), temp_key.size());
}

std::array<std::uint8_t, 32> kdf(ByteView secret, std::string_view label, ByteView context) {
  ENSURE(secret.size() >= crypto_generichash_blake2b_KEYBYTES_MIN);
  const auto length = label_length(label);
  std::array<std::uint8_t, 32> out;
  Blake2b state(out.size(), secret);
  state.update({&length, 1});
  state.update(as_bytes(label));
  state.update(context);
  state.finish(out.data());
  return out;
}

}  // namespace holm::crypto
