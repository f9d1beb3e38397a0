// JSON text to Value and back (RFC 8259). The only file that sees the JSON library.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/value.h"

namespace holm {

/// Reads one document. Errors: reject, with the byte offset, on bad syntax, a text that ends early,
/// bad UTF-8 or nesting beyond 128 levels. Integers beyond int64 become doubles.
Result<Value> parse_json(std::string_view text);

/// Compact when `indent` < 0, else that many spaces a level. Bytes become hexadecimal text; invalid
/// UTF-8 is replaced by U+FFFD, so the output is always valid JSON.
std::string to_json(const Value& value, int indent = -1);

}  // namespace holm
