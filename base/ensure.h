// ENSURE: a check of our own reasoning, on in every build. Never on data from outside.
#pragma once

namespace holm::detail {
[[noreturn]] void ensure_failed(const char* expression, const char* file, int line);
}  // namespace holm::detail

/// Prints the expression and its place to stderr and aborts when it is false.
#define ENSURE(expression)                              \
  (static_cast<bool>(expression) ? static_cast<void>(0) \
                                 : ::holm::detail::ensure_failed(#expression, __FILE__, __LINE__))
