// The reading half of Logs.
#include <algorithm>
#include <map>
#include <queue>
#include <tuple>

#include "store/log_parts.h"
#include "store/logs.h"
#include "store/numbers.h"
#include "store/sqlite.h"

namespace holm::store {
namespace {

Result<crdt::Head> read_head(ByteView body) {
  auto head = crdt::decode_head(body);
  if (!head) return fail(damaged("a head: " + head.error().what));
  return std::move(*head);
}

}  // namespace

Error missing_changes() { return damaged("changes of a log are missing"); }

Status write_mark(Db& db, std::int64_t log_no, std::uint64_t seq, crdt::Mark mark) {
  if (mark == crdt::Mark::valid) {
    auto unmark = TRY(db.prepare("DELETE FROM void_change WHERE log_no = ? AND seq = ?"));
    return unmark.bind(log_no).bind(seq).run();
  }
  auto write =
      TRY(db.prepare("INSERT OR REPLACE INTO void_change (log_no, seq, mark) VALUES (?, ?, ?)"));
  return write.bind(log_no).bind(seq).bind(static_cast<std::uint64_t>(mark)).run();
}

Result<Marks> void_changes(Db& db, std::int64_t log_no, std::uint64_t from_seq,
                           std::uint64_t to_seq) {
  Marks out;
  auto rows =
      TRY(db.prepare("SELECT seq, mark FROM void_change WHERE log_no = ? AND seq BETWEEN ? AND ?"));
  rows.bind(log_no).bind(from_seq).bind(to_seq);
  while (TRY(rows.step())) {
    const bool is_held = rows.count(1) == static_cast<std::uint64_t>(crdt::Mark::held);
    out[rows.count(0)] = is_held ? crdt::Mark::held : crdt::Mark::is_void;
  }
  return out;
}

crdt::Mark mark_of(const crdt::Change& change, const Marks& marks) {
  const auto found = marks.find(change.seq);
  return found == marks.end() ? crdt::Mark::valid : found->second;
}

Result<std::vector<HeldChange>> Logs::read(const LogId& log, std::uint64_t from,
                                           std::size_t bytes_max, std::size_t count_max) const {
  return read(log, from, bytes_max, count_max, Hashes::no);
}

Result<std::vector<HeldChange>> Logs::read_hashed(const LogId& log, std::uint64_t from,
                                                  std::size_t bytes_max,
                                                  std::size_t count_max) const {
  return read(log, from, bytes_max, count_max, Hashes::yes);
}

Result<std::vector<HeldChange>> Logs::read(const LogId& log, std::uint64_t from,
                                           std::size_t bytes_max, std::size_t count_max,
                                           Hashes hashes) const {
  std::vector<HeldChange> out;
  const auto end = TRY(parts_->rows.find(log));
  if (!end) return out;
  const auto row = std::optional(TRY(parts_->rows.at(*end, std::max<std::uint64_t>(from, 1))));
  std::size_t bytes = 0;
  for (auto seq = std::max<std::uint64_t>(from, 1); seq <= row->info.stored_seq;) {
    const auto chunk = hashes == Hashes::yes ? TRY(parts_->chunks.hashes_at(row->no, seq))
                                             : TRY(parts_->chunks.changes_at(row->no, seq));
    if (chunk == nullptr) return fail(missing_changes());
    const auto voided = TRY(void_changes(db_, row->no, chunk->first_seq(), chunk->last_seq()));
    for (auto i = chunk->index_of(seq); i < chunk->places.size(); ++i) {
      bytes += crdt::weight(chunk->changes()[i]);
      if (!out.empty() && (bytes > bytes_max || out.size() >= count_max)) return out;
      out.push_back({chunk->changes()[i], mark_of(chunk->changes()[i], voided),
                     hashes == Hashes::yes ? chunk->hashes[i] : Digest()});
    }
    seq = chunk->last_seq() + 1;
  }
  return out;
}

Result<std::optional<HeldChange>> Logs::at(const LogId& log, std::uint64_t seq) const {
  const auto end = TRY(parts_->rows.find(log));
  if (!end) return std::nullopt;
  const auto row = std::optional(TRY(parts_->rows.at(*end, seq)));
  const auto chunk = TRY(parts_->chunks.changes_at(row->no, seq));
  if (chunk == nullptr) return std::nullopt;
  const auto index = chunk->index_of(seq);
  const auto first = chunk->places[index].seq;
  const auto voided = TRY(void_changes(db_, row->no, first, first));
  return HeldChange{chunk->changes()[index], mark_of(chunk->changes()[index], voided), {}};
}

Result<std::optional<Digest>> Logs::hash_at(const LogId& log, std::uint64_t seq) const {
  const auto end = TRY(parts_->rows.find(log));
  if (!end) return std::nullopt;
  if (seq == 0) return crdt::chain_start(end->info.space, end->info.root);
  const auto row = std::optional(TRY(parts_->rows.at(*end, seq)));
  if (seq == row->info.stored_seq) return row->info.stored_hash;
  if (seq == row->info.applied_seq) return row->info.applied_hash;
  auto chunk = TRY(parts_->chunks.index_at(row->no, seq));
  if (chunk == nullptr) return std::nullopt;
  const auto index = chunk->index_of(seq);
  if (chunk->places[index].last_seq != seq) return std::nullopt;
  if (index + 1 == chunk->places.size()) return chunk->end_hash;
  if (chunk->hashes.empty()) chunk = TRY(parts_->chunks.hashes_at(row->no, seq));
  return chunk->hashes[index];
}

Result<crdt::Position> Logs::end_before(const LogId& log, std::uint64_t seq) const {
  const auto end = TRY(parts_->rows.need(log));
  seq = std::min(seq, end.info.stored_seq);
  if (seq > 0) {
    const auto row = TRY(parts_->rows.at(end, seq));
    const auto chunk = TRY(parts_->chunks.index_at(row.no, seq));
    if (chunk == nullptr) return fail(missing_changes());
    const auto& place = chunk->places[chunk->index_of(seq)];
    if (place.last_seq != seq) seq = place.seq - 1;
  }
  const auto hash = TRY(hash_at(log, seq));
  if (!hash) return fail(missing_changes());
  return crdt::Position{log, seq, *hash};
}

Result<std::vector<crdt::Head>> Logs::heads(const LogId& log, std::uint64_t from,
                                            std::uint64_t to) const {
  std::vector<crdt::Head> out;
  const auto row = TRY(parts_->rows.find(log));
  if (!row) return out;
  auto rows = TRY(
      db_.prepare("SELECT body FROM head WHERE log_no = ? AND seq >= ? AND seq <= ? ORDER BY seq"));
  constexpr std::uint64_t kLast = INT64_MAX;
  rows.bind(row->no).bind(std::min(from, kLast)).bind(std::min(to, kLast));
  while (TRY(rows.step())) out.push_back(TRY(read_head(rows.blob(0))));
  return out;
}

Result<std::optional<crdt::Head>> Logs::newest_head(const LogId& log) const {
  const auto row = TRY(parts_->rows.find(log));
  if (!row) return std::nullopt;
  auto rows = TRY(db_.prepare("SELECT body FROM head WHERE log_no = ? ORDER BY seq DESC LIMIT 1"));
  rows.bind(row->no);
  if (!TRY(rows.step())) return std::nullopt;
  return TRY(read_head(rows.blob(0)));
}

Result<std::vector<crdt::Delivered>> Logs::touching(
    const SpaceId& space, const ObjectId& object,
    const std::map<LogId, std::uint64_t>& beyond) const {
  std::vector<crdt::Delivered> out;
  const auto number = TRY(find_object_no(db_, space, object));
  if (!number) return out;
  std::optional<LogRow> row;
  for (const auto& run : TRY(parts_->touches.of(*number))) {
    if (!row || row->no != run.log_no) row = TRY(parts_->rows.by_no(run.log_no));
    const auto to_seq = std::min(run.to_seq, row->info.applied_seq);
    const auto known = beyond.find(row->info.log);
    const auto from_seq =
        known == beyond.end() ? run.from_seq : std::max(run.from_seq, known->second + 1);
    if (from_seq > to_seq) continue;
    const auto voided = TRY(void_changes(db_, row->no, from_seq, to_seq));
    for (auto seq = from_seq; seq <= to_seq;) {
      const auto chunk = TRY(parts_->chunks.hashes_at(row->no, seq));
      if (chunk == nullptr) return fail(missing_changes());
      for (auto i = chunk->index_of(seq); i < chunk->places.size(); ++i) {
        if (chunk->places[i].last_seq > to_seq) break;
        out.push_back(
            TRY(parts_->delivered(*row, *chunk, i, mark_of(chunk->changes()[i], voided))));
      }
      seq = chunk->last_seq() + 1;
    }
  }
  std::sort(out.begin(), out.end(), [](const crdt::Delivered& a, const crdt::Delivered& b) {
    return crdt::replays_before(a.change, b.change);
  });
  return out;
}

// Merges the ends of the logs: within a log lamports never fall, so each is a sorted list already
// and only what is asked for is decoded.
Result<std::vector<crdt::Delivered>> Logs::recent(const SpaceId& space,
                                                  std::uint64_t before_lamport,
                                                  std::size_t limit) const {
  struct Cursor {
    ChunkRef chunk;
    std::size_t index = 0;
    const LogRow* row = nullptr;

    const ChangePlace& place() const { return chunk->places[index]; }
    bool operator<(const Cursor& other) const {
      const auto& a = place();
      const auto& b = other.place();
      return std::tie(a.lamport, row->info.root, a.seq, row->info.log) <
             std::tie(b.lamport, other.row->info.root, b.seq, other.row->info.log);
    }
  };
  const auto rows = TRY(parts_->rows.of_space(space));
  std::priority_queue<Cursor> ends;
  for (const auto& row : rows) {
    for (auto seq = row.info.applied_seq; seq > row.info.base_seq;) {
      const auto chunk = TRY(parts_->chunks.index_at(row.no, seq));
      if (chunk == nullptr) return fail(missing_changes());
      if (chunk->places.front().lamport < before_lamport) {
        auto index = chunk->index_of(seq);
        while (chunk->places[index].lamport >= before_lamport) --index;
        ends.push({chunk, index, &row});
        break;
      }
      seq = chunk->first_seq() - 1;
    }
  }
  std::vector<crdt::Delivered> out;
  while (out.size() < limit && !ends.empty()) {
    auto next = ends.top();
    ends.pop();
    const auto seq = next.place().seq;
    const auto voided = TRY(void_changes(db_, next.row->no, seq, seq));
    const auto hashed = TRY(parts_->chunks.hashes_at(next.row->no, seq));
    if (hashed == nullptr) return fail(missing_changes());
    const auto mark = mark_of(hashed->changes()[next.index], voided);
    out.push_back(TRY(parts_->delivered(*next.row, *hashed, next.index, mark)));
    if (next.index > 0) {
      --next.index;
      ends.push(std::move(next));
    } else if (seq > next.row->info.base_seq + 1) {
      next.chunk = TRY(parts_->chunks.index_at(next.row->no, seq - 1));
      if (next.chunk == nullptr) return fail(missing_changes());
      next.index = next.chunk->places.size() - 1;
      ends.push(std::move(next));
    }
  }
  return out;
}

Result<std::map<LogId, std::vector<std::uint64_t>>> Logs::marked(const SpaceId& space,
                                                                 crdt::Mark mark) const {
  std::map<LogId, std::vector<std::uint64_t>> out;
  auto rows =
      TRY(db_.prepare("SELECT log.id, seq FROM void_change JOIN log ON log.no = log_no "
                      "JOIN space ON space.no = log.space_no WHERE space.id = ? AND mark = ? ORDER "
                      "BY log.id, seq"));
  rows.bind(space).bind(static_cast<std::uint64_t>(mark));
  while (TRY(rows.step())) out[TRY(rows.id<LogId>(0))].push_back(rows.count(1));
  return out;
}

Result<std::vector<crdt::Dep>> Logs::unnamed(const SpaceId& space, const LogId& own) const {
  std::vector<crdt::Dep> out;
  auto rows = TRY(db_.prepare(
      "SELECT log.id, applied_seq, applied_hash FROM log JOIN space ON space.no = log.space_no "
      "WHERE space.id = ? AND log.id != ? AND applied_seq > named_seq ORDER BY log.id"));
  rows.bind(space).bind(own);
  while (TRY(rows.step())) {
    const auto log = TRY(rows.id<LogId>(0));
    out.push_back({log, rows.count(1), shorten(TRY(rows.id<Digest>(2)))});
  }
  return out;
}

Result<std::optional<Salt>> Logs::salt(const LogId& log, const ObjectId& object) const {
  const auto row = TRY(parts_->rows.find(log));
  if (!row) return std::nullopt;
  const auto number = TRY(find_object_no(db_, row->info.space, object));
  if (!number) return std::nullopt;
  return parts_->salt(row->no, *number);
}

Result<std::vector<crdt::Position>> Logs::positions(const SpaceId& space) const {
  std::vector<crdt::Position> out;
  for (const auto& row : TRY(parts_->rows.of_space(space))) {
    const auto applied = row.info.applied_seq;
    if (applied <= row.info.base_seq) continue;
    // Almost always the first change of a log is valid and nothing more has to be read.
    bool counts = false;
    for (auto seq = row.info.base_seq + 1; !counts && seq <= applied;) {
      if (!TRY(void_changes(db_, row.no, seq, seq)).contains(seq)) {
        counts = true;
        break;
      }
      const auto chunk = TRY(parts_->chunks.index_at(row.no, seq));
      if (chunk == nullptr) return fail(missing_changes());
      const auto voided = TRY(void_changes(db_, row.no, seq, chunk->last_seq()));
      for (const auto& place : chunk->places) {
        if (place.last_seq <= applied && !voided.contains(place.seq)) counts = true;
      }
      seq = chunk->last_seq() + 1;
    }
    if (counts) out.push_back({row.info.log, applied, row.info.applied_hash});
  }
  return out;
}

Result<std::uint64_t> Logs::lamport(const SpaceId& space) const {
  std::uint64_t out = 0;
  for (const auto& row : TRY(parts_->rows.of_space(space)))
    out = std::max(out, row.info.applied_lamport);
  return out;
}

Result<std::uint64_t> Logs::change_count(const SpaceId& space) const {
  std::uint64_t out = 0;
  for (const auto& row : TRY(parts_->rows.of_space(space))) out += row.change_count;
  return out;
}

}  // namespace holm::store
