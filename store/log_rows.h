// Rows of the log table as values, for the files that implement Logs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "store/logs.h"

namespace holm::store {

struct LogRow {
  std::int64_t no = 0;
  std::int64_t space_no = 0;
  std::int64_t parent_no = 0;  ///< 0: no branch
  std::int64_t root_no = 0;    ///< of a branch
  LogInfo info;
  std::uint64_t base_lamport = 0;  ///< of the last change before a branch
  std::uint64_t change_count = 0;
};

/// Reads and writes rows, and keeps those it has met: a delta asks for the same few again and
/// again.
///
/// Owner: Logs. Threads: the loop thread. All writes to the table are its own or told to it.
class LogRows {
 public:
  explicit LogRows(Db& db) : db_(db) {}

  Result<std::optional<LogRow>> find(const LogId& log);
  /// As find(). Errors: not_found.
  Result<LogRow> need(const LogId& log);
  /// Errors: corrupt when there is no such row, as numbers come from other rows.
  Result<LogRow> by_no(std::int64_t no);
  /// The segment that holds op `seq` of the path that ends in `row`.
  Result<LogRow> at(LogRow row, std::uint64_t seq);
  /// Sorted by log id.
  Result<std::vector<LogRow>> of_space(const SpaceId& space);
  /// A log and all branches of it; nothing when there is none of that id, or it is a branch.
  Result<std::vector<LogRow>> tree_of(const LogId& root);
  /// Writes everything but the owners of a row that is there.
  Status update(const LogRow& row);
  /// Rows were added, or renamed.
  void forget();

 private:
  /// Forgets what a rollback made untrue, and bounds what is kept.
  void check();
  void keep(const LogRow& row);

  Db& db_;
  std::unordered_map<LogId, LogRow> kept_;
  std::unordered_map<std::int64_t, LogId> ids_;          ///< of those kept, by number
  std::map<SpaceId, std::vector<std::int64_t>> spaces_;  ///< numbers of all logs, by log id
  std::uint64_t rollbacks_ = 0;                          ///< of db_ when what is kept was last true
};

}  // namespace holm::store
