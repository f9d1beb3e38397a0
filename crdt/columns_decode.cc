// Decodes in the order of the columns: how many changes, then how many ops those have, then how
// many references, charging a budget for each before anything is allocated for it. Everything after
// the columns has a length that they state.
#include <zstd.h>

#include <algorithm>
#include <memory>

#include "base/ensure.h"
#include "crdt/column_names.h"
#include "crdt/columns.h"

namespace holm::crdt {
namespace {

tl::unexpected<Error> damaged() { return fail(Code::reject, "columns of changes are damaged"); }
tl::unexpected<Error> too_large() {
  return fail(Code::limit, "a batch of changes is larger than is accepted");
}

/// Memory that may still be used.
class Budget {
 public:
  explicit Budget(std::size_t bytes) : left_(bytes) {}
  Status charge(std::uint64_t count, std::size_t each) {
    if (count > left_ / each) return too_large();
    left_ -= static_cast<std::size_t>(count) * each;
    return {};
  }

 private:
  std::size_t left_;
};

tl::unexpected<Error> newer() {
  return fail(Code::unsupported, "a batch of changes was made by a newer version");
}

class Decoder {
 public:
  Decoder(ByteView body, const ColumnLimits& limits)
      : in_(body), limits_(limits), budget_(limits.memory_max) {}

  /// A batch that stands alone.
  Result<std::vector<Change>> run() {
    log_ = TRY(in_.id<LogId>());
    const auto count = TRY(in_.varint());
    TRY(charge_changes(count));
    seq_ = TRY(in_.varint());
    if (seq_ > kSeqMax) return damaged();
    TRY(read_table(logs_));
    TRY(read_table(objects_));
    present_ = TRY(in_.varint());
    if (present_ >> kColumnCount != 0) return newer();
    last_seq_.resize(logs_.size());
    return read_changes(count);
  }

  /// A batch that goes on from a base.
  Result<std::vector<Change>> run(const ColumnBase& base) {
    is_based_ = true;
    log_ = base.log;
    seq_ = base.seq;
    lamport_ = base.lamport;
    lead_ = base.lead;
    membership_ = base.membership;
    caret_ = base.caret;
    shape_ = shape_of(base.last);
    objects_ = base.objects;
    object_ = objects_.size() - 1;
    for (const auto& named : base.logs) {
      logs_.push_back(named.log);
      last_seq_.push_back(named.seq);
    }
    present_ = TRY(in_.varint());
    if (present_ >> kBitCount != 0) return newer();
    const auto has = [&](std::size_t bit) { return (present_ >> bit & 1) != 0; };
    const auto count = has(kManyBit) ? TRY(in_.varint()) : 1;
    TRY(charge_changes(count));
    if (has(kLogsBit)) TRY(read_table(logs_));
    if (has(kObjectsBit)) TRY(read_table(objects_));
    last_seq_.resize(logs_.size());
    return read_changes(count);
  }

 private:
  Status charge_changes(std::uint64_t count) {
    if (count == 0) return damaged();
    if (count > limits_.changes_max) return too_large();
    return budget_.charge(count, kChangeCost);
  }

  /// The columns and all behind them.
  Result<std::vector<Change>> read_changes(std::uint64_t count) {
    TRY(read_columns(count));
    std::vector<Change> changes(static_cast<std::size_t>(count));
    for (auto& change : changes) TRY(read_header(change));
    for (auto& change : changes) {
      change.certificate = to_bytes(TRY(in_.take(next(kCertificate))));
    }
    for (auto& change : changes) TRY(read_salts(change));
    for (auto& change : changes) TRY(read_wiped(change));
    for (auto& change : changes) TRY(read_contents(change));
    if (!in_.rest().empty()) return damaged();
    for (const auto& change : changes) TRY(validate(change, limits_.change));
    return changes;
  }

