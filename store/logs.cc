#include "store/logs.h"

#include <algorithm>

#include "base/ensure.h"
#include "store/log_parts.h"
#include "store/numbers.h"
#include "store/sqlite.h"

namespace holm::store {
namespace {

/// Checks that `changes` go on where `row` ends, so that nothing has been written when they do not.
Status check_continues(const LogRow& row, std::span<const StoredChange> changes) {
  if (row.info.frozen) {
    return fail(Code::reject, "log " + row.info.log.text() + " is frozen after a fork");
  }
  std::uint64_t next_seq = row.info.stored_seq + 1;
  std::uint64_t lamport = row.info.stored_lamport;
  for (const auto& [change, hash, mark] : changes) {
    if (change.log != row.info.root) {
      return fail(Code::reject, "a change belongs to another log");
    }
    if (change.ops.empty() || change.seq != next_seq) {
      return fail(Code::reject, "a change does not follow the one before it");
    }
    if (change.lamport < lamport) {
      return fail(Code::reject, "a change is older than the one before it in its log");
    }
    for (const auto& op : change.ops) {
      if (op.span() > crdt::kSeqMax - next_seq) return fail(Code::limit, "a log is too long");
      next_seq += op.span();
    }
    lamport = change.lamport;
  }
  return {};
}

/// A head counts as checkpoint when it is the first kept within its stretch of this many ops.
std::uint64_t stretch(std::uint64_t seq) { return seq / crdt::kCheckpointOps; }

}  // namespace

Logs::Logs(Db& db) : db_(db), parts_(std::make_unique<Parts>(db)) {}
Logs::~Logs() = default;

Status Logs::create(const LogId& log, const SpaceId& space, const DeviceId& device,
                    const MemberId& member) {
  ENSURE(db_.in_transaction());
  if (auto found = TRY(parts_->rows.find(log))) {
    const auto& info = found->info;
    const bool is_same = info.space == space && info.device == device && info.member == member;
    if (is_same && !info.is_branch()) return {};
    return fail(Code::reject, "log " + log.text() + " already belongs to another device");
  }
  const auto number = TRY(space_no(db_, space));
  const auto start = crdt::chain_start(space, log);
  auto insert =
      TRY(db_.prepare("INSERT INTO log (id, space_no, device, member, stored_hash, applied_hash) "
                      "VALUES (?, ?, ?, ?, ?, ?)"));
  parts_->rows.forget();
  return insert.bind(log).bind(number).bind(device).bind(member).bind(start).bind(start).run();
}

Result<std::optional<LogInfo>> Logs::find(const LogId& log) const {
  auto found = TRY(parts_->rows.find(log));
  if (!found) return std::nullopt;
  return found->info;
}

Result<std::vector<LogInfo>> Logs::of_space(const SpaceId& space) const {
  std::vector<LogInfo> out;
  const auto rows = TRY(parts_->rows.of_space(space));
  out.reserve(rows.size());
  for (const auto& row : rows) out.push_back(row.info);
  return out;
}

Result<std::vector<SpaceId>> Logs::spaces() const {
  std::vector<SpaceId> out;
  auto rows = TRY(
      db_.prepare("SELECT id FROM space WHERE EXISTS (SELECT 1 FROM log WHERE space_no = space.no) "
                  "ORDER BY id"));
  while (TRY(rows.step())) out.push_back(TRY(rows.id<SpaceId>(0)));
  return out;
}

Status Logs::append(const LogId& log, std::span<const StoredChange> changes, WallTime now) {
  return append(log, std::vector(changes.begin(), changes.end()), now);
}

Status Logs::append(const LogId& log, std::vector<StoredChange>&& changes, WallTime now) {
  ENSURE(db_.in_transaction());
  auto row = TRY(parts_->rows.need(log));
  TRY(check_continues(row, changes));
  if (changes.empty()) return {};
  TRY(parts_->put(row, std::move(changes), now));
  return parts_->rows.update(row);
}

Status Logs::drop_tail(const LogId& log) {
  ENSURE(db_.in_transaction());
  auto row = TRY(parts_->rows.need(log));
  if (row.info.stored_seq == row.info.sealed_seq) return {};
  TRY(parts_->take_beyond(row, row.info.sealed_seq));
  return parts_->rows.update(row);
}

Status Logs::seal(const LogId& log, const crdt::Head& head) {
  ENSURE(db_.in_transaction());
  auto row = TRY(parts_->rows.need(log));
  const auto held = TRY(hash_at(log, head.seq));
  if (head.seq <= row.info.base_seq || head.log != row.info.root || !held || *held != head.hash) {
    return fail(Code::reject, "a signed head does not fit the changes held of its log");
  }
  std::vector<std::uint64_t> kept;
  {
    auto rows = TRY(db_.prepare("SELECT seq FROM head WHERE log_no = ? ORDER BY seq"));
    rows.bind(row.no);
    while (TRY(rows.step())) kept.push_back(rows.count(0));
  }
  auto put = TRY(db_.prepare("INSERT OR REPLACE INTO head (log_no, seq, body) VALUES (?, ?, ?)"));
  TRY(put.bind(row.no).bind(head.seq).bind(crdt::encode(head)).run());
  const auto at = std::lower_bound(kept.begin(), kept.end(), head.seq);
  if (at == kept.end() || *at != head.seq) kept.insert(at, head.seq);
  auto drop = TRY(db_.prepare("DELETE FROM head WHERE log_no = ? AND seq = ?"));
  for (std::size_t i = 0; i + 1 < kept.size(); ++i) {
    const auto before = i == 0 ? 0 : kept[i - 1];
    if (stretch(before) < stretch(kept[i])) continue;
    TRY(drop.bind(row.no).bind(kept[i]).run());
  }
  if (head.seq <= row.info.sealed_seq) return {};
  row.info.sealed_seq = head.seq;
  TRY(parts_->rows.update(row));
  // What a branch goes on from stands under its head.
  while (row.parent_no != 0) {
    const auto base = row.info.base_seq;
    row = TRY(parts_->rows.by_no(row.parent_no));
    if (row.info.sealed_seq >= base) break;
    row.info.sealed_seq = base;
    TRY(parts_->rows.update(row));
  }
  return {};
}

Status Logs::vouch(const LogId& log) {
  ENSURE(db_.in_transaction());
  auto row = TRY(parts_->rows.need(log));
  row.info.sealed_seq = row.info.stored_seq;
  return parts_->rows.update(row);
}

Status Logs::set_applied(const LogId& log, std::uint64_t seq) {
  const auto row = TRY(parts_->rows.need(log));
  Reached reached{.seq = seq, .hash = {}, .lamport = 0};
  if (seq <= row.info.sealed_seq) {
    const auto hash = TRY(hash_at(log, seq));
    if (!hash || seq < row.info.base_seq) {
      return fail(Code::reject, "no change ends at this op");
    }
    reached.hash = *hash;
  }
  if (seq > row.info.base_seq && seq <= row.info.sealed_seq) {
    const auto chunk = TRY(parts_->chunks.index_at(row.no, seq));
    if (chunk == nullptr) return fail(missing_changes());
    reached.lamport = chunk->places[chunk->index_of(seq)].lamport;
  }
  return set_applied(log, reached);
}

Status Logs::set_applied(const LogId& log, const Reached& reached) {
  ENSURE(db_.in_transaction());
  auto row = TRY(parts_->rows.need(log));
  if (reached.seq > row.info.sealed_seq) {
    return fail(Code::reject, "a change counts only under a signed head");
  }
  row.info.applied_seq = reached.seq;
  row.info.applied_hash = reached.hash;
  row.info.applied_lamport = reached.lamport;
  return parts_->rows.update(row);
}

Status Logs::set_mark(const LogId& log, std::uint64_t seq, crdt::Mark mark) {
  ENSURE(db_.in_transaction());
  const auto row = TRY(parts_->rows.need(log));
  const auto chunk = TRY(parts_->chunks.index_at(row.no, seq));
  if (chunk == nullptr) return fail(Code::not_found, "this store does not hold that change");
  return write_mark(db_, row.no, chunk->places[chunk->index_of(seq)].seq, mark);
}

Status Logs::freeze(const LogId& log) {
  ENSURE(db_.in_transaction());
  auto row = TRY(parts_->rows.need(log));
  row.info.frozen = true;
  return parts_->rows.update(row);
}

Status Logs::note_named(const SpaceId& space, std::span<const crdt::Delivered> changes) {
  ENSURE(db_.in_transaction());
  const bool has_forks = TRY(this->has_forks());
  std::map<LogId, std::uint64_t> named;
  for (const auto& item : changes) {
    for (const auto& dep : item.change.deps) {
      const auto log = has_forks ? TRY(find_dep(space, dep)) : std::optional(dep.log);
      if (!log) continue;
      auto& seq = named[*log];
      seq = std::max(seq, dep.seq);
    }
  }
  auto raise = TRY(db_.prepare("UPDATE log SET named_seq = ?2 WHERE id = ?1 AND named_seq < ?2"));
  for (const auto& [log, seq] : named) TRY(raise.bind(log).bind(seq).run());
  return {};
}

Result<std::size_t> Logs::wipe(const SpaceId& space, const ObjectId& object,
                               const std::optional<MemberId>& author) {
  ENSURE(db_.in_transaction());
  const auto number = TRY(find_object_no(db_, space, object));
  if (!number) return 0;
  std::size_t wiped = 0;
  for (const auto& run : TRY(parts_->touches.of(*number))) {
    if (author && TRY(parts_->rows.by_no(run.log_no)).info.member != *author) continue;
    const auto salt = TRY(parts_->salt(run.log_no, *number));
    const auto salts = [&](const LogId&, const ObjectId&) { return salt; };
    for (auto seq = run.from_seq; seq <= run.to_seq;) {
      const auto chunk = TRY(parts_->chunks.changes_at(run.log_no, seq));
      if (chunk == nullptr) return fail(missing_changes());
      auto changes = chunk->changes();
      std::size_t here = 0;
      for (auto i = chunk->index_of(seq); i < changes.size(); ++i) {
        if (changes[i].seq > run.to_seq) break;
        if (TRY(crdt::wipe(changes[i], object, salts))) ++here;
      }
      if (here > 0) TRY(parts_->chunks.rewrite(*chunk, changes));
      wiped += here;
      seq = chunk->last_seq() + 1;
    }
  }
  for (const auto& row : TRY(parts_->rows.of_space(space))) {
    if (!author || row.info.member == *author) {
      TRY(parts_->touches.drop_salt(row.no, *number));
    }
  }
  db_.scrub_wal();
  return wiped;
}

}  // namespace holm::store
