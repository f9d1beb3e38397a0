#include "store/winners.h"

#include <algorithm>
#include <optional>

#include "base/wire.h"
#include "crdt/order.h"
#include "store/numbers.h"
#include "store/sqlite.h"

namespace holm::store {
namespace {

// Part of the stored spec: raising it rebuilds every table at the next open.
constexpr std::uint64_t kTableLayout = 2;

constexpr const char* kBuiltIn[] = {"born_at", "touched_at", "born_lamport", "touched_lamport"};

bool is_identifier(const std::string& name) {
  if (name.empty() || name.size() > 60 || name[0] < 'a' || name[0] > 'z') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

/// SQL columns of one field. The prefix keeps them apart from built-in ones.
std::vector<std::string> columns_of(const ColumnSpec& spec) {
  switch (spec.kind) {
    case crdt::Kind::reg:
    case crdt::Kind::counter: return {"f_" + spec.name};
    case crdt::Kind::order: return {"f_" + spec.name + "_in", "f_" + spec.name + "_key"};
    default: return {};
  }
}

Bytes encode_spec(const TableSpec& spec) {
  Writer out;
  out.array(3).uint(kTableLayout).text(spec.name).array(spec.columns.size());
  for (const auto& column : spec.columns) {
    out.array(4).uint(column.field).text(column.name);
    out.uint(static_cast<std::uint64_t>(column.kind)).boolean(column.indexed);
  }
  return out.take();
}

void bind_value(Statement& statement, const Value& value) {
  if (value.is_null()) {
    statement.bind(nullptr);
  } else if (const auto* flag = value.as_bool()) {
    statement.bind(*flag ? 1 : 0);
  } else if (const auto* number = value.as_int()) {
    statement.bind(*number);
  } else if (const auto* real = value.as_double()) {
    statement.bind(*real);
  } else if (const auto* text = value.as_string()) {
    statement.bind(std::string_view(*text));
  } else if (const auto* bytes = value.as_bytes()) {
    statement.bind(*bytes);
  } else {
    statement.bind(encode(value));
  }
}

/// Binds the columns of one field. What does not fit its kind shows as not set.
void bind_field(Statement& statement, const ColumnSpec& spec, const crdt::ObjectState& state) {
  const auto* cell = state.find(spec.field);
  if (cell != nullptr && cell->kind != spec.kind) cell = nullptr;
  const auto* winner = cell == nullptr ? nullptr : cell->winner();
  if (spec.kind == crdt::Kind::counter) {
    statement.bind(cell == nullptr ? 0 : crdt::counter_value(*cell));
  } else if (spec.kind == crdt::Kind::reg) {
    auto value = winner == nullptr ? Result<Value>() : decode_value(winner->value);
    bind_value(statement, value ? *value : Value());
  } else if (spec.kind == crdt::Kind::order) {
    const auto place =
        winner == nullptr ? std::nullopt : std::optional(crdt::read_place(winner->value));
    if (place && *place) {
      statement.bind((*place)->container).bind((*place)->key);
    } else {
      statement.bind(nullptr).bind(nullptr);
    }
  }
}

std::int64_t millis(WallTime time) { return time.time_since_epoch().count(); }

std::string operator_of(Condition::Is is, const Value& value) {
  switch (is) {
    // With "=" SQLite knows that an index without nulls will do.
    case Condition::Is::equal: return value.is_null() ? " IS ?" : " = ?";
    case Condition::Is::not_equal: return " IS NOT ?";
    case Condition::Is::less: return " < ?";
    case Condition::Is::less_or_equal: return " <= ?";
    case Condition::Is::greater: return " > ?";
    case Condition::Is::greater_or_equal: return " >= ?";
    case Condition::Is::null: return " IS NULL";
    case Condition::Is::not_null: return " IS NOT NULL";
  }
  return " IS NULL";
}

bool takes_value(Condition::Is is) {
  return is != Condition::Is::null && is != Condition::Is::not_null;
}

}  // namespace

Winners::Winners(Db& db, std::vector<TableSpec> specs) : db_(db), specs_(std::move(specs)) {
  for (const auto& spec : specs_) {
    Table table{spec, "w_" + spec.name, {}, {}, {}, {}, {}};
    // In the order in which both statements bind: the number comes last.
    std::string names = "space_no";
    std::string marks = "?";
    std::string sets = "space_no = ?";
    const auto add = [&](const std::string& column) {
      table.columns.insert(column);
      names.append(", ").append(column);
      marks += ", ?";
      sets.append(", ").append(column).append(" = ?");
    };
    for (const auto* column : kBuiltIn) add(column);
    for (const auto& column : spec.columns) {
      const auto sql_names = columns_of(column);
      for (const auto& name : sql_names) add(name);
      if (sql_names.empty()) continue;
      if (column.indexed || column.kind == crdt::Kind::order) table.indexed.insert(sql_names[0]);
    }
    // Not INSERT OR REPLACE: SQLite keeps a journal of its own for each such statement, copying
    // every page that it touches.
    table.insert_sql.append("INSERT INTO ").append(table.name).append(" (").append(names);
    table.insert_sql.append(", no) VALUES (").append(marks).append(", ?)");
    table.update_sql.append("UPDATE ").append(table.name).append(" SET ").append(sets);
    table.update_sql.append(" WHERE no = ?");
    table.remove_sql.append("DELETE FROM ").append(table.name).append(" WHERE no = ?");
    tables_.emplace(spec.type, std::move(table));
  }
}

Status Winners::check_specs() const {
  std::set<std::string> names;
  for (const auto& spec : specs_) {
    if (!is_identifier(spec.name) || !names.insert(spec.name).second) {
      return fail(Code::usage, "a table needs a name of its own: '" + spec.name + "'");
    }
    std::set<std::string> columns;
    for (const auto& column : spec.columns) {
      bool fits = is_identifier(column.name);
      for (const auto& name : columns_of(column)) fits = fits && columns.insert(name).second;
      if (!fits) {
        return fail(Code::usage,
                    "table '" + spec.name + "' cannot have a column '" + column.name + "'");
      }
    }
  }
  if (tables_.size() != specs_.size()) return fail(Code::usage, "two tables have one type number");
  return {};
}

Result<std::set<std::uint32_t>> Winners::open() {
  TRY(check_specs());
  std::set<std::uint32_t> present;
  std::vector<std::uint32_t> outdated;
  std::vector<std::string> outdated_names;
  {
    auto rows = TRY(db_.prepare("SELECT type, spec FROM winners_spec ORDER BY type"));
    while (TRY(rows.step())) {
      const auto type = static_cast<std::uint32_t>(rows.number(0));
      const auto found = tables_.find(type);
      if (found != tables_.end() && encode_spec(found->second.spec) == to_bytes(rows.blob(1))) {
        present.insert(type);
        continue;
      }
      const auto stored = decode_value(rows.blob(1));
      if (!stored || stored->items().size() < 2) return fail(damaged("a table has no name"));
      outdated.push_back(type);
      outdated_names.emplace_back(stored->items()[1].text());
    }
  }
  for (std::size_t i = 0; i < outdated.size(); ++i) {
    if (!is_identifier(outdated_names[i])) {
      return fail(damaged("a table has no name"));
    }
    TRY(db_.run_script("DROP TABLE IF EXISTS w_" + outdated_names[i]));
    auto remove = TRY(db_.prepare("DELETE FROM winners_spec WHERE type = ?"));
    TRY(remove.bind(outdated[i]).run());
  }
  std::set<std::uint32_t> made;
  for (const auto& [type, table] : tables_) {
    if (present.contains(type)) continue;
    TRY(create(table));
    made.insert(type);
  }
  return made;
}

Result<std::set<std::uint32_t>> Winners::clear() {
  std::set<std::uint32_t> types;
  for (const auto& [type, table] : tables_) {
    TRY(db_.run_script("DELETE FROM " + table.name));
    types.insert(type);
  }
  return types;
}

Status Winners::create(const Table& table) {
  std::string sql = "CREATE TABLE " + table.name +
                    " (no INTEGER PRIMARY KEY, space_no INTEGER NOT NULL, born_at INTEGER, "
                    "touched_at INTEGER, born_lamport INTEGER, touched_lamport INTEGER";
  std::string indexes =
      "CREATE INDEX " + table.name + "_by_space ON " + table.name + " (space_no);";
  for (const auto& column : table.spec.columns) {
    // Without a declared type SQLite keeps each value as it was bound.
    std::string joined;
    for (const auto& name : columns_of(column)) {
      sql += ", " + name;
      joined += (joined.empty() ? "" : ", ") + name;
    }
    if (joined.empty() || (!column.indexed && column.kind != crdt::Kind::order)) continue;
    // What was never set has no place in the index: most objects lack most fields.
    indexes += "CREATE INDEX " + table.name + "_by_" + column.name + " ON " + table.name + " (" +
               joined + ") WHERE " + columns_of(column)[0] + " IS NOT NULL;";
  }
  TRY(db_.run_script(sql + ");" + indexes));
  auto insert = TRY(db_.prepare("INSERT INTO winners_spec (type, spec) VALUES (?, ?)"));
  return insert.bind(table.spec.type).bind(encode_spec(table.spec)).run();
}

Status Winners::Rows::write(std::int64_t object_no, std::int64_t space_no,
                            const crdt::ObjectState& state, bool is_there) {
  const auto found = winners_.tables_.find(state.type);
  if (found == winners_.tables_.end()) return {};
  const auto& table = found->second;
  if (is_there) {
    TRY(run(table.update_sql, table, object_no, space_no, state));
    if (winners_.db_.changed() > 0) return {};
  }
  return run(table.insert_sql, table, object_no, space_no, state);
}

Status Winners::Rows::run(const std::string& sql, const Table& table, std::int64_t object_no,
                          std::int64_t space_no, const crdt::ObjectState& state) {
  auto at = statements_.find(&sql);
  if (at == statements_.end()) {
    auto prepared = TRY(winners_.db_.prepare(sql));
    at = statements_.emplace(&sql, std::move(prepared)).first;
  }
  auto& write = at->second;
  write.bind(space_no);
  write.bind(millis(state.born.time)).bind(millis(state.touched.time));
  write.bind(state.born.stamp.lamport).bind(state.touched.stamp.lamport);
  for (const auto& column : table.spec.columns) bind_field(write, column, state);
  return write.bind(object_no).run();
}

Status Winners::remove(std::int64_t object_no, std::uint32_t type) {
  const auto found = tables_.find(type);
  if (found == tables_.end()) return {};
  auto remove = TRY(db_.prepare(found->second.remove_sql));
  return remove.bind(object_no).run();
}

Result<const Winners::Table*> Winners::need(std::uint32_t type) const {
  const auto found = tables_.find(type);
  if (found == tables_.end()) {
    return fail(Code::usage, "objects of type " + std::to_string(type) + " have no table");
  }
  return &found->second;
}

Result<std::string> Winners::column(const Table& table, const std::string& asked) const {
  if (asked == "object") return std::string("object.id");
  for (const auto* name : kBuiltIn) {
    if (asked == name) return "w." + asked;
  }
  const auto name = "f_" + asked;
  if (table.columns.contains(name)) return "w." + name;
  return fail(Code::usage, "table '" + table.spec.name + "' has no column '" + asked + "'");
}

Result<std::string> Winners::source(const Table& table, const Selection& selection,
                                    bool with_object) const {
  std::string conditions;
  bool narrowed = false;
  for (const auto& condition : selection.where) {
    const auto name = TRY(column(table, condition.column));
    if (!conditions.empty()) conditions += " AND ";
    if (condition.column == "object" && condition.is == Condition::Is::equal) {
      // By its number, which the index of ids of each space gives.
      conditions +=
          "w.no IN (SELECT o.no FROM space s JOIN object o ON o.space_no = s.no "
          "WHERE o.id = ?)";
      narrowed = true;
      continue;
    }
    with_object = with_object || condition.column == "object";
    conditions += name + operator_of(condition.is, condition.value);
    const bool names_some = (condition.is == Condition::Is::equal && !condition.value.is_null()) ||
                            condition.is == Condition::Is::not_null;
    narrowed = narrowed || (names_some && table.indexed.contains(name.substr(2)));
  }
  if (selection.space) {
    if (!conditions.empty()) conditions += " AND ";
    // A field's index is nearly always narrower than a whole space; the plus keeps SQLite from
    // taking the space's instead.
    conditions += narrowed ? "+w.space_no = ?" : "w.space_no = ?";
  }
  return " FROM " + table.name + " w" +
         (with_object ? " CROSS JOIN object ON object.no = w.no" : "") +
         (conditions.empty() ? "" : " WHERE " + conditions);
}

namespace {

void bind_source(Statement& statement, const Selection& selection,
                 const std::optional<std::int64_t>& space_no) {
  for (const auto& condition : selection.where) {
    if (takes_value(condition.is)) bind_value(statement, condition.value);
  }
  if (space_no) statement.bind(*space_no);
}

}  // namespace

Result<std::vector<Found>> Winners::select(const Selection& selection) {
  const auto& table = *TRY(need(selection.type));
  auto sql = "SELECT (SELECT id FROM space WHERE space.no = w.space_no), object.id" +
             TRY(source(table, selection, true)) + " ORDER BY ";
  for (const auto& order : selection.order_by) {
    const bool reversed = order.starts_with('-');
    sql += TRY(column(table, order.substr(reversed ? 1 : 0)));
    sql += reversed ? " DESC, " : ", ";
  }
  sql += "object.id LIMIT ?";
  std::vector<Found> out;
  std::optional<std::int64_t> space;
  if (selection.space) {
    space = TRY(find_space_no(db_, *selection.space));
    if (!space) return out;
  }
  auto rows = TRY(db_.prepare(sql));
  bind_source(rows, selection, space);
  constexpr std::size_t kLast = INT64_MAX;
  rows.bind(std::min(selection.limit, kLast));
  while (TRY(rows.step())) {
    const auto found_space = TRY(rows.id<SpaceId>(0));
    out.push_back({found_space, TRY(rows.id<ObjectId>(1))});
  }
  return out;
}

Result<std::uint64_t> Winners::count(const Selection& selection) {
  const auto& table = *TRY(need(selection.type));
  const auto sql = "SELECT count(*)" + TRY(source(table, selection, false));
  std::optional<std::int64_t> space;
  if (selection.space) {
    space = TRY(find_space_no(db_, *selection.space));
    if (!space) return 0;
  }
  auto rows = TRY(db_.prepare(sql));
  bind_source(rows, selection, space);
  if (!TRY(rows.step())) return 0;
  return std::min<std::uint64_t>(rows.count(0), selection.limit);
}

Result<std::vector<ObjectId>> Winners::children(std::uint32_t type, const ObjectId& container) {
  const auto& table = *TRY(need(type));
  const auto order =
      std::find_if(table.spec.columns.begin(), table.spec.columns.end(),
                   [](const ColumnSpec& column) { return column.kind == crdt::Kind::order; });
  if (order == table.spec.columns.end()) {
    return fail(Code::usage, "table '" + table.spec.name + "' has no order");
  }
  const auto names = columns_of(*order);
  std::vector<ObjectId> out;
  auto rows = TRY(db_.prepare("SELECT object.id FROM " + table.name +
                              " w CROSS JOIN object ON object.no = w.no WHERE " + names[0] +
                              " = ? ORDER BY " + names[1] + ", object.id"));
  rows.bind(container);
  while (TRY(rows.step())) out.push_back(TRY(rows.id<ObjectId>(0)));
  return out;
}

}  // namespace holm::store
