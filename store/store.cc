#include "store/store.h"

#include <optional>
#include <utility>

#include "base/ensure.h"
#include "store/facts.h"
#include "store/logs.h"
#include "store/migrate.h"
#include "store/objects.h"
#include "store/pieces.h"
#include "store/salvage.h"
#include "store/search.h"
#include "store/sqlite.h"
#include "store/table_check.h"

namespace holm::store {

namespace {

constexpr const char* kMemory = ":memory:";

/// "teams/ID.db" -> "teams/ID.files".
std::string segment_folder(const std::string& path) {
  const auto slash = path.find_last_of('/');
  const auto dot = path.find_last_of('.');
  const bool has_ending =
      dot != std::string::npos && (slash == std::string::npos || dot > slash + 1);
  return (has_ending ? path.substr(0, dot) : path) + ".files";
}

}  // namespace

struct Store::Parts {
  Parts(std::unique_ptr<Db> opened, const StoreOptions& options)
      : own_disk(options.segments == nullptr ? system_segment_disk(segment_folder(options.path))
                                             : nullptr),
        db(std::move(opened)),
        logs(*db),
        search(*db, options.indexer),
        objects(*db, search, options.tables),
        facts(*db),
        disk(own_disk ? *own_disk : *options.segments),
        pieces(*db, facts, disk) {}

  std::unique_ptr<SegmentDisk> own_disk;
  std::unique_ptr<Db> db;
  // For copies.
  std::string vfs;
  std::optional<crypto::SecretKey32> key;
  Rng* rng = nullptr;
  Logs logs;
  Search search;
  Objects objects;
  Facts facts;
  SegmentDisk& disk;
  Pieces pieces;
  std::optional<Transaction> turn;  // after db: ends before the connection does
};

Store::Store(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options) {
  auto parts = TRY(open_parts(options));
  return std::unique_ptr<Store>(new Store(std::move(parts)));
}

Result<std::unique_ptr<Store::Parts>> Store::open_parts(const StoreOptions& options) {
  auto db = TRY(Db::open(options.path, options.vfs, options.key, options.rng));
  TRY(check_version(*db, migrations()));
  if (options.path != kMemory) TRY(db->make_durable());
  auto parts = std::make_unique<Parts>(std::move(db), options);
  parts->vfs = options.vfs;
  if (options.key != nullptr) parts->key = options.key->clone();
  parts->rng = options.rng;
  auto transaction = TRY(Transaction::begin(*parts->db));
  TRY(migrate(*parts->db, migrations()));
  TRY(parts->objects.open_tables());
  TRY(parts->search.open());
  TRY(transaction.commit());
  return parts;
}

Status Store::reopen(const StoreOptions& options, const std::function<Status()>& between) {
  ENSURE(!in_turn());
  parts_.reset();
  auto done = between();
  auto opened = open_parts(options);
  lost_.reset();
  if (!opened) {
    lost_ = opened.error();
    if (done) done = fail(*lost_);
    auto empty = options;
    empty.path = kMemory;
    empty.vfs.clear();
    empty.key = nullptr;
    opened = open_parts(empty);
  }
  ENSURE(opened.has_value());  // memory at least there has to be
  parts_ = std::move(*opened);
  return done;
}

Status Store::begin() {
  if (lost_) return fail(*lost_);
  if (parts_->turn) return {};
  auto turn = TRY(Transaction::begin(*parts_->db));
  parts_->turn.emplace(std::move(turn));
  return {};
}

Status Store::commit() {
  if (!parts_->turn) return {};
  auto done = parts_->search.end_turn();
  if (done) done = parts_->turn->commit();
  parts_->turn.reset();
  if (!done) parts_->search.rolled_back();
  return done;
}

void Store::rollback() {
  if (!parts_->turn) return;
  parts_->turn.reset();
  parts_->search.rolled_back();
}
bool Store::in_turn() const { return parts_->turn.has_value(); }

Logs& Store::logs() { return parts_->logs; }
Objects& Store::objects() { return parts_->objects; }
Facts& Store::facts() { return parts_->facts; }
Search& Store::search() { return parts_->search; }
Pieces& Store::pieces() { return parts_->pieces; }
SegmentDisk& Store::segments() { return parts_->disk; }

Result<bool> Store::tables_fit() {
  auto fit = store::tables_fit(*parts_->db, parts_->objects);
  parts_->search.rolled_back();
  return fit;
}

Status Store::put_back(const Salvaged& salvaged) { return store::put_back(*parts_->db, salvaged); }

Status Store::check() const { return parts_->db->check(); }

Result<DbCopy> Store::copy_to(const std::string& path) {
  return DbCopy::begin(*parts_->db, path, parts_->vfs, parts_->key ? &*parts_->key : nullptr,
                       parts_->rng);
}

bool Store::is_untidy() const { return parts_->db->is_untidy() || parts_->search.has_backlog(); }

Status Store::tidy() {
  if (!parts_->search.has_backlog()) return parts_->db->tidy();
  auto transaction = TRY(Transaction::begin(*parts_->db));
  auto done = parts_->search.settle_some();
  if (done) done = transaction.commit();
  if (!done) parts_->search.rolled_back();  // it is tried again after the next writes
  return done;
}

std::uint64_t Store::bytes_on_disk() const { return parts_->db->bytes_on_disk(); }

}  // namespace holm::store
