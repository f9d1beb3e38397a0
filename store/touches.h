// Which changes touch an object, and under which salts: the index behind history, rebuilding and
// erasure. Runs of consecutive changes are one row, so an hour of typing is one row too.
// Owner: Logs. Threads: the loop thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "crdt/change.h"

namespace holm::store {

class Db;
struct StoredChange;

/// Every change of the log that lies within these ops touches the object.
struct TouchRun {
  std::int64_t log_no = 0;
  std::uint64_t from_seq = 0;
  std::uint64_t to_seq = 0;
};

class Touches {
 public:
  explicit Touches(Db& db) : db_(db) {}

  /// Enters the objects that consecutive changes touch and the salts they declare; of several salts
  /// for one object the first declared stays. Objects that are new are met at `now`. O(ops).
  Status add(std::int64_t space_no, std::int64_t log_no, std::span<const StoredChange> changes,
             WallTime now);
  /// Takes back what `gone`, the changes of the log beyond `seq`, entered.
  Status cut(std::int64_t space_no, std::int64_t log_no, std::uint64_t seq,
             std::span<const crdt::Change> gone);

  /// Sorted by (log number, seq).
  Result<std::vector<TouchRun>> of(std::int64_t object_no) const;
  Result<std::optional<Salt>> salt(std::int64_t log_no, std::int64_t object_no) const;
  Status drop_salt(std::int64_t log_no, std::int64_t object_no);

 private:
  Status add_runs(std::int64_t log_no, std::int64_t object, std::span<const TouchRun> runs);

  Db& db_;
};

}  // namespace holm::store
