#include "store/sqlite.h"

#include <sqlite3.h>

#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/ensure.h"
#include "store/encrypted_vfs.h"
#include "store/page_memory.h"
#include "store/store.h"

namespace holm::store {
namespace {

// Idle statements kept; selections are made from text, so their number has no natural bound.
constexpr std::size_t kIdleMax = 256;

// Memory set aside for what statements need while they run: slots of so many bytes, so many of
// them. Out of the heap each would take two locks, and there are dozens a row.
constexpr int kSlotBytes = 1200;
constexpr int kSlots = 400;

constexpr std::string_view kDamaged = "the store is damaged";
constexpr std::string_view kNoStore = "the file is not a Holm store, or its beginning is damaged";
constexpr std::string_view kNotOfHome =
    "the file is no store of this home, or its beginning is damaged";

// Set for every connection. mmap stays off: with it a disk error is a signal, not a result.
constexpr const char* kSettings =
    "PRAGMA page_size=4096;"
    "PRAGMA locking_mode=EXCLUSIVE;"
    "PRAGMA synchronous=FULL;"
    "PRAGMA foreign_keys=ON;"
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA cache_size=-32768;"
    "PRAGMA mmap_size=0;"
    "PRAGMA secure_delete=ON;"
    "PRAGMA cell_size_check=ON;"
    "PRAGMA trusted_schema=OFF;"
    "PRAGMA journal_size_limit=8388608;";

// Frames of the log: what is carried over when nobody waits, and at the latest.
constexpr int kTidyFrames = 256;
constexpr int kFramesMax = 4096;
// Free pages that are kept for what comes next, besides an eighth of the file; and given back in a
// step.
constexpr std::int64_t kFreeKept = 256;
constexpr const char* kVacuumStep = "PRAGMA incremental_vacuum(128)";

// The page that SQLite never writes, since locks lie there (sqlite.org/fileformat2.html, 1.4).
constexpr sqlite3_int64 kLockPageAt = 0x40000000;

Error explain(int code, const std::string& reason) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return {Code::failed, "the disk is full", "nothing was lost",
              "free some space and try again"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Code::busy, "another program has this store open", "nothing was changed",
              "close it and try again"};
    case SQLITE_CORRUPT: return damaged(reason);
    case SQLITE_NOTADB:
      return {Code::corrupt, std::string(kNoStore), "nothing was changed",
              "restore a backup, or join again and sync"};
    case SQLITE_CANTOPEN:
      return {Code::failed,
              "the store cannot be opened (" + reason + ")",
              {},
              "check that its folder exists and may be written"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return {Code::failed, "the store may not be written (" + reason + ")", "nothing was changed",
              "check the permissions of its file and folder"};
    case SQLITE_IOERR:
      return {Code::failed, "the disk reported an error (" + reason + ")",
              "what was saved before is safe", "try again; if it stays, check the disk"};
    case SQLITE_NOMEM:
      return {Code::failed, "not enough memory for the store", "nothing was lost",
              "close other programs and try again"};
    default: return {Code::failed, "the store failed (" + reason + ")", "nothing was changed", {}};
  }
}

}  // namespace

Error damaged(std::string_view what) {
  return {Code::corrupt, std::string(kDamaged) + " (" + std::string(what) + ")",
          "nothing was changed", "restore a backup, or join again and sync"};
}

bool is_damage(const Error& error) {
  return error.code == Code::corrupt &&
         (error.what.starts_with(kDamaged) || error.what == kNoStore || error.what == kNotOfHome);
}

/// The statements made of one text. Stays where it is while one of them is lent.
struct PreparedText {
  std::vector<sqlite3_stmt*> idle;
  std::size_t lent = 0;
};

namespace {

/// Lets texts be looked up without making a string of them.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>()(text);
  }
};

}  // namespace

struct Db::State {
  std::unique_ptr<EncryptedVfs> encrypted;  ///< outlives the connection
  sqlite3* handle = nullptr;
  int frames = 0;              ///< in the log that are not in the file
  bool may_have_free = false;  ///< pages to give back
  std::unordered_map<std::string, PreparedText, TextHash, std::equal_to<>> prepared;
  std::size_t idle_count = 0;
  bool in_transaction = false;
  std::optional<Error> spoiled;  ///< first failed write of the transaction
  std::uint64_t rollbacks = 0;
  bool scrub = false;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    drop_idle();
    sqlite3_close_v2(handle);
  }
  void drop_idle() {
    for (auto& [sql, text] : prepared) {
      for (auto* statement : text.idle) sqlite3_finalize(statement);
      text.idle.clear();
    }
    std::erase_if(prepared, [](const auto& item) { return item.second.lent == 0; });
    idle_count = 0;
  }
};

