#include "store/salvage.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>

#include "base/ensure.h"
#include "crdt/columns.h"
#include "store/migrate.h"
#include "store/numbers.h"
#include "store/object_rows.h"
#include "store/sqlite.h"

namespace holm::store {
namespace {

/// What the rows of a table look like, by its schema.
class Shape {
 public:
  static Result<Shape> of(Db& db, const std::string& table) {
    Shape out;
    auto made =
        TRY(db.prepare("SELECT sql LIKE '%WITHOUT ROWID%' FROM sqlite_schema "
                       "WHERE type = 'table' AND name = ?"));
    made.bind(table);
    ENSURE(TRY(made.step()));
    out.has_rowid_ = made.number(0) == 0;
    // Tables without rowid hold the columns of their key first.
    auto rows =
        TRY(db.prepare("SELECT name, type, \"notnull\", pk FROM pragma_table_info(?) ORDER BY "
                       "CASE WHEN ? AND pk > 0 THEN pk ELSE 1000 + cid END"));
    rows.bind(table).bind(out.has_rowid_ ? 0 : 1);
    while (TRY(rows.step())) {
      const bool is_rowid = out.has_rowid_ && rows.number(3) > 0 && rows.text(1) == "INTEGER";
      out.columns_.push_back({std::string(rows.text(0)), std::string(rows.text(1)),
                              rows.number(2) != 0 && !is_rowid, is_rowid});
    }
    return out;
  }

  bool fits(const Record& record) const {
    if (record.rowid.has_value() != has_rowid_ || record.cells.size() != columns_.size()) {
      return false;
    }
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const auto& column = columns_[i];
      const auto& cell = record.cells[i];
      const bool is_null = std::holds_alternative<std::monostate>(cell);
      if (column.is_rowid != is_null && (column.is_rowid || column.is_needed)) return false;
      if (is_null) continue;
      const auto kind = column.type == "INTEGER" ? 1U : column.type == "TEXT" ? 2U : 3U;
      if (cell.index() != kind) return false;
    }
    return true;
  }
  std::size_t at(std::string_view name) const {
    const auto found = std::find_if(columns_.begin(), columns_.end(),
                                    [&](const Column& column) { return column.name == name; });
    ENSURE(found != columns_.end());
    return static_cast<std::size_t>(found - columns_.begin());
  }

 private:
  struct Column {
    std::string name;
    std::string type;
    bool is_needed = false;
    bool is_rowid = false;
  };
  bool has_rowid_ = true;
  std::vector<Column> columns_;
};

/// A row of a known shape, read by name.
class Row {
 public:
  Row(const Shape& shape, const Record& record) : shape_(shape), record_(record) {}

  std::uint64_t number(std::string_view name) const {
    const auto* out = std::get_if<std::int64_t>(&record_.cells[shape_.at(name)]);
    return out != nullptr ? static_cast<std::uint64_t>(*out) : 0;
  }
  const Bytes& bytes(std::string_view name) const {
    static const Bytes kNone;
    const auto* out = std::get_if<Bytes>(&record_.cells[shape_.at(name)]);
    return out != nullptr ? *out : kNone;
  }
  std::string text(std::string_view name) const {
    const auto* out = std::get_if<std::string>(&record_.cells[shape_.at(name)]);
    return out != nullptr ? *out : std::string();
  }

 private:
  const Shape& shape_;
  const Record& record_;
};

class Salvage {
 public:
  static Result<Salvage> make() {
    auto db = TRY(Db::open(":memory:", {}));
    {
      auto transaction = TRY(Transaction::begin(*db));
      TRY(migrate(*db, migrations()));
      TRY(transaction.commit());
    }
    Salvage salvage{TRY(Shape::of(*db, "space")),  TRY(Shape::of(*db, "log")),
                    TRY(Shape::of(*db, "chunk")),  TRY(Shape::of(*db, "head")),
                    TRY(Shape::of(*db, "object")), TRY(Shape::of(*db, "fact")),
                    TRY(Shape::of(*db, "piece"))};
    salvage.db_ = std::move(db);
    return salvage;
  }

  void take(Record record) {
    if (chunk_.fits(record)) return take_chunk(Row(chunk_, record));
    if (head_.fits(record)) return take_head(Row(head_, record));
    if (log_.fits(record)) return take_log(Row(log_, record));
    if (object_.fits(record)) return take_object(Row(object_, record));
    if (fact_.fits(record)) {
      const Row row(fact_, record);
      out.facts.push_back({row.text("kind"), row.bytes("key"), row.bytes("value")});
    } else if (piece_.fits(record)) {
      out.pieces.push_back(std::move(record.cells));
    } else if (space_.fits(record)) {
      const Row row(space_, record);
      if (const auto id = SpaceId::from(row.bytes("id"))) {
        spaces_.emplace(*record.rowid, *id);
        out.spaces.insert(*id);
      }
    }
  }

  /// Joins what was read apart. Errors: failed.
  Result<Salvaged> finish() {
    TRY(unpack_states());
    for (const auto& [number, id, met] : objects_) {
      const auto [first, last] = spaces_.equal_range(number);
      for (auto space = first; space != last; ++space) out.met[{space->second, id}] = met;
    }
    return std::move(out);
  }

  Salvaged out;
  std::uint32_t type = 0;