  /// Adds what is written to what is known.
  template <class AnyId>
  Status read_table(std::vector<AnyId>& table) {
    const auto count = TRY(in_.varint());
    if (count > in_.rest().size() / AnyId::kBytes) return damaged();
    TRY(budget_.charge(count, AnyId::kBytes));
    table.reserve(table.size() + static_cast<std::size_t>(count));
    for (std::uint64_t i = 0; i < count; ++i) table.push_back(TRY(in_.template id<AnyId>()));
    return {};
  }

  Status read_column(Columns column, std::uint64_t count) {
    if ((present_ >> column & 1) != 0) columns_[column] = TRY(Column::decode(in_, count));
    return {};
  }

  Status read_columns(std::uint64_t changes) {
    for (std::size_t i = kLamport; i <= kWipedCount; ++i) {
      TRY(read_column(static_cast<Columns>(i), changes));
    }
    const auto ops = TRY(total(kOpCount, changes, 1, limits_.change.ops_max, kOpCost));
    for (std::size_t i = kObject; i <= kContent; ++i) {
      TRY(read_column(static_cast<Columns>(i), ops));
    }
    const auto refs = TRY(total(kRefCount, ops, 0, limits_.change.refs_max, kRefCost));
    TRY(read_column(kRefLog, refs));
    TRY(read_column(kRefSeq, refs));
    const auto deps = TRY(total(kDepCount, changes, 0, limits_.change.deps_max, kDepCost));
    TRY(read_column(kDepLog, deps));
    TRY(read_column(kDepSeq, deps));
    const auto ops_max = limits_.change.ops_max;
    TRY(read_column(kSaltObject, TRY(total(kSaltCount, changes, 0, ops_max, kMarkCost))));
    const auto wiped = TRY(total(kWipedCount, changes, 0, ops_max, kMarkCost));
    TRY(read_column(kWipedObject, wiped));
    TRY(read_column(kWipedSeeds, wiped));
    return {};
  }

  /// Sum over a column of counts, each with `more` added and at most `each_max`; charged.
  Result<std::uint64_t> total(Columns column, std::uint64_t count, std::uint64_t more,
                              std::uint64_t each_max, std::size_t cost) {
    std::uint64_t out = count * more;  // no overflow: few changes and ops, and each_max is small
    for (std::size_t i = 0; i < count; ++i) {
      const auto one = columns_[column][i];
      if (one > each_max - more) return too_large();
      out += one;
    }
    TRY(budget_.charge(out, cost));
    return out;
  }

  std::uint64_t next(Columns column) { return columns_[column][next_[column]++]; }

  template <class AnyId>
  static Result<AnyId> look_up(const std::vector<AnyId>& table, std::uint64_t index) {
    if (index >= table.size()) return damaged();
    return table[static_cast<std::size_t>(index)];
  }

  Status read_header(Change& change) {
    change.log = log_;
    change.seq = seq_;
    change.lamport = lamport_ = undelta(lamport_, next(kLamport));
    lead_ = undelta(lead_, next(kTime));
    change.time = WallTime(Millis(static_cast<std::int64_t>(lead_ + change.lamport)));
    TRY(read_membership(change));
    const auto deps = next(kDepCount);
    for (std::uint64_t i = 0; i < deps; ++i) {
      const auto index = next(kDepLog);
      Dep dep;
      dep.log = TRY(look_up(logs_, index));
      dep.seq = moved(index, next(kDepSeq));
      dep.head = TRY(in_.id<ShortHash>());
      change.deps.push_back(dep);
    }
    change.ops.resize(static_cast<std::size_t>(next(kOpCount) + 1));
    for (auto& op : change.ops) {
      TRY(read_op(op));
      const auto span = op.span();
      if (span > kSpanMax || seq_ > kSeqMax) return damaged();
      seq_ += span;
    }
    return {};
  }

