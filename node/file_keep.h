// What of a team's files lies on this device: what is needed, what is garbage, what is damaged.
// Reads the objects to know; never changes them. Threads: the loop's.
#pragma once

#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

#include "node/file_intake.h"
#include "node/replica.h"
#include "work/file_content.h"

namespace holm::node {

struct PieceIdHash {
  std::size_t operator()(const PieceId& id) const { return std::hash<PieceId>()(id); }
};
using PieceSet = std::unordered_set<PieceId, PieceIdHash>;

/// Notes that this device gives up a file's bytes as they are now: they reach nothing from then on,
/// until the file gets a new version or is pinned. Needs an open turn.
Status give_up(Replica& replica, const work::Ref& file, const work::FileContent& content);

/// The pieces that files reach: every version of every file of every room, archived ones too, but
/// for those given up. About 50 bytes of memory a piece. Errors: corrupt when a list that
/// is held cannot be read, since what is below it can't be told from garbage then.
Result<PieceSet> reachable(Replica& replica);

/// Frees what no file reaches, and the disk it took. `since` as Pieces::sweep() has it. Errors: as
/// reachable(), the store's; nothing is freed then.
Result<store::Pieces::Freed> collect_garbage(Replica& replica, std::int64_t since,
                                             const InTurn& in_turn, Rng& rng);

/// The same for what was erased: the bytes freed are overwritten first. While no file is added.
Status collect_erased(Replica& replica, const InTurn& in_turn, Rng& rng);

/// How much of one content is here.
struct Held {
  std::uint64_t pieces = 0;   ///< of those that are known: below a missing list nothing is
  std::uint64_t missing = 0;  ///< of them not here
  std::uint64_t bytes = 0;    ///< of the file that are here
  bool is_all() const { return missing == 0; }
};
/// Errors: corrupt, reject.
Result<Held> held(Replica& replica, const work::FileContent& content);

/// From `at` on whole chunks of about `count` bytes, each held against its name. Errors: not_found
/// when a piece is not here, corrupt.
Result<Bytes> read_content(Replica& replica, const SpaceId& space, const work::FileContent& content,
                           std::uint64_t at, std::uint64_t count);

/// Reads every piece held, holds it against its name, and every file against its lists.
/// Hands each thing found wrong to `problem`, in words. The number of pieces read.
Result<std::uint64_t> verify_pieces(Replica& replica,
                                    const std::function<void(std::string)>& problem);

}  // namespace holm::node
