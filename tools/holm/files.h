// Files that people name on the command line. Wraps the file system's exceptions and error codes.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace holm::cli {

/// Who may read a file that is written.
enum class Access { everyone, owner };

/// Replaces a file: written beside it under another name first, so that it is never half there.
/// Errors: failed, saying why.
Status write_file(const std::string& path, ByteView bytes, Access access);
/// Errors: not_found, limit (more than 64 MiB), failed.
Result<std::string> read_file(const std::string& path);
/// The one line of a passphrase file, without its end. Errors: as read_file; usage.
Result<std::string> read_passphrase(const std::string& path);
/// The path as every process of this machine understands it.
std::string absolute_path(const std::string& path);

}  // namespace holm::cli
