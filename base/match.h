// A question to an index of terms: which objects hold which of them. A plain value, made by the
// language of queries in work/search and answered by the index in store.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace holm {

struct Match {
  enum class Kind : std::uint8_t {
    term,    ///< the object holds `term`
    prefix,  ///< it holds a term that begins with `term`
    all,     ///< it fits every one of `parts` and none of `without`
    any,     ///< it fits one of `parts`
  };
  Kind kind = Kind::all;
  std::string term{};            ///< UTF-8; spelled as work/search/terms.h has it
  std::vector<Match> parts{};    ///< of all and any: at least one
  std::vector<Match> without{};  ///< of all

  static Match of_term(std::string term) { return {Kind::term, std::move(term), {}, {}}; }
  static Match of_prefix(std::string term) { return {Kind::prefix, std::move(term), {}, {}}; }
  static Match of_all(std::vector<Match> parts) { return {Kind::all, {}, std::move(parts), {}}; }
  static Match of_any(std::vector<Match> parts) { return {Kind::any, {}, std::move(parts), {}}; }
};

}  // namespace holm
