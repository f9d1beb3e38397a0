// A temporary folder for what a bench writes, gone when the bench is over.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/result.h"

namespace holm::bench {

class Folder {
 public:
  /// Errors: failed.
  static Result<Folder> make() {
    auto path = (std::filesystem::temp_directory_path() / "holm-bench-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) {
      return fail(Code::failed, "no temporary folder could be made");
    }
    return Folder(std::move(path));
  }
  ~Folder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  Folder(Folder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Folder& operator=(Folder&&) = delete;

  const std::string& path() const { return path_; }

 private:
  explicit Folder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace holm::bench
