// The one way in which a domain label precedes data: u8(length) | label.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/ensure.h"

namespace holm::crypto {

/// The length byte of a label. Requires: 1 to 255 bytes; labels are constants of ours.
inline std::uint8_t label_length(std::string_view label) {
  ENSURE(!label.empty() && label.size() <= 255);
  return static_cast<std::uint8_t>(label.size());
}

}  // namespace holm::crypto
