// The tree of lists over a file's chunks, made while they come. Holds one open list per level,
// whatever the size of the file: at most kLevelMax times 80 KB.
#pragma once

#include <functional>
#include <vector>

#include "files/list.h"

namespace holm::files {

class ListBuilder {
 public:
  /// Keeps an encoded list and gives its id. Errors end the call that they came from.
  using Keep = std::function<Result<PieceId>(ByteView encoded)>;

  explicit ListBuilder(Keep keep) : keep_(std::move(keep)) {}

  /// The next chunk of the file. Errors: those of `keep`, limit beyond kFileBytesMax.
  Status add(const Entry& chunk);
  /// The whole file: the root's id, and its size in bytes. Errors: those of `keep`.
  Result<Entry> finish();

 private:
  Status add_at(unsigned level, const Entry& entry);
  Result<Entry> close(unsigned level);

  Keep keep_;
  std::vector<List> open_;  ///< by level
  std::uint64_t bytes_ = 0;
};

}  // namespace holm::files
