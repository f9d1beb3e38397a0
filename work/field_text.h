// Field values as a person writes and reads them: the bridge between `key=value` and the content of
// registers and sets, following the schema.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/value.h"
#include "work/schema.h"
#include "work/state.h"

namespace holm::work {

/// When and where words like "tomorrow" are meant.
struct Moment {
  WallTime now{};
  std::string_view zone;
};

/// What one value of `field` is when a person writes `text`. Empty text and "none" clear it: null.
/// Errors: usage and not_found, naming the field.
Result<Value> parse_field(const State& state, const Ref& ref, const Field& field,
                          std::string_view text, const Moment& when);

/// How a value reads to a person; empty for null. Instants are shown in their own zone.
std::string show_field(const State& state, const Ref& ref, const Field& field, const Value& value);

/// One of the words of `field`, or its unambiguous beginning. Errors: usage, listing the words.
Result<std::string> parse_choice(const Field& field, std::string_view text);

}  // namespace holm::work
