// The receiving half of Replica: verify, store, and deliver in causal order.
//
// Delivery: a change waits until every head it names in `deps` has been delivered here at the same
// chain hash, and until every membership op of its frontier is known. Of those that can go, the
// least by (lamport, log) goes first, so that a batch is merged in replay order. A change whose
// author was not allowed to write at its own membership frontier, or that makes no sense, is marked
// void: it is kept, satisfies dependencies and is passed on, but has no effect (DESIGN.md 2).
#include <algorithm>
#include <set>

#include "base/ensure.h"
#include "crdt/columns.h"
#include "node/replica.h"
#include "node/verify.h"
#include "work/judge.h"
#include "work/schema.h"

namespace holm::node {
namespace members = work::members;
namespace {

// What is delivered in one go: a few milliseconds of merging, whatever the changes are.
constexpr std::size_t kSliceChanges = 256;
constexpr std::size_t kSliceOps = 512;
constexpr std::size_t kReadChanges = 256;
constexpr std::size_t kReadBytes = 4u << 20;

}  // namespace

bool is_fault_of_sender(const Error& error) {
  return error.code == Code::reject || error.code == Code::limit || error.code == Code::unsupported;
}

/// One pass of delivery over a space.
class Delivery {
 public:
  Delivery(Replica& replica, const SpaceId& space, Pace pace)
      : replica_(replica), space_(space), pace_(pace) {}

  /// Delivers a slice of what can go, or all of it where that is about membership, which others
  /// wait for; nothing while a long text is being opened for it, unless pressed. True when there
  /// may be more.
  Result<bool> run() {
    for (std::size_t changes = 0, ops = 0;;) {
      TRY(open());
      std::vector<crdt::Delivered> batch;
      while (batch.size() < kSliceChanges && ops < kSliceOps) {
        auto* queue = TRY(next());
        if (queue == nullptr) break;
        auto& item = queue->changes[queue->at++];
        const auto mark = TRY(judge(item.change, *queue));
        if (mark != item.mark) TRY(logs().set_mark(queue->log, item.change.seq, mark));
        queue->applied = item.change.last_seq();
        queue->lamport = item.change.lamport;
        ops += item.change.ops.size();
        batch.push_back(TRY(named(*queue, std::move(item), mark)));
      }
      if (batch.empty()) return false;
      auto texts = TRY(replica_.merger_.touched_texts(space_, batch));
      if (pace_ == Pace::in_slices && !TRY(replica_.merger_.is_ready(space_, texts))) return true;
      changes += batch.size();
      TRY(apply(std::move(batch), std::move(texts)));
      // What has been delivered may free more; trust changes what may be delivered at all.
      const bool is_enough = changes >= kSliceChanges || ops >= kSliceOps;
      if (is_enough && space_ != replica_.trust_) return true;
      if (is_enough) changes = ops = 0;
    }
  }

 private:
  struct Queue {
    LogId log;
    LogId parent;  // of a branch
    std::uint64_t base = 0;
    DeviceId device;
    MemberId member;
    std::uint64_t applied = 0;
    std::uint64_t sealed = 0;
    std::uint64_t lamport = 0;  ///< of the last change delivered; 0: none yet
    std::vector<store::StoredChange> changes;
    std::size_t at = 0;
  };

  store::Logs& logs() { return replica_.store_->logs(); }

  Status open() {
    queues_.clear();
    missing_.clear();
    for (const auto& info : TRY(logs().of_space(space_))) {
      applied_[info.log] = info.applied_seq;
      if (info.applied_seq >= info.sealed_seq) continue;
      Queue queue;
      queue.log = info.log;
      queue.parent = info.parent;
      queue.base = info.base_seq;
      queue.device = info.device;
      queue.member = info.member;
      queue.applied = info.applied_seq;
      queue.sealed = info.sealed_seq;
      if (info.applied_seq > 0) {
        const auto last = TRY(logs().at(info.log, info.applied_seq));
        if (last) queue.lamport = last->change.lamport;
      }
      queues_.push_back(std::move(queue));
    }
    return {};
  }

