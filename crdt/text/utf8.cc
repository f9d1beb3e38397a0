#include "crdt/text/utf8.h"

#include <cstring>

namespace holm::crdt::utf8 {
namespace {

constexpr std::uint64_t kLowBits = 0x0101010101010101;

/// Bytes of the eight at `at` that begin a code point.
std::uint64_t starts_in_word(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  // A continuation byte has its top bit set and the next one clear. The product adds the marks of
  // all eight bytes up in the top one: the baseline x86-64 has no instruction that counts bits.
  const std::uint64_t continuations = (word >> 7) & (~word >> 6) & kLowBits;
  return 8 - (continuations * kLowBits >> 56);
}

/// Length of the code point that begins with `lead`, which is valid.
std::size_t width(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

/// Length of the well-formed code point at the front of `text`; 0 when there is none.
std::size_t checked_width(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const std::size_t length = width(text[0]);
  if (text.size() < length) return 0;
  // The second byte alone decides about overlong forms, surrogates and the upper end.
  const unsigned char least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < least || byte(1) > most) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!continues(text[i])) return 0;
  }
  return length;
}

}  // namespace

std::optional<std::uint64_t> checked_count(std::string_view text) {
  std::uint64_t found = 0;
  while (!text.empty()) {
    if (text.size() >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data(), sizeof word);
      if ((word & (kLowBits << 7)) == 0) {
        found += 8;
        text.remove_prefix(8);
        continue;
      }
    }
    const auto length = checked_width(text);
    if (length == 0) return std::nullopt;
    ++found;
    text.remove_prefix(length);
  }
  return found;
}

std::uint64_t count(std::string_view text) {
  std::uint64_t found = 0;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) found += starts_in_word(text.data() + at);
  for (; at < text.size(); ++at) found += continues(text[at]) ? 0 : 1;
  return found;
}

std::size_t offset(std::string_view text, std::uint64_t index) {
  std::size_t at = 0;
  // Each word is skipped whole while the start of code point `index` lies beyond it.
  for (; at + 8 <= text.size(); at += 8) {
    const auto starts = starts_in_word(text.data() + at);
    if (starts > index) break;
    index -= starts;
  }
  for (; at < text.size(); ++at) {
    if (continues(text[at])) continue;
    if (index == 0) return at;
    --index;
  }
  return text.size();
}

std::size_t next(std::string_view text, std::size_t at) {
  do ++at;
  while (at < text.size() && continues(text[at]));
  return at;
}

std::size_t previous(std::string_view text, std::size_t at) {
  do --at;
  while (at > 0 && continues(text[at]));
  return at;
}

char32_t decode(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return static_cast<char32_t>(static_cast<unsigned char>(text[at + i]));
  };
  const auto tail = [&](std::size_t i) { return byte(i) & 0x3F; };
  switch (width(text[at])) {
    case 1: return byte(0);
    case 2: return (byte(0) & 0x1F) << 6 | tail(1);
    case 3: return (byte(0) & 0x0F) << 12 | tail(1) << 6 | tail(2);
    default: return (byte(0) & 0x07) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3);
  }
}

std::vector<char32_t> decode_all(std::string_view text) {
  std::vector<char32_t> out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); at = next(text, at)) out.push_back(decode(text, at));
  return out;
}

void append(std::string& out, char32_t code_point) {
  const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3F));
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

}  // namespace holm::crdt::utf8
