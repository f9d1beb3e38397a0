#include "node/delivery.h"

#include <algorithm>

#include "node/replica.h"
#include "work/judge.h"

namespace holm::node {
namespace {

// What is delivered in one go: a few milliseconds of merging, whatever the changes are.
constexpr std::size_t kSliceChanges = 256;
constexpr std::size_t kSliceOps = 512;
// Changes read ahead, over all logs of a space: whole chunks where the logs are not many.
constexpr std::size_t kAhead = 32'768;
constexpr std::size_t kReadMin = 64;
constexpr std::size_t kReadMax = 1024;
constexpr std::size_t kReadBytes = 1u << 20;

}  // namespace

Result<bool> Delivery::run(Pace pace) {
  TRY(look_around());
  for (std::size_t changes = 0, ops = 0;;) {
    std::vector<crdt::Delivered> batch;
    std::vector<Taken> taken;
    while (batch.size() < kSliceChanges && ops < kSliceOps) {
      const auto log = TRY(next());
      if (!log) break;
      auto& queue = queues_.at(*log);
      auto& item = queue.changes[queue.at++];
      const auto mark = TRY(judge(*log, item.change, queue));
      replica_.note_standing(*log, space_, queue.member, queue.device);
      if (mark != item.mark) {
        if (mark == crdt::Mark::is_void) replica_.quotas_.count_void(queue.device);
        TRY(replica_.store_->logs().set_mark(*log, item.change.seq, mark));
      }
      taken.push_back({*log, queue.applied});
      queue.applied = {item.change.last_seq(), item.hash, item.change.lamport};
      applied_[*log] = queue.applied.seq;
      ops += item.change.ops.size();
      item.mark = mark;
      batch.push_back(TRY(named(*log, queue, std::move(item))));
      TRY(line_up(*log, queue));
      // What waited for this log is looked at again.
      const auto waited = waiting_.extract(*log);
      if (!waited) continue;
      for (const auto& other : waited.mapped()) TRY(line_up(other, queues_.at(other)));
    }
    if (batch.empty()) {
      // What waits for a branch does not say for which: looked at again when something went.
      if (changes == 0 || !TRY(replica_.store_->logs().has_forks())) return false;
      changes = ops = 0;
      TRY(look_around());
      continue;
    }
    auto texts = replica_.merger_.touched_texts(space_, batch);
    const bool is_known_why =
        texts || (texts.error().code == Code::corrupt && !store::is_damage(texts.error()));
    if (!is_known_why) return fail(std::move(texts).error());
    if (texts && pace == Pace::in_slices && !TRY(replica_.merger_.is_ready(space_, *texts))) {
      give_back(taken);
      return true;
    }
    changes += batch.size();
    TRY(apply(std::move(batch), taken, std::move(texts)));
    // What has been delivered may free more; trust changes what may be delivered at all.
    const bool is_enough = changes >= kSliceChanges || ops >= kSliceOps;
    if (is_enough && space_ != replica_.trust_) return true;
    if (is_enough) changes = ops = 0;
    if (space_ == replica_.trust_) TRY(look_around());
  }
}

Status Delivery::look_around() {
  line_.clear();
  waiting_.clear();
  missing_.clear();
  std::map<LogId, Queue> queues;
  for (const auto& info : TRY(replica_.store_->logs().of_space(space_))) {
    applied_[info.log] = info.applied_seq;
    if (info.applied_seq >= info.sealed_seq) continue;
    auto known = queues_.extract(info.log);
    auto& queue = queues[info.log];
    if (known && known.mapped().applied.seq == info.applied_seq) queue = std::move(known.mapped());
    queue.parent = info.parent;
    queue.base = info.base_seq;
    queue.device = info.device;
    queue.member = info.member;
    queue.sealed = info.sealed_seq;
    queue.applied = {info.applied_seq, info.applied_hash, info.applied_lamport};
  }
  queues_ = std::move(queues);
  for (auto& [log, queue] : queues_) TRY(line_up(log, queue));
  return {};
}

Status Delivery::line_up(const LogId& log, Queue& queue) {
  if (queue.head() == nullptr && queue.applied.seq < queue.sealed) {
    const auto count = std::clamp(kAhead / queues_.size(), kReadMin, kReadMax);
    queue.changes =
        TRY(replica_.store_->logs().read_hashed(log, queue.applied.seq + 1, kReadBytes, count));
    queue.at = 0;
    while (!queue.changes.empty() && queue.changes.back().change.last_seq() > queue.sealed) {
      queue.changes.pop_back();
    }
  }
  if (const auto* head = queue.head()) line_.insert({head->change.lamport, log});
  return {};
}

Result<std::optional<LogId>> Delivery::next() {
  while (!line_.empty()) {
    const auto log = line_.begin()->second;
    line_.erase(line_.begin());
    const auto& queue = queues_.at(log);
    const auto awaited = TRY(waits_for(queue.head()->change, queue));
    if (!awaited) return log;
    waiting_[*awaited].push_back(log);
  }
  return std::nullopt;
}

Result<std::optional<LogId>> Delivery::waits_for(const crdt::Change& change, const Queue& queue) {
  if (queue.base > 0 && queue.applied.seq == queue.base && applied_[queue.parent] < queue.base) {
    return queue.parent;  // what the branch goes on from comes first
  }
  for (const auto& dep : change.deps) {
    const auto plain = queues_.find(dep.log);
    if (plain != queues_.end() && plain->second.applied.seq == dep.seq &&
        shorten(plain->second.applied.hash) == dep.head) {
      continue;
    }
    if (missing_.contains(dep)) return dep.log;
    const auto log = TRY(replica_.store_->logs().find_dep(space_, dep));
    if (!log) {
      missing_.insert(dep);
      return dep.log;
    }
    const auto found = applied_.find(*log);
    if (found == applied_.end() || found->second < dep.seq) return *log;
  }
  for (const auto& op : change.membership) {
    if (!replica_.membership_.knows(op)) return LogId();
  }
  return std::optional<LogId>();
}

Result<crdt::Delivered> Delivery::named(const LogId& log, const Queue& queue,
                                        store::HeldChange held) {
  const auto& deps = held.change.deps;
  const bool is_plain = std::all_of(
      deps.begin(), deps.end(), [&](const crdt::Dep& dep) { return applied_.contains(dep.log); });
  if (is_plain && !TRY(replica_.store_->logs().has_forks())) {
    return crdt::Delivered{std::move(held.change), held.hash, queue.member, held.mark};
  }
  TRY(replica_.store_->logs().note_deps(log, held.change));
  return replica_.store_->logs().named(log, std::move(held));
}

Result<crdt::Mark> Delivery::judge(const LogId& log, const crdt::Change& change,
                                   const Queue& queue) {
  if (!TRY(is_time_sound(change, queue))) return crdt::Mark::is_void;
  const auto home = space_ == replica_.trust_     ? work::Home::trust
                    : space_ == replica_.commons_ ? work::Home::commons
                                                  : work::Home::room;
  auto& membership = replica_.membership_;
  std::optional<work::members::Authority> by;
  const auto verdict = work::judge(change, home, [&](std::span<const ShortHash> frontier) {
    by = membership.authority(frontier, queue.member, queue.device);
    if (!by) return std::optional<work::Author>();
    work::Author author{by->role, {}};
    if (home == work::Home::room) {
      author.level = membership.level(frontier, queue.member, space_).value_or(author.level);
    }
    return std::optional(author);
  });
  if (verdict.counts() && by && membership.is_anyone_cut()) {
    const auto room = replica_.room_in_trust(space_);
    // By what it is judged, of a log that is new: else nobody looks again when that changes.
    auto& standings = replica_.standings_;
    if (!standings.contains(log)) {
      standings[log] = membership.standing_of(queue.member, queue.device, room);
    }
    if (membership.holds_back(*by, queue.member, queue.device, {change.log, change.seq}, room,
                              change.membership)) {
      return crdt::Mark::held;
    }
  }
  return verdict.mark;
}

/// Its lamport at most five years past the change's causal past, and its time no later than that:
/// judged alike everywhere, by no clock.
Result<bool> Delivery::is_time_sound(const crdt::Change& change, const Queue& queue) {
  const auto time = change.time.time_since_epoch().count();
  if (!is_possible(change.time) || static_cast<std::uint64_t>(time) > change.lamport) return false;
  std::uint64_t past = queue.applied.lamport;
  if (past > 0 && change.lamport <= past + crdt::kLamportLeapMax) return true;
  for (const auto& dep : change.deps) {
    const auto log = TRY(replica_.store_->logs().find_dep(space_, dep));
    const auto seen = log ? TRY(replica_.store_->logs().at(*log, dep.seq)) : std::nullopt;
    if (seen) past = std::max(past, seen->change.lamport);
  }
  // Where a space begins: as far past what its author knew of the team. The team's own beginning
  // has nothing to leap from.
  if (past == 0 && !change.membership.empty()) {
    const auto newest = replica_.membership_.newest(change.membership);
    past = static_cast<std::uint64_t>(newest.time_since_epoch().count());
  }
  return past == 0 || change.lamport <= past + crdt::kLamportLeapMax;
}

void Delivery::give_back(const std::vector<Taken>& taken) {
  for (auto item = taken.rbegin(); item != taken.rend(); ++item) {
    auto& queue = queues_.at(item->log);
    queue.applied = item->before;
    queue.changes.clear();  // read again: what was taken may have got other names
    queue.at = 0;
  }
}

Status Delivery::apply(std::vector<crdt::Delivered> batch, const std::vector<Taken>& taken,
                       Result<std::vector<Merger::TouchedText>> texts) {
  auto& logs = replica_.store_->logs();
  std::set<LogId> logs_of_batch;
  for (const auto& item : taken) logs_of_batch.insert(item.log);
  for (const auto& log : logs_of_batch) TRY(logs.set_applied(log, queues_.at(log).applied));
  TRY(logs.note_named(space_, batch));
  auto merged = texts ? replica_.merger_.apply(space_, batch, std::move(*texts))
                      : Status(fail(std::move(texts).error()));
  if (!merged && merged.error().code == Code::corrupt) {
    replica_.merger_.forget();
    merged = apply_singly(batch);
  }
  TRY(merged);
  replica_.note(space_, batch, false);
  if (TRY(replica_.erase(space_, batch))) {
    queues_.clear();  // what was read ahead still holds what is wiped by now
    TRY(look_around());
  }
  if (space_ != replica_.trust_) return {};
  std::vector<ObjectId> objects;
  for (const auto& item : batch) {
    for (const auto& op : item.change.ops) objects.push_back(op.object);
  }
  return replica_.absorb_membership(objects);
}

/// Some change of the batch makes no sense: finds which by merging them one by one. Each is marked
/// as applied only when its turn comes, so that replays of texts see what came before it.
Status Delivery::apply_singly(std::vector<crdt::Delivered>& batch) {
  auto& logs = replica_.store_->logs();
  std::map<LogId, std::uint64_t> first;
  for (const auto& item : batch) first.try_emplace(item.change.log, item.change.seq - 1);
  for (const auto& [log, seq] : first) TRY(logs.set_applied(log, seq));
  for (auto& item : batch) {
    TRY(logs.set_applied(item.change.log, item.change.last_seq()));
    auto merged = replica_.merger_.apply(space_, std::span(&item, 1));
    if (merged) continue;
    if (merged.error().code != Code::corrupt) return merged;
    replica_.merger_.forget();
    item.mark = crdt::Mark::is_void;
    TRY(logs.set_mark(item.change.log, item.change.seq, item.mark));
    TRY(replica_.merger_.apply(space_, std::span(&item, 1)));
  }
  return {};
}

}  // namespace holm::node
