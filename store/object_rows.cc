#include "store/object_rows.h"

#include <zstd.h>

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

#include "crdt/varint.h"
#include "store/sqlite.h"

namespace holm::store {
namespace {

constexpr std::uint64_t kVersion = 1;
// Shorter texts share pages with others, so that halving them saves little and costs every reader.
constexpr std::size_t kCompressFrom = 1024;
constexpr int kCompressionLevel = 1;
constexpr std::uint64_t kContentMax = 1u << 30;

std::uint64_t millis(WallTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}
WallTime wall(std::uint64_t ms) { return WallTime(Millis(static_cast<std::int64_t>(ms))); }

/// A row that makes no sense, or an error of the store on the way to it, as it is.
Error row_error(const std::string& of, Error error) {
  return error.code == Code::reject ? damaged(of + ": " + error.what) : std::move(error);
}

/// Orders as a canonical row has them; rows that were tampered with are told by their pages.
bool is_ordered(const crdt::ObjectState& state) {
  const auto by_place = [](const crdt::Cell& a, const crdt::Cell& b) {
    return std::tie(a.field, a.key, a.kind) < std::tie(b.field, b.key, b.kind);
  };
  return std::is_sorted(state.cells.begin(), state.cells.end(), by_place) &&
         std::is_sorted(state.unknown.begin(), state.unknown.end()) &&
         std::all_of(state.cells.begin(), state.cells.end(), [](const crdt::Cell& cell) {
           return std::is_sorted(cell.entries.begin(), cell.entries.end()) &&
                  std::is_sorted(cell.dead.begin(), cell.dead.end());
         });
}

}  // namespace

/// Spells logs in the order in which they are named first.
class ObjectRows::Writer {
 public:
  explicit Writer(ObjectRows& rows) : rows_(rows) {}

  Writer& number(std::uint64_t value) {
    crdt::put_varint(body_, value);
    return *this;
  }
  Writer& bytes(ByteView value) {
    number(value.size());
    append(body_, value);
    return *this;
  }
  Writer& raw(ByteView value) {
    append(body_, value);
    return *this;
  }
  Writer& log(const LogId& log) {
    const auto found = std::find(logs_.begin(), logs_.end(), log);
    number(static_cast<std::uint64_t>(found - logs_.begin()));
    if (found == logs_.end()) logs_.push_back(log);
    return *this;
  }
  Result<Bytes> take() {
    Bytes out;
    crdt::put_varint(out, kVersion);
    crdt::put_varint(out, logs_.size());
    for (const auto& log : logs_) {
      const auto number = TRY(rows_.number(log));
      crdt::put_varint(out, static_cast<std::uint64_t>(number));
      if (number == 0) append(out, log.view());
    }
    append(out, body_);
    return out;
  }

 private:
  ObjectRows& rows_;
  std::vector<LogId> logs_;
  Bytes body_;
};

class ObjectRows::Reader {
 public:
  static Result<Reader> open(ObjectRows& rows, ByteView packed) {
    Reader out(packed);
    if (TRY(out.number()) != kVersion) return fail(Code::reject, "a row has an unknown form");
    const auto count = TRY(out.count());
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto number = TRY(out.number());
      out.logs_.push_back(number == 0 ? TRY(out.in_.id<LogId>())
                                      : TRY(rows.log(static_cast<std::int64_t>(number))));
    }
    return out;
  }

  Result<std::uint64_t> number() { return in_.varint(); }
  /// How many items follow, each of at least a byte.
  Result<std::uint64_t> count() {
    const auto out = TRY(in_.varint());
    if (out > in_.rest().size()) return fail(Code::reject, "a row is too short");
    return out;
  }
  Result<Bytes> bytes() { return to_bytes(TRY(in_.take(TRY(in_.varint())))); }
  template <class AnyId>
  Result<AnyId> id() {
    return in_.id<AnyId>();
  }
  Result<LogId> log() {
    const auto index = TRY(in_.varint());
    if (index >= logs_.size()) return fail(Code::reject, "a row names no log");
    return logs_[index];
  }
  Status end() const {
    if (in_.rest().empty()) return {};
    return fail(Code::reject, "a row goes on after its end");
  }

