#include "crypto/blake2b.h"

#include <sodium.h>

#include <algorithm>

#include "base/ensure.h"

namespace holm::crypto {
namespace {

using State = crypto_generichash_blake2b_state;

constexpr std::size_t kHmacBlockBytes = 128;  // the input block of BLAKE2b

}  // namespace

Blake2b::Blake2b(std::size_t out_len, ByteView key, std::string_view personality)
    : out_len_(out_len) {
  static_assert(sizeof(State) == kStateBytes && alignof(State) <= 64);
  std::array<std::uint8_t, crypto_generichash_blake2b_PERSONALBYTES> padded{};
  ENSURE(out_len >= crypto_generichash_blake2b_BYTES_MIN &&
         out_len <= crypto_generichash_blake2b_BYTES_MAX);
  ENSURE(key.size() <= crypto_generichash_blake2b_KEYBYTES_MAX);
  ENSURE(personality.size() <= padded.size());
  std::copy(personality.begin(), personality.end(), padded.begin());
  crypto_generichash_blake2b_init_salt_personal(reinterpret_cast<State*>(state_.data()), key.data(),
                                                key.size(), out_len, nullptr, padded.data());
}

Blake2b::~Blake2b() { sodium_memzero(state_.data(), state_.size()); }

Blake2b& Blake2b::update(ByteView bytes) {
  ENSURE(!is_finished_);
  crypto_generichash_blake2b_update(reinterpret_cast<State*>(state_.data()), bytes.data(),
                                    bytes.size());
  return *this;
}

void Blake2b::finish(std::span<std::uint8_t> out) {
  ENSURE(!is_finished_ && out.size() == out_len_);
  is_finished_ = true;
  crypto_generichash_blake2b_final(reinterpret_cast<State*>(state_.data()), out.data(), out.size());
}

Bytes blake2b(std::size_t out_len, ByteView key, ByteView data) {
  Bytes out(out_len);
  Blake2b(out_len, key).update(data).finish(out);
  return out;
}

HashBlock blake2b_512(std::initializer_list<ByteView> parts) {
  HashBlock out;
  Blake2b state(out.size());
  for (auto part : parts) state.update(part);
  state.finish(out);
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
  inner.finish(out);

  for (auto& byte : pad) byte ^= 0x36 ^ 0x5c;
  Blake2b(out.size()).update(pad).update(out).finish(out);
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

}  // namespace holm::crypto
