// Reads what an import names from the file system. An edge.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "work/exchange/import.h"

namespace holm::node {

/// A file, or a folder with all regular files below it (links are not followed), sorted by path.
/// Errors: not_found, denied, limit (more than 1 GiB or 100,000 files in all).
Result<std::vector<work::SourceFile>> read_source(const std::string& path);

}  // namespace holm::node
