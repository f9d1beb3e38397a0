// The one way in which a domain label precedes data in this folder: u8(length) | label.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/ensure.h"
#include "crypto/blake2b.h"

namespace holm::crypto {

/// The length byte of a label. Requires: 1 to 255 bytes; labels are constants of ours.
inline std::uint8_t label_length(std::string_view label) {
  ENSURE(!label.empty() && label.size() <= 255);
  return static_cast<std::uint8_t>(label.size());
}

inline Blake2b& add_label(Blake2b& state, std::string_view label) {
  const auto length = label_length(label);
  return state.update({&length, 1}).update(as_bytes(label));
}

}  // namespace holm::crypto
