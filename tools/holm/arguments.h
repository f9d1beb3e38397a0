// What was given on the command line, by name of argument ("REF") and option ("--role").
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "work/command.h"

namespace holm::cli {

class Arguments {
 public:
  void add(std::string_view name, std::string value);

  bool has(std::string_view name) const;
  /// The last value; empty when there is none.
  std::string get(std::string_view name) const;
  /// The last value, if any.
  std::optional<std::string> find(std::string_view name) const;
  /// All values in order.
  std::vector<std::string> all(std::string_view name) const;
  /// All values, each split at commas, spaces around them dropped: "--members A,B".
  std::vector<std::string> list(std::string_view name) const;

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

/// "key=value" words as pairs. Errors: usage, naming the word that has no '='.
Result<work::Pairs> parse_pairs(const std::vector<std::string>& words);
/// "30s", "500ms", "2m", "1h"; a bare number counts seconds. Errors: usage, beyond 7 days too.
Result<Millis> parse_span(std::string_view text);
/// A whole number from `least` to `most`. Errors: usage, naming `what`.
Result<std::uint64_t> parse_count(std::string_view text, std::string_view what, std::uint64_t least,
                                  std::uint64_t most);

}  // namespace holm::cli