 private:
  explicit Reader(ByteView packed) : in_(packed) {}

  crdt::Cursor in_;
  std::vector<LogId> logs_;
};

Result<Bytes> ObjectRows::pack(const crdt::ObjectState& state) {
  Writer out(*this);
  const auto& born = state.born.stamp;
  const auto stamp = [&](const crdt::Stamp& it) {
    out.number(crdt::delta(born.lamport, it.lamport)).log(it.id.log);
    out.number(crdt::delta(born.id.seq, it.id.seq));
  };
  out.number(state.type).number(born.lamport).log(born.id.log).number(born.id.seq);
  out.number(crdt::delta(born.lamport, millis(state.born.time)));
  stamp(state.touched.stamp);
  out.number(crdt::delta(state.touched.stamp.lamport, millis(state.touched.time)));
  out.number(state.cells.size());
  for (const auto& cell : state.cells) {
    out.number(cell.field).number(static_cast<std::uint64_t>(cell.kind)).bytes(cell.key);
    out.number(cell.entries.size());
    for (const auto& entry : cell.entries) {
      stamp(entry.stamp);
      out.bytes(entry.value);
    }
    out.number(cell.dead.size());
    for (const auto& id : cell.dead) out.log(id.log).number(id.seq);
  }
  out.number(state.unknown.size());
  for (const auto& digest : state.unknown) out.raw(digest.view());
  return out.take();
}

Result<crdt::ObjectState> ObjectRows::unpack(const ObjectId& id, ByteView packed) {
  const auto read = [&]() -> Result<crdt::ObjectState> {
    auto in = TRY(Reader::open(*this, packed));
    crdt::ObjectState out;
    out.id = id;
    out.type = static_cast<std::uint32_t>(TRY(in.number()));
    auto& born = out.born.stamp;
    born.lamport = TRY(in.number());
    born.id.log = TRY(in.log());
    born.id.seq = TRY(in.number());
    out.born.time = wall(crdt::undelta(born.lamport, TRY(in.number())));
    const auto stamp = [&]() -> Result<crdt::Stamp> {
      crdt::Stamp it;
      it.lamport = crdt::undelta(born.lamport, TRY(in.number()));
      it.id.log = TRY(in.log());
      it.id.seq = crdt::undelta(born.id.seq, TRY(in.number()));
      return it;
    };
    out.touched.stamp = TRY(stamp());
    out.touched.time = wall(crdt::undelta(out.touched.stamp.lamport, TRY(in.number())));
    out.cells.resize(TRY(in.count()));
    for (auto& cell : out.cells) {
      cell.field = static_cast<std::uint32_t>(TRY(in.number()));
      cell.kind = static_cast<crdt::Kind>(TRY(in.number()));
      cell.key = TRY(in.bytes());
      cell.entries.resize(TRY(in.count()));
      for (auto& entry : cell.entries) {
        entry.stamp = TRY(stamp());
        entry.value = TRY(in.bytes());
      }
      cell.dead.resize(TRY(in.count()));
      for (auto& dead : cell.dead) {
        dead.log = TRY(in.log());
        dead.seq = TRY(in.number());
      }
    }
    out.unknown.resize(TRY(in.count()));
    for (auto& digest : out.unknown) digest = TRY(in.id<Digest>());
    TRY(in.end());
    if (!is_ordered(out)) return fail(Code::reject, "a row is out of order");
    return out;
  };
  auto out = read();
  if (!out) return fail(row_error("object " + id.text(), std::move(out).error()));
  return out;
}

