#include "node/aside.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/wire.h"
#include "crdt/columns.h"
#include "crypto/sign.h"
#include "node/verify.h"
#include "store/facts.h"
#include "store/logs.h"

namespace holm::node {
namespace {

constexpr std::string_view kParts = "aside";       // log, first op -> end of their chain, changes
constexpr std::string_view kHeads = "aside_head";  // log, op -> head

Bytes key_of(const LogId& log, std::uint64_t seq) {
  auto out = to_bytes(log.view());
  for (int shift = 56; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(seq >> shift));
  return out;
}

bool is_of(ByteView key, const LogId& log) {
  return key.size() > LogId::kBytes && LogId::from(key.first(LogId::kBytes)) == log;
}

Bytes encode(const store::LogPart& part) {
  return Writer().array(2).bytes(part.end.view()).bytes(part.body).take();
}

struct Part {
  Digest end;
  std::vector<crdt::Change> changes;
};

Result<Part> decode(ByteView bytes) {
  auto in = TRY(Reader::open(bytes, {.bytes_max = bytes.size()}));
  TRY(in.array(2));
  const auto end = Digest::from(TRY(in.bytes()));
  Part out;
  out.changes = TRY(crdt::decode_columns(TRY(in.bytes())));
  if (!end || out.changes.empty()) {
    return fail(Code::corrupt, "changes kept aside are damaged");
  }
  out.end = *end;
  return out;
}

}  // namespace

Status put_aside(store::Store& store, const LogId& log, std::uint64_t first,
                 const store::LogPart& part) {
  return store.facts().put(kParts, key_of(log, first), encode(part));
}

Status put_aside(store::Store& store, const crdt::Head& head) {
  return store.facts().put(kHeads, key_of(head.log, head.seq), crdt::encode(head));
}

Result<std::vector<store::StoredChange>> going_on(const store::Logs& logs,
                                                  const store::LogInfo& info,
                                                  std::vector<crdt::Change> changes,
                                                  const Digest& end) {
  std::vector<store::StoredChange> out;
  auto hash = info.stored_hash;
  auto next = info.stored_seq + 1;
  auto lamport = info.stored_lamport;
  std::map<ObjectId, Salt> declared;
  std::optional<Error> fault;
  const crdt::SaltLookup salts = [&](const LogId& log,
                                     const ObjectId& object) -> std::optional<Salt> {
    if (const auto known = declared.find(object); known != declared.end()) return known->second;
    auto known = logs.salt(log, object);
    if (!known) fault = known.error();
    return known ? *known : std::nullopt;
  };
  for (auto& change : changes) {
    if (change.last_seq() < next) continue;
    const bool goes_on = change.seq == next && change.log == info.log && change.lamport >= lamport;
    if (!goes_on || !crdt::validate(change)) return std::vector<store::StoredChange>();
    for (const auto& salt : change.salts) declared[salt.object] = salt.salt;
    const auto digest = crdt::change_digest(change, salts);
    if (fault) return fail(*fault);
    if (!digest) return std::vector<store::StoredChange>();
    hash = crdt::chain_next(hash, *digest);
    next = change.last_seq() + 1;
    lamport = change.lamport;
    out.push_back({std::move(change), hash, crdt::Mark::valid});
  }
  if (hash != end) out.clear();
  return out;
}

Result<std::uint64_t> count_aside(store::Store& store, const LogId& log) {
  std::uint64_t out = 0;
  for (const auto& [key, value] : TRY(store.facts().all(kParts))) {
    if (!is_of(key, log)) continue;
    const auto part = decode(value);
    if (part) out += part->changes.size();
  }
  return out;
}

Status attach_aside(store::Store& store, const SpaceId& space, const LogId& log,
                    const crypto::VerifyKey& key, WallTime now) {
  auto& facts = store.facts();
  const auto kept = TRY(facts.all(kParts));
  const auto is_ours = [&](const auto& item) { return is_of(item.first, log); };
  const auto kept_heads = TRY(facts.all(kHeads));
  if (std::none_of(kept.begin(), kept.end(), is_ours) &&
      std::none_of(kept_heads.begin(), kept_heads.end(), is_ours)) {
    return {};
  }
  auto& logs = store.logs();
  for (const auto& [name, value] : kept) {
    if (!is_of(name, log)) continue;
    const auto info = TRY(logs.find(log));
    if (!info) return {};
    auto part = decode(value);
    if (!part || part->changes.back().last_seq() <= info->stored_seq) {
      TRY(facts.remove(kParts, name));
      continue;
    }
    if (part->changes.front().seq > info->stored_seq + 1) break;  // ascending: so are the rest
    const auto more = TRY(going_on(logs, *info, std::move(part->changes), part->end));
    if (more.empty()) continue;
    TRY(logs.append(log, more, now));
    TRY(facts.remove(kParts, name));
  }
  for (const auto& [name, value] : kept_heads) {
    if (!is_of(name, log)) continue;
    const auto info = TRY(logs.find(log));
    auto head = crdt::decode_head(value);
    if (!info || (head && head->seq > info->stored_seq)) break;
    TRY(facts.remove(kHeads, name));
    if (!head || head->seq <= info->sealed_seq) continue;
    const auto hash = TRY(logs.hash_at(log, head->seq));
    const auto signature = crypto::Signature::from(head->signature.view());
    if (hash && *hash == head->hash &&
        crypto::verify(key, kHeadLabel, crdt::signed_bytes(space, *head), *signature)) {
      TRY(logs.seal(*head));
    }
  }
  return {};
}

Status wipe_aside(store::Store& store, const ObjectId& object) {
  for (const auto& [key, value] : TRY(store.facts().all(kParts))) {
    const auto part = decode(value);
    const bool holds =
        part && std::any_of(part->changes.begin(), part->changes.end(), [&](const auto& change) {
          return std::any_of(change.ops.begin(), change.ops.end(), [&](const crdt::Op& op) {
            return op.object == object && !op.content.empty();
          });
        });
    if (holds) TRY(store.facts().remove(kParts, key));
  }
  return {};
}

}  // namespace holm::node
