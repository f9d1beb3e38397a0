#include "crdt/columns.h"

#include <zstd.h>

#include <map>
#include <memory>

#include "base/ensure.h"
#include "crdt/column_names.h"

namespace holm::crdt {
namespace {

constexpr std::size_t kCompressFrom = 160;  // bytes; below, a frame's own bytes eat the gain
constexpr int kCompressionLevel = 3;

/// Ids in the order in which they are first needed.
template <class AnyId>
class Table {
 public:
  /// The next id is known to the reader, and not written.
  void know(const AnyId& id) {
    index(id);
    ++known_;
  }
  bool has_more() const { return ids_.size() > known_; }
  std::size_t index(const AnyId& id) {
    const auto [at, fresh] = index_.emplace(id, ids_.size());
    if (fresh) ids_.push_back(id);
    return at->second;
  }
  void encode(Bytes& out) const {
    put_varint(out, ids_.size() - known_);
    for (auto i = known_; i < ids_.size(); ++i) append(out, ids_[i].view());
  }

 private:
  std::map<AnyId, std::size_t> index_;
  std::vector<AnyId> ids_;
  std::size_t known_ = 0;
};

class Encoder {
 public:
  Encoder() = default;
  explicit Encoder(const ColumnBase& base)
      : lamport_(base.lamport),
        lead_(base.lead),
        object_(base.objects.size() - 1),
        caret_(base.caret),
        membership_(base.membership),
        is_based_(true),
        shape_(shape_of(base.last)) {
    for (const auto& object : base.objects) objects_.know(object);
    for (const auto& named : base.logs) {
      last_seq_[logs_.index(named.log)] = named.seq;
      logs_.know(named.log);
    }
  }

  void add(const Change& change) {
    add_header(change);
    auto seq = change.seq;
    for (const auto& op : change.ops) {
      add_op(op, change.log, seq);
      seq += op.span();
    }
    add_marks(change);
  }

  Bytes body(const LogId& log, std::uint64_t seq, std::size_t count) const {
    Bytes out = to_bytes(log.view());
    put_varint(out, count);
    put_varint(out, seq);
    logs_.encode(out);
    objects_.encode(out);
    put_varint(out, present());
    return with_columns(std::move(out));
  }

  /// The body behind a base: what is usual there takes no byte.
  Bytes based_body(std::size_t count) const {
    auto bits = present();
    if (count > 1) bits |= std::uint64_t{1} << kManyBit;
    if (logs_.has_more()) bits |= std::uint64_t{1} << kLogsBit;
    if (objects_.has_more()) bits |= std::uint64_t{1} << kObjectsBit;
    Bytes out;
    put_varint(out, bits);
    if (count > 1) put_varint(out, count);
    if (logs_.has_more()) logs_.encode(out);
    if (objects_.has_more()) objects_.encode(out);
    return with_columns(std::move(out));
  }

 private:
  std::uint64_t present() const {
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < kColumnCount; ++i) {
      if (!columns_[i].is_zero()) out |= std::uint64_t{1} << i;
    }
    return out;
  }

  Bytes with_columns(Bytes out) const {
    for (std::size_t i = 0; i < kColumnCount; ++i) {
      if (!columns_[i].is_zero()) columns_[i].encode(out);
    }
    for (const auto* part : {&hashes_, &certificates_, &salts_, &wiped_, &contents_}) {
      append(out, *part);
    }
    return out;
  }

  void add_header(const Change& change) {
    columns_[kLamport].push(delta(lamport_, change.lamport));
    lamport_ = change.lamport;
    const auto lead =
        static_cast<std::uint64_t>(change.time.time_since_epoch().count()) - change.lamport;
    columns_[kTime].push(delta(lead_, lead));
    lead_ = lead;
    columns_[kOpCount].push(change.ops.size() - 1);
    const bool is_same = change.membership == membership_;
    columns_[kMembership].push(is_same ? 0 : change.membership.size() + 1);
    if (!is_same) {
      for (const auto& hash : change.membership) append(hashes_, hash.view());
      membership_ = change.membership;
    }
    columns_[kDepCount].push(change.deps.size());
    for (const auto& dep : change.deps) {
      const auto index = logs_.index(dep.log);
      columns_[kDepLog].push(index);
      columns_[kDepSeq].push(delta(last_seq_[index], dep.seq));
      last_seq_[index] = dep.seq;
      append(hashes_, dep.head.view());
    }
    columns_[kCertificate].push(change.certificate.size());
    append(certificates_, change.certificate);
  }