  /// The queue whose next change can go and is least; null when none can.
  Result<Queue*> next() {
    Queue* best = nullptr;
    for (auto& queue : queues_) {
      if (queue.at == queue.changes.size()) {
        if (queue.applied >= queue.sealed) continue;
        queue.changes = TRY(logs().read(queue.log, queue.applied + 1, kReadBytes, kReadChanges));
        queue.at = 0;
        while (!queue.changes.empty() && queue.changes.back().change.last_seq() > queue.sealed) {
          queue.changes.pop_back();
        }
        if (queue.changes.empty()) continue;
      }
      applied_[queue.log] = queue.applied;
      const auto& change = queue.changes[queue.at].change;
      if (best != nullptr && !crdt::replays_before(change, best->changes[best->at].change))
        continue;
      if (TRY(is_ready(change, queue))) best = &queue;
    }
    return best;
  }

  Result<bool> is_ready(const crdt::Change& change, const Queue& queue) {
    if (queue.base > 0 && queue.applied == queue.base && applied_[queue.parent] < queue.base) {
      return false;  // what the branch goes on from comes first
    }
    for (const auto& dep : change.deps) {
      if (missing_.contains(dep)) return false;
      const auto log = TRY(logs().find_dep(space_, dep));  // that branch of a forked log
      if (!log) {
        missing_.insert(dep);
        return false;
      }
      const auto found = applied_.find(*log);
      if (found == applied_.end() || found->second < dep.seq) return false;
    }
    return change.membership.empty() || replica_.membership_.at(change.membership) != nullptr;
  }

  /// A change as it is merged: with the names that branches of forked logs have.
  Result<crdt::Delivered> named(const Queue& queue, store::StoredChange item, crdt::Mark mark) {
    const auto& deps = item.change.deps;
    const bool is_plain = std::all_of(
        deps.begin(), deps.end(), [&](const crdt::Dep& dep) { return applied_.contains(dep.log); });
    if (is_plain && !TRY(logs().has_forks())) {
      return crdt::Delivered{std::move(item.change), item.hash, queue.member, mark};
    }
    TRY(logs().note_deps(queue.log, item.change));
    item.mark = mark;
    return logs().named(queue.log, std::move(item));
  }

  Result<crdt::Mark> judge(const crdt::Change& change, const Queue& queue) {
    if (!TRY(is_lamport_sound(change, queue))) return crdt::Mark::is_void;
    const auto home = space_ == replica_.trust_     ? work::Home::trust
                      : space_ == replica_.commons_ ? work::Home::commons
                                                    : work::Home::room;
    const auto verdict = work::judge(
        change, {queue.member, queue.device}, home, [&](std::span<const ShortHash> frontier) {
          return replica_.membership_.at({frontier.begin(), frontier.end()});
        });
    return verdict.mark;
  }

  /// At most five years past the change's causal past, judged alike everywhere.
  Result<bool> is_lamport_sound(const crdt::Change& change, const Queue& queue) {
    std::uint64_t past = queue.lamport;
    if (past > 0 && change.lamport <= past + crdt::kLamportLeapMax) return true;
    for (const auto& dep : change.deps) {
      const auto log = TRY(logs().find_dep(space_, dep));
      const auto seen = log ? TRY(logs().at(*log, dep.seq)) : std::nullopt;
      if (seen) past = std::max(past, seen->change.lamport);
    }
    // A log's first change without any past has nothing to leap from: its own claim is the start.
    return past == 0 || change.lamport <= past + crdt::kLamportLeapMax;
  }

