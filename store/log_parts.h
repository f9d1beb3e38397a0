// What the two halves of Logs share: logs.cc writes, log_queries.cc reads.
#pragma once

#include <set>

#include "store/forks.h"
#include "store/log_chunks.h"
#include "store/log_rows.h"
#include "store/logs.h"
#include "store/touches.h"

namespace holm::store {

struct Logs::Parts {
  explicit Parts(Db& on)
      : db(on),
        rows(on),
        touches(on),
        forks(on),
        chunks(on,
               [this](std::int64_t log_no, std::int64_t object) { return salt(log_no, object); }) {}

  /// Enters changes that go on where the log ends, and moves its row on; nothing is checked.
  Status put(LogRow& row, std::vector<StoredChange> changes, WallTime now);
  /// Takes out what lies beyond `seq`, the end of a change or where the log starts, and gives it.
  Result<std::vector<StoredChange>> take_beyond(LogRow& row, std::uint64_t seq);
  /// The salt under which a path that ends in this log hashes its content on an object: of several
  /// the first declared.
  Result<std::optional<Salt>> salt(std::int64_t log_no, std::int64_t object_no);
  /// A change of a chunk with its hashes, with the names of branches in it.
  Result<crdt::Delivered> delivered(const LogRow& row, const Chunk& chunk, std::size_t index,
                                    crdt::Mark mark);

  Db& db;
  LogRows rows;
  Touches touches;
  Forks forks;
  LogChunks chunks;
};

/// The log row and the chunk table disagree.
Error missing_changes();
/// `seq`: of the change's first op.
Status write_mark(Db& db, std::int64_t log_no, std::uint64_t seq, crdt::Mark mark);
using Marks = std::map<std::uint64_t, crdt::Mark>;  ///< by first op; all others are valid
crdt::Mark mark_of(const crdt::Change& change, const Marks& marks);
/// Of the changes that start within [from_seq, to_seq].
Result<Marks> void_changes(Db& db, std::int64_t log_no, std::uint64_t from_seq,
                           std::uint64_t to_seq);

}  // namespace holm::store
