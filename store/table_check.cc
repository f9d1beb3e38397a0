#include "store/table_check.h"

#include <string>
#include <vector>

#include "crypto/hash.h"
#include "store/objects.h"
#include "store/sqlite.h"

namespace holm::store {
namespace {

/// Rows of one table as SQL literals, each on a line, in an order of their own.
Result<std::string> literals(Db& db, const std::string& table) {
  std::string out;
  auto columns = TRY(db.prepare("SELECT name FROM pragma_table_info(?)"));
  columns.bind(table);
  while (TRY(columns.step())) {
    out += (out.empty() ? "" : " || ',' || ") + std::string("quote(\"") +
           std::string(columns.text(0)) + "\")";
  }
  return "SELECT " + out + " FROM \"" + table + "\" ORDER BY 1";
}

Result<Digest> digest(Db& db) {
  std::vector<std::string> tables;
  {
    auto rows = TRY(db.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND (name = 'also' OR name LIKE "
        "'w\\_%' ESCAPE '\\') ORDER BY name"));
    while (TRY(rows.step())) tables.emplace_back(rows.text(0));
  }
  crypto::Hasher out("holm tables v1");
  for (const auto& table : tables) {
    out.part(as_bytes(table));
    auto rows = TRY(db.prepare(TRY(literals(db, table))));
    while (TRY(rows.step())) out.part(as_bytes(rows.text(0)));
  }
  return out.finish();
}

}  // namespace

Result<bool> tables_fit(Db& db, Objects& objects) {
  auto transaction = TRY(Transaction::begin(db));
  const auto before = TRY(digest(db));
  TRY(objects.rebuild_tables());
  return before == TRY(digest(db));  // the transaction ends without a commit
}

}  // namespace holm::store
