// Reading a tree of lists: the chunks at a place of a file, or every piece of it. Lists come
// through a function, so that a store, a peer or a test may hold them. Nothing here trusts a list:
// sizes and levels are held against what the level above said.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "files/list.h"

namespace holm::files {

/// The encoded list of this name, its hash checked. Errors: not_found, corrupt.
using FetchList = std::function<Result<Bytes>(const PieceId& id)>;

struct Placed {
  Entry chunk;
  std::uint64_t at = 0;  ///< where in the file it begins
};

/// The chunks that hold the `count` bytes from `at` on; fewer when the file ends before. `file` is
/// the root and the size that the file is said to have. Errors: reject when the tree does not fit
/// itself, those of `fetch`. O(lists on the way).
Result<std::vector<Placed>> chunks_at(const Entry& file, std::uint64_t at, std::uint64_t count,
                                      const FetchList& fetch);

/// Calls `visit` for the root and each piece below it, parents before children. Goes on below a
/// list only if `visit` gives true for it. `visit` may see an id more than once.
enum class PieceKind : std::uint8_t { chunk = 0, list = 1 };
struct Visited {
  PieceId id;
  PieceKind kind;
  std::uint64_t bytes;  ///< of the file
};
/// Errors: as chunks_at(); those of `visit`.
Status walk(const Entry& file, const FetchList& fetch,
            const std::function<Result<bool>(const Visited&)>& visit);

}  // namespace holm::files
