// The difference of two versions of one text, by lines, with who added and who removed each.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "work/views/authorship.h"

namespace holm::work::views {

/// What tells the authors of lines; null where a version has no such text.
struct Authorship {
  const Writers* before = nullptr;
  const Writers* after = nullptr;
  const Erasers* erasers = nullptr;
  std::size_t from = 0;  ///< changes before this index made the version before
};

/// {"unified": as diff -u has it, "hunks": [{"from_line", "to_line", "lines": [{"op": "+", "-" or
/// " ", "text", "by": [people]}]}]}; null when both are the same.
Value text_difference_value(Shape& shape, const Changes& history, std::string_view before,
                            std::string_view after, const Authorship& authorship);

/// The members who made some changes, each once, in order of id.
std::vector<MemberId> authors_of(const Changes& history, const std::set<std::size_t>& changes);

}  // namespace holm::work::views