Statement::Statement(Db& db, PreparedText& text, sqlite3_stmt* handle)
    : db_(&db), text_(&text), handle_(handle) {
  ++text.lent;
}

Statement::Statement(Statement&& other) noexcept
    : db_(other.db_),
      text_(other.text_),
      handle_(std::exchange(other.handle_, nullptr)),
      next_(other.next_) {}

Statement::~Statement() {
  if (handle_ != nullptr) db_->give_back(*text_, handle_);
}

Statement& Statement::bind_number(std::int64_t number) {
  ENSURE(sqlite3_bind_int64(handle_, next_++, number) != SQLITE_RANGE);
  return *this;
}

Statement& Statement::bind(double number) {
  ENSURE(sqlite3_bind_double(handle_, next_++, number) != SQLITE_RANGE);
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  // A null pointer would bind NULL.
  const char* data = text.empty() ? "" : text.data();
  ENSURE(sqlite3_bind_text64(handle_, next_++, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8) !=
         SQLITE_RANGE);
  return *this;
}

Statement& Statement::bind(ByteView bytes) {
  const void* data = bytes.empty() ? static_cast<const void*>("") : bytes.data();
  ENSURE(sqlite3_bind_blob64(handle_, next_++, data, bytes.size(), SQLITE_TRANSIENT) !=
         SQLITE_RANGE);
  return *this;
}

Statement& Statement::bind(std::nullptr_t) {
  ENSURE(sqlite3_bind_null(handle_, next_++) != SQLITE_RANGE);
  return *this;
}

Result<bool> Statement::step() {
  const auto& state = *db_->state_;
  if (state.spoiled && sqlite3_stmt_readonly(handle_) == 0) return fail(*state.spoiled);
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  auto error = db_->failed(code, handle_);
  reset();
  return fail(std::move(error));
}

Status Statement::run() {
  TRY(step());
  reset();
  return {};
}

void Statement::reset() {
  sqlite3_reset(handle_);
  next_ = 1;
}

std::int64_t Statement::number(int column) const { return sqlite3_column_int64(handle_, column); }
double Statement::real(int column) const { return sqlite3_column_double(handle_, column); }

std::string_view Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

