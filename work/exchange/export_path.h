// Names for exported files: safe on any file system, unique without regard to case, and as close to
// the titles as that allows.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace holm::work {

/// One component of a path: no separators, control characters or characters that some system
/// forbids, no reserved name, no end in a dot or space, at most 120 bytes. Never empty.
std::string safe_name(std::string_view title);

class ExportPaths {
 public:
  /// "a/b" + "Title" + ".md", made safe; a second of that name becomes "Title (2).md".
  std::string take(std::string_view folder, std::string_view title, std::string_view ending);

 private:
  std::set<std::string> taken_;  // folded
};

}  // namespace holm::work
