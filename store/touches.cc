#include "store/touches.h"

#include <map>
#include <set>

#include "store/logs.h"
#include "store/numbers.h"
#include "store/sqlite.h"

namespace holm::store {

Status Touches::add(std::int64_t space_no, std::int64_t log_no,
                    std::span<const StoredChange> changes, WallTime now) {
  std::map<ObjectId, std::vector<TouchRun>> runs;
  for (const auto& [change, hash, mark] : changes) {
    const auto last_seq = change.last_seq();
    for (const auto& op : change.ops) {
      auto& of_object = runs[op.object];
      if (!of_object.empty() && of_object.back().to_seq + 1 >= change.seq) {
        of_object.back().to_seq = last_seq;
      } else {
        of_object.push_back({log_no, change.seq, last_seq});
      }
    }
  }
  for (const auto& [id, of_object] : runs) {
    const auto object = TRY(object_no(db_, space_no, id, now));
    TRY(add_runs(log_no, object, of_object));
  }
  for (const auto& stored : changes) {
    for (const auto& [id, salt] : stored.change.salts) {
      const auto object = TRY(object_no(db_, space_no, id, now));
      auto insert = TRY(db_.prepare(
          "INSERT OR IGNORE INTO salt (log_no, object_no, seq, salt) VALUES (?, ?, ?, ?)"));
      TRY(insert.bind(log_no).bind(object).bind(stored.change.seq).bind(salt).run());
    }
  }
  return {};
}

Status Touches::add_runs(std::int64_t log_no, std::int64_t object, std::span<const TouchRun> runs) {
  {
    auto last =
        TRY(db_.prepare("SELECT from_seq, span FROM touch WHERE object_no = ? AND log_no = ? "
                        "ORDER BY from_seq DESC LIMIT 1"));
    last.bind(object).bind(log_no);
    if (TRY(last.step()) && last.count(0) + last.count(1) == runs.front().from_seq) {
      const auto from_seq = last.count(0);
      last.reset();
      auto grow = TRY(db_.prepare(
          "UPDATE touch SET span = ? WHERE object_no = ? AND log_no = ? AND from_seq = ?"));
      grow.bind(runs.front().to_seq - from_seq + 1).bind(object).bind(log_no).bind(from_seq);
      TRY(grow.run());
      runs = runs.subspan(1);
    }
  }
  auto insert =
      TRY(db_.prepare("INSERT INTO touch (object_no, log_no, from_seq, span) VALUES (?, ?, ?, ?)"));
  for (const auto& run : runs) {
    insert.bind(object).bind(log_no).bind(run.from_seq).bind(run.to_seq - run.from_seq + 1);
    TRY(insert.run());
  }
  return {};
}

Status Touches::cut(std::int64_t space_no, std::int64_t log_no, std::uint64_t seq,
                    std::span<const crdt::Change> gone) {
  std::set<ObjectId> touched;
  std::set<ObjectId> salted;
  for (const auto& change : gone) {
    for (const auto& op : change.ops) touched.insert(op.object);
    for (const auto& entry : change.salts) salted.insert(entry.object);
  }
  for (const auto& id : touched) {
    const auto object = TRY(object_no(db_, space_no, id));
    auto remove =
        TRY(db_.prepare("DELETE FROM touch WHERE object_no = ? AND log_no = ? AND from_seq > ?"));
    TRY(remove.bind(object).bind(log_no).bind(seq).run());
    auto shorten =
        TRY(db_.prepare("UPDATE touch SET span = ?3 - from_seq + 1 "
                        "WHERE object_no = ?1 AND log_no = ?2 AND from_seq + span - 1 > ?3"));
    TRY(shorten.bind(object).bind(log_no).bind(seq).run());
  }
  for (const auto& id : salted) {
    const auto object = TRY(object_no(db_, space_no, id));
    auto remove =
        TRY(db_.prepare("DELETE FROM salt WHERE log_no = ? AND object_no = ? AND seq > ?"));
    TRY(remove.bind(log_no).bind(object).bind(seq).run());
  }
  return {};
}

Result<std::vector<TouchRun>> Touches::of(std::int64_t object_no) const {
  std::vector<TouchRun> out;
  auto rows = TRY(db_.prepare(
      "SELECT log_no, from_seq, span FROM touch WHERE object_no = ? ORDER BY log_no, from_seq"));
  rows.bind(object_no);
  while (TRY(rows.step())) {
    out.push_back({rows.number(0), rows.count(1), rows.count(1) + rows.count(2) - 1});
  }
  return out;
}

Result<std::optional<Salt>> Touches::salt(std::int64_t log_no, std::int64_t object_no) const {
  auto rows = TRY(db_.prepare("SELECT salt FROM salt WHERE log_no = ? AND object_no = ?"));
  rows.bind(log_no).bind(object_no);
  if (!TRY(rows.step())) return std::nullopt;
  return TRY(rows.id<Salt>(0));
}

Status Touches::drop_salt(std::int64_t log_no, std::int64_t object_no) {
  auto remove = TRY(db_.prepare("DELETE FROM salt WHERE log_no = ? AND object_no = ?"));
  return remove.bind(log_no).bind(object_no).run();
}

}  // namespace holm::store
