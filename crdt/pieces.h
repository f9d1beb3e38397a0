// Edits of one text made one after the other, anywhere in it, as one list that goes through the
// text once from start to end: what Text::compose() takes. Knows lengths, not the text itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crdt/text/text.h"

namespace holm::crdt {

class Pieces {
 public:
  /// `size` code points, untouched.
  explicit Pieces(std::uint64_t size);

  /// Positions count the text as the edits before have left it. Errors: reject when they lie
  /// outside of it. O(edits so far).
  Status insert(std::uint64_t pos, std::string_view text);
  Status erase(std::uint64_t pos, std::uint64_t len);

  /// All edits so far.
  std::vector<TextEdit> edits() const;

 private:
  struct Piece {
    std::uint64_t from = 0;  // original text: its place there
    std::uint64_t len = 0;   // code points
    std::string text{};      // new text; empty for original text
    bool is_new() const { return !text.empty(); }
  };

  /// The index of the piece that starts at `pos`, made by a cut where there is none; the count of
  /// pieces at the end.
  Result<std::size_t> cut(std::uint64_t pos);

  std::uint64_t original_;
  std::vector<Piece> pieces_;
};

}  // namespace holm::crdt
