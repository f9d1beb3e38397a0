// The examples in docs/formats, read by the tests that check them.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace holm::test {

/// The bytes of the block that opens with "```hex `name`" in docs/formats/`page`. Empty when the
/// block is missing or is not hexadecimal. Run from the root of the project.
Bytes doc_hex(const std::string& page, std::string_view name);

}  // namespace holm::test
