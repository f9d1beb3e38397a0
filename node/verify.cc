#include "node/verify.h"

#include <map>
#include <set>

#include "crypto/sign.h"

namespace holm::node {

Result<std::vector<store::StoredChange>> verify_range(const SpaceId& space,
                                                      const sync::Range& range, const HeldLog& held,
                                                      const crypto::VerifyKey& key,
                                                      const crdt::SaltLookup& salts) {
  std::vector<store::StoredChange> out;
  out.reserve(range.changes.size());
  std::map<ObjectId, Salt> declared;
  // Asked of the store once per object: a sitting is many changes of few.
  std::map<ObjectId, std::optional<Salt>> asked;
  const auto stored = [&](const LogId& log, const ObjectId& object) {
    const auto [at, is_new] = asked.try_emplace(object);
    if (is_new) at->second = salts(log, object);
    return at->second;
  };
  const crdt::SaltLookup lookup = [&](const LogId& log,
                                      const ObjectId& object) -> std::optional<Salt> {
    const auto found = declared.find(object);
    return found != declared.end() ? std::optional(found->second) : stored(log, object);
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
    std::set<ObjectId> fresh;  // not put with an earlier change of the range
    for (const auto& salt : change.salts) {
      const auto known = declared.find(salt.object);
      if (known == declared.end() || known->second != salt.salt) fresh.insert(salt.object);
      declared[salt.object] = salt.salt;
    }
    const auto digest = crdt::change_digest(change, lookup);
    if (!digest) return fail(Code::reject, digest.error().what);
    hash = crdt::chain_next(hash, *digest);
    next = change.last_seq() + 1;
    lamport = change.lamport;
    out.push_back({change, hash, crdt::Mark::valid});
    // Salts that were put with it for those who forgot them are known here from an earlier change.
    std::erase_if(out.back().change.salts, [&](const crdt::SaltOf& salt) {
      const auto known = stored(change.log, salt.object);
      return known ? *known == salt.salt : !fresh.contains(salt.object);
    });
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
