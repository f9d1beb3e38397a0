// Plain BLAKE2b (RFC 7693), and HMAC and HKDF on it: what Noise and other outside formats name.
// Without domain labels: Holm's own uses go through hash.h, sign.h and seal.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "base/bytes.h"

namespace holm::crypto {

/// BLAKE2b under way. A value; wiped at its end, since it may have been fed secrets.
class Blake2b {
 public:
  /// out_len      16 to 64 bytes.
  /// key          0 to 64 bytes; empty means unkeyed.
  /// personality  0 to 16 bytes of RFC 7693's personalisation, padded with zeros.
  explicit Blake2b(std::size_t out_len, ByteView key = {}, std::string_view personality = {});
  Blake2b(const Blake2b&) = default;
  Blake2b& operator=(const Blake2b&) = default;
  ~Blake2b();

  Blake2b& update(ByteView bytes);
  /// Fills `out`. Requires: called once, with the length given at the start; no update() after it.
  void finish(std::span<std::uint8_t> out);

 private:
  static constexpr std::size_t kStateBytes = 384;
  alignas(64) std::array<std::uint8_t, kStateBytes> state_;
  std::size_t out_len_;
  bool is_finished_ = false;
};

/// 64 bytes: one BLAKE2b output, the HASHLEN of Noise.
using HashBlock = std::array<std::uint8_t, 64>;

/// The digest of `data`; parameters as Blake2b.
Bytes blake2b(std::size_t out_len, ByteView key, ByteView data);
/// BLAKE2b-512 of the parts one after the other.
HashBlock blake2b_512(std::initializer_list<ByteView> parts);
/// HMAC (RFC 2104) over BLAKE2b-512 with its block of 128 bytes; longer keys are hashed first.
HashBlock hmac_blake2b(ByteView key, std::initializer_list<ByteView> parts);
/// HKDF of the Noise Protocol Framework rev 34, section 4.3: fills `out` from a chaining key and
/// input key material. Noise uses two or three outputs; at most 255 are allowed.
void hkdf(ByteView chaining_key, ByteView input, std::span<HashBlock> out);

}  // namespace holm::crypto
