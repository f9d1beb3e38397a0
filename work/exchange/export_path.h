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
  /// "a/b" + "Title" + ".md", made safe; a second of that name becomes "Title (2).md", and so does
  /// what is called like a folder. A folder that is called like a file becomes "a.md (2)".
  std::string take(std::string_view folder, std::string_view title, std::string_view ending);

 private:
  /// The path of a folder in `parent` (empty, or with a slash at its end).
  std::string folder_in(const std::string& parent, const std::string& name);

  std::set<std::string> taken_;    // files, folded
  std::set<std::string> folders_;  // folded
};

}  // namespace holm::work