  Status apply(std::vector<crdt::Delivered> batch, std::vector<Merger::TouchedText> texts) {
    std::map<LogId, std::uint64_t> reached;
    for (const auto& item : batch) reached[item.change.log] = item.change.last_seq();
    for (const auto& [log, seq] : reached) TRY(logs().set_applied(log, seq));
    auto merged = replica_.merger_.apply(space_, batch, std::move(texts));
    if (!merged && merged.error().code == Code::corrupt) {
      replica_.merger_.forget();
      merged = apply_singly(batch);
    }
    TRY(merged);
    replica_.note(space_, batch, false);
    if (space_ != replica_.trust_) return {};
    std::vector<ObjectId> objects;
    for (const auto& item : batch) {
      for (const auto& op : item.change.ops) objects.push_back(op.object);
    }
    return replica_.absorb_membership(objects);
  }

  /// Some change of the batch makes no sense: finds which by merging them one by one. Each is
  /// marked as applied only when its turn comes, so that replays of texts see what came before it.
  Status apply_singly(std::vector<crdt::Delivered>& batch) {
    std::map<LogId, std::uint64_t> first;
    for (const auto& item : batch) first.try_emplace(item.change.log, item.change.seq - 1);
    for (const auto& [log, seq] : first) TRY(logs().set_applied(log, seq));
    for (auto& item : batch) {
      TRY(logs().set_applied(item.change.log, item.change.last_seq()));
      auto merged = replica_.merger_.apply(space_, std::span(&item, 1));
      if (merged) continue;
      if (merged.error().code != Code::corrupt) return merged;
      replica_.merger_.forget();
      item.mark = crdt::Mark::is_void;
      TRY(logs().set_mark(item.change.log, item.change.seq, item.mark));
      TRY(replica_.merger_.apply(space_, std::span(&item, 1)));
    }
    return {};
  }

