// Files that people name on the command line. Wraps the file system's exceptions and error codes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/value.h"

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

/// The same without looking at what ".." means, which links may change; for files that the node
/// opens itself. As bytes where they are no UTF-8.
Value path_values(const std::vector<std::string>& paths);
/// Where a file called `name` goes when a person says `out`: there, or in that folder.
std::string place_for(const std::string& out, const std::string& name);

/// A file of any size on its way to the disk: beside its place under another name until it is
/// whole. Gone when destroyed unfinished.
class FileWriter {
 public:
  enum class There { kept, replaced };  ///< what becomes of a file that stands there already
  /// Errors: failed, saying why; when a file stands there and is to be kept.
  static Result<std::unique_ptr<FileWriter>> open(std::string path, There there);
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  const std::string& path() const { return path_; }
  /// Errors: failed.
  Status write(ByteView bytes);
  /// Durable and in its place when it returns. Errors: failed.
  Status finish();

 private:
  FileWriter(std::string path, std::string beside, int file, There there);
  tl::unexpected<Error> wrong(const std::string& why) const;

  std::string path_;
  std::string beside_;
  int file_;
  There there_;
};

}  // namespace holm::cli
