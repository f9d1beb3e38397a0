// Reads what an import names from the file system. An edge.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "work/exchange/import.h"

namespace holm::node {

/// A file, or a folder with everything below it, sorted by path. Of a folder only notes are read;
/// what cannot be (links, devices, what this user may not read, notes beyond work::kNoteBytesMax)
/// says so in `problem`, and .git is named and not entered. Errors: not_found, denied
/// when the path itself cannot be read, limit (more than 1 GiB or 100,000 files in all).
Result<std::vector<work::SourceFile>> read_source(const std::string& path);

}  // namespace holm::node
