// Text as a person compares it: without regard to case or to how an accent is spelled.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace holm::work {

/// Unicode NFC of the full case folding (Unicode 15, sections 3.11 and 3.13). Text that is not
/// UTF-8 comes back as it is. O(bytes).
std::string fold(std::string_view text);

/// Checks what a person gave as Markdown or other long text. Errors: usage, when not UTF-8.
Status check_text(std::string_view text, std::string_view what);
/// Checks a title or other one-line value: not empty, at most `bytes_max`, no control characters.
/// Errors: usage.
Status check_line(std::string_view text, std::string_view what, std::size_t bytes_max = 1000);

}  // namespace holm::work