Result<std::vector<std::int64_t>> ObjectRows::logs_in(ByteView packed) {
  crdt::Cursor in(packed);
  std::vector<std::int64_t> out;
  if (TRY(in.varint()) != kVersion) return fail(damaged("a row has an unknown form"));
  for (auto left = TRY(in.varint()); left > 0; --left) {
    const auto number = TRY(in.varint());
    if (number != 0) {
      out.push_back(static_cast<std::int64_t>(number));
    } else {
      TRY(in.id<LogId>());
    }
  }
  return out;
}

Result<Bytes> ObjectRows::pack_graph(const TextRow& row) {
  Writer out(*this);
  out.number(row.frontier.size());
  for (const auto& id : row.frontier) out.log(id.log).number(id.seq);
  out.number(row.last_own.size());
  for (const auto& [log, id] : row.last_own) out.log(log).log(id.log).number(id.seq);
  return out.take();
}

Status ObjectRows::unpack_graph(ByteView packed, TextRow& row) {
  const auto read = [&]() -> Status {
    auto in = TRY(Reader::open(*this, packed));
    row.frontier.resize(TRY(in.count()));
    for (auto& id : row.frontier) {
      id.log = TRY(in.log());
      id.seq = TRY(in.number());
    }
    for (auto left = TRY(in.count()); left > 0; --left) {
      const auto log = TRY(in.log());
      auto& own = row.last_own[log];
      own.log = TRY(in.log());
      own.seq = TRY(in.number());
    }
    return in.end();
  };
  auto done = read();
  if (!done) return fail(row_error("a text", std::move(done).error()));
  return {};
}

void ObjectRows::check_cache() {
  if (rollbacks_ == db_.rollbacks()) return;
  rollbacks_ = db_.rollbacks();
  numbers_.clear();
  logs_.clear();
}

Result<std::int64_t> ObjectRows::number(const LogId& log) {
  check_cache();
  const auto known = numbers_.find(log);
  if (known != numbers_.end()) return known->second;
  auto rows = TRY(db_.prepare("SELECT no FROM log WHERE id = ?"));
  rows.bind(log);
  if (!TRY(rows.step())) return 0;  // not kept: it may become one
  const auto number = rows.number(0);
  numbers_[log] = number;
  return number;
}

Result<LogId> ObjectRows::log(std::int64_t number) {
  check_cache();
  const auto known = logs_.find(number);
  if (known != logs_.end()) return known->second;
  auto rows = TRY(db_.prepare("SELECT id FROM log WHERE no = ?"));
  rows.bind(number);
  if (!TRY(rows.step())) return fail(Code::reject, "a row names a log that is not there");
  const auto log = TRY(rows.id<LogId>(0));
  logs_[number] = log;
  return log;
}

void bind_content(Statement& statement, std::string_view content) {
  if (content.size() >= kCompressFrom) {
    thread_local const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(
        ZSTD_createCCtx(), &ZSTD_freeCCtx);
    Bytes out(ZSTD_compressBound(content.size()));
    const auto size = ZSTD_compressCCtx(context.get(), out.data(), out.size(), content.data(),
                                        content.size(), kCompressionLevel);
    if (!ZSTD_isError(size) && size < content.size() / 8 * 7) {
      statement.bind(ByteView(out).first(size));
      return;
    }
  }
  statement.bind(content);
}

Result<std::string> read_content(const Statement& rows, int column) {
  if (rows.is_text(column)) return std::string(rows.text(column));
  const auto packed = rows.blob(column);
  const auto size = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (size > kContentMax) return fail(damaged("a text has no length"));
  thread_local const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(),
                                                                                  &ZSTD_freeDCtx);
  std::string out(size, '\0');
  const auto read =
      ZSTD_decompressDCtx(context.get(), out.data(), out.size(), packed.data(), packed.size());
  if (ZSTD_isError(read) || read != size) return fail(damaged("a text is not what was written"));
  return out;
}

}  // namespace holm::store
