// Codes as pictures that a phone's camera reads.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace holm::cli {

/// What stands before a code in a link: "holm://join/K7QF-...".
inline constexpr std::string_view kCodeLink = "holm://join/";

/// A QR code (ISO/IEC 18004) of `text`, error correction M, as a black and white PNG: 8 pixels a
/// module, 4 modules of margin. Errors: limit (too long), failed (out of memory).
Result<Bytes> qr_png(std::string_view text);

}  // namespace holm::cli
