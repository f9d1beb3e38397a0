// Edits on their way to a live text: made at once, or listed, where typing and rubbing out in a row
// become one edit.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "crdt/text/rope.h"
#include "crdt/text/text.h"

namespace holm::crdt::text {

class EditList {
 public:
  /// A list.
  EditList() = default;
  /// Edits of `live`, which outlives this.
  explicit EditList(Rope& live) : live_(&live) {}

  /// Positions are those after all edits added so far. `len` code points of UTF-8.
  void insert(std::uint64_t pos, std::uint64_t len, std::string_view inserted);
  void erase(std::uint64_t pos, std::uint64_t len);

  const std::vector<TextEdit>& edits() const { return edits_; }
  std::vector<TextEdit> take() { return std::move(edits_); }

 private:
  Rope* live_ = nullptr;
  std::vector<TextEdit> edits_;
  std::uint64_t last_inserted_len_ = 0;
};

}  // namespace holm::crdt::text
