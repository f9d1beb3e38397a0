// The value of a Result, or the end of the test with the error's text.
#pragma once

#include <doctest/doctest.h>

#include <type_traits>
#include <utility>

#include "base/result.h"

namespace holm::test {

template <class T>
T must(Result<T> result) {
  if (!result) FAIL(result.error().text());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace holm::test
