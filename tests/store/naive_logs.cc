#include "tests/store/naive_logs.h"

#include <algorithm>

#include "base/ensure.h"

namespace holm::store::test {
namespace {

bool touches(const crdt::Change& change, const ObjectId& object) {
  return std::any_of(change.ops.begin(), change.ops.end(),
                     [&](const crdt::Op& op) { return op.object == object; });
}

}  // namespace

void NaiveLogs::append(const LogId& log, const std::vector<StoredChange>& changes) {
  auto& one = logs_.at(log);
  for (const auto& stored : changes) {
    one.changes.push_back(stored);
    one.info.stored_seq = stored.change.last_seq();
    one.info.stored_hash = stored.hash;
    one.info.stored_lamport = stored.change.lamport;
    for (const auto& entry : stored.change.salts) one.salts.emplace(entry.object, entry.salt);
  }
}

void NaiveLogs::drop_tail(const LogId& log) {
  auto& one = logs_.at(log);
  auto& info = one.info;
  info.stored_seq = info.sealed_seq;
  info.stored_hash = crdt::chain_start(info.space, log);
  info.stored_lamport = 0;
  while (!one.changes.empty() && one.changes.back().change.last_seq() > info.sealed_seq) {
    for (const auto& entry : one.changes.back().change.salts) one.salts.erase(entry.object);
    one.changes.pop_back();
  }
  if (one.changes.empty()) return;
  info.stored_hash = one.changes.back().hash;
  info.stored_lamport = one.changes.back().change.lamport;
}

void NaiveLogs::seal(const crdt::Head& head) {
  auto& one = logs_.at(head.log);
  one.heads[head.seq] = head;
  one.info.sealed_seq = std::max(one.info.sealed_seq, head.seq);
  std::map<std::uint64_t, crdt::Head> kept;
  std::uint64_t before = 0;
  for (const auto& [seq, item] : one.heads) {
    const bool newest = seq == one.heads.rbegin()->first;
    if (newest || crdt::is_checkpoint(before, seq)) kept[seq] = item;
    before = seq;
  }
  one.heads = kept;
}

void NaiveLogs::set_applied(const LogId& log, std::uint64_t seq) {
  auto& one = logs_.at(log);
  one.info.applied_seq = seq;
  one.info.applied_lamport = 0;
  one.info.applied_hash = crdt::chain_start(one.info.space, log);
  for (const auto& stored : one.changes) {
    if (stored.change.last_seq() != seq) continue;
    one.info.applied_hash = stored.hash;
    one.info.applied_lamport = stored.change.lamport;
  }
}

void NaiveLogs::set_mark(const LogId& log, std::uint64_t seq, crdt::Mark mark) {
  for (auto& stored : logs_.at(log).changes) {
    if (stored.change.seq <= seq && seq <= stored.change.last_seq()) stored.mark = mark;
  }
}

std::size_t NaiveLogs::wipe(const SpaceId& space, const ObjectId& object) {
  std::size_t out = 0;
  for (auto& entry : logs_) {
    auto& one = entry.second;
    if (one.info.space != space) continue;
    const auto salts = [&](const LogId&, const ObjectId& asked) -> std::optional<Salt> {
      const auto found = one.salts.find(asked);
      return found == one.salts.end() ? std::nullopt : std::optional(found->second);
    };
    for (auto& stored : one.changes) {
      const auto wiped = crdt::wipe(stored.change, object, salts);
      ENSURE(wiped.has_value());
      if (*wiped) ++out;
    }
    one.salts.erase(object);
  }
  return out;
}

std::vector<LogInfo> NaiveLogs::of_space(const SpaceId& space) const {
  std::vector<LogInfo> out;
  for (const auto& [log, one] : logs_) {
    if (one.info.space == space) out.push_back(one.info);
  }
  return out;
}

std::optional<StoredChange> NaiveLogs::at(const LogId& log, std::uint64_t seq) const {
  for (const auto& stored : logs_.at(log).changes) {
    if (stored.change.seq <= seq && seq <= stored.change.last_seq()) return stored;
  }
  return std::nullopt;
}

std::vector<crdt::Head> NaiveLogs::heads(const LogId& log) const {
  std::vector<crdt::Head> out;
  for (const auto& [seq, head] : logs_.at(log).heads) out.push_back(head);
  return out;
}

std::vector<crdt::Delivered> NaiveLogs::delivered(const SpaceId& space,
                                                  const std::optional<ObjectId>& object) const {
  std::vector<crdt::Delivered> out;
  for (const auto& [log, one] : logs_) {
    if (one.info.space != space) continue;
    for (const auto& stored : one.changes) {
      if (stored.change.last_seq() > one.info.applied_seq) continue;
      if (object && !touches(stored.change, *object)) continue;
      out.push_back({stored.change, stored.hash, one.info.member, stored.mark});
    }
  }
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return crdt::replays_before(a.change, b.change); });
  return out;
}

std::optional<Salt> NaiveLogs::salt(const LogId& log, const ObjectId& object) const {
  const auto& salts = logs_.at(log).salts;
  const auto found = salts.find(object);
  return found == salts.end() ? std::nullopt : std::optional(found->second);
}

std::vector<crdt::Position> NaiveLogs::positions(const SpaceId& space) const {
  std::vector<crdt::Position> out;
  for (const auto& entry : logs_) {
    const auto& one = entry.second;
    if (one.info.space != space) continue;
    const auto counts = [&](const StoredChange& stored) {
      return stored.change.last_seq() <= one.info.applied_seq && stored.mark == crdt::Mark::valid;
    };
    if (std::any_of(one.changes.begin(), one.changes.end(), counts)) {
      out.push_back({entry.first, one.info.applied_seq, one.info.applied_hash});
    }
  }
  return out;
}

std::uint64_t NaiveLogs::lamport(const SpaceId& space) const {
  const auto all = delivered(space, std::nullopt);
  return all.empty() ? 0 : all.back().change.lamport;
}

std::uint64_t NaiveLogs::change_count(const SpaceId& space) const {
  std::uint64_t out = 0;
  for (const auto& [log, one] : logs_) {
    if (one.info.space == space) out += one.changes.size();
  }
  return out;
}

}  // namespace holm::store::test
