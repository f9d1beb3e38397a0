// One line per event, to a sink passed in. For operators; what a person should read is an Error.
#pragma once

#include <string_view>

namespace holm {

enum class Level : unsigned char { debug, info, warn, error };

/// Where event lines go. Threads: as the implementation says.
class Log {
 public:
  virtual ~Log() = default;
  /// `line` has no trailing newline and holds no key material and no content.
  virtual void write(Level level, std::string_view line) = 0;
};

/// Drops everything: the default in tests.
class NullLog final : public Log {
 public:
  void write(Level, std::string_view) override {}
};

}  // namespace holm
