#include "store/log_chunks.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/ensure.h"
#include "base/wire.h"
#include "crdt/chain.h"
#include "crdt/columns.h"
#include "store/logs.h"
#include "store/sqlite.h"

namespace holm::store {
namespace {

constexpr std::size_t kCacheBytesMax = 16u << 20;
constexpr std::size_t kRawFull = LogChunks::kRawMax / 4 * 3;
constexpr std::size_t kChangesFull = LogChunks::kChangesMax / 4 * 3;

/// The varying part of the index: for each change its span and its distance in lamport from the
/// change before.
Bytes encode_places(std::span<const crdt::Change> changes) {
  Writer out;
  out.array(changes.size() * 2);
  std::uint64_t lamport = changes.front().lamport;
  for (const auto& change : changes) {
    out.uint(change.span()).uint(change.lamport - lamport);
    lamport = change.lamport;
  }
  return out.take();
}

struct IndexRow {
  std::uint64_t first_seq = 0;
  std::uint64_t last_seq = 0;
  std::uint64_t first_lamport = 0;
  std::size_t change_count = 0;
  ByteView places;
};

Result<std::vector<ChangePlace>> decode_places(const IndexRow& row) {
  auto reader = TRY(Reader::open(row.places));
  TRY(reader.array(row.change_count * 2));
  if (row.change_count == 0) return fail(Code::corrupt, "an index names no changes");
  std::vector<ChangePlace> out(row.change_count);
  std::uint64_t seq = row.first_seq;
  std::uint64_t lamport = row.first_lamport;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto span = TRY(reader.uint(crdt::kSeqMax));
    lamport += TRY(reader.uint());
    out[i] = {seq, seq + span - 1, lamport};
    seq += span;
    if (span == 0) return fail(Code::corrupt, "an index of changes has a change without ops");
  }
  if (seq != row.last_seq + 1) return fail(Code::corrupt, "an index of changes has a gap");
  return out;
}

}  // namespace

std::size_t Chunk::index_of(std::uint64_t seq) const {
  const auto found = std::lower_bound(
      places.begin(), places.end(), seq,
      [](const ChangePlace& place, std::uint64_t wanted) { return place.last_seq < wanted; });
  ENSURE(found != places.end());
  return static_cast<std::size_t>(found - places.begin());
}

Status LogChunks::append(std::int64_t log_no, std::vector<StoredChange> changes) {
  std::vector<crdt::Change> bodies;
  std::vector<Digest> hashes;
  bodies.reserve(changes.size());
  hashes.reserve(changes.size());
  for (auto& stored : changes) {
    bodies.push_back(std::move(stored.change));
    hashes.push_back(stored.hash);
  }
  TRY(insert_split(log_no, std::move(bodies), hashes));
  const auto loose = TRY(loose_end(log_no));
  const bool gathered = loose.numbers.size() > kLooseMax || loose.raw_bytes >= kRawMax ||
                        loose.change_count >= kChangesMax;
  if (gathered && loose.numbers.size() > 1) TRY(merge(log_no, loose));
  return {};
}

Status LogChunks::cut(std::int64_t log_no, std::uint64_t seq) {
  // Without the boundary chunk's own tail first: it is the only one that has to be decoded.
  const auto boundary = seq == 0 ? ChunkRef() : TRY(hashes_at(log_no, seq));
  std::vector<std::int64_t> gone;
  {
    auto rows = TRY(db_.prepare("SELECT no FROM chunk WHERE log_no = ? AND last_seq > ?"));
    rows.bind(log_no).bind(seq);
    while (TRY(rows.step())) gone.push_back(rows.number(0));
  }
  for (const auto no : gone) TRY(remove(no));
  if (boundary == nullptr || boundary->last_seq() <= seq) return {};
  const auto count = boundary->index_of(seq) + 1;
  const auto end = boundary->changes().begin() + static_cast<std::ptrdiff_t>(count);
  return insert(log_no, {boundary->changes().begin(), end},
                std::span(boundary->hashes).first(count));
}

