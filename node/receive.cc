// The receiving half of Replica: verify, store, and have delivered (delivery.h) what can be.
#include <algorithm>
#include <set>

#include "base/ensure.h"
#include "crdt/columns.h"
#include "crypto/sign.h"
#include "node/graft.h"
#include "node/replica.h"
#include "node/verify.h"
#include "work/judge.h"
#include "work/schema.h"

namespace holm::node {
namespace members = work::members;
namespace {

/// Ops held of a log on all of its branches.
std::uint64_t ops_in(const std::vector<store::LogInfo>& tree) {
  std::uint64_t out = 0;
  for (const auto& log : tree) out += log.stored_seq - log.base_seq;
  return out;
}

}  // namespace

bool is_fault_of_sender(const Error& error) {
  return error.code == Code::reject || error.code == Code::limit || error.code == Code::unsupported;
}

Status Replica::deliver(const SpaceId& space, Pace pace) {
  delivered_.insert(space);
  // What is read ahead is kept for one space, which bounds it.
  std::erase_if(deliveries_, [&](const auto& item) { return item.first != space; });
  auto& delivery = deliveries_.try_emplace(space, *this, space).first->second;
  if (TRY(delivery.run(pace))) {
    behind_.insert(space);
  } else {
    behind_.erase(space);
  }
  if (delivery.is_idle()) deliveries_.erase(space);
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
  deliveries_.erase(space);
  Delivery delivery(*this, space);
  while (TRY(delivery.run(Pace::at_once))) {
  }
  behind_.erase(space);
  unhealed_.erase(space);
  healed_.clear();
  return {};
}

Result<bool> Replica::deliver_all(const SpaceId& space) {
  TRY(deliver(space, Pace::at_once));
  return is_behind(space);
}

Status Replica::deliver_more(Pace pace) {
  if (behind_.empty()) return {};
  const auto space = *behind_.begin();  // taken out of the set when it is done
  return deliver(space, pace);
}

Result<std::vector<sync::Ack::Have>> Replica::receive(const sync::Delta& delta, WallTime now) {
  std::vector<sync::Ack::Have> have;
  const bool is_known = has_space(delta.space);
  Status taken;
  std::size_t expanded = 0;
  for (const auto& range : delta.ranges) {
    const auto& head = range.head;
    const auto before = TRY(store_->logs().tree(head.log));
    if (is_known) taken = take_range(delta.space, range, now, expanded);
    if (!taken) break;
    // Of a forked log: whether its branch is held.
    const auto tree = TRY(store_->logs().tree(head.log));
    if (delta.space == trust_) {
      const auto added = ops_in(tree) - ops_in(before);
      quotas_.count_membership(TRY(device_of(range, tree)), added, now);
    }
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
  const bool is_membership = space == trust_;
  const auto device = TRY(device_of(range, tree));
  if (tree.empty()) {
    if (base || !quotas_.may_take(device, is_membership, now)) return {};
    return take_first(space, range, now);
  }
  if (tree[0].space != space) return fail(Code::reject, "a log is claimed for two spaces");
  const auto from = base ? *base : range.changes.front().seq;
  if (from == 0) return {};
  if (const auto place =
          TRY(store_->logs().find_place(log, range.head.seq, range.head.hash.view()))) {
    return take_head(space, place->log, range.head);
  }
  if (!quotas_.may_take(device, is_membership, now)) return {};
  // Which of many branches is meant has to be said: trying all of them would be dear.
  if (from > 1 && !range.before && tree.size() > 1) return {};
  std::optional<Error> refused;
  for (const auto& start : TRY(starts(range, from - 1, tree))) {
    std::optional<sync::Range> whole;  // of one that goes on from a base
    if (base) {
      const auto last = TRY(store_->logs().at(start.log, start.seq));
      if (!last) continue;
      whole = range;
      const auto unpacked = sync::unpack(*whole, crdt::base_after(last->change));
      if (!unpacked && unpacked.error().code == Code::not_found) continue;
      if (!unpacked) return fail(unpacked.error());
      expanded += sync::expanded_size(*whole);
      if (expanded > sync::MessageLimits{}.expanded_max) {
        return fail(Code::limit, "a delta expands too far");
      }
    }
    auto taken = take_from(space, whole ? *whole : range, start, tree, now);
    if (taken || !is_fault_of_sender(taken.error())) return taken;
    if (!refused) refused = std::move(taken).error();
  }
  if (refused) return fail(std::move(*refused));
  return {};
}

Result<DeviceId> Replica::device_of(const sync::Range& range,
                                    const std::vector<store::LogInfo>& tree) const {
  DeviceId device;
  if (!tree.empty()) {
    device = tree[0].device;
  } else if (!range.changes.empty() && !range.changes.front().certificate.empty()) {
    device = TRY(members::decode_certificate(range.changes.front().certificate, team_)).device;
  }
  return roster().device(device) != nullptr ? device : DeviceId();
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
  auto verified =
      TRY(verify_range(space, range, {0, crdt::chain_start(space, log), 0}, certificate.signing,
                       [](const LogId&, const ObjectId&) { return std::nullopt; }));
  if (verified.empty()) return {};
  TRY(erasures_.wipe_arrivals(space, certificate.member, verified));
  const auto namesake = TRY(store_->logs().find(log));
  if (namesake) {
    TRY(rename(namesake->space, {TRY(store_->logs().vacate(log))}));
    unhealed_.insert(namesake->space);
  }
  TRY(store_->logs().create(log, space, certificate.device, certificate.member));
  TRY(store_->logs().append(log, std::move(verified), now));
  TRY(store_->logs().seal(range.head));
  if (!namesake) return attach_kept(space, log, now);
  TRY(rename(namesake->space, TRY(store_->logs().settle_names(namesake->space))));
  return namesake->space == space ? Status() : heal(namesake->space);
}

/// Salts that are known came along for those who have forgotten them: stored once is enough.
void Replica::drop_known_salts(const LogId& log, std::vector<store::StoredChange>& changes) {
  for (auto& stored : changes) {
    std::erase_if(stored.change.salts, [&](const crdt::SaltOf& one) {
      const auto known = store_->logs().salt(log, one.object);
      return known && *known == one.salt;
    });
  }
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
    const HeldLog held{at.stored_seq, at.stored_hash, at.stored_lamport};
    auto verified = verify(held, *TRY(signing_key(at.log)));
    if (fault) return fail(*fault);
    if (verified && !verified->empty()) {
      TRY(erasures_.wipe_arrivals(space, at.member, *verified));
      drop_known_salts(at.log, *verified);
      TRY(logs.append(at.log, std::move(*verified), now));
      TRY(logs.seal(range.head));
      return attach_kept(space, at.root, now);
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
  const auto parting = TRY(parting_of(logs, tree, start.log, start.seq, verified));
  if (parting.held == verified.size()) return {};
  at = parting.at;
  const auto seq = parting.seq;
  if (seq > 0) {
    device = at.device;
    member = at.member;
  }
  std::vector<store::StoredChange> rest(
      std::make_move_iterator(verified.begin() + static_cast<std::ptrdiff_t>(parting.held)),
      std::make_move_iterator(verified.end()));
  TRY(erasures_.wipe_arrivals(space, member, rest));
  if (seq > 0) drop_known_salts(at.log, rest);
  if (seq == at.stored_seq && !at.frozen) {
    TRY(logs.append(at.log, std::move(rest), now));
    TRY(logs.seal(at.log, range.head));
  } else {
    TRY(take_branch(at, seq, device, member, rest, range.head, now));
  }
  return attach_kept(space, at.root, now);
}

/// A head over changes that are held: of use where damage took the one that was here.
Status Replica::take_head(const SpaceId& space, const LogId& log, const crdt::Head& head) {
  const auto newest = TRY(store_->logs().newest_head(log));
  if (newest && newest->seq >= head.seq) return {};
  const auto* key = TRY(signing_key(log));
  const auto signature = crypto::Signature::from(head.signature.view());
  if (!crypto::verify(*key, kHeadLabel, crdt::signed_bytes(space, head), *signature)) {
    return fail(Code::reject, "a log's head is not signed by its device");
  }
  return store_->logs().seal(log, head);
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
