// The generated tables of winners: one per object type, one row per object, one column per field
// that has a single value. Queries go here; canonical state stays in the object table.
//
// Owner: Objects. Threads: the loop thread. Made from TableSpec, so it knows no types of its own.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "crdt/object.h"
#include "store/objects.h"
#include "store/sqlite.h"
#include "store/table_spec.h"

namespace holm::store {

class Winners {
  struct Table;

 public:
  Winners(Db& db, std::vector<TableSpec> specs);

  /// Drops tables whose spec is gone or changed, and makes those that are missing. Returns the
  /// types whose table is new and so empty. Errors: usage, see Objects::open_tables.
  Result<std::set<std::uint32_t>> open();
  /// Empties every table and returns their types.
  Result<std::set<std::uint32_t>> clear();

  /// Writes rows one after the other, each type's statement kept at hand. Must not outlive the
  /// Winners, nor a change of its tables.
  class Rows {
   public:
    explicit Rows(Winners& winners) : winners_(winners) {}
    /// Writes the row of an object; nothing when its type has no table. `is_there`: it has a row of
    /// this type, as far as is known.
    Status write(std::int64_t object_no, std::int64_t space_no, const crdt::ObjectState& state,
                 bool is_there);

   private:
    Status run(const std::string& sql, const Table& table, std::int64_t object_no,
               std::int64_t space_no, const crdt::ObjectState& state);

    Winners& winners_;
    std::map<const std::string*, Statement> statements_;  ///< by the SQL of their table
  };
  Status remove(std::int64_t object_no, std::uint32_t type);

  Result<std::vector<Found>> select(const Selection& selection);
  Result<std::uint64_t> count(const Selection& selection);
  Result<std::vector<ObjectId>> children(std::uint32_t type, const ObjectId& container);

 private:
  struct Table {
    TableSpec spec;
    std::string name;
    std::set<std::string> columns;  ///< SQL names, built-in ones included
    std::set<std::string> indexed;
    std::string insert_sql;
    std::string update_sql;
    std::string remove_sql;
  };

  Status create(const Table& table);
  Status check_specs() const;
  Result<const Table*> need(std::uint32_t type) const;
  Result<std::string> column(const Table& table, const std::string& asked) const;
  /// FROM and WHERE; parameters in the order of selection.where, then the space.
  Result<std::string> source(const Table& table, const Selection& selection,
                             bool with_object) const;

  Db& db_;
  std::vector<TableSpec> specs_;
  std::map<std::uint32_t, Table> tables_;
};

}  // namespace holm::store