Status LogChunks::rewrite(const Chunk& chunk, std::span<const crdt::Change> changes) {
  ENSURE(changes.size() == chunk.places.size());
  std::size_t raw_bytes = 0;
  for (const auto& change : changes) raw_bytes += crdt::weight(change);
  forget(chunk.no);
  auto update = TRY(db_.prepare("UPDATE chunk SET raw_bytes = ?, body = ? WHERE no = ?"));
  return update.bind(raw_bytes).bind(crdt::encode_columns(changes)).bind(chunk.no).run();
}

Status LogChunks::insert(std::int64_t log_no, std::vector<crdt::Change> changes,
                         std::span<const Digest> hashes) {
  std::size_t raw_bytes = 0;
  for (const auto& change : changes) raw_bytes += crdt::weight(change);
  auto insert = TRY(db_.prepare(
      "INSERT INTO chunk (log_no, first_seq, last_seq, first_lamport, change_count, raw_bytes, "
      "places, end_hash, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  insert.bind(log_no)
      .bind(changes.front().seq)
      .bind(changes.back().last_seq())
      .bind(changes.front().lamport)
      .bind(changes.size())
      .bind(raw_bytes)
      .bind(encode_places(changes))
      .bind(hashes.back())
      .bind(crdt::encode_columns(changes));
  TRY(insert.run());
  // Merged and delivered soon: both want it decoded and hashed.
  Chunk chunk{.no = db_.last_row(),
              .log_no = log_no,
              .places = {},
              .end_hash = hashes.back(),
              .decoded = {},
              .hashes = {hashes.begin(), hashes.end()}};
  chunk.places.reserve(changes.size());
  for (const auto& change : changes) {
    chunk.places.push_back({change.seq, change.last_seq(), change.lamport});
  }
  chunk.decoded = std::make_shared<std::vector<crdt::Change>>(std::move(changes));
  keep(std::move(chunk));
  return {};
}

Status LogChunks::insert_split(std::int64_t log_no, std::vector<crdt::Change> changes,
                               std::span<const Digest> hashes) {
  std::vector<crdt::Change> piece;
  std::size_t start = 0;
  std::size_t raw_bytes = 0;
  for (auto& change : changes) {
    const auto more = crdt::weight(change);
    if (!piece.empty() && (raw_bytes + more > kRawMax || piece.size() >= kChangesMax)) {
      const auto count = piece.size();
      TRY(insert(log_no, std::exchange(piece, {}), hashes.subspan(start, count)));
      start += count;
      raw_bytes = 0;
    }
    raw_bytes += more;
    piece.push_back(std::move(change));
  }
  return insert(log_no, std::move(piece), hashes.subspan(start));
}

Status LogChunks::remove(std::int64_t no) {
  forget(no);
  auto remove = TRY(db_.prepare("DELETE FROM chunk WHERE no = ?"));
  return remove.bind(no).run();
}

Result<LogChunks::Loose> LogChunks::loose_end(std::int64_t log_no) {
  Loose out;
  auto rows = TRY(db_.prepare(
      "SELECT no, raw_bytes, change_count FROM chunk WHERE log_no = ? ORDER BY first_seq DESC"));
  rows.bind(log_no);
  while (out.numbers.size() <= kLooseMax && TRY(rows.step())) {
    if (rows.count(1) >= kRawFull || rows.count(2) >= kChangesFull) break;
    out.numbers.push_back(rows.number(0));
    out.raw_bytes += rows.count(1);
    out.change_count += rows.count(2);
  }
  std::reverse(out.numbers.begin(), out.numbers.end());
  return out;
}

Status LogChunks::merge(std::int64_t log_no, const Loose& loose) {
  std::vector<crdt::Change> changes;
  std::vector<Digest> hashes;
  changes.reserve(loose.change_count);
  hashes.reserve(loose.change_count);
  std::vector<std::shared_ptr<std::vector<crdt::Change>>> parts;
  for (const auto no : loose.numbers) {
    const auto chunk = TRY(load_hashes(no));
    parts.push_back(chunk->decoded);
    hashes.insert(hashes.end(), chunk->hashes.begin(), chunk->hashes.end());
  }
  for (const auto no : loose.numbers) TRY(remove(no));
  for (auto& part : parts) {
    if (part.use_count() == 1) {  // nobody else reads it any more
      std::move(part->begin(), part->end(), std::back_inserter(changes));
    } else {
      changes.insert(changes.end(), part->begin(), part->end());
    }
    part.reset();
  }
  return insert_split(log_no, std::move(changes), hashes);
}

Result<ChunkRef> LogChunks::index_at(std::int64_t log_no, std::uint64_t seq) {
  const auto no = TRY(find(log_no, seq));
  if (!no) return ChunkRef();
  return load_index(*no);
}

Result<ChunkRef> LogChunks::changes_at(std::int64_t log_no, std::uint64_t seq) {
  const auto no = TRY(find(log_no, seq));
  if (!no) return ChunkRef();
  return load_changes(*no);
}

Result<ChunkRef> LogChunks::hashes_at(std::int64_t log_no, std::uint64_t seq) {
  const auto no = TRY(find(log_no, seq));
  if (!no) return ChunkRef();
  return load_hashes(*no);
}

Result<std::optional<std::int64_t>> LogChunks::find(std::int64_t log_no, std::uint64_t seq) {
  auto rows =
      TRY(db_.prepare("SELECT no, last_seq FROM chunk WHERE log_no = ? AND first_seq <= ? "
                      "ORDER BY first_seq DESC LIMIT 1"));
  rows.bind(log_no).bind(seq);
  if (!TRY(rows.step()) || rows.count(1) < seq) return std::nullopt;
  return rows.number(0);
}

Result<ChunkRef> LogChunks::load_index(std::int64_t no) {
  if (auto chunk = cached(no)) return chunk;
  auto rows = TRY(db_.prepare(
      "SELECT first_seq, last_seq, first_lamport, change_count, places, log_no, end_hash "
      "FROM chunk WHERE no = ?"));
  rows.bind(no);
  if (!TRY(rows.step())) return fail(damaged("a chunk of changes is missing"));
  const IndexRow row{rows.count(0), rows.count(1), rows.count(2), rows.count(3), rows.blob(4)};
  auto places = decode_places(row);
  if (!places) return fail(damaged(places.error().what));
  Chunk chunk;
  chunk.no = no;
  chunk.log_no = rows.number(5);
  chunk.places = std::move(*places);
  chunk.end_hash = TRY(rows.id<Digest>(6));
  return keep(std::move(chunk));
}

Result<ChunkRef> LogChunks::load_changes(std::int64_t no) {
  const auto chunk = TRY(load_index(no));
  if (chunk->decoded != nullptr) return chunk;
  auto rows = TRY(db_.prepare("SELECT body FROM chunk WHERE no = ?"));
  rows.bind(no);
  if (!TRY(rows.step())) return fail(damaged("a chunk of changes is missing"));
  auto changes = crdt::decode_columns(rows.blob(0));
  if (!changes) return fail(damaged(changes.error().what));
  const auto& places = chunk->places;
  bool fits = changes->size() == places.size();
  for (std::size_t i = 0; fits && i < places.size(); ++i) {
    const auto& change = (*changes)[i];
    fits = change.seq == places[i].seq && change.last_seq() == places[i].last_seq;
  }
  if (!fits) return fail(damaged("a chunk of changes does not fit its index"));
  auto out = *chunk;
  out.decoded = std::make_shared<std::vector<crdt::Change>>(std::move(*changes));
  return keep(std::move(out));
}

Result<ChunkRef> LogChunks::load_hashes(std::int64_t no) {
  const auto chunk = TRY(load_changes(no));
  if (!chunk->hashes.empty()) return chunk;
  auto owner =
      TRY(db_.prepare("SELECT space.id, space.no, log.id, base_hash, base_seq FROM log "
                      "JOIN space ON space.no = log.space_no LEFT JOIN branch ON log_no = log.no "
                      "WHERE log.no = ?"));
  owner.bind(chunk->log_no);
  if (!TRY(owner.step())) return fail(damaged("a log is missing"));
  const auto space = TRY(owner.id<SpaceId>(0));
  const auto space_no = owner.number(1);
  const bool is_branch = !owner.is_null(3);
  auto hash =
      is_branch ? TRY(owner.id<Digest>(3)) : crdt::chain_start(space, TRY(owner.id<LogId>(2)));
  if (chunk->first_seq() > 1 + (is_branch ? owner.count(4) : 0)) {
    auto before = TRY(db_.prepare(
        "SELECT end_hash FROM chunk WHERE log_no = ? AND first_seq < ? ORDER BY first_seq DESC "
        "LIMIT 1"));
    before.bind(chunk->log_no).bind(chunk->first_seq());
    if (!TRY(before.step())) return fail(damaged("a chunk of changes is missing"));
    hash = TRY(before.id<Digest>(0));
  }
  std::map<ObjectId, Salt> declared;
  std::optional<Error> fault;
  const crdt::SaltLookup salts = [&](const LogId&, const ObjectId& object) -> std::optional<Salt> {
    const auto known = declared.find(object);
    if (known != declared.end()) return known->second;
    auto salt = salt_of(chunk->log_no, space_no, object);
    if (!salt) fault = salt.error();
    if (!salt || !*salt) return std::nullopt;
    declared[object] = **salt;
    return *salt;
  };
  auto out = *chunk;
  out.hashes.reserve(out.changes().size());
  for (const auto& change : out.changes()) {
    for (const auto& salt : change.salts) declared[salt.object] = salt.salt;
    const auto digest = crdt::change_digest(change, salts);
    if (fault) return fail(*fault);
    if (!digest) return fail(damaged(digest.error().what));
    hash = crdt::chain_next(hash, *digest);
    out.hashes.push_back(hash);
  }
  if (hash != out.end_hash) return fail(damaged("changes of a log do not fit its chain"));
  return keep(std::move(out));
}

Result<std::optional<Salt>> LogChunks::salt_of(std::int64_t log_no, std::int64_t space_no,
                                               const ObjectId& object) {
  auto rows = TRY(db_.prepare("SELECT no FROM object WHERE space_no = ? AND id = ?"));
  rows.bind(space_no).bind(object);
  if (!TRY(rows.step())) return std::nullopt;
  return salts_(log_no, rows.number(0));
}

ChunkRef LogChunks::cached(std::int64_t no) {
  if (rollbacks_ != db_.rollbacks()) {
    rollbacks_ = db_.rollbacks();
    cache_.clear();
    recently_used_.clear();
    cached_bytes_ = 0;
  }
  const auto found = cache_.find(no);
  if (found == cache_.end()) return nullptr;
  recently_used_.splice(recently_used_.begin(), recently_used_, found->second.used);
  return found->second.chunk;
}

ChunkRef LogChunks::keep(Chunk chunk) {
  cached(chunk.no);  // clears what a rollback made untrue
  forget(chunk.no);
  std::size_t bytes =
      chunk.places.size() * sizeof(ChangePlace) + chunk.hashes.size() * sizeof(Digest);
  if (chunk.decoded != nullptr) {
    for (const auto& change : chunk.changes()) {
      bytes += crdt::weight(change) + sizeof(change) + change.ops.size() * sizeof(crdt::Op);
    }
  }
  const auto no = chunk.no;
  auto out = std::make_shared<const Chunk>(std::move(chunk));
  recently_used_.push_front(no);
  cache_[no] = {out, bytes, recently_used_.begin()};
  cached_bytes_ += bytes;
  while (cached_bytes_ > kCacheBytesMax && recently_used_.size() > 1) {
    forget(recently_used_.back());
  }
  return out;
}

void LogChunks::forget(std::int64_t no) {
  const auto found = cache_.find(no);
  if (found == cache_.end()) return;
  cached_bytes_ -= found->second.bytes;
  recently_used_.erase(found->second.used);
  cache_.erase(found);
}

}  // namespace holm::store
