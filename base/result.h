// Expected failures as values. `Result<T>` holds a T or an Error; TRY passes an Error up.
// Our own bugs do not travel this way: they stop the process through base/ensure.h.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace holm {

/// What the caller can do about a failure. The command line maps each to an exit code (CLI.md).
enum class Code : std::uint8_t {
  failed,       ///< it did not work and trying again will not help by itself
  usage,        ///< the request makes no sense as asked
  not_found,    ///< the thing named is not here
  denied,       ///< not permitted
  busy,         ///< the home or store is in use or locked
  corrupt,      ///< damaged data
  timeout,      ///< took longer than allowed
  reject,       ///< a peer or a file sent something invalid: drop it
  limit,        ///< larger or more than we accept
  unsupported,  ///< made by a newer version, or not built in
  retry,        ///< passing trouble: try again later
};

/// One line a person can act on: what happened; what is safe; what to do. The last two may be
/// empty.
struct Error {
  Code code = Code::failed;
  std::string what;
  std::string safe;
  std::string todo;

  /// "what; safe; todo" with the empty parts left out.
  std::string text() const {
    std::string out = what;
    if (!safe.empty()) out += "; " + safe;
    if (!todo.empty()) out += "; " + todo;
    return out;
  }
  bool operator==(const Error&) const = default;
};

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  // Written out, since `return {}` through a defaulted one zeroes the room for an Error first,
  // which costs a keystroke more than all the rest of it.
  constexpr Result() {}
};

using Status = Result<void>;

/// `return fail(Code::not_found, "no card R-42");`
inline tl::unexpected<Error> fail(Code code, std::string what, std::string safe = {},
                                  std::string todo = {}) {
  return tl::unexpected<Error>(Error{code, std::move(what), std::move(safe), std::move(todo)});
}
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace holm

/// The value of a Result, or return its Error from the enclosing function: `auto x = TRY(f());`.
/// May be nested: each use has a name of its own.
#define TRY(expression) HOLM_TRY_AS(HOLM_TRY_NAME(__COUNTER__), expression)
#define HOLM_TRY_NAME(number) HOLM_TRY_JOIN(holm_try_, number)
#define HOLM_TRY_JOIN(prefix, number) prefix##number
#define HOLM_TRY_AS(result, expression)                          \
  __extension__({                                                \
    auto&& result = (expression);                                \
    if (!result) return ::holm::fail(std::move(result).error()); \
    ::holm::detail::take(std::move(result));                     \
  })

namespace holm::detail {
template <class T>
T take(Result<T>&& result) {
  return std::move(*result);
}
inline void take(Result<void>&&) {}
}  // namespace holm::detail
