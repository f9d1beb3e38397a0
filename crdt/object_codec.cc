// The canonical row of an object; layout in docs/formats/object_state.md.
#include <algorithm>

#include "base/wire.h"
#include "crdt/object.h"
#include "crypto/hash.h"

namespace holm::crdt {
namespace {

constexpr std::uint64_t kVersion = 1;
// A row is written by this program alone, but may have been damaged since.
constexpr WireLimits kRowLimits{.bytes_max = 256u << 20, .items_max = 8u << 20, .depth_max = 8};

/// The log ids that a state names, sorted; written once each.
class LogTable {
 public:
  explicit LogTable(const ObjectState& state) {
    logs_.push_back(state.born.stamp.id.log);
    logs_.push_back(state.touched.stamp.id.log);
    for (const auto& cell : state.cells) {
      for (const auto& entry : cell.entries) logs_.push_back(entry.stamp.id.log);
      for (const auto& id : cell.dead) logs_.push_back(id.log);
    }
    std::sort(logs_.begin(), logs_.end());
    logs_.erase(std::unique(logs_.begin(), logs_.end()), logs_.end());
  }
  std::size_t index(const LogId& log) const {
    return static_cast<std::size_t>(std::lower_bound(logs_.begin(), logs_.end(), log) -
                                    logs_.begin());
  }
  const std::vector<LogId>& logs() const { return logs_; }

 private:
  std::vector<LogId> logs_;
};

void write(Writer& out, const LogTable& table, const OpId& id) {
  out.array(2).uint(table.index(id.log)).uint(id.seq);
}

void write(Writer& out, const LogTable& table, const Moment& moment) {
  out.array(4).uint(moment.stamp.lamport).uint(table.index(moment.stamp.id.log));
  out.uint(moment.stamp.id.seq).sint(moment.time.time_since_epoch().count());
}

struct Table {
  std::vector<LogId> logs;

  Result<LogId> log(Reader& in) const {
    const auto index = TRY(in.uint());
    if (index >= logs.size()) return fail(Code::reject, "an object's row names no log");
    return logs[index];
  }
  Result<OpId> op(Reader& in) const {
    TRY(in.array(2));
    OpId id;
    id.log = TRY(log(in));
    id.seq = TRY(in.uint());
    return id;
  }
  Result<Moment> moment(Reader& in) const {
    TRY(in.array(4));
    Moment out;
    out.stamp.lamport = TRY(in.uint());
    out.stamp.id.log = TRY(log(in));
    out.stamp.id.seq = TRY(in.uint());
    out.time = WallTime(Millis(TRY(in.sint())));
    return out;
  }
};

Result<Entry> read_entry(Reader& in, const Table& table) {
  TRY(in.array(4));
  Entry out;
  out.stamp.lamport = TRY(in.uint());
  out.stamp.id.log = TRY(table.log(in));
  out.stamp.id.seq = TRY(in.uint());
  out.value = to_bytes(TRY(in.bytes()));
  return out;
}

Result<Cell> read_cell(Reader& in, const Table& table) {
  TRY(in.array(5));
  Cell cell;
  cell.field = static_cast<std::uint32_t>(TRY(in.uint(UINT32_MAX)));
  cell.key = to_bytes(TRY(in.bytes()));
  cell.kind = static_cast<Kind>(TRY(in.uint(UINT8_MAX)));
  const auto entries = TRY(in.array());
  for (std::size_t i = 0; i < entries; ++i) cell.entries.push_back(TRY(read_entry(in, table)));
  const auto dead = TRY(in.array());
  for (std::size_t i = 0; i < dead; ++i) cell.dead.push_back(TRY(table.op(in)));
  return cell;
}

bool is_ordered(const ObjectState& state) {
  const auto ascending = [](const auto& items) {
    return std::adjacent_find(items.begin(), items.end(),
                              [](const auto& a, const auto& b) { return !(a < b); }) == items.end();
  };
  for (const auto& cell : state.cells) {
    if (!ascending(cell.entries) || !ascending(cell.dead)) return false;
    if (cell.entries.empty() && cell.dead.empty()) return false;
  }
  return ascending(state.unknown) &&
         std::adjacent_find(
             state.cells.begin(), state.cells.end(), [](const Cell& a, const Cell& b) {
               return !(std::tie(a.field, a.key, a.kind) < std::tie(b.field, b.key, b.kind));
             }) == state.cells.end();
}

}  // namespace

Bytes encode(const ObjectState& state) {
  const LogTable table(state);
  Writer out;
  out.array(8).uint(kVersion).id(state.id).uint(state.type);
  out.array(table.logs().size());
  for (const auto& log : table.logs()) out.id(log);
  write(out, table, state.born);
  write(out, table, state.touched);
  out.array(state.cells.size());
  for (const auto& cell : state.cells) {
    out.array(5).uint(cell.field).bytes(cell.key).uint(static_cast<std::uint64_t>(cell.kind));
    out.array(cell.entries.size());
    for (const auto& entry : cell.entries) {
      out.array(4).uint(entry.stamp.lamport).uint(table.index(entry.stamp.id.log));
      out.uint(entry.stamp.id.seq).bytes(entry.value);
    }
    out.array(cell.dead.size());
    for (const auto& id : cell.dead) write(out, table, id);
  }
  out.array(state.unknown.size());
  for (const auto& digest : state.unknown) out.id(digest);
  return out.take();
}

Result<ObjectState> decode_object(ByteView bytes) {
  auto in = TRY(Reader::open(bytes, kRowLimits));
  TRY(in.array());
  if (TRY(in.uint()) != kVersion) {
    return fail(Code::unsupported, "an object's row was made by a newer version");
  }
  ObjectState state;
  state.id = TRY(in.id<ObjectId>());
  state.type = static_cast<std::uint32_t>(TRY(in.uint(UINT32_MAX)));
  Table table;
  const auto logs = TRY(in.array());
  for (std::size_t i = 0; i < logs; ++i) table.logs.push_back(TRY(in.id<LogId>()));
  state.born = TRY(table.moment(in));
  state.touched = TRY(table.moment(in));
  const auto cells = TRY(in.array());
  for (std::size_t i = 0; i < cells; ++i) state.cells.push_back(TRY(read_cell(in, table)));
  const auto unknown = TRY(in.array());
  for (std::size_t i = 0; i < unknown; ++i) state.unknown.push_back(TRY(in.id<Digest>()));
  TRY(in.end());
  // Equal states have equal bytes, so bytes that come out differently are not a row of ours.
  if (!is_ordered(state) || encode(state) != Bytes(bytes.begin(), bytes.end())) {
    return fail(Code::reject, "an object's row is not in canonical form");
  }
  return state;
}

Digest object_digest(const ObjectState& state,
                     const std::vector<std::pair<std::uint32_t, Digest>>& texts) {
  Writer out;
  out.array(texts.size());
  for (const auto& [field, digest] : texts) out.array(2).uint(field).id(digest);
  return crypto::hash("holm object v1", {encode(state), out.view()});
}

}  // namespace holm::crdt
