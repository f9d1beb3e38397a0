#include "store/numbers.h"

#include "store/sqlite.h"

namespace holm::store {
namespace {

Result<std::optional<std::int64_t>> first_number(Statement& rows) {
  if (!TRY(rows.step())) return std::nullopt;
  return rows.number(0);
}

}  // namespace

Result<std::optional<std::int64_t>> find_space_no(Db& db, const SpaceId& space) {
  auto rows = TRY(db.prepare("SELECT no FROM space WHERE id = ?"));
  rows.bind(space);
  return first_number(rows);
}

Result<std::int64_t> space_no(Db& db, const SpaceId& space) {
  if (auto found = TRY(find_space_no(db, space))) return *found;
  auto insert = TRY(db.prepare("INSERT INTO space (id) VALUES (?)"));
  TRY(insert.bind(space).run());
  return db.last_row();
}

Result<std::optional<std::int64_t>> find_object_no(Db& db, const SpaceId& space,
                                                   const ObjectId& object) {
  auto rows = TRY(db.prepare(
      "SELECT object.no FROM space JOIN object ON object.space_no = space.no AND object.id = ?2 "
      "WHERE space.id = ?1"));
  rows.bind(space).bind(object);
  return first_number(rows);
}

Result<std::int64_t> object_no(Db& db, std::int64_t space, const ObjectId& object, WallTime now) {
  {
    auto rows = TRY(db.prepare("SELECT no FROM object WHERE space_no = ? AND id = ?"));
    rows.bind(space).bind(object);
    if (auto found = TRY(first_number(rows))) return *found;
  }
  auto insert = TRY(db.prepare("INSERT INTO object (space_no, id, met_at) VALUES (?, ?, ?)"));
  TRY(insert.bind(space).bind(object).bind(now.time_since_epoch().count()).run());
  return db.last_row();
}

}  // namespace holm::store
