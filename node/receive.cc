// The receiving half of Replica: verify, store, and deliver in causal order.
//
// Delivery: a change waits until every head it names in `deps` has been delivered here at the same
// chain hash, and until every membership op of its frontier is known. Of those that can go, the
// least by (lamport, log) goes first, so that a batch is merged in replay order. A change whose
// author was not allowed to write at its own membership frontier, or that makes no sense, is marked
// void: it is kept, satisfies dependencies and is passed on, but has no effect (DESIGN.md 2).
#include <algorithm>

#include "base/ensure.h"
#include "crdt/columns.h"
#include "crypto/sign.h"
#include "node/aside.h"
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
        if (mark != item.mark) {
          TRY(logs().set_mark(item.change.log, item.change.seq, mark));
        }
        queue->applied = item.change.last_seq();
        queue->lamport = item.change.lamport;
        ops += item.change.ops.size();
        batch.push_back({std::move(item.change), item.hash, queue->member, mark});
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
    for (const auto& info : TRY(logs().of_space(space_))) {
      applied_[info.log] = info.applied_seq;
      if (info.applied_seq >= info.sealed_seq) continue;
      Queue queue;
      queue.log = info.log;
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
      if (TRY(is_ready(change))) best = &queue;
    }
    return best;
  }

  Result<bool> is_ready(const crdt::Change& change) {
    for (const auto& dep : change.deps) {
      const auto found = applied_.find(dep.log);
      if (found == applied_.end() || found->second < dep.seq) return false;
      const auto hash = TRY(logs().hash_at(dep.log, dep.seq));
      if (!hash || shorten(*hash) != dep.head) return false;  // another branch of a forked log
    }
    return change.membership.empty() || replica_.membership_.at(change.membership) != nullptr;
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
      const auto seen = TRY(logs().at(dep.log, dep.seq));
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
    TRY(replica_.erase(space_, batch));
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

Result<bool> Replica::deliver_all(const SpaceId& space) {
  TRY(deliver(space, Pace::at_once));
  return is_behind(space);
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
    if (is_known) taken = take_packed(delta.space, range, now, expanded);
    if (!taken) break;
    const auto info = TRY(store_->logs().find(range.head.log));
    have.push_back({range.head.log, info && info->space == delta.space ? info->sealed_seq : 0});
  }
  if (!is_known) return have;
  if (!taken && !is_fault_of_sender(taken.error())) return fail(taken.error());
  // What was verified before a bad range stands, and nobody sends again what is held.
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

/// take_range(), also for changes that go on from a base: the change that ends just before them.
/// Who does not hold it takes nothing, as with any gap. `expanded` counts over the ranges of a
/// delta.
Status Replica::take_packed(const SpaceId& space, const sync::Range& range, WallTime now,
                            std::size_t& expanded) {
  const auto from = crdt::based_at(range.packed);
  if (!from) return take_range(space, range, now);
  const auto info = TRY(store_->logs().find(range.head.log));
  if (!info || info->frozen || *from == 0) return {};
  if (info->space != space) return fail(Code::reject, "a log is claimed for two spaces");
  const auto last = TRY(store_->logs().at(range.head.log, *from - 1));
  if (!last || last->change.last_seq() + 1 != *from) return {};
  auto whole = range;
  const auto unpacked = sync::unpack(whole, crdt::base_after(last->change));
  if (!unpacked) {
    return unpacked.error().code == Code::not_found ? Status() : Status(fail(unpacked.error()));
  }
  expanded += sync::expanded_size(whole);
  if (expanded > sync::MessageLimits{}.expanded_max) {
    return fail(Code::limit, "a delta expands too far");
  }
  return take_range(space, whole, now);
}

Status Replica::take_range(const SpaceId& space, const sync::Range& range, WallTime now) {
  const auto& log = range.head.log;
  auto info = TRY(store_->logs().find(log));
  if (info && info->space != space) return fail(Code::reject, "a log is claimed for two spaces");
  if (!info) {
    const auto& first = range.changes.front();
    if (first.seq != 1) return {};  // a gap: what comes before it is on its way, or is asked again
    auto certificate = TRY(members::decode_certificate(first.certificate, team_));
    if (space != trust_ && roster().device(certificate.device) == nullptr) {
      return {};  // a device nobody has admitted, as far as is known here
    }
    auto verified =
        TRY(verify_range(space, range, {0, crdt::chain_start(space, log), 0}, certificate.signing,
                         [](const LogId&, const ObjectId&) { return std::nullopt; }));
    if (verified.empty()) return {};
    TRY(erasures_.wipe_arrivals(space, certificate.member, verified));
    TRY(store_->logs().create(log, space, certificate.device, certificate.member));
    TRY(store_->logs().append(log, verified, now));
    TRY(store_->logs().seal(range.head));
    return attach_aside(*store_, space, log, certificate.signing, now);
  }
  if (info->frozen || range.changes.front().seq > info->stored_seq + 1) return {};
  if (range.head.seq <= info->stored_seq) {
    const auto hash = TRY(store_->logs().hash_at(log, range.head.seq));
    if (hash && *hash == range.head.hash) return take_head(space, range.head);
  }
  HeldLog held{.seq = info->stored_seq, .hash = info->stored_hash, .lamport = 0};
  const auto* key = TRY(signing_key(log));
  std::optional<Error> fault;  // of this store: not to be blamed on who sent the range
  const crdt::SaltLookup salts = [&](const LogId& of, const ObjectId& object) {
    auto salt = store_->logs().salt(of, object);
    if (!salt) fault = salt.error();
    return salt ? *salt : std::nullopt;
  };
  if (held.seq > 0) {
    const auto last = TRY(store_->logs().at(log, held.seq));
    if (last) held.lamport = last->change.lamport;
  }
  auto verified = verify_range(space, range, held, *key, salts);
  if (fault) return fail(*fault);
  if (!verified || verified->empty()) {
    // The device may have signed two histories: checked from the range's own start. Proof is a head
    // that its key signed over changes other than ours.
    const auto before = range.changes.front().seq - 1;
    const auto hash = TRY(store_->logs().hash_at(log, before));
    if (hash && before < held.seq) {
      auto other = verify_range(space, range, {before, *hash, 0}, *key, salts);
      const auto ours = TRY(store_->logs().hash_at(log, std::min(range.head.seq, held.seq)));
      if (other && !other->empty() && (!ours || *ours != range.head.hash)) {
        TRY(store_->logs().freeze(log));
        forked_.push_back(log);
        env_.log.write(Level::warn, "a log has two histories: its device was copied or restored");
        return {};
      }
    }
    TRY(verified);
    return {};
  }
  TRY(erasures_.wipe_arrivals(space, info->member, *verified));
  TRY(store_->logs().append(log, *verified, now));
  TRY(store_->logs().seal(range.head));
  return attach_aside(*store_, space, log, *key, now);
}

/// A head over changes that are held: of use where damage took the one that was here.
Status Replica::take_head(const SpaceId& space, const crdt::Head& head) {
  const auto newest = TRY(store_->logs().newest_head(head.log));
  if (newest && newest->seq >= head.seq) return {};
  const auto* key = TRY(signing_key(head.log));
  const auto signature = crypto::Signature::from(head.signature.view());
  if (!crypto::verify(*key, kHeadLabel, crdt::signed_bytes(space, head), *signature)) {
    return fail(Code::reject, "a log's head is not signed by its device");
  }
  return store_->logs().seal(head);
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
