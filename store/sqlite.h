// SQLite behind RAII: one connection, cached statements, one transaction at a time. The rest of
// store/ writes SQL through these and never sees sqlite3.h.
//
// Owner: Store. Threads: the loop thread only. Failures become holm::Error in words for a person.
// Not an abstraction over databases: SQL text is SQLite's.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/rng.h"
#include "crypto/keys.h"

struct sqlite3_stmt;

namespace holm::store {

class Db;
struct PreparedText;

/// The error for stored data that makes no sense; `what` says which.
Error damaged(std::string_view what);

/// A prepared statement, borrowed from the cache of its Db and given back, reset, when destroyed.
/// Parameters are bound in order, starting at the first. Must not outlive its Db.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  /// Binds the next parameter; text and bytes are copied. Unsigned numbers beyond 2^63 come back
  /// from number() as they were, but compare as negative inside SQL.
  template <std::integral Number>
  Statement& bind(Number number) {
    return bind_number(static_cast<std::int64_t>(number));
  }
  Statement& bind(double number);
  Statement& bind(std::string_view text);
  Statement& bind(const char* text) { return bind(std::string_view(text)); }
  Statement& bind(ByteView bytes);
  Statement& bind(const Bytes& bytes) { return bind(ByteView(bytes)); }
  Statement& bind(std::nullptr_t);
  template <class Tag, std::size_t N>
  Statement& bind(const Id<Tag, N>& id) {
    return bind(id.view());
  }

  /// Moves to the next row; false at the end. The views that text() and blob() gave end here.
  Result<bool> step();
  /// For statements without rows: runs to the end and makes ready to be bound again.
  Status run();
  /// Makes ready to be bound and run again.
  void reset();

  // Columns of the current row, from 0. Views are valid until the next step(), run() or reset().
  std::int64_t number(int column) const;
  std::uint64_t count(int column) const { return static_cast<std::uint64_t>(number(column)); }
  double real(int column) const;
  std::string_view text(int column) const;
  ByteView blob(int column) const;
  bool is_null(int column) const;
  bool is_text(int column) const;
  /// Errors: corrupt when the column holds another number of bytes.
  template <class AnyId>
  Result<AnyId> id(int column) const {
    auto out = AnyId::from(blob(column));
    if (!out) return fail(damaged("an id has the wrong length"));
    return *out;
  }

 private:
  friend class Db;
  Statement(Db& db, PreparedText& text, sqlite3_stmt* handle);
  Statement& bind_number(std::int64_t number);

  Db* db_;
  PreparedText* text_;
  sqlite3_stmt* handle_;
  int next_ = 1;
};

/// One connection that owns its file: WAL, synchronous=FULL, exclusive lock, no shared-memory file.
class Db {
 public:
  /// Opens or makes the file and takes its lock, without writing. `vfs` empty: the system's. With a
  /// `key` the file is encrypted (encrypted_vfs.h), with nonces from `rng`, which outlives the Db.
  /// Errors: busy when another connection has it, corrupt when it is no database or not one of this
  /// key, failed otherwise.
  static Result<std::unique_ptr<Db>> open(const std::string& path, const std::string& vfs,
                                          const crypto::SecretKey32* key = nullptr,
                                          Rng* rng = nullptr);
  ~Db();
  Db(const Db&) = delete;
  Db& operator=(const Db&) = delete;

  /// Switches to WAL and allows checkpoints. Until then closing leaves the file as it was found.
  /// Requires: no transaction.
  Status make_durable();

  /// The statement for `sql`, from the cache when there is one. O(length of sql) then.
  Result<Statement> prepare(std::string_view sql);
  /// Runs several statements that give no rows (schema changes); nothing is cached.
  Status run_script(const std::string& sql);
  /// The first column of the first row of `sql`; 0 when there is none.
  Result<std::int64_t> number(std::string_view sql);

  bool in_transaction() const;
  /// Rises with every transaction that was rolled back: what was cached before may be untrue.
  std::uint64_t rollbacks() const;
  /// Row id of the last insert, and number of rows the last statement changed.
  std::int64_t last_row() const;
  std::int64_t changed() const;
  /// Empties the WAL after the next commit, so that erased content does not linger in it.
  void scrub_wal();
  /// Reads every page of the file, those too that nothing refers to, then checks tables and indexes
  /// (integrity_check). Errors: corrupt, naming the first fault; failed. Requires: no transaction.
  /// O(file).
  Status check();
  /// Bytes of the file and its WAL.
  std::uint64_t bytes_on_disk();

  /// Whether tidy() has something to do: a write-ahead log worth carrying over into the file, or
  /// more free pages than an eighth of it. O(1).
  bool is_untidy() const;
  /// Does one step of that, of a few milliseconds, so that neither has to be done while somebody
  /// waits. Requires: no transaction. Errors: failed; then nothing is lost.
  Status tidy();

 private:
  friend class DbCopy;
  friend class Statement;
  friend class Transaction;
  struct State;
  explicit Db(std::unique_ptr<State> state);
  Status check_pages();
  Status begin();
  Status commit();
  void rollback();
  void give_back(PreparedText& text, sqlite3_stmt* handle);
  /// The error of a failed call. Inside a transaction a failed write spoils it: later writes and
  /// commit() give this error again, so half a turn is never made durable.
  Error failed(int code, sqlite3_stmt* statement);

  std::unique_ptr<State> state_;
};

/// A copy of a database into a new file, made in steps between which it goes on being used; what
/// changes meanwhile is in the copy as well. Source: sqlite.org/backup.html.
class DbCopy {
 public:
  /// `from` outlives this. The rest as Db::open; `path` names no file yet. Errors: failed.
  static Result<DbCopy> begin(Db& from, const std::string& path, const std::string& vfs,
                              const crypto::SecretKey32* key, Rng* rng);
  DbCopy(DbCopy&& other) noexcept;
  DbCopy& operator=(DbCopy&&) = delete;
  ~DbCopy();

  /// Copies up to `pages` pages. True when all are there, on the disk, and the file is closed.
  /// Errors: failed, corrupt.
  Result<bool> step(int pages);

 private:
  struct State;
  explicit DbCopy(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The write transaction. Destroyed without commit(), it is rolled back.
class Transaction {
 public:
  /// Requires: none open on `db`, which outlives the transaction.
  static Result<Transaction> begin(Db& db);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  /// Returns once the writes are synced. On error they are rolled back and the Db stays usable.
  Status commit();

 private:
  explicit Transaction(Db& db) : db_(&db) {}
  Db* db_;
};

}  // namespace holm::store
