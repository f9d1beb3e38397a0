// Schema versions of the database: numbered SQL steps, embedded in the program, each applied once.
// A released step is never edited; a change of schema is a new step.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"

namespace holm::store {

class Db;

struct Migration {
  int number;            ///< user_version once it has been applied; 1, 2, 3...
  std::string_view sql;  ///< statements without rows
};

/// SQLite's application_id of every store: "HOLM".
inline constexpr std::int64_t kApplicationId = 0x484f4c4d;

/// All steps of this program, ascending.
std::span<const Migration> migrations();

/// Looks at a database without writing. Errors: corrupt when it belongs to another program,
/// unsupported when its version is beyond the last of `steps`.
Status check_version(Db& db, std::span<const Migration> steps);

/// Applies the steps that are missing. Requires: check_version() passed, an open transaction.
Status migrate(Db& db, std::span<const Migration> steps);

}  // namespace holm::store
