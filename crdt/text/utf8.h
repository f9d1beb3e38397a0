// Code points in UTF-8: counting, finding and reading them. Views only; owns nothing. It knows
// nothing of grapheme clusters, normalisation or line ends. Offsets are bytes, indexes code points.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holm::crdt::utf8 {

/// Number of code points; nothing when the text is not well-formed UTF-8 (Unicode 15, table 3-7: no
/// overlong forms, no surrogates, at most U+10FFFF). NUL is a code point like any other.
std::optional<std::uint64_t> checked_count(std::string_view text);

/// Whether a byte of well-formed text goes on with a code point begun before it.
constexpr bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

/// Number of code points of well-formed text. O(bytes), eight at a time.
std::uint64_t count(std::string_view text);

/// Byte offset of the code point at `index`; text.size() when index is count(text) or beyond.
std::size_t offset(std::string_view text, std::uint64_t index);

/// Offset of the code point after the one at `at`; text.size() at the last one. Requires at < size.
std::size_t next(std::string_view text, std::size_t at);

/// Offset of the code point before offset `at`. Requires 0 < at <= size.
std::size_t previous(std::string_view text, std::size_t at);

/// The code point at offset `at` of well-formed text. Requires at < size.
char32_t decode(std::string_view text, std::size_t at);

/// All code points of well-formed text.
std::vector<char32_t> decode_all(std::string_view text);

/// Appends one code point. Requires a Unicode scalar value.
void append(std::string& out, char32_t code_point);

}  // namespace holm::crdt::utf8
