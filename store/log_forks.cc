// The part of Logs that is about forks: branches, their names, and what references mean.
#include <algorithm>
#include <map>
#include <set>

#include "base/ensure.h"
#include "store/log_parts.h"
#include "store/logs.h"
#include "store/numbers.h"
#include "store/sqlite.h"

namespace holm::store {
namespace {

struct Named {
  std::int64_t no = 0;
  LogId name;
  LogId root;
  std::uint64_t seq = 0;  ///< of its first change
  Digest digest;
  Digest hash;

  /// The names that it may go by, best first: by d; by the chain's hash, which no other branch has;
  /// and then by what that is hashed to.
  LogId candidate(std::size_t place) const {
    if (place == 0) return crdt::fork_name(root, seq, digest);
    auto by = hash;
    for (std::size_t i = 1; i < place; ++i) by = crdt::chain_next(by, digest);
    return crdt::fork_name(root, seq, by);
  }
};

Result<std::vector<Named>> branches_of(Db& db, std::int64_t space_no) {
  auto rows = TRY(
      db.prepare("SELECT log.no, log.id, root.id, base_seq, first_digest, first_hash FROM branch "
                 "JOIN log ON log.no = log_no JOIN log AS root ON root.no = root_no "
                 "WHERE log.space_no = ? ORDER BY log.no"));
  rows.bind(space_no);
  std::vector<Named> out;
  while (TRY(rows.step())) {
    Named one;
    one.no = rows.number(0);
    one.name = TRY(rows.id<LogId>(1));
    one.root = TRY(rows.id<LogId>(2));
    one.seq = rows.count(3) + 1;
    one.digest = TRY(rows.id<Digest>(4));
    one.hash = TRY(rows.id<Digest>(5));
    out.push_back(one);
  }
  return out;
}

/// Whether an ordinary log has this id.
Result<bool> is_log(LogRows& rows, const LogId& id) {
  const auto row = TRY(rows.find(id));
  return row && row->parent_no == 0;
}

Status rename(Db& db, LogRows& rows, std::int64_t no, const LogId& name) {
  auto update = TRY(db.prepare("UPDATE log SET id = ? WHERE no = ?"));
  rows.forget();
  return update.bind(name).bind(no).run();
}

/// Writes the rows of a new branch at the end of `parent`, under a name for the time being.
Result<LogRow> insert_branch(Db& db, LogRows& rows, const LogRow& parent, const DeviceId& device,
                             const MemberId& member, const Digest& first_digest,
                             const Digest& first_hash) {
  const auto root_no = parent.parent_no != 0 ? parent.root_no : parent.no;
  Named named{0, {}, parent.info.root, parent.info.stored_seq + 1, first_digest, first_hash};
  std::size_t place = 1;
  while (TRY(rows.find(named.candidate(place)))) ++place;
  const auto name = named.candidate(place);
  const auto& base_hash = parent.info.stored_hash;
  const auto base_seq = parent.info.stored_seq;
  auto insert =
      TRY(db.prepare("INSERT INTO log (id, space_no, device, member, stored_seq, stored_hash, "
                     "stored_lamport, sealed_seq, applied_seq, applied_hash) "
                     "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  insert.bind(name).bind(parent.space_no).bind(device).bind(member).bind(base_seq).bind(base_hash);
  insert.bind(parent.info.stored_lamport).bind(base_seq).bind(base_seq).bind(base_hash);
  TRY(insert.run());
  auto branch =
      TRY(db.prepare("INSERT INTO branch (log_no, parent_no, root_no, base_seq, base_hash, "
                     "base_lamport, first_digest, first_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
  branch.bind(db.last_row()).bind(parent.no).bind(root_no).bind(base_seq).bind(base_hash);
  branch.bind(parent.info.stored_lamport).bind(first_digest).bind(first_hash);
  TRY(branch.run());
  rows.forget();
  return rows.need(name);
}

}  // namespace

Result<bool> Logs::has_forks() const { return !TRY(parts_->forks.map())->empty(); }

Result<std::vector<LogInfo>> Logs::tree(const LogId& root) const {
  std::vector<LogInfo> out;
  for (const auto& row : TRY(parts_->rows.tree_of(root))) out.push_back(row.info);
  return out;
}

Result<std::optional<LogInfo>> Logs::find_place(const LogId& root, std::uint64_t seq,
                                                ByteView hash) const {
  for (const auto& row : TRY(parts_->rows.tree_of(root))) {
    if (seq > row.info.stored_seq || (seq <= row.info.base_seq && seq > 0)) continue;
    if (seq == 0 && row.parent_no != 0) continue;
    const auto held = TRY(hash_at(row.info.log, seq));
    if (held && std::equal(hash.begin(), hash.end(), held->view().begin())) return row.info;
  }
  return std::nullopt;
}

Result<Moved> Logs::split(const LogId& log, std::uint64_t seq) {
  ENSURE(db_.in_transaction());
  auto row = TRY(parts_->rows.need(log));
  const auto ends = TRY(hash_at(log, seq));
  if (!ends || seq < row.info.base_seq || seq >= row.info.stored_seq) {
    return fail(Code::reject, "a log cannot part where no change ends");
  }
  const auto before = row;
  const auto first = TRY(at(log, seq + 1));
  if (!first) return fail(missing_changes());
  const auto first_hash = TRY(hash_at(log, first->change.last_seq()));
  if (!first_hash) return fail(missing_changes());
  const auto digest = TRY(crdt::change_digest(
      first->change, [&](const LogId&, const ObjectId& object) -> std::optional<Salt> {
        const auto salt_of = salt(log, object);
        return salt_of ? *salt_of : std::nullopt;
      }));
  auto gone = TRY(parts_->take_beyond(row, seq));
  row.info.frozen = true;
  row.info.sealed_seq = std::min(row.info.sealed_seq, seq);
  if (row.info.applied_seq > seq) {
    row.info.applied_seq = seq;
    row.info.applied_hash = row.info.stored_hash;
    row.info.applied_lamport = row.info.stored_lamport;
  }
  TRY(parts_->rows.update(row));
  auto tail = TRY(
      insert_branch(db_, parts_->rows, row, row.info.device, row.info.member, digest, *first_hash));
  for (const auto* sql : {"UPDATE branch SET parent_no = ?2 WHERE parent_no = ?1 AND log_no != ?2",
                          "UPDATE head SET log_no = ?2 WHERE log_no = ?1 AND seq > ?3"}) {
    auto move = TRY(db_.prepare(sql));
    move.bind(row.no).bind(tail.no);
    if (std::string_view(sql).starts_with("UPDATE head")) move.bind(seq);
    TRY(move.run());
  }
  TRY(parts_->put(tail, std::move(gone), {}));
  tail.info.frozen = before.info.frozen;
  tail.info.sealed_seq = std::max(before.info.sealed_seq, seq);
  if (before.info.applied_seq > seq) {
    tail.info.applied_seq = before.info.applied_seq;
    tail.info.applied_hash = before.info.applied_hash;
    tail.info.applied_lamport = before.info.applied_lamport;
  }
  TRY(parts_->rows.update(tail));
  parts_->forks.forget();
  return Moved{log, seq, tail.info.log};
}

Result<LogId> Logs::add_branch(const LogId& parent, const DeviceId& device, const MemberId& member,
                               std::span<const StoredChange> changes, WallTime now) {
  ENSURE(db_.in_transaction());
  auto row = TRY(parts_->rows.need(parent));
  if (changes.empty()) return fail(Code::reject, "a branch holds nothing");
  const auto& first = changes.front();
  const auto digest = TRY(crdt::change_digest(
      first.change, [&](const LogId&, const ObjectId& object) -> std::optional<Salt> {
        const auto salt_of = salt(parent, object);
        return salt_of ? *salt_of : std::nullopt;
      }));
  row.info.frozen = true;
  TRY(parts_->rows.update(row));
  const auto made = TRY(insert_branch(db_, parts_->rows, row, device, member, digest, first.hash));
  parts_->forks.forget();
  TRY(append(made.info.log, changes, now));
  return made.info.log;
}

Result<Moved> Logs::vacate(const LogId& branch) {
  ENSURE(db_.in_transaction());
  const auto row = TRY(parts_->rows.need(branch));
  for (const auto& named : TRY(branches_of(db_, row.space_no))) {
    if (named.no != row.no) continue;
    std::size_t place = 1;
    while (TRY(parts_->rows.find(named.candidate(place)))) ++place;
    TRY(rename(db_, parts_->rows, row.no, named.candidate(place)));
    parts_->forks.forget();
    return Moved{branch, row.info.base_seq, named.candidate(place)};
  }
  return fail(Code::reject, "log " + branch.text() + " is no branch");
}

Result<std::vector<Moved>> Logs::settle_names(const SpaceId& space) {
  ENSURE(db_.in_transaction());
  std::vector<Moved> out;
  const auto number = TRY(find_space_no(db_, space));
  if (!number) return out;
  const auto branches = TRY(branches_of(db_, *number));
  std::map<LogId, std::size_t> wanted;
  for (const auto& branch : branches) ++wanted[branch.candidate(0)];
  std::vector<std::pair<const Named*, LogId>> renamed;
  for (const auto& branch : branches) {
    std::size_t place = wanted[branch.candidate(0)] == 1 ? 0 : 1;
    while (TRY(is_log(parts_->rows, branch.candidate(place)))) ++place;
    if (branch.candidate(place) != branch.name)
      renamed.emplace_back(&branch, branch.candidate(place));
  }
  // By way of names that nothing has, since some may exchange theirs.
  for (std::size_t i = 0; i < renamed.size(); ++i) {
    LogId between;
    for (std::size_t k = 0; k < 8; ++k) {
      between.bytes[LogId::kBytes - 1 - k] = static_cast<std::uint8_t>(i >> 8 * k);
    }
    TRY(rename(db_, parts_->rows, renamed[i].first->no, between));
  }
  for (const auto& [branch, name] : renamed) {
    TRY(rename(db_, parts_->rows, branch->no, name));
    out.push_back({branch->name, branch->seq - 1, name});
  }
  if (!out.empty()) parts_->forks.forget();
  return out;
}

Status Logs::rewind(const SpaceId& space) {
  ENSURE(db_.in_transaction());
  for (auto row : TRY(parts_->rows.of_space(space))) {
    const bool is_branch = row.parent_no != 0;
    row.info.applied_seq = row.info.base_seq;
    row.info.applied_hash =
        is_branch ? row.info.base_hash : crdt::chain_start(row.info.space, row.info.log);
    row.info.applied_lamport = 0;
    TRY(parts_->rows.update(row));
    auto unname = TRY(db_.prepare("UPDATE log SET named_seq = 0 WHERE no = ?"));
    TRY(unname.bind(row.no).run());
    auto drop = TRY(db_.prepare("DELETE FROM alias WHERE log_no = ?"));
    TRY(drop.bind(row.no).run());
  }
  parts_->forks.forget();
  return {};
}

Result<std::optional<LogId>> Logs::find_dep(const SpaceId& space, const crdt::Dep& dep) const {
  const auto has_place = [&](const LogRow& row) -> Result<bool> {
    if (row.info.space != space || dep.seq > row.info.stored_seq || dep.seq <= row.info.base_seq) {
      return false;
    }
    if (dep.seq == row.info.stored_seq) return shorten(row.info.stored_hash) == dep.head;
    const auto hash = TRY(hash_at(row.info.log, dep.seq));
    return hash && shorten(*hash) == dep.head;
  };
  const auto named = TRY(parts_->rows.find(dep.log));
  if (named && TRY(has_place(*named))) return named->info.log;
  if (named && TRY(parts_->forks.map())->empty()) return std::nullopt;
  if (named && named->info.space == space) {
    // Another segment of the same forked log.
    for (const auto& row : TRY(parts_->rows.tree_of(named->info.root))) {
      if (TRY(has_place(row))) return row.info.log;
    }
  }
  // A branch by a name that it has for those who know of more forks, or of fewer.
  for (const auto& row : TRY(parts_->rows.of_space(space))) {
    if (TRY(has_place(row))) return row.info.log;
  }
  return std::nullopt;
}

Status Logs::note_deps(const LogId& log, const crdt::Change& change) {
  ENSURE(db_.in_transaction());
  if (change.deps.empty()) return {};
  std::optional<LogRow> row;
  for (const auto& dep : change.deps) {
    const auto named = TRY(parts_->rows.find(dep.log));
    const auto* map = TRY(parts_->forks.map());
    if (named && map->empty()) continue;  // the log of that id, as always
    if (!row) row = TRY(parts_->rows.need(log));
    const auto target = TRY(find_dep(row->info.space, dep));
    if (!target) continue;
    const auto said = map->meant(row->no, change.seq, dep.log);
    const auto before = said != 0 ? said : named ? named->no : 0;
    const auto now = TRY(parts_->rows.need(*target)).no;
    if (now == before) continue;
    auto put = TRY(
        db_.prepare("INSERT OR REPLACE INTO alias (log_no, name, seq, target_no) VALUES (?, ?, ?, "
                    "?)"));
    TRY(put.bind(row->no).bind(dep.log).bind(change.seq).bind(now).run());
    parts_->forks.forget();
  }
  return {};
}

Result<crdt::Delivered> Logs::named(const LogId& log, HeldChange held) const {
  const auto* map = TRY(parts_->forks.map());
  const auto row = TRY(parts_->rows.need(log));
  crdt::Delivered out{std::move(held.change), held.hash, row.info.member, held.mark};
  if (!map->empty()) map->put_names(row.no, out.change);
  return out;
}

Result<std::vector<crdt::OpId>> Logs::path(const crdt::OpId& by, const crdt::OpId& named) const {
  const auto* map = TRY(parts_->forks.map());
  if (map->empty()) return std::vector<crdt::OpId>{named};
  const auto row = TRY(parts_->rows.find(by.log));
  if (!row) return std::vector<crdt::OpId>{named};
  return map->path(row->no, by.seq, named);
}

Result<std::vector<StoredChange>> Logs::Parts::take_beyond(LogRow& row, std::uint64_t seq) {
  std::vector<StoredChange> gone;
  std::vector<crdt::Change> changes;
  for (auto at = seq + 1; at <= row.info.stored_seq;) {
    const auto chunk = TRY(chunks.hashes_at(row.no, at));
    if (chunk == nullptr) return fail(missing_changes());
    const auto voided = TRY(void_changes(db, row.no, at, chunk->last_seq()));
    for (auto i = chunk->index_of(at); i < chunk->changes().size(); ++i) {
      const auto& change = chunk->changes()[i];
      gone.push_back({change, chunk->hashes[i], mark_of(change, voided)});
      changes.push_back(change);
    }
    at = chunk->last_seq() + 1;
  }
  TRY(touches.cut(row.space_no, row.no, seq, changes));
  TRY(chunks.cut(row.no, seq));
  auto unmark = TRY(db.prepare("DELETE FROM void_change WHERE log_no = ? AND seq > ?"));
  TRY(unmark.bind(row.no).bind(seq).run());
  const bool is_branch = row.parent_no != 0;
  row.info.stored_seq = seq;
  row.info.stored_hash =
      is_branch ? row.info.base_hash : crdt::chain_start(row.info.space, row.info.log);
  row.info.stored_lamport = row.base_lamport;
  if (seq > row.info.base_seq) {
    // cut() has made a chunk end there.
    const auto chunk = TRY(chunks.index_at(row.no, seq));
    if (chunk == nullptr || chunk->last_seq() != seq) return fail(missing_changes());
    row.info.stored_hash = chunk->end_hash;
    row.info.stored_lamport = chunk->places.back().lamport;
  }
  row.change_count -= gone.size();
  return gone;
}

Status Logs::Parts::put(LogRow& row, std::vector<StoredChange> changes, WallTime now) {
  TRY(touches.add(row.space_no, row.no, changes, now));
  for (const auto& stored : changes) {
    if (stored.mark != crdt::Mark::valid) {
      TRY(write_mark(db, row.no, stored.change.seq, stored.mark));
    }
  }
  row.info.stored_seq = changes.back().change.last_seq();
  row.info.stored_hash = changes.back().hash;
  row.info.stored_lamport = changes.back().change.lamport;
  row.change_count += changes.size();
  return chunks.append(row.no, std::move(changes));
}

Result<std::optional<Salt>> Logs::Parts::salt(std::int64_t log_no, std::int64_t object_no) {
  std::optional<Salt> out;
  for (auto no = log_no; no != 0;) {
    if (const auto here = TRY(touches.salt(no, object_no))) out = here;
    const auto* map = TRY(forks.map());
    const auto branch = map->branches.find(no);
    no = branch == map->branches.end() ? 0 : branch->second.parent_no;
  }
  return out;
}

Result<crdt::Delivered> Logs::Parts::delivered(const LogRow& row, const Chunk& chunk,
                                               std::size_t index, crdt::Mark mark) {
  crdt::Delivered out{chunk.changes()[index], chunk.hashes[index], row.info.member, mark};
  const auto* map = TRY(forks.map());
  if (!map->empty()) map->put_names(row.no, out.change);
  return out;
}

}  // namespace holm::store
