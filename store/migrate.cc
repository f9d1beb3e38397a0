#include "store/migrate.h"

#include <string>

#include "base/ensure.h"
#include "store/sqlite.h"

namespace holm::store {

Status check_version(Db& db, std::span<const Migration> steps) {
  const auto application = TRY(db.number("PRAGMA application_id"));
  const auto version = TRY(db.number("PRAGMA user_version"));
  const auto entries = TRY(db.number("SELECT count(*) FROM sqlite_schema"));
  if (application == 0 && version == 0 && entries == 0) return {};  // a new file
  if (application != kApplicationId) {
    return fail(Code::corrupt, "the file is a database of another program, not a Holm store",
                "it was left untouched");
  }
  const auto newest = steps.empty() ? 0 : steps.back().number;
  if (version > newest) {
    return fail(Code::unsupported,
                "this store was made by a newer Holm (version " + std::to_string(version) +
                    " of the store; this program knows " + std::to_string(newest) + ")",
                "it was left untouched", "update Holm and try again");
  }
  return {};
}

Status migrate(Db& db, std::span<const Migration> steps) {
  ENSURE(db.in_transaction());
  const auto version = TRY(db.number("PRAGMA user_version"));
  if (version == 0) {
    TRY(db.run_script("PRAGMA application_id=" + std::to_string(kApplicationId)));
  }
  for (const auto& step : steps) {
    if (step.number <= version) continue;
    TRY(db.run_script(std::string(step.sql)));
    TRY(db.run_script("PRAGMA user_version=" + std::to_string(step.number)));
  }
  return {};
}

}  // namespace holm::store
