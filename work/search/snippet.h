// The piece of a text that shows why it was found. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "work/search/words.h"

namespace holm::work::search {

/// Bytes of a text that were found; not empty, ascending, apart from each other.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;

  auto operator<=>(const Span&) const = default;
};

/// About 160 code points of one line around the place where most of `found` stand together, each of
/// them between « and ». Cut between words, with "…" where something is left out; of a script
/// without spaces between characters. The start of the text when nothing was found in it. The order
/// of bytes is that of reading, so right-to-left text is right as it is. O(words).
std::string snippet(std::string_view text, const std::vector<Word>& words,
                    const std::vector<Span>& found);

}  // namespace holm::work::search
