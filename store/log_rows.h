// Rows of the log table as values, for the files that implement Logs.
#pragma once

#include <cstdint>
#include <optional>
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

Result<std::optional<LogRow>> find_log(Db& db, const LogId& log);
/// As find_log; Errors: not_found.
Result<LogRow> need_log(Db& db, const LogId& log);
/// Errors: corrupt when there is no such row, as numbers come from other rows.
Result<LogRow> log_by_no(Db& db, std::int64_t no);
/// The segment that holds op `seq` of the path that ends in `row`.
Result<LogRow> row_at(Db& db, LogRow row, std::uint64_t seq);
/// Sorted by log id.
Result<std::vector<LogRow>> logs_of_space(Db& db, const SpaceId& space);
/// A log and all branches of it; nothing when there is none of that id, or it is a branch.
Result<std::vector<LogRow>> tree_of(Db& db, const LogId& root);
/// Writes everything but the owners of a row that is there.
Status update_log(Db& db, const LogRow& row);

}  // namespace holm::store
