// What kind of file it is, guessed from how it begins. Never a reason to trust it.
#pragma once

#include <string_view>

#include "base/bytes.h"

namespace holm::files {

inline constexpr std::size_t kMediaBytes = 4096;  ///< of the beginning that a guess looks at

/// An IANA media type, "image/png". `beginning` is the first kMediaBytes of the file, or all of a
/// shorter one; `name` tells formats apart that begin alike (a zip from a spreadsheet).
std::string_view guess_media_type(ByteView beginning, std::string_view name);

}  // namespace holm::files
