#include "work/members/invite_code.h"

#include <array>

#include "base/ensure.h"
#include "crypto/hash.h"

namespace holm::work::members {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";  // Crockford
constexpr std::size_t kCharacters = 28;                                     // 140 bits
using Padded = std::array<std::uint8_t, 18>;  // 128 secret bits, 12 check bits, 4 zero bits

/// CRC-12 (x^12 + x^11 + x^3 + x^2 + x + 1), most significant bit first. Finds every error that
/// lies within twelve neighbouring bits: each mistyped character and each swap of two neighbours.
std::uint16_t crc12(ByteView bytes) {
  std::uint16_t crc = 0;
  for (const auto byte : bytes) {
    crc ^= static_cast<std::uint16_t>(byte << 4);
    for (int i = 0; i < 8; ++i) {
      const bool carry = (crc & 0x800) != 0;
      crc = static_cast<std::uint16_t>(crc << 1);
      if (carry) crc ^= 0x80f;
      crc &= 0xfff;
    }
  }
  return crc;
}

Padded padded(const InviteSecret& secret) {
  Padded out{};
  std::copy(secret.bytes.begin(), secret.bytes.end(), out.begin());
  const auto check = crc12(secret.view());
  out[16] = static_cast<std::uint8_t>(check >> 4);
  out[17] = static_cast<std::uint8_t>(check << 4);
  return out;
}

int digit(char c) {
  if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  if (c == 'O') c = '0';
  if (c == 'I' || c == 'L') c = '1';
  const auto at = kAlphabet.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

unsigned bit(const Padded& bits, std::size_t index) {
  return bits[index / 8] >> (7 - index % 8) & 1u;
}

}  // namespace

std::string invite_code(const InviteSecret& secret) {
  const auto bits = padded(secret);
  std::string out;
  for (std::size_t i = 0; i < kCharacters; ++i) {
    unsigned value = 0;
    for (std::size_t k = 0; k < 5; ++k) value = value << 1 | bit(bits, i * 5 + k);
    if (i != 0 && i % 4 == 0) out.push_back('-');
    out.push_back(kAlphabet[value]);
  }
  return out;
}

Result<InviteSecret> parse_invite_code(std::string_view code) {
  Padded bits{};
  std::size_t count = 0;
  for (char c : code) {
    if (c == '-' || c == ' ') continue;
    const int value = digit(c);
    if (value < 0) {
      return fail(Code::usage, "an invite code has letters and digits only", "nothing was sent",
                  "check what was typed");
    }
    if (count < kCharacters) {
      for (std::size_t k = 0; k < 5; ++k) {
        const auto index = count * 5 + k;
        bits[index / 8] |= static_cast<std::uint8_t>((value >> (4 - k) & 1) << (7 - index % 8));
      }
    }
    ++count;
  }
  if (count != kCharacters) {
    return fail(Code::usage, "an invite code has 28 characters, this one " + std::to_string(count),
                "nothing was sent", "check what was typed");
  }
  InviteSecret secret;
  std::copy_n(bits.begin(), secret.bytes.size(), secret.bytes.begin());
  if (padded(secret) != bits) {
    return fail(Code::usage, "the invite code is mistyped: its check does not fit",
                "nothing was sent", "compare it with the one you were given");
  }
  return secret;
}

crypto::SigningKey invite_signing_key(const InviteSecret& secret) {
  auto seed = crypto::SecretKey32::from(crypto::kdf(secret.view(), "holm invite sign v1"));
  ENSURE(seed.has_value());
  return crypto::SigningKey::from_seed(*seed);
}

crypto::SecretKey32 invite_psk(const InviteSecret& secret) {
  auto key = crypto::SecretKey32::from(crypto::kdf(secret.view(), "holm invite psk v1"));
  ENSURE(key.has_value());
  return std::move(*key);
}

}  // namespace holm::work::members