  void add_op(const Op& op, const LogId& log, std::uint64_t seq) {
    const auto object = objects_.index(op.object);
    columns_[kObject].push(delta(object_, object));
    object_ = object;
    const auto shape = shape_of(op);
    for (std::size_t i = 0; i < shape.size(); ++i) {
      columns_[kType + i].push(is_based_ ? delta(shape_[i], shape[i]) : shape[i]);
    }
    shape_ = shape;
    const bool is_text = op.kind == Kind::text;
    const bool is_insert = is_text && op.action == Action::insert;
    columns_[kPos].push(is_text ? delta(caret_, op.pos) : op.pos);
    if (is_text) caret_ = op.pos + (is_insert ? op.len : 0);
    columns_[kLen].push(delta(is_text ? 1 : 0, op.len));
    columns_[kContent].push(delta(is_insert ? op.len : 0, op.content_bytes));
    append(contents_, op.content);
    columns_[kRefCount].push(op.refs.size());
    for (const auto& ref : op.refs) {
      if (ref.log == log) {
        columns_[kRefLog].push(0);
        columns_[kRefSeq].push(delta(ref.seq, seq));
        continue;
      }
      const auto index = logs_.index(ref.log);
      columns_[kRefLog].push(index + 1);
      columns_[kRefSeq].push(delta(last_seq_[index], ref.seq));
      last_seq_[index] = ref.seq;
    }
  }

  void add_marks(const Change& change) {
    columns_[kSaltCount].push(change.salts.size());
    for (const auto& salt : change.salts) {
      columns_[kSaltObject].push(objects_.index(salt.object));
      append(salts_, salt.salt.view());
    }
    columns_[kWipedCount].push(change.wiped.size());
    for (const auto& wiped : change.wiped) {
      columns_[kWipedObject].push(objects_.index(wiped.object));
      columns_[kWipedSeeds].push(wiped.seeds.size());
      append(wiped_, wiped.content.view());
      for (const auto& name : wiped.seeds) append(wiped_, name.view());
    }
  }

  Table<LogId> logs_;
  Table<ObjectId> objects_;
  std::array<Column, kColumnCount> columns_;
  Bytes hashes_, certificates_, salts_, wiped_, contents_;
  // What deltas are taken from.
  std::uint64_t lamport_ = 0;
  std::uint64_t lead_ = 0;
  std::uint64_t object_ = 0;
  std::uint64_t caret_ = 0;
  std::vector<ShortHash> membership_;
  std::map<std::size_t, std::uint64_t> last_seq_;  // by index in the table of logs
  bool is_based_ = false;
  Shape shape_{};
};

/// A zstd frame without its length and checksum; empty when compressing fails.
Bytes compress(ByteView raw) {
  // Large, and dear to get anew for every batch of a few.
  thread_local const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(),
                                                                                  &ZSTD_freeCCtx);
  if (context == nullptr) return {};
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kCompressionLevel);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_contentSizeFlag, 0);
  Bytes out(ZSTD_compressBound(raw.size()));
  const auto size = ZSTD_compress2(context.get(), out.data(), out.size(), raw.data(), raw.size());
  out.resize(ZSTD_isError(size) ? 0 : size);
  return out;
}

}  // namespace

std::size_t memory_cost(const Change& change) {
  std::size_t out = kChangeCost + change.certificate.size() +
                    change.membership.size() * ShortHash::kBytes + change.deps.size() * kDepCost +
                    (change.salts.size() + change.wiped.size()) * kMarkCost;
  for (const auto& wiped : change.wiped) out += wiped.seeds.size() * LogId::kBytes;
  for (const auto& op : change.ops) {
    out += kOpCost + op.refs.size() * kRefCost + op.content.size();
  }
  return out;
}

namespace {

void add_all(Encoder& encoder, std::span<const Change> changes) {
  ENSURE(!changes.empty());
  auto seq = changes.front().seq;
  for (const auto& change : changes) {
    ENSURE(change.log == changes.front().log && change.seq == seq && !change.ops.empty());
    encoder.add(change);
    seq += change.span();
  }
}

/// Appends the body to `out`, whose first byte says whether it is compressed.
Bytes packed(Bytes out, const Bytes& body) {
  if (body.size() >= kCompressFrom) {
    Bytes size;
    put_varint(size, body.size());
    const auto frame = compress(body);
    if (!frame.empty() && frame.size() + size.size() < body.size()) {
      out[0] |= kCompressed;
      append(out, size);
      append(out, frame);
      return out;
    }
  }
  append(out, body);
  return out;
}

}  // namespace

Bytes encode_columns(std::span<const Change> changes) {
  Encoder encoder;
  add_all(encoder, changes);
  const auto& first = changes.front();
  return packed({kLayout << 4}, encoder.body(first.log, first.seq, changes.size()));
}

Bytes encode_columns(std::span<const Change> changes, const ColumnBase& base) {
  Encoder encoder(base);
  add_all(encoder, changes);
  ENSURE(changes.front().log == base.log && changes.front().seq == base.seq);
  Bytes out{kLayout << 4 | kBased};
  append(out, check_of(base));
  put_varint(out, base.seq);
  return packed(std::move(out), encoder.based_body(changes.size()));
}

}  // namespace holm::crdt
