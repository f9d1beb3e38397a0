#include "node/verify.h"

#include <map>

#include "crypto/sign.h"

namespace holm::node {

Result<std::vector<store::StoredChange>> verify_range(const SpaceId& space,
                                                      const sync::Range& range, const HeldLog& held,
                                                      const crypto::VerifyKey& key,
                                                      const crdt::SaltLookup& salts) {
  std::vector<store::StoredChange> out;
  std::map<ObjectId, Salt> declared;
  const crdt::SaltLookup lookup = [&](const LogId& log,
                                      const ObjectId& object) -> std::optional<Salt> {
    const auto found = declared.find(object);
    return found != declared.end() ? std::optional(found->second) : salts(log, object);
  };
  Digest hash = held.hash;
  std::uint64_t next = held.seq + 1;
  std::uint64_t lamport = held.lamport;
  for (const auto& change : range.changes) {
    if (change.last_seq() < next) continue;  // held already; the chain proves it is the same
    if (change.seq != next || change.log != range.head.log || change.lamport < lamport) {
      return fail(Code::reject, "a log does not go on where it ended");
    }
    TRY(crdt::validate(change));
    for (const auto& salt : change.salts) declared[salt.object] = salt.salt;
    const auto digest = crdt::change_digest(change, lookup);
    if (!digest) return fail(Code::reject, digest.error().what);
    hash = crdt::chain_next(hash, *digest);
    next = change.last_seq() + 1;
    lamport = change.lamport;
    out.push_back({change, hash, crdt::Mark::valid});
  }
  if (out.empty()) return out;
  if (range.head.seq + 1 != next || range.head.hash != hash) {
    return fail(Code::reject, "a log's head does not fit its changes");
  }
  const auto signature = crypto::Signature::from(range.head.signature.view());
  if (!crypto::verify(key, kHeadLabel, crdt::signed_bytes(space, range.head), *signature)) {
    return fail(Code::reject, "a log's head is not signed by its device");
  }
  return out;
}

}  // namespace holm::node
