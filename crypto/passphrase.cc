#include "crypto/passphrase.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/ensure.h"

namespace holm::crypto {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kPassphraseBytesMax = 1024;

void put_u32(Bytes& out, std::uint32_t number) {
  for (int shift = 0; shift < 32; shift += 8) {
    out.push_back(static_cast<std::uint8_t>(number >> shift));
  }
}

std::uint32_t get_u32(ByteView raw) {
  std::uint32_t out = 0;
  for (int i = 3; i >= 0; --i) out = out << 8 | raw[static_cast<std::size_t>(i)];
  return out;
}

Status check(const PassphraseParams& params) {
  if (params.passes < 1 || params.passes > PassphraseParams::kPassesMax ||
      params.memory_kib < PassphraseParams::kMemoryKibMin ||
      params.memory_kib > PassphraseParams::kMemoryKibMax) {
    return fail(Code::limit, "the passphrase record asks for " + std::to_string(params.passes) +
                                 " passes over " + std::to_string(params.memory_kib) +
                                 " KiB, which is out of bounds");
  }
  return {};
}

}  // namespace

PassphraseParams PassphraseParams::make(Rng& rng) { return {.salt = rng.id<PassphraseSalt>()}; }

PassphraseParams PassphraseParams::with_new_salt(Rng& rng) const {
  auto out = *this;
  out.salt = rng.id<PassphraseSalt>();
  return out;
}

PassphraseParams PassphraseParams::calibrated(Rng& rng, Millis target,
                                              const std::function<Millis()>& now) {
  auto out = make(rng);
  out.passes = 1;
  for (;;) {
    const auto begun = now();
    if (derive_key("how long does it take", out)) {
      const auto took = std::max(now() - begun, Millis(1));
      out.passes =
          static_cast<std::uint32_t>(std::clamp<std::int64_t>(target / took, 1, kPassesMax));
      return out;
    }
    if (out.memory_kib / 2 < kMemoryKibMin) return make(rng);
    out.memory_kib /= 2;
  }
}

Bytes PassphraseParams::encode() const {
  Bytes out{kVersion};
  put_u32(out, passes);
  put_u32(out, memory_kib);
  append(out, salt.view());
  ENSURE(out.size() == kEncodedBytes);
  return out;
}

Result<PassphraseParams> PassphraseParams::read(ByteView raw) {
  if (raw.empty()) return fail(Code::corrupt, "the passphrase record is empty");
  if (raw[0] > kVersion) {
    return fail(Code::unsupported, "the passphrase record was made by a newer version");
  }
  if (raw[0] != kVersion || raw.size() != kEncodedBytes) {
    return fail(Code::corrupt, "the passphrase record is damaged");
  }
  const PassphraseParams out{.salt = *PassphraseSalt::from(raw.subspan(9)),
                             .passes = get_u32(raw.subspan(1, 4)),
                             .memory_kib = get_u32(raw.subspan(5, 4))};
  TRY(check(out));
  return out;
}

Result<SecretKey32> derive_key(std::string_view passphrase, const PassphraseParams& params) {
  static_assert(PassphraseSalt::kBytes == crypto_pwhash_argon2id_SALTBYTES);
  if (passphrase.empty()) return fail(Code::usage, "the passphrase is empty");
  if (passphrase.size() > kPassphraseBytesMax) {
    return fail(Code::usage, "the passphrase is longer than 1024 bytes");
  }
  TRY(check(params));
  Locked<std::array<std::uint8_t, 32>> raw;
  if (crypto_pwhash_argon2id(raw->data(), raw->size(), passphrase.data(), passphrase.size(),
                             params.salt.bytes.data(), params.passes,
                             std::size_t{params.memory_kib} * 1024,
                             crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
    return fail(Code::retry,
                "not enough memory to check the passphrase (" +
                    std::to_string(params.memory_kib / 1024) + " MiB needed)",
                "nothing was changed", "close other programs and try again");
  }
  return SecretKey32::from(*raw);
}

}  // namespace holm::crypto