  Status read_membership(Change& change) {
    if (const auto count = next(kMembership); count > 0) {
      if (count - 1 > limits_.change.deps_max) return too_large();
      membership_.clear();
      for (std::uint64_t i = 1; i < count; ++i) membership_.push_back(TRY(in_.id<ShortHash>()));
    }
    TRY(budget_.charge(membership_.size(), ShortHash::kBytes));
    change.membership = membership_;
    return {};
  }

  /// The seq that a log of the table is named with now. Requires: index is in the table.
  std::uint64_t moved(std::uint64_t index, std::uint64_t folded) {
    auto& last = last_seq_[static_cast<std::size_t>(index)];
    return last = undelta(last, folded);
  }

  /// All of an op but its content.
  Status read_op(Op& op) {
    object_ = undelta(object_, next(kObject));
    if (object_ >= objects_.size()) return damaged();
    op.object = objects_[static_cast<std::size_t>(object_)];
    Shape shape;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      const auto value = next(static_cast<Columns>(kType + i));
      shape[i] = is_based_ ? undelta(shape_[i], value) : value;
    }
    shape_ = shape;
    const auto& [type, field, kind, action, flags] = shape;
    if (type > UINT32_MAX || field > UINT32_MAX || kind > UINT8_MAX || action > UINT8_MAX) {
      return damaged();
    }
    op.type = static_cast<std::uint32_t>(type);
    op.field = static_cast<std::uint32_t>(field);
    op.kind = static_cast<Kind>(kind);
    op.action = static_cast<Action>(action);
    if (flags > (kSeedFlag | kFollowsOwnFlag)) {
      return fail(Code::unsupported, "an op was made by a newer version");
    }
    op.seed = (flags & kSeedFlag) != 0;
    op.follows_own = (flags & kFollowsOwnFlag) != 0;
    const bool is_text = op.kind == Kind::text;
    const bool is_insert = is_text && op.action == Action::insert;
    op.pos = is_text ? undelta(caret_, next(kPos)) : next(kPos);
    op.len = undelta(is_text ? 1 : 0, next(kLen));
    if (is_text) caret_ = op.pos + (is_insert ? op.len : 0);
    op.content_bytes = undelta(is_insert ? op.len : 0, next(kContent));
    const auto refs = next(kRefCount);
    if (refs == 0) return {};
    op.refs.reserve(static_cast<std::size_t>(refs));
    for (std::uint64_t i = 0; i < refs; ++i) {
      const auto index = next(kRefLog);
      const auto folded = next(kRefSeq);
      if (index == 0) {
        op.refs.push_back({log_, seq_ - static_cast<std::uint64_t>(unzigzag(folded))});
        continue;
      }
      const auto log = TRY(look_up(logs_, index - 1));
      op.refs.push_back({log, moved(index - 1, folded)});
    }
    return {};
  }

  Status read_salts(Change& change) {
    const auto count = next(kSaltCount);
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto object = TRY(look_up(objects_, next(kSaltObject)));
      change.salts.push_back({object, TRY(in_.id<Salt>())});
    }
    return {};
  }

  Status read_wiped(Change& change) {
    const auto count = next(kWipedCount);
    for (std::uint64_t i = 0; i < count; ++i) {
      WipedOf mark{TRY(look_up(objects_, next(kWipedObject))), TRY(in_.id<Digest>())};
      const auto seeds = next(kWipedSeeds);
      if (seeds > in_.rest().size() / LogId::kBytes) return damaged();
      TRY(budget_.charge(seeds, LogId::kBytes));
      for (std::uint64_t k = 0; k < seeds; ++k) mark.seeds.push_back(TRY(in_.id<LogId>()));
      change.wiped.push_back(std::move(mark));
    }
    return {};
  }

  static bool is_wiped(const Change& change, const ObjectId& object) {
    if (change.wiped.empty()) return false;
    const auto mark = std::lower_bound(
        change.wiped.begin(), change.wiped.end(), object,
        [](const WipedOf& one, const ObjectId& wanted) { return one.object < wanted; });
    return mark != change.wiped.end() && mark->object == object;
  }

