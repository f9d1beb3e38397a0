// One team's database: logs, merged state and small facts, in one SQLite file (DESIGN.md 1, 2).
// Owner: the node. Threads: the loop thread only. Everything is synchronous.
//
// One Turn at a time groups all writes of one turn of the loop; commit() returns after the data is
// synced (WAL, synchronous=FULL), so nothing is sent that could be forgotten.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/rng.h"
#include "crypto/keys.h"
#include "store/indexed.h"
#include "store/table_spec.h"

namespace holm::store {

class Logs;
class Objects;
class Facts;
class Pieces;
class SegmentDisk;
class Search;
class Db;
class DbCopy;
struct Salvaged;

struct StoreOptions {
  std::string path;  ///< of the database file; its folder exists
  std::string vfs;   ///< name of a registered SQLite VFS; empty: the system's. The seam for
                     ///< the simulator's disk
  std::vector<TableSpec> tables;  ///< winners per object type; a changed spec is rebuilt at open
  Indexer indexer{};              ///< what search finds; without terms_of: nothing
  /// Encrypts the file, each store under a key of its own; null: it is written in the clear, for
  /// measuring and comparing. Read at open() only.
  const crypto::SecretKey32* key = nullptr;
  Rng* rng = nullptr;               ///< for nonces; with a key; outlives the store
  SegmentDisk* segments = nullptr;  ///< for pieces of files, outlives the store; null: the folder
                                    ///< beside the database that is called after it, ".files"
};

/// Whether an error says that a store's file does not hold what was written into it, rather than
/// that the disk cannot be read.
bool is_damage(const Error& error);

class Store {
 public:
  /// Opens or makes the database and applies missing migrations in one transaction. Errors: busy
  /// when another process holds it, corrupt when it is no store or damaged, unsupported when a
  /// newer program made it (left untouched), failed with the system's reason otherwise.
  static Result<std::unique_ptr<Store>> open(const StoreOptions& options);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Closes the file, runs `between`, and opens what is there then, whatever `between` says: for a
  /// store made anew beside a damaged one. What was borrowed from it ends here; logs() and its like
  /// are to be asked for again. Requires: no turn, no copy under way. Errors: those of `between`;
  /// those of open(), and then the store is empty and takes no turn.
  Status reopen(const StoreOptions& options, const std::function<Status()>& between);

  /// Starts the write transaction of this turn unless one is open.
  Status begin();
  /// Makes the turn's writes durable; at once done when no turn is open. Errors: failed (disk full,
  /// I/O), now or in an earlier write of this turn: the turn is rolled back, the store is as it was
  /// at begin(), and stays usable.
  Status commit();
  /// Forgets the turn's writes. No effect when none is open.
  void rollback();
  bool in_turn() const;

  Logs& logs();
  Objects& objects();
  Facts& facts();
  Search& search();
  Pieces& pieces();
  /// Where the pieces lie.
  SegmentDisk& segments();

  /// Checks every page, and tables and indexes (SQLite integrity_check); chains and state are
  /// checked by the node. Requires: no turn. Errors: corrupt, naming the first fault. O(file).
  Status check() const;
  /// Whether the tables of winners, and `also`, hold what the canonical rows say. Requires: no
  /// turn. Errors: the store's. O(store).
  Result<bool> tables_fit();
  /// Puts back what only salvaged rows say: when objects were met, where pieces of files lie. Needs
  /// an open turn, with the logs in their places.
  Status put_back(const Salvaged& salvaged);
  /// Starts a copy of the store into a new file at `path`, with the same key, to be made in steps
  /// (sqlite.h). Between turns. Errors: failed.
  Result<DbCopy> copy_to(const std::string& path);
  /// Whether tidy() has something to do. O(1).
  bool is_untidy() const;
  /// One step of housekeeping, of a few ms: the write-ahead log is carried over into the file, free
  /// pages go back to the disk, search is brought up to date. Requires: no turn. Errors: failed.
  Status tidy();
  /// Bytes of the database file and its WAL.
  std::uint64_t bytes_on_disk() const;

 private:
  struct Parts;
  explicit Store(std::unique_ptr<Parts> parts);
  static Result<std::unique_ptr<Parts>> open_parts(const StoreOptions& options);
  std::unique_ptr<Parts> parts_;
  std::optional<Error> lost_;  ///< why it takes no turn
};

}  // namespace holm::store
