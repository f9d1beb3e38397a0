// How far two words are apart: letters put in, left out, exchanged for another, or two neighbours
// swapped, each counting 1 (optimal string alignment). A pure function.
#pragma once

#include <cstddef>
#include <string_view>

namespace holm {

/// The distance, or `limit` + 1 when it is more. Letters are code points of valid UTF-8; words of
/// more than 64 are always too far. O(limit x letters) at most, mostly much less; allocates
/// nothing.
std::size_t edit_distance(std::u32string_view a, std::u32string_view b, std::size_t limit);

}  // namespace holm