 private:
  Salvage(Shape space, Shape log, Shape chunk, Shape head, Shape object, Shape fact, Shape piece)
      : space_(std::move(space)),
        log_(std::move(log)),
        chunk_(std::move(chunk)),
        head_(std::move(head)),
        object_(std::move(object)),
        fact_(std::move(fact)),
        piece_(std::move(piece)) {}

  void take_chunk(const Row& row) {
    LogPart part;
    const auto end = Digest::from(row.bytes("end_hash"));
    part.body = row.bytes("body");
    const auto changes = crdt::decode_columns(part.body);
    if (!end || !changes || changes->empty()) {
      ++out.lost_rows;
      return;
    }
    part.end = *end;
    part.last = changes->back().last_seq();
    out.parts[changes->front().log].emplace(changes->front().seq, std::move(part));
  }
  void take_head(const Row& row) {
    auto head = crdt::decode_head(row.bytes("body"));
    if (head) out.heads[head->log].insert_or_assign({head->seq, head->hash}, std::move(*head));
  }
  void take_log(const Row& row) {
    const auto id = LogId::from(row.bytes("id"));
    if (!id) return;
    out.rows[*id] = {row.number("stored_seq"), row.number("frozen") != 0};
    logs_.emplace(row.number("no"), *id);
  }
  void take_object(const Row& row) {
    const auto id = ObjectId::from(row.bytes("id"));
    if (!id) return;
    if (row.number("type") == type && !row.bytes("state").empty()) {
      states_.emplace_back(*id, row.bytes("state"));
    }
    objects_.push_back({static_cast<std::int64_t>(row.number("space_no")), *id,
                        WallTime(Millis(static_cast<std::int64_t>(row.number("met_at"))))});
  }

  /// Rows of merged state name logs by number. One that is not known gets a name of no log: what
  /// was written is told apart by itself.
  Status unpack_states() {
    auto transaction = TRY(Transaction::begin(*db_));
    const auto space = TRY(space_no(*db_, SpaceId()));
    auto put = TRY(db_->prepare(
        "INSERT OR IGNORE INTO log (no, id, space_no, device, member, stored_hash, applied_hash) "
        "VALUES (?, ?, ?, x'', x'', x'', x'')"));
    for (const auto& [number, log] : logs_) TRY(put.bind(number).bind(log).bind(space).run());
    ObjectRows rows(*db_);
    for (const auto& [id, packed] : states_) {
      const auto numbers = ObjectRows::logs_in(packed);
      if (!numbers) continue;
      for (const auto number : *numbers) {
        LogId nameless;
        for (std::size_t i = 0; i < sizeof number; ++i) {
          nameless.bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
        }
        TRY(put.bind(number).bind(nameless).bind(space).run());
      }
      auto state = rows.unpack(id, packed);
      if (state) out.states.push_back(std::move(*state));
    }
    return {};
  }

  struct Met {
    std::int64_t space_no = 0;
    ObjectId id;
    WallTime at{};
  };
  Shape space_, log_, chunk_, head_, object_, fact_, piece_;
  std::multimap<std::int64_t, SpaceId> spaces_;
  std::vector<Met> objects_;
  std::map<std::int64_t, LogId> logs_;
  std::vector<std::pair<ObjectId, Bytes>> states_;
  std::unique_ptr<Db> db_;  ///< in memory, of the same schema
};

}  // namespace

Result<Salvaged> salvage(const StoreOptions& options, std::uint32_t type) {
  auto file = TRY(PageFile::open(options.path, options.vfs, options.key, options.rng));
  auto salvage = TRY(Salvage::make());
  salvage.type = type;
  auto& out = salvage.out;
  out.pages = file->count();
  for (std::uint32_t number = 1; number <= file->count(); ++number) {
    const auto page = TRY(file->page(number));
    if (!page) {
      ++out.damaged_pages;
      continue;
    }
    TRY(each_record(*file, number, *page, out.lost_rows,
                    [&](Record record) { salvage.take(std::move(record)); }));
  }
  if (out.damaged_pages == out.pages) {
    return fail(Code::corrupt, "nothing of the store can be read: it is not one of this home",
                "nothing was changed", "restore a backup, or join again and sync");
  }
  return salvage.finish();
}

Status put_back(Db& db, const Salvaged& salvaged) {
  ENSURE(db.in_transaction());
  auto meet = TRY(db.prepare("UPDATE object SET met_at = ? WHERE no = ?"));
  for (const auto& [object, met] : salvaged.met) {
    const auto number = TRY(find_object_no(db, object.first, object.second));
    if (!number) continue;
    TRY(meet.bind(met.time_since_epoch().count()).bind(*number).run());
  }
  for (const auto& cells : salvaged.pieces) {
    std::string sql = "INSERT OR IGNORE INTO piece VALUES (";
    for (std::size_t i = 0; i < cells.size(); ++i) sql += i == 0 ? "?" : ", ?";
    auto put = TRY(db.prepare(sql + ")"));
    for (const auto& cell : cells) {
      if (const auto* number = std::get_if<std::int64_t>(&cell)) {
        put.bind(*number);
      } else if (const auto* bytes = std::get_if<Bytes>(&cell)) {
        put.bind(*bytes);
      } else {
        put.bind(nullptr);
      }
    }
    TRY(put.run());
  }
  return {};
}

}  // namespace holm::store
