#include "store/facts.h"

#include "base/ensure.h"
#include "store/sqlite.h"

namespace holm::store {

Facts::Facts(Db& db) : db_(db) {}

Status Facts::put(std::string_view group, ByteView key, ByteView value) {
  ENSURE(db_.in_transaction());
  auto put = TRY(db_.prepare("INSERT OR REPLACE INTO fact (kind, key, value) VALUES (?, ?, ?)"));
  return put.bind(group).bind(key).bind(value).run();
}

Status Facts::remove(std::string_view group, ByteView key) {
  ENSURE(db_.in_transaction());
  auto remove = TRY(db_.prepare("DELETE FROM fact WHERE kind = ? AND key = ?"));
  return remove.bind(group).bind(key).run();
}

Result<std::optional<Bytes>> Facts::get(std::string_view group, ByteView key) const {
  auto rows = TRY(db_.prepare("SELECT value FROM fact WHERE kind = ? AND key = ?"));
  rows.bind(group).bind(key);
  if (!TRY(rows.step())) return std::nullopt;
  return to_bytes(rows.blob(0));
}

Result<std::optional<std::pair<Bytes, Bytes>>> Facts::last(std::string_view group) const {
  auto rows =
      TRY(db_.prepare("SELECT key, value FROM fact WHERE kind = ? ORDER BY key DESC LIMIT 1"));
  rows.bind(group);
  if (!TRY(rows.step())) return std::nullopt;
  return std::pair(to_bytes(rows.blob(0)), to_bytes(rows.blob(1)));
}

Result<std::vector<std::pair<Bytes, Bytes>>> Facts::all(std::string_view group) const {
  std::vector<std::pair<Bytes, Bytes>> out;
  auto rows = TRY(db_.prepare("SELECT key, value FROM fact WHERE kind = ? ORDER BY key"));
  rows.bind(group);
  while (TRY(rows.step())) out.emplace_back(to_bytes(rows.blob(0)), to_bytes(rows.blob(1)));
  return out;
}

Result<std::vector<std::pair<Bytes, Bytes>>> Facts::between(std::string_view group, ByteView from,
                                                            ByteView end) const {
  std::vector<std::pair<Bytes, Bytes>> out;
  auto rows = TRY(db_.prepare(
      "SELECT key, value FROM fact WHERE kind = ? AND key >= ? AND key < ? ORDER BY key"));
  rows.bind(group).bind(from).bind(end);
  while (TRY(rows.step())) out.emplace_back(to_bytes(rows.blob(0)), to_bytes(rows.blob(1)));
  return out;
}

}  // namespace holm::store
