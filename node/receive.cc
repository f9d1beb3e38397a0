// The receiving half of Replica: verify, store, and have delivered (delivery.h) what can be.
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
bool is_fault_of_sender(const Error& error) {
  return error.code == Code::reject || error.code == Code::limit || error.code == Code::unsupported;
}

Status Replica::deliver(const SpaceId& space, Pace pace) {
  delivered_.insert(space);
  auto& delivery = deliveries_.try_emplace(space, *this, space).first->second;
  if (TRY(delivery.run(pace))) {
    behind_.insert(space);
  } else {
    behind_.erase(space);
  }
  if (delivery.is_idle()) deliveries_.erase(space);
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
  const HeldLog held{
      .seq = info->stored_seq, .hash = info->stored_hash, .lamport = info->stored_lamport};
  const auto* key = TRY(signing_key(log));
  std::optional<Error> fault;  // of this store: not to be blamed on who sent the range
  const crdt::SaltLookup salts = [&](const LogId& of, const ObjectId& object) {
    auto salt = store_->logs().salt(of, object);
    if (!salt) fault = salt.error();
    return salt ? *salt : std::nullopt;
  };
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
