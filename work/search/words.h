// Text as search reads it: words of every script, folded so that case, accents and widths do not
// matter, with the place where each stands. Scripts written without spaces (Chinese, Japanese,
// Korean, Thai, Lao, Khmer, Burmese) are read character by character. Pure; the index and the
// questions to it share this, so changing it means raising kTermsVersion (terms.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holm::work::search {

struct Word {
  std::string text;       ///< folded, at most kWordBytesMax
  std::size_t begin = 0;  ///< bytes of the source
  std::size_t end = 0;
  bool character = false;  ///< of a script without spaces, or an emoji
  bool joined = false;     ///< nothing stands between it and the word before

  bool operator==(const Word&) const = default;
};

/// Longer words are cut, when they are indexed and when they are looked for alike.
inline constexpr std::size_t kWordBytesMax = 64;

/// The words of a text in their order. Letters fold to Unicode's case folding of the compatibility
/// form; marks over Latin, Greek, Hebrew and Arabic letters and Cyrillic stress are dropped, other
/// marks belong to their letter. All i of Turkish are one letter. Digits of all scripts are one.
/// Bytes that are no UTF-8 separate words. O(bytes).
std::vector<Word> words_of_text(std::string_view text);

/// Length in code points. O(bytes).
std::size_t length_of(std::string_view folded);
/// The first `count` code points.
std::string_view first_of(std::string_view folded, std::size_t count);

}  // namespace holm::work::search
