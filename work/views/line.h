// Names and texts cut down to one readable line.
#pragma once

#include <string>
#include <string_view>

namespace holm::work {

/// "“Name”", on one line and cut to a readable length.
std::string quoted(std::string_view name);
/// Text as one line: runs of white space become a space, ends are trimmed, and what is longer than
/// `bytes_max` is cut between code points.
std::string one_line(std::string_view text, std::size_t bytes_max);

}  // namespace holm::work
