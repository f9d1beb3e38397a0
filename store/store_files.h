// The seam to the disk for store files as wholes: what moves them about when a damaged store gives
// way to one made anew. SQLite's own seam (its VFS) knows no renaming. The system's files, or a
// disk that tests let fail. Threads: the loop's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace holm::store {

class StoreFiles {
 public:
  virtual ~StoreFiles() = default;
  virtual Result<bool> exists(const std::string& path) = 0;
  /// Files whose path begins so, sorted. Errors: failed.
  virtual Result<std::vector<std::string>> beginning_with(const std::string& prefix) = 0;
  /// Gives a file a second name, or where the disk can't, makes a copy of it. Durable when it
  /// returns; nothing when `to` is there. Errors: failed, "the disk is full" among them.
  virtual Status keep_as(const std::string& from, const std::string& to) = 0;
  /// Takes the place of what is there. Durable when it returns. Errors: failed.
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  /// Durable when it returns. Errors: failed; none when it is gone already.
  virtual Status remove(const std::string& path) = 0;
};

/// The system's; stateless.
StoreFiles& system_store_files();

}  // namespace holm::store