ByteView Statement::blob(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(handle_, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

bool Statement::is_text(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_TEXT;
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

Db::Db(std::unique_ptr<State> state) : state_(std::move(state)) {}
Db::~Db() = default;

Result<std::unique_ptr<Db>> Db::open(const std::string& path, const std::string& vfs,
                                     const crypto::SecretKey32* key, Rng* rng) {
  page_memory();
  auto state = std::make_unique<State>();
  state->encrypted = TRY(EncryptedVfs::make(vfs, key, rng));
  const auto through = state->encrypted ? state->encrypted->name() : vfs;
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &state->handle, flags,
                                   through.empty() ? nullptr : through.c_str());
  if (code != SQLITE_OK) {
    const std::string reason =
        state->handle == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(state->handle);
    return fail(explain(code, path + ": " + reason));
  }
  // A file that turns out not to be ours is left byte for byte as it is.
  sqlite3_db_config(state->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_db_config(state->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(state->handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_db_config(state->handle, SQLITE_DBCONFIG_LOOKASIDE, nullptr, kSlotBytes, kSlots);
  if (state->encrypted) EncryptedVfs::reserve_bytes(state->handle);
  std::unique_ptr<Db> db(new Db(std::move(state)));
  Status read = db->run_script(kSettings);
  // The first read takes the lock, which exclusive mode then keeps.
  if (read) {
    auto entries = db->number("SELECT count(*) FROM sqlite_schema");
    if (!entries) read = fail(std::move(entries).error());
  }
  if (!read && key != nullptr && read.error().code == Code::corrupt) {
    return fail(Code::corrupt, std::string(kNotOfHome), "nothing was changed",
                "restore a backup, or join again and sync");
  }
  TRY(read);
  return db;
}

Status Db::make_durable() {
  ENSURE(!in_transaction());
  if (TRY(number("PRAGMA page_count")) == 0) {
    // Noted for when the first page is made, which the switch below does: a transaction of its own
    // would need a rollback journal with a page in it. So it may not write, and its error is that.
    TRY(run_script("PRAGMA query_only=ON"));
    sqlite3_exec(state_->handle, "PRAGMA auto_vacuum=INCREMENTAL", nullptr, nullptr, nullptr);
    TRY(run_script("PRAGMA query_only=OFF"));
  }
  {
    auto mode = TRY(prepare("PRAGMA journal_mode=WAL"));
    TRY(mode.step());
    if (mode.text(0) != "wal") {
      return fail(Code::failed, "this disk cannot hold a store with a write-ahead log");
    }
    TRY(mode.step());  // to its end, where the switch is written
  }
  sqlite3_db_config(state_->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
  const auto on_commit = [](void* state, sqlite3* handle, const char* name, int frames) {
    auto& known = static_cast<State*>(state)->frames;
    known = frames;
    // As SQLite's own hook: what comes of it is seen at the next one.
    if (frames < kFramesMax) return SQLITE_OK;
    if (sqlite3_wal_checkpoint_v2(handle, name, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr) ==
        SQLITE_OK) {
      known = 0;
    }
    return SQLITE_OK;
  };
  sqlite3_wal_hook(state_->handle, on_commit, state_.get());
  return {};
}

bool Db::is_untidy() const { return state_->frames >= kTidyFrames || state_->may_have_free; }

Status Db::tidy() {
  ENSURE(!in_transaction());
  if (state_->frames >= kTidyFrames) {
    state_->frames = 0;  // tried once: a disk that is full is asked again after the next writes
    state_->may_have_free = true;
    const int code = sqlite3_wal_checkpoint_v2(state_->handle, "main", SQLITE_CHECKPOINT_PASSIVE,
                                               nullptr, nullptr);
    if (code != SQLITE_OK) return fail(failed(code, nullptr));
    return {};
  }
  if (!std::exchange(state_->may_have_free, false)) return {};
  const auto free = TRY(number("PRAGMA freelist_count"));
  if (free <= kFreeKept + TRY(number("PRAGMA page_count")) / 8) return {};
  TRY(run_script(kVacuumStep));
  state_->may_have_free = TRY(number("PRAGMA freelist_count")) < free;
  return {};
}

Result<Statement> Db::prepare(std::string_view sql) {
  const auto found = state_->prepared.find(sql);
  if (found != state_->prepared.end() && !found->second.idle.empty()) {
    auto& text = found->second;
    auto* handle = text.idle.back();
    text.idle.pop_back();
    --state_->idle_count;
    return Statement(*this, text, handle);
  }
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(state_->handle, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) return fail(failed(code, nullptr));
  return Statement(*this, state_->prepared[std::string(sql)], handle);
}

void Db::give_back(PreparedText& text, sqlite3_stmt* handle) {
  sqlite3_reset(handle);
  sqlite3_clear_bindings(handle);
  --text.lent;
  text.idle.push_back(handle);
  ++state_->idle_count;
  if (state_->idle_count > kIdleMax) state_->drop_idle();
}

Status Db::run_script(const std::string& sql) {
  if (state_->spoiled) return fail(*state_->spoiled);
  const int code = sqlite3_exec(state_->handle, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(failed(code, nullptr));
  return {};
}

Result<std::int64_t> Db::number(std::string_view sql) {
  auto statement = TRY(prepare(sql));
  if (!TRY(statement.step())) return 0;
  return statement.number(0);
}

Error Db::failed(int code, sqlite3_stmt* statement) {
  auto error = explain(code, sqlite3_errmsg(state_->handle));
  if (state_->encrypted) {
    if (const auto what = state_->encrypted->take_damage()) error = damaged(*what);
  }
  // SQLite rolls back by itself after some errors; without this the rest of the turn would then be
  // committed statement by statement.
  const bool writes = statement == nullptr || sqlite3_stmt_readonly(statement) == 0;
  const bool gone = sqlite3_get_autocommit(state_->handle) != 0;
  if (state_->in_transaction && (writes || gone) && !state_->spoiled) state_->spoiled = error;
  return error;
}

bool Db::in_transaction() const { return state_->in_transaction; }
std::uint64_t Db::rollbacks() const { return state_->rollbacks; }
std::int64_t Db::last_row() const { return sqlite3_last_insert_rowid(state_->handle); }
std::int64_t Db::changed() const { return sqlite3_changes64(state_->handle); }
void Db::scrub_wal() { state_->scrub = true; }

Status Db::check() {
  if (state_->encrypted) TRY(check_pages());
  auto rows = TRY(prepare("PRAGMA integrity_check(1)"));
  if (TRY(rows.step()) && rows.text(0) == "ok") return {};
  return fail(damaged(rows.text(0)));
}

Status Db::check_pages() {
  ENSURE(!in_transaction());
  // Pages in the log are newer than what the file has of them, which may be half written.
  const int moved = sqlite3_wal_checkpoint_v2(state_->handle, "main", SQLITE_CHECKPOINT_TRUNCATE,
                                              nullptr, nullptr);
  if ((moved & 0xff) == SQLITE_FULL) return {};  // then only pages in use can be read
  if (moved != SQLITE_OK) return fail(failed(moved, nullptr));
  sqlite3_file* file = nullptr;
  sqlite3_file_control(state_->handle, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  sqlite3_int64 size = 0;
  int code = file->pMethods->xFileSize(file, &size);
  std::vector<std::uint8_t> page(EncryptedVfs::kPageBytes);
  const auto step = static_cast<sqlite3_int64>(page.size());
  for (sqlite3_int64 at = 0; code == SQLITE_OK && at < size; at += step) {
    if (at == kLockPageAt) continue;
    code = file->pMethods->xRead(file, page.data(), static_cast<int>(step), at);
  }
  if (code != SQLITE_OK) return fail(failed(code, nullptr));
  return {};
}

std::uint64_t Db::bytes_on_disk() {
  std::uint64_t out = 0;
  for (int which : {SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER}) {
    sqlite3_file* file = nullptr;
    if (sqlite3_file_control(state_->handle, "main", which, &file) != SQLITE_OK) continue;
    if (file == nullptr || file->pMethods == nullptr) continue;
    sqlite3_int64 size = 0;
    if (file->pMethods->xFileSize(file, &size) == SQLITE_OK && size > 0) {
      out += static_cast<std::uint64_t>(size);
    }
  }
  return out;
}

Status Db::begin() {
  ENSURE(!state_->in_transaction);
  auto statement = TRY(prepare("BEGIN IMMEDIATE"));
  TRY(statement.run());
  state_->in_transaction = true;
  return {};
}

Status Db::commit() {
  ENSURE(state_->in_transaction);
  Status done;
  if (state_->spoiled) {
    done = fail(*state_->spoiled);
  } else {
    auto statement = prepare("COMMIT");
    done = statement ? statement->run() : Status(fail(std::move(statement).error()));
  }
  if (!done) {
    rollback();
    return done;
  }
  state_->in_transaction = false;
  if (std::exchange(state_->scrub, false)) {
    // The commit stands whatever becomes of this; the next checkpoint overwrites the WAL anyway.
    sqlite3_wal_checkpoint_v2(state_->handle, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    state_->may_have_free = true;
  }
  return {};
}

void Db::rollback() {
  if (!state_->in_transaction) return;
  if (sqlite3_get_autocommit(state_->handle) == 0) {
    sqlite3_exec(state_->handle, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  state_->in_transaction = false;
  state_->spoiled.reset();
  state_->scrub = false;
  ++state_->rollbacks;
}

struct DbCopy::State {
  Db& from;
  std::unique_ptr<Db> to;
  sqlite3_backup* backup = nullptr;

  ~State() { sqlite3_backup_finish(backup); }
};

DbCopy::DbCopy(std::unique_ptr<State> state) : state_(std::move(state)) {}
DbCopy::DbCopy(DbCopy&& other) noexcept = default;
DbCopy::~DbCopy() = default;

Result<DbCopy> DbCopy::begin(Db& from, const std::string& path, const std::string& vfs,
                             const crypto::SecretKey32* key, Rng* rng) {
  auto to = TRY(Db::open(path, vfs, key, rng));
  // A copy that is not finished is worth nothing, so it needs no journal.
  TRY(to->run_script("PRAGMA journal_mode=OFF"));
  std::unique_ptr<State> state(new State{from, std::move(to), nullptr});
  auto* handle = state->to->state_->handle;
  state->backup = sqlite3_backup_init(handle, "main", from.state_->handle, "main");
  if (state->backup == nullptr) {
    return fail(explain(sqlite3_errcode(handle), sqlite3_errmsg(handle)));
  }
  return DbCopy(std::move(state));
}

Result<bool> DbCopy::step(int pages) {
  const int code = sqlite3_backup_step(state_->backup, pages);
  if (code == SQLITE_OK) return false;
  if (code != SQLITE_DONE) {
    const auto source = state_->from.state_->encrypted
                            ? state_->from.state_->encrypted->take_damage()
                            : std::nullopt;
    return fail(source ? damaged(*source) : explain(code, sqlite3_errstr(code)));
  }
  const int finished = sqlite3_backup_finish(std::exchange(state_->backup, nullptr));
  state_->to.reset();
  if (finished != SQLITE_OK) return fail(explain(finished, sqlite3_errstr(finished)));
  return true;
}

Result<Transaction> Transaction::begin(Db& db) {
  TRY(db.begin());
  return Transaction(db);
}

Transaction::Transaction(Transaction&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}

Transaction::~Transaction() {
  if (db_ != nullptr) db_->rollback();
}

Status Transaction::commit() { return std::exchange(db_, nullptr)->commit(); }

}  // namespace holm::store
