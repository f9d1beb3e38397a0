#include "store/log_rows.h"

#include <string>

#include "store/sqlite.h"

namespace holm::store {
namespace {

// The columns that read_row() reads.
const std::string kSelect =
    "SELECT log.no, log.space_no, log.id, space.id, log.device, log.member, log.stored_seq, "
    "log.stored_hash, log.sealed_seq, log.applied_seq, log.applied_hash, log.frozen, "
    "log.stored_lamport, log.applied_lamport, log.change_count, parent_no, root_no, root.id, "
    "base_seq, base_hash, base_lamport, parent.id FROM log JOIN space ON space.no = log.space_no "
    "LEFT JOIN branch ON branch.log_no = log.no LEFT JOIN log AS root ON root.no = root_no "
    "LEFT JOIN log AS parent ON parent.no = parent_no WHERE ";
const std::string kById = kSelect + "log.id = ?";
const std::string kByNo = kSelect + "log.no = ?";
const std::string kByRoot = kSelect + "root_no = ? ORDER BY base_seq, log.id";
const std::string kBySpace = kSelect + "space.id = ? ORDER BY log.id";

constexpr std::size_t kKeptMax = 4096;  // rows, of some 400 bytes

Result<LogRow> read_row(const Statement& rows) {
  LogRow out;
  out.no = rows.number(0);
  out.space_no = rows.number(1);
  out.info.log = TRY(rows.id<LogId>(2));
  out.info.space = TRY(rows.id<SpaceId>(3));
  out.info.device = TRY(rows.id<DeviceId>(4));
  out.info.member = TRY(rows.id<MemberId>(5));
  out.info.stored_seq = rows.count(6);
  out.info.stored_hash = TRY(rows.id<Digest>(7));
  out.info.sealed_seq = rows.count(8);
  out.info.applied_seq = rows.count(9);
  out.info.applied_hash = TRY(rows.id<Digest>(10));
  out.info.frozen = rows.number(11) != 0;
  out.info.stored_lamport = rows.count(12);
  out.info.applied_lamport = rows.count(13);
  out.change_count = rows.count(14);
  out.info.root = out.info.log;
  if (rows.is_null(15)) return out;
  out.parent_no = rows.number(15);
  out.root_no = rows.number(16);
  out.info.root = TRY(rows.id<LogId>(17));
  out.info.base_seq = rows.count(18);
  out.info.base_hash = TRY(rows.id<Digest>(19));
  out.base_lamport = rows.count(20);
  out.info.parent = TRY(rows.id<LogId>(21));
  return out;
}

}  // namespace

void LogRows::check() {
  if (rollbacks_ == db_.rollbacks() && kept_.size() < kKeptMax) return;
  rollbacks_ = db_.rollbacks();
  forget();
}

void LogRows::forget() {
  kept_.clear();
  ids_.clear();
  spaces_.clear();
}

void LogRows::keep(const LogRow& row) {
  kept_.insert_or_assign(row.info.log, row);
  ids_.insert_or_assign(row.no, row.info.log);
}

Result<std::optional<LogRow>> LogRows::find(const LogId& log) {
  check();
  if (const auto known = kept_.find(log); known != kept_.end()) return known->second;
  auto rows = TRY(db_.prepare(kById));
  rows.bind(log);
  if (!TRY(rows.step())) return std::nullopt;
  auto row = TRY(read_row(rows));
  keep(row);
  return row;
}

Result<LogRow> LogRows::need(const LogId& log) {
  auto found = TRY(find(log));
  if (!found) return fail(Code::not_found, "this store has no log " + log.text());
  return *found;
}

Result<LogRow> LogRows::by_no(std::int64_t no) {
  check();
  if (const auto id = ids_.find(no); id != ids_.end()) return kept_.at(id->second);
  auto rows = TRY(db_.prepare(kByNo));
  rows.bind(no);
  if (!TRY(rows.step())) {
    return fail(damaged("a log is missing"));
  }
  auto row = TRY(read_row(rows));
  keep(row);
  return row;
}

Result<LogRow> LogRows::at(LogRow row, std::uint64_t seq) {
  while (row.parent_no != 0 && seq <= row.info.base_seq) row = TRY(by_no(row.parent_no));
  return row;
}

Result<std::vector<LogRow>> LogRows::tree_of(const LogId& root) {
  std::vector<LogRow> out;
  const auto found = TRY(find(root));
  if (!found || found->parent_no != 0) return out;
  out.push_back(*found);
  if (!found->info.frozen) return out;
  auto rows = TRY(db_.prepare(kByRoot));
  rows.bind(found->no);
  while (TRY(rows.step())) out.push_back(TRY(read_row(rows)));
  return out;
}

Result<std::vector<LogRow>> LogRows::of_space(const SpaceId& space) {
  check();
  std::vector<LogRow> out;
  if (const auto known = spaces_.find(space); known != spaces_.end()) {
    out.reserve(known->second.size());
    for (const auto no : known->second) out.push_back(TRY(by_no(no)));
    return out;
  }
  auto rows = TRY(db_.prepare(kBySpace));
  rows.bind(space);
  while (TRY(rows.step())) out.push_back(TRY(read_row(rows)));
  std::vector<std::int64_t> numbers;
  for (const auto& row : out) {
    numbers.push_back(row.no);
    keep(row);
  }
  spaces_[space] = std::move(numbers);
  return out;
}

Status LogRows::update(const LogRow& row) {
  auto update = TRY(db_.prepare(
      "UPDATE log SET stored_seq = ?, stored_hash = ?, stored_lamport = ?, sealed_seq = ?, "
      "applied_seq = ?, applied_hash = ?, applied_lamport = ?, change_count = ?, frozen = ? "
      "WHERE no = ?"));
  update.bind(row.info.stored_seq)
      .bind(row.info.stored_hash)
      .bind(row.info.stored_lamport)
      .bind(row.info.sealed_seq)
      .bind(row.info.applied_seq)
      .bind(row.info.applied_hash)
      .bind(row.info.applied_lamport)
      .bind(row.change_count)
      .bind(row.info.frozen)
      .bind(row.no);
  TRY(update.run());
  check();
  keep(row);
  return {};
}

}  // namespace holm::store