  Replica& replica_;
  SpaceId space_;
  Pace pace_;
  std::vector<Queue> queues_;
  std::map<LogId, std::uint64_t> applied_;
  std::set<crdt::Dep> missing_;  // looked for in this pass, and not held
};

Status Replica::deliver(const SpaceId& space, Pace pace) {
  delivered_.insert(space);
  if (TRY(Delivery(*this, space, pace).run())) {
    behind_.insert(space);
  } else {
    behind_.erase(space);
  }
  return {};
}

Status Replica::heal(const SpaceId& space) {
  for (const auto& info : TRY(store_->logs().of_space(space))) {
    if (info.applied_seq > info.base_seq) healed_[info.log] = info.applied_seq;
  }
  TRY(merger_.clear(space));
  TRY(store_->logs().rewind(space));
  digests_.erase(space);
  delivered_.insert(space);
  while (TRY(Delivery(*this, space, Pace::at_once).run())) {
  }
  behind_.erase(space);
  unhealed_.erase(space);
  healed_.clear();
  return {};
}

Status Replica::deliver_more(Pace pace) {
  if (behind_.empty()) return {};
  return deliver(*behind_.begin(), pace);
}

Result<std::vector<sync::Ack::Have>> Replica::receive(const sync::Delta& delta, WallTime now) {
  std::vector<sync::Ack::Have> have;
  const bool is_known = has_space(delta.space);
  Status taken;
  std::size_t expanded = 0;
  for (const auto& range : delta.ranges) {
    if (is_known) taken = take_range(delta.space, range, now, expanded);
    if (!taken) break;
    // Of a forked log: whether its branch is held.
    const auto& head = range.head;
    const auto tree = TRY(store_->logs().tree(head.log));
    std::uint64_t reached = 0;
    if (!tree.empty() && tree[0].space == delta.space) {
      const bool is_held =
          TRY(store_->logs().find_place(head.log, head.seq, head.hash.view())).has_value();
      reached = is_held            ? head.seq
                : tree.size() == 1 ? std::min(tree[0].sealed_seq, head.seq - 1)
                                   : 0;
    }
    have.push_back({head.log, reached});
  }
  if (!is_known) return have;
  if (!taken && !is_fault_of_sender(taken.error())) return fail(taken.error());
  // What was verified before a bad range stands, and nobody sends again what is held.
  if (unhealed_.contains(delta.space)) TRY(heal(delta.space));
  TRY(deliver(delta.space));
  if (delta.space == trust_ && membership_changed_) {
    // Changes elsewhere may have waited for what is known now.
    for (const auto& space : spaces()) {
      if (space != trust_) TRY(deliver(space));
    }
  }
  TRY(taken);
  return have;
}

/// Where a log that is held goes on with these changes: everywhere that a change ends just before
/// them, at the chain hash that they say they go on from.
Result<std::vector<Replica::Start>> Replica::starts(const sync::Range& range, std::uint64_t seq,
                                                    const std::vector<store::LogInfo>& tree) const {
  std::vector<Start> out;
  for (const auto& info : tree) {
    const bool is_start = seq == 0 && !info.is_branch();
    if (!is_start && (seq <= info.base_seq || seq > info.stored_seq)) continue;
    const auto hash = TRY(store_->logs().hash_at(info.log, seq));
    if (!hash || (range.before && shorten(*hash) != *range.before)) continue;
    out.push_back({info.log, seq, *hash});
  }
  return out;
}

/// Takes what is new of a range. Changes may go on from a base: the change that ends just before
/// them. Who does not hold it takes nothing, as with any gap. `expanded` counts over the ranges of
/// a delta.
Status Replica::take_range(const SpaceId& space, const sync::Range& range, WallTime now,
                           std::size_t& expanded) {
  const auto& log = range.head.log;
  const auto tree = TRY(store_->logs().tree(log));
  const auto base = crdt::based_at(range.packed);
  if (tree.empty()) return base ? Status() : take_first(space, range, now);
  if (tree[0].space != space) return fail(Code::reject, "a log is claimed for two spaces");
  const auto from = base ? *base : range.changes.front().seq;
  if (from == 0 || TRY(store_->logs().find_place(log, range.head.seq, range.head.hash.view()))) {
    return {};
  }
  // Which of many branches is meant has to be said: trying all of them would be dear.
  if (from > 1 && !range.before && tree.size() > 1) return {};
  std::optional<Error> refused;
  for (const auto& start : TRY(starts(range, from - 1, tree))) {
    auto whole = range;
    if (base) {
      const auto last = TRY(store_->logs().at(start.log, start.seq));
      if (!last) continue;
      const auto unpacked = sync::unpack(whole, crdt::base_after(last->change));
      if (!unpacked && unpacked.error().code == Code::not_found) continue;
      if (!unpacked) return fail(unpacked.error());
      expanded += sync::expanded_size(whole);
      if (expanded > sync::MessageLimits{}.expanded_max) {
        return fail(Code::limit, "a delta expands too far");
      }
    }
    auto taken = take_from(space, whole, start, tree, now);
    if (taken || !is_fault_of_sender(taken.error())) return taken;
    if (!refused) refused = std::move(taken).error();
  }
  if (refused) return fail(std::move(*refused));
  return {};
}

/// Of a log that is not held.
Status Replica::take_first(const SpaceId& space, const sync::Range& range, WallTime now) {
  const auto& log = range.head.log;
  const auto& first = range.changes.front();
  if (first.seq != 1) return {};  // a gap: what comes before it is on its way, or is asked again
  auto certificate = TRY(members::decode_certificate(first.certificate, team_));
  if (space != trust_ && roster().device(certificate.device) == nullptr) {
    return {};  // a device nobody has admitted, as far as is known here
  }
  const auto verified =
      TRY(verify_range(space, range, {0, crdt::chain_start(space, log), 0}, certificate.signing,
                       [](const LogId&, const ObjectId&) { return std::nullopt; }));
  if (verified.empty()) return {};
  const auto namesake = TRY(store_->logs().find(log));
  if (namesake) {
    TRY(rename(namesake->space, {TRY(store_->logs().vacate(log))}));
    unhealed_.insert(namesake->space);
  }
  TRY(store_->logs().create(log, space, certificate.device, certificate.member));
  TRY(store_->logs().append(log, verified, now));
  TRY(store_->logs().seal(range.head));
  if (!namesake) return {};
  TRY(rename(namesake->space, TRY(store_->logs().settle_names(namesake->space))));
  return namesake->space == space ? Status() : heal(namesake->space);
}

Status Replica::take_from(const SpaceId& space, const sync::Range& range, const Start& start,
                          const std::vector<store::LogInfo>& tree, WallTime now) {
  auto& logs = store_->logs();
  std::optional<Error> fault;  // of this store: not to be blamed on who sent the range
  const crdt::SaltLookup salts = [&](const LogId&, const ObjectId& object) {
    auto salt = logs.salt(start.log, object);
    if (!salt) fault = salt.error();
    return salt ? *salt : std::nullopt;
  };
  const auto verify =
      [&](const HeldLog& held,
          const crypto::VerifyKey& key) -> Result<std::vector<store::StoredChange>> {
    auto verified = verify_range(space, range, held, key, salts);
    if (fault) return fail(*fault);
    return verified;
  };
  auto at = *std::find_if(tree.begin(), tree.end(),
                          [&](const store::LogInfo& info) { return info.log == start.log; });
  if (!at.is_forked() && at.stored_seq > start.seq) {
    // It begins with what is held, as far as anyone knows: the chain says whether it goes on there.
    const auto last = TRY(logs.at(at.log, at.stored_seq));
    const HeldLog held{at.stored_seq, at.stored_hash, last ? last->change.lamport : 0};
    const auto verified = verify(held, *TRY(signing_key(at.log)));
    if (fault) return fail(*fault);
    if (verified && !verified->empty()) {
      TRY(logs.append(at.log, *verified, now));
      return logs.seal(range.head);
    }
  }
  auto device = at.device;
  auto member = at.member;
  std::vector<store::StoredChange> verified;
  if (start.seq == 0) {
    auto certificate = TRY(members::decode_certificate(range.changes.front().certificate, team_));
    if (space != trust_ && roster().device(certificate.device) == nullptr) return {};
    device = certificate.device;
    member = certificate.member;
    verified = TRY(verify({0, start.hash, 0}, certificate.signing));
  } else {
    const auto last = TRY(logs.at(start.log, start.seq));
    const HeldLog held{start.seq, start.hash, last ? last->change.lamport : 0};
    verified = TRY(verify(held, *TRY(signing_key(start.log))));
  }
  // Along what is held, to the first change that is not.
  auto seq = start.seq;
  std::size_t known = 0;
  for (; known < verified.size(); ++known) {
    const auto end = verified[known].change.last_seq();
    const auto& hash = verified[known].hash;
    const auto holds = [&](const store::LogInfo& info) -> Result<bool> {
      if (end <= info.base_seq || end > info.stored_seq) return false;
      return TRY(logs.hash_at(info.log, end)) == hash;
    };
    if (!TRY(holds(at))) {
      if (seq < at.stored_seq) break;
      const store::LogInfo* next = nullptr;
      for (const auto& info : tree) {
        if (info.is_branch() && info.parent == at.log && TRY(holds(info))) next = &info;
      }
      if (next == nullptr) break;
      at = *next;
    }
    seq = end;
  }
  if (known == verified.size()) return {};
  const auto rest = std::span<const store::StoredChange>(verified).subspan(known);
  if (seq == at.stored_seq && !at.frozen) {
    TRY(logs.append(at.log, rest, now));
    return logs.seal(at.log, range.head);
  }
  if (seq > 0) {
    device = at.device;
    member = at.member;
  }
  return take_branch(at, seq, device, member, rest, range.head, now);
}

Result<const crypto::VerifyKey*> Replica::signing_key(const LogId& log) {
  const auto known = keys_.find(log);
  if (known != keys_.end()) return &known->second;
  const auto first = TRY(store_->logs().at(log, 1));
  if (!first) return fail(Code::corrupt, "a log lacks its first change");
  auto certificate = TRY(members::decode_certificate(first->change.certificate, team_));
  return &(keys_[log] = certificate.signing);
}

}  // namespace holm::node
