// The difference between two texts: as edits that change as little as possible, so that others'
// concurrent work survives, and by lines for display. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crdt/text/text.h"

namespace holm::crdt {

/// Edits that turn `from` into `to`, both well-formed UTF-8; in the order given, ascending, none
/// touching the next. Between lines that are equal, code points are compared; a scrap of a few
/// equal code points amid a larger rewriting is rewritten too, and a passage that has little in
/// common with what replaces it is replaced whole. Few code points change, but not always the
/// fewest. O((n + m) D) for D differences, but no more than a fixed effort per passage; what lies
/// beyond it is replaced.
std::vector<TextEdit> diff(std::string_view from, std::string_view to);

struct DiffLine {
  enum class Kind { same, removed, added };

  Kind kind = Kind::same;
  std::string text;  ///< with its line feed; the last line may lack one

  bool operator==(const DiffLine&) const = default;
};

/// Both texts by lines: the same and the removed ones make `from`, the same and the added ones make
/// `to`. Where both differ, removed lines come first.
std::vector<DiffLine> diff_lines(std::string_view from, std::string_view to);

}  // namespace holm::crdt