  /// Contents, of which erased objects have none. Marks are sorted, or validate() refuses them.
  Status read_contents(Change& change) {
    for (auto& op : change.ops) {
      if (op.content_bytes == 0 || is_wiped(change, op.object)) continue;
      const auto content = TRY(in_.take(op.content_bytes));
      TRY(budget_.charge(content.size(), 1));
      op.content.assign(content.begin(), content.end());
    }
    return {};
  }

  Cursor in_;
  const ColumnLimits& limits_;
  Budget budget_;
  LogId log_;
  std::uint64_t seq_ = 0;
  std::vector<LogId> logs_;
  std::vector<ObjectId> objects_;
  std::uint64_t present_ = 0;
  std::array<Column, kColumnCount> columns_;
  std::array<std::size_t, kColumnCount> next_{};
  // What deltas are taken from, as in columns.cc.
  std::uint64_t lamport_ = 0;
  std::uint64_t lead_ = 0;
  std::uint64_t object_ = 0;
  std::uint64_t caret_ = 0;
  std::vector<ShortHash> membership_;
  std::vector<std::uint64_t> last_seq_;
  bool is_based_ = false;
  Shape shape_{};
};

Result<Bytes> expand(Cursor in, const ColumnLimits& limits) {
  const auto size = TRY(in.varint());
  if (size > limits.expanded_max) return too_large();
  // About 100 KB, which are dear to get anew for every batch of a few.
  thread_local const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(),
                                                                                  &ZSTD_freeDCtx);
  ENSURE(context != nullptr);
  Bytes out(static_cast<std::size_t>(size));
  const auto got = ZSTD_decompressDCtx(context.get(), out.data(), out.size(), in.rest().data(),
                                       in.rest().size());
  if (ZSTD_isError(got) || got != out.size()) return damaged();
  return out;
}

/// The head of a batch: what its first byte says, and of one with a base its check and place.
struct Lead {
  bool is_compressed = false;
  bool is_based = false;
  ByteView check;
  std::uint64_t seq = 0;
};

Result<Lead> read_lead(Cursor& in) {
  const auto byte = TRY(in.take(1))[0];
  if (byte >> 4 != kLayout || (byte & 0x0f & ~(kCompressed | kBased)) != 0) return newer();
  Lead out;
  out.is_compressed = (byte & kCompressed) != 0;
  out.is_based = (byte & kBased) != 0;
  if (!out.is_based) return out;
  out.check = TRY(in.take(2));
  out.seq = TRY(in.varint());
  if (out.seq > kSeqMax) return damaged();
  return out;
}

Result<std::vector<Change>> decode(ByteView bytes, const ColumnBase* base,
                                   const ColumnLimits& limits) {
  if (bytes.size() > limits.bytes_max) return too_large();
  Cursor in(bytes);
  const auto lead = TRY(read_lead(in));
  if (lead.is_based) {
    const bool fits =
        base != nullptr && lead.seq == base->seq && std::ranges::equal(lead.check, check_of(*base));
    if (!fits) return fail(Code::not_found, "changes go on from others than are held here");
  }
  Bytes expanded;
  if (lead.is_compressed) expanded = TRY(expand(in, limits));
  Decoder decoder(lead.is_compressed ? ByteView(expanded) : in.rest(), limits);
  return lead.is_based ? decoder.run(*base) : decoder.run();
}

}  // namespace

Result<std::vector<Change>> decode_columns(ByteView bytes, const ColumnLimits& limits) {
  return decode(bytes, nullptr, limits);
}

Result<std::vector<Change>> decode_columns(ByteView bytes, const ColumnBase& base,
                                           const ColumnLimits& limits) {
  return decode(bytes, &base, limits);
}

std::optional<std::uint64_t> based_at(ByteView bytes) {
  Cursor in(bytes);
  const auto lead = read_lead(in);
  return lead && lead->is_based ? std::optional(lead->seq) : std::nullopt;
}

}  // namespace holm::crdt
