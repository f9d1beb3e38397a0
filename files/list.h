// What a file consists of: a list of its chunks, or a tree of lists where there are many. A list is
// named by its keyed hash like a chunk, so that a file is named by one id, and versions of a long
// file share most of their lists. Bytes: docs/formats/files.md. Values only.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"

namespace holm::files {

inline constexpr std::size_t kListMax = 2048;  ///< entries of one list
inline constexpr std::size_t kListMin = 64;    ///< entries before the content may end a list
inline constexpr unsigned kLevelMax = 6;       ///< far more than any file needs
inline constexpr std::size_t kListBytesMax = 128u << 10;    ///< encoded
inline constexpr std::uint64_t kFileBytesMax = 1ull << 44;  ///< 16 TiB

struct Entry {
  PieceId id;
  std::uint64_t bytes = 0;  ///< of the file, in this chunk or beneath this list; never 0

  bool operator==(const Entry&) const = default;
};

struct List {
  unsigned level = 0;  ///< 0: its entries are chunks; n: lists of level n - 1
  std::vector<Entry> entries;

  std::uint64_t bytes() const;
  bool operator==(const List&) const = default;
};

/// Requires: at most kListMax entries.
Bytes encode(const List& list);
/// Errors: reject, for anything that encode() does not give: too many entries, empty ones, none
/// above level 0, chunks beyond kChunkMax, sizes beyond kFileBytesMax in all, unknown formats.
Result<List> decode_list(ByteView encoded);

}  // namespace holm::files
