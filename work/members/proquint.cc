#include "work/members/proquint.h"

#include "base/ensure.h"
#include "base/wire.h"
#include "crypto/hash.h"

namespace holm::work::members {
namespace {

constexpr std::string_view kConsonants = "bdfghjklmnprstvz";
constexpr std::string_view kVowels = "aiou";
constexpr std::size_t kSafetyBytes = 12;

std::string words_of(std::string_view label, ByteView about) {
  const auto digest = crypto::hash(label, about);
  return proquints(digest.view().first(kSafetyBytes));
}

}  // namespace

std::string proquint(std::uint16_t bits) {
  return {kConsonants[bits >> 12 & 15], kVowels[bits >> 10 & 3], kConsonants[bits >> 6 & 15],
          kVowels[bits >> 4 & 3], kConsonants[bits & 15]};
}

std::optional<std::uint16_t> parse_proquint(std::string_view word) {
  if (word.size() != 5) return std::nullopt;
  unsigned out = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    const bool is_vowel = i % 2 == 1;
    const auto at = (is_vowel ? kVowels : kConsonants).find(word[i]);
    if (at == std::string_view::npos) return std::nullopt;
    out = out << (is_vowel ? 2 : 4) | static_cast<unsigned>(at);
  }
  return static_cast<std::uint16_t>(out);
}

std::string proquints(ByteView bytes) {
  ENSURE(bytes.size() % 2 == 0);
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    if (i > 0) out += ' ';
    out += proquint(static_cast<std::uint16_t>(bytes[i] << 8 | bytes[i + 1]));
  }
  return out;
}

std::string safety_words(const TeamId& team, const crypto::VerifyKey& one,
                         const crypto::VerifyKey& other) {
  const auto& least = one < other ? one : other;
  const auto& most = one < other ? other : one;
  return words_of("holm safety words v1", Writer().array(3).id(team).id(least).id(most).view());
}

std::string safety_words(const TeamId& team, const crypto::VerifyKey& root,
                         const DeviceId& device) {
  return words_of("holm device words v1", Writer().array(3).id(team).id(root).id(device).view());
}

}  // namespace holm::work::members
