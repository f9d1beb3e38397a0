// Byte strings and hexadecimal: the vocabulary every encoder and digest shares. Values only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holm {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

/// The bytes of a string, without copying. Valid as long as the string.
inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
/// Bytes seen as text, without copying or checking that they are UTF-8.
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes to_bytes(std::string_view text) {
  auto view = as_bytes(text);
  return {view.begin(), view.end()};
}
inline Bytes to_bytes(ByteView view) { return {view.begin(), view.end()}; }
inline std::string to_text(ByteView bytes) { return std::string(as_text(bytes)); }

inline void append(Bytes& out, ByteView more) { out.insert(out.end(), more.begin(), more.end()); }

/// Lower-case hexadecimal, two characters per byte.
std::string hex(ByteView bytes);
/// The inverse of hex(); either case. Empty when the length is odd or a character is no hex digit.
std::optional<Bytes> from_hex(std::string_view text);

}  // namespace holm
