// What the two halves of Logs share: logs.cc writes, log_queries.cc reads.
#pragma once

#include <set>

#include "store/log_chunks.h"
#include "store/log_rows.h"
#include "store/logs.h"
#include "store/touches.h"

namespace holm::store {

struct Logs::Parts {
  explicit Parts(Db& db) : touches(db), chunks(db, touches) {}

  Touches touches;
  LogChunks chunks;
};

/// The log row and the chunk table disagree.
Error missing_changes();
/// `seq`: of the change's first op.
Status write_mark(Db& db, std::int64_t log_no, std::uint64_t seq, crdt::Mark mark);
/// First ops of the void changes that start within [from_seq, to_seq].
Result<std::set<std::uint64_t>> void_changes(Db& db, std::int64_t log_no, std::uint64_t from_seq,
                                             std::uint64_t to_seq);

}  // namespace holm::store
