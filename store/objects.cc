#include "store/objects.h"

#include <algorithm>

#include "base/ensure.h"
#include "store/numbers.h"
#include "store/object_rows.h"
#include "store/search.h"
#include "store/sqlite.h"
#include "store/winners.h"

namespace holm::store {
namespace {

bool has_losers(crdt::Kind kind) {
  return kind == crdt::Kind::reg || kind == crdt::Kind::map || kind == crdt::Kind::order ||
         kind == crdt::Kind::member;
}

/// Entries of a cell that lost, ascending by stamp; of equal values only the latest.
std::vector<const crdt::Entry*> losers_of(const crdt::Cell& cell) {
  std::vector<const crdt::Entry*> out;
  if (!has_losers(cell.kind) || cell.entries.size() < 2) return out;
  std::set<Bytes> seen{cell.entries.back().value};
  for (auto entry = cell.entries.rbegin() + 1; entry != cell.entries.rend(); ++entry) {
    if (seen.insert(entry->value).second) out.push_back(&*entry);
  }
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace

Objects::Objects(Db& db, Search& search, std::vector<TableSpec> tables)
    : db_(db),
      search_(search),
      winners_(std::make_unique<Winners>(db, std::move(tables))),
      rows_(std::make_unique<ObjectRows>(db)) {}
Objects::~Objects() = default;

Status Objects::open_tables() {
  const auto made = TRY(winners_->open());
  if (made.empty()) return {};
  return refill(made);
}

Result<std::vector<crdt::ObjectState>> Objects::load(const SpaceId& space,
                                                     std::span<const ObjectId> ids) const {
  std::vector<crdt::ObjectState> out(ids.size());
  const auto number = TRY(find_space_no(db_, space));
  if (!number) return out;
  auto rows = TRY(
      db_.prepare("SELECT state FROM object WHERE space_no = ? AND id = ? AND state IS NOT NULL"));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    rows.bind(*number).bind(ids[i]);
    if (TRY(rows.step())) out[i] = TRY(rows_->unpack(ids[i], rows.blob(0)));
    rows.reset();
  }
  return out;
}

Result<std::optional<crdt::ObjectState>> Objects::find(const SpaceId& space,
                                                       const ObjectId& id) const {
  auto found = TRY(load(space, {&id, 1}));
  if (found[0].id.is_nil()) return std::nullopt;
  return std::move(found[0]);
}

Result<WallTime> Objects::met_at(const SpaceId& space, const ObjectId& id) const {
  auto rows =
      TRY(db_.prepare("SELECT object.met_at FROM space JOIN object ON object.space_no = space.no "
                      "AND object.id = ?2 WHERE space.id = ?1"));
  rows.bind(space).bind(id);
  return WallTime(Millis(TRY(rows.step()) ? rows.number(0) : 0));
}

Result<std::optional<SpaceId>> Objects::space_of(const ObjectId& id) const {
  auto rows = TRY(
      db_.prepare("SELECT space.id FROM space CROSS JOIN object ON object.space_no = space.no "
                  "AND object.id = ? WHERE object.state IS NOT NULL ORDER BY space.id LIMIT 1"));
  rows.bind(id);
  if (!TRY(rows.step())) return std::nullopt;
  return TRY(rows.id<SpaceId>(0));
}

Result<std::vector<Found>> Objects::by_prefix(std::string_view hex_prefix,
                                              std::size_t limit) const {
  std::vector<Found> out;
  if (hex_prefix.size() > ObjectId::kBytes * 2) return out;
  std::string low(hex_prefix);
  std::string high(hex_prefix);
  low.resize(ObjectId::kBytes * 2, '0');
  high.resize(ObjectId::kBytes * 2, 'f');
  const auto first = ObjectId::from_text(low);
  const auto last = ObjectId::from_text(high);
  if (!first || !last) return out;
  auto rows = TRY(db_.prepare(
      "SELECT space.id, object.id FROM space CROSS JOIN object ON object.space_no = space.no "
      "AND object.id BETWEEN ? AND ? WHERE object.state IS NOT NULL "
      "ORDER BY object.id, space.id LIMIT ?"));
  constexpr std::size_t kLast = INT64_MAX;
  rows.bind(*first).bind(*last).bind(std::min(limit, kLast));
  while (TRY(rows.step())) {
    const auto space = TRY(rows.id<SpaceId>(0));
    out.push_back({space, TRY(rows.id<ObjectId>(1))});
  }
  return out;
}

Status Objects::save(const SpaceId& space, const std::vector<crdt::ObjectState>& states) {
  ENSURE(db_.in_transaction());
  if (states.empty()) return {};
  const auto in_space = TRY(space_no(db_, space));
  auto find = TRY(
      db_.prepare("SELECT no, type, state IS NOT NULL FROM object WHERE space_no = ? AND id = ?"));
  auto update = TRY(db_.prepare("UPDATE object SET type = ?, state = ? WHERE no = ?"));
  auto clear = TRY(db_.prepare("DELETE FROM also WHERE object_no = ?"));
  Winners::Rows winners(*winners_);
  for (const auto& state : states) {
    find.bind(in_space).bind(state.id);
    const bool is_met = TRY(find.step());
    const auto before = is_met ? static_cast<std::uint32_t>(find.number(1)) : 0;
    const bool has_state = is_met && find.number(2) != 0;
    auto no = is_met ? find.number(0) : 0;
    find.reset();
    if (!is_met) no = TRY(object_no(db_, in_space, state.id));
    TRY(search_.touch(no));
    if (before != state.type) TRY(winners_->remove(no, before));
    TRY(update.bind(state.type).bind(TRY(rows_->pack(state))).bind(no).run());
    TRY(winners.write(no, in_space, state, has_state && before == state.type));
    // An object without a state has no losers.
    if (has_state) TRY(clear.bind(no).run());
    TRY(add_losers(no, state));
  }
  return {};
}

Status Objects::add_losers(std::int64_t object_no, const crdt::ObjectState& state) {
  for (const auto& cell : state.cells) {
    std::size_t place = 0;
    for (const auto* entry : losers_of(cell)) {
      auto insert = TRY(
          db_.prepare("INSERT INTO also (object_no, field, key, place, lamport, log, seq, value) "
                      "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
      insert.bind(object_no).bind(cell.field).bind(cell.key).bind(place++);
      insert.bind(entry->stamp.lamport).bind(entry->stamp.id.log).bind(entry->stamp.id.seq);
      TRY(insert.bind(entry->value).run());
    }
  }
  return {};
}

Status Objects::save_text(const SpaceId& space, const TextKey& key, const TextRow& row) {
  ENSURE(db_.in_transaction());
  const auto in_space = TRY(space_no(db_, space));
  const auto object = TRY(object_no(db_, in_space, key.object));
  TRY(search_.touch(object));
  auto write = TRY(db_.prepare(
      "INSERT INTO text (object_no, field, points, graph, content) VALUES (?, ?, ?, ?, ?) "
      "ON CONFLICT (object_no, field) DO UPDATE SET points = excluded.points, "
      "graph = excluded.graph, content = excluded.content"));
  write.bind(object).bind(key.field).bind(row.points).bind(TRY(rows_->pack_graph(row)));
  bind_content(write, row.content);
  return write.run();
}

/// Columns: points, graph, content, from `first` on.
Result<TextRow> Objects::read_text(const Statement& rows, int first) const {
  TextRow out;
  out.points = rows.count(first);
  TRY(rows_->unpack_graph(rows.blob(first + 1), out));
  out.content = TRY(read_content(rows, first + 2));
  return out;
}

Result<TextRow> Objects::text(const SpaceId& space, const TextKey& key) const {
  const auto object = TRY(find_object_no(db_, space, key.object));
  if (!object) return TextRow{};
  auto rows =
      TRY(db_.prepare("SELECT points, graph, content FROM text WHERE object_no = ? AND field = ?"));
  rows.bind(*object).bind(key.field);
  if (!TRY(rows.step())) return TextRow{};
  return read_text(rows, 0);
}

Result<std::string> Objects::content(const SpaceId& space, const TextKey& key) const {
  auto rows =
      TRY(db_.prepare("SELECT text.content FROM space "
                      "CROSS JOIN object ON object.space_no = space.no AND object.id = ?2 "
                      "CROSS JOIN text ON text.object_no = object.no AND text.field = ?3 "
                      "WHERE space.id = ?1"));
  rows.bind(space).bind(key.object).bind(key.field);
  if (!TRY(rows.step())) return std::string();
  return read_content(rows, 0);
}

Result<std::map<std::uint32_t, TextRow>> Objects::texts(const SpaceId& space,
                                                        const ObjectId& object) const {
  std::map<std::uint32_t, TextRow> out;
  const auto number = TRY(find_object_no(db_, space, object));
  if (!number) return out;
  auto rows = TRY(db_.prepare(
      "SELECT field, points, graph, content FROM text WHERE object_no = ? ORDER BY field"));
  rows.bind(*number);
  while (TRY(rows.step())) {
    out.emplace(static_cast<std::uint32_t>(rows.number(0)), TRY(read_text(rows, 1)));
  }
  return out;
}

Status Objects::remove(const SpaceId& space, const ObjectId& object) {
  ENSURE(db_.in_transaction());
  const auto number = TRY(find_object_no(db_, space, object));
  if (!number) return {};
  TRY(search_.touch_now(*number));
  std::uint32_t type = 0;
  {
    auto rows = TRY(db_.prepare("SELECT type FROM object WHERE no = ?"));
    rows.bind(*number);
    if (TRY(rows.step())) type = static_cast<std::uint32_t>(rows.number(0));
  }
  TRY(winners_->remove(*number, type));
  // The row stays: changes refer to it.
  for (const auto* sql :
       {"UPDATE object SET type = 0, state = NULL WHERE no = ?",
        "DELETE FROM text WHERE object_no = ?", "DELETE FROM also WHERE object_no = ?"}) {
    auto statement = TRY(db_.prepare(sql));
    TRY(statement.bind(*number).run());
  }
  return {};
}

Status Objects::clear(const SpaceId& space) {
  const auto number = TRY(find_space_no(db_, space));
  if (!number) return {};
  std::vector<ObjectId> all;
  {
    // Of what only void changes name there may be a text, and no state.
    auto rows =
        TRY(db_.prepare("SELECT id FROM object WHERE space_no = ? AND (state IS NOT NULL OR EXISTS "
                        "(SELECT 1 FROM text WHERE object_no = object.no)) ORDER BY no"));
    rows.bind(*number);
    while (TRY(rows.step())) all.push_back(TRY(rows.id<ObjectId>(0)));
  }
  for (const auto& id : all) TRY(remove(space, id));
  return {};
}

Result<std::vector<Found>> Objects::select(const Selection& selection) const {
  return winners_->select(selection);
}

Result<std::uint64_t> Objects::count(const Selection& selection) const {
  return winners_->count(selection);
}

Result<std::vector<ObjectId>> Objects::children(std::uint32_t type,
                                                const ObjectId& container) const {
  return winners_->children(type, container);
}

Result<std::vector<Loser>> Objects::losers(const std::optional<SpaceId>& space,
                                           const std::optional<ObjectId>& object) const {
  std::string sql =
      "SELECT space.id, object.id, field, key, lamport, log, seq, value FROM also "
      "JOIN object ON object.no = also.object_no JOIN space ON space.no = object.space_no WHERE 1";
  if (space) sql += " AND space.id = ?";
  if (object) sql += " AND object.id = ?";
  sql += " ORDER BY space.id, object.id, field, key, place";
  auto rows = TRY(db_.prepare(sql));
  if (space) rows.bind(*space);
  if (object) rows.bind(*object);
  std::vector<Loser> out;
  while (TRY(rows.step())) {
    Loser loser;
    loser.space = TRY(rows.id<SpaceId>(0));
    loser.object = TRY(rows.id<ObjectId>(1));
    loser.field = static_cast<std::uint32_t>(rows.number(2));
    loser.key = to_bytes(rows.blob(3));
    loser.entry.stamp.lamport = rows.count(4);
    loser.entry.stamp.id.log = TRY(rows.id<LogId>(5));
    loser.entry.stamp.id.seq = rows.count(6);
    loser.entry.value = to_bytes(rows.blob(7));
    out.push_back(std::move(loser));
  }
  return out;
}

Result<std::vector<ObjectId>> Objects::all(const SpaceId& space, const ObjectId& after,
                                           std::size_t limit) const {
  return ids(
      "SELECT id FROM object WHERE space_no = ? AND id > ? AND state IS NOT NULL "
      "ORDER BY id LIMIT ?",
      space, after, limit);
}

Result<std::vector<ObjectId>> Objects::named(const SpaceId& space, const ObjectId& after,
                                             std::size_t limit) const {
  return ids("SELECT id FROM object WHERE space_no = ? AND id > ? ORDER BY id LIMIT ?", space,
             after, limit);
}

Result<std::vector<ObjectId>> Objects::ids(std::string_view sql, const SpaceId& space,
                                           const ObjectId& after, std::size_t limit) const {
  std::vector<ObjectId> out;
  const auto number = TRY(find_space_no(db_, space));
  if (!number) return out;
  auto rows = TRY(db_.prepare(sql));
  constexpr std::size_t kLast = INT64_MAX;
  rows.bind(*number).bind(after).bind(std::min(limit, kLast));
  while (TRY(rows.step())) out.push_back(TRY(rows.id<ObjectId>(0)));
  return out;
}

Status Objects::rebuild_tables() {
  ENSURE(db_.in_transaction());
  const auto types = TRY(winners_->clear());
  TRY(refill(types));
  TRY(db_.run_script("DELETE FROM also"));
  auto rows = TRY(db_.prepare("SELECT no, id, state FROM object WHERE state IS NOT NULL"));
  while (TRY(rows.step())) {
    const auto id = TRY(rows.id<ObjectId>(1));
    const auto state = TRY(rows_->unpack(id, rows.blob(2)));
    TRY(add_losers(rows.number(0), state));
  }
  return {};
}

Status Objects::refill(const std::set<std::uint32_t>& types) {
  auto rows = TRY(db_.prepare(
      "SELECT no, space_no, id, type, state FROM object WHERE state IS NOT NULL ORDER BY no"));
  Winners::Rows winners(*winners_);
  while (TRY(rows.step())) {
    if (!types.contains(static_cast<std::uint32_t>(rows.number(3)))) continue;
    const auto id = TRY(rows.id<ObjectId>(2));
    const auto state = TRY(rows_->unpack(id, rows.blob(4)));
    TRY(winners.write(rows.number(0), rows.number(1), state, false));
  }
  return {};
}

}  // namespace holm::store
