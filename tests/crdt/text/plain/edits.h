// A list of edits under construction: typing and rubbing out in a row become one edit.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "tests/crdt/text/plain/text.h"

namespace holm::plain::text {

class EditList {
 public:
  /// Positions are those after all edits added so far. `len` code points of UTF-8.
  void insert(std::uint64_t pos, std::uint64_t len, std::string_view inserted);
  void erase(std::uint64_t pos, std::uint64_t len);

  const std::vector<TextEdit>& edits() const { return edits_; }
  std::vector<TextEdit> take() { return std::move(edits_); }

 private:
  std::vector<TextEdit> edits_;
  std::uint64_t last_inserted_len_ = 0;
};

}  // namespace holm::plain::text
