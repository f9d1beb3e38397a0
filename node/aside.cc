#include "node/aside.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/wire.h"
#include "crdt/columns.h"
#include "crypto/sign.h"
#include "node/graft.h"
#include "node/verify.h"
#include "store/facts.h"
#include "store/logs.h"

namespace holm::node {
namespace {

constexpr std::string_view kParts = "aside";       // log, first op, end -> end, changes
constexpr std::string_view kHeads = "aside_head";  // log, op, hash -> head

/// Of a forked log several things may stand at one op.
Bytes key_of_place(const LogId& log, std::uint64_t seq, const Digest& hash) {
  auto out = to_bytes(log.view());
  for (int shift = 56; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(seq >> shift));
  append(out, hash.view());
  return out;
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

/// What is kept of a log that begins before op `end`.
Result<std::vector<std::pair<Bytes, Bytes>>> kept(store::Store& store, std::string_view group,
                                                  const LogId& log, std::uint64_t end) {
  return store.facts().between(group, key_of_place(log, 0, {}), key_of_place(log, end, {}));
}

/// The last op held of a log, on any of its branches.
Result<std::uint64_t> reach_of(const store::Logs& logs, const LogId& log) {
  std::uint64_t out = 0;
  for (const auto& info : TRY(logs.tree(log))) out = std::max(out, info.stored_seq);
  return out;
}

}  // namespace

Status put_aside(store::Store& store, const LogId& log, std::uint64_t first,
                 const store::LogPart& part) {
  return store.facts().put(kParts, key_of_place(log, first, part.end), encode(part));
}

Status put_aside(store::Store& store, const crdt::Head& head) {
  return store.facts().put(kHeads, key_of_place(head.log, head.seq, head.hash), crdt::encode(head));
}

Result<Aside> aside_of(store::Store& store, const LogId& log) {
  Aside out;
  for (const auto& item : TRY(kept(store, kParts, log, UINT64_MAX))) {
    const auto part = decode(item.second);
    if (!part) continue;
    out.last = std::max(out.last, part->changes.back().last_seq());
    out.ops += part->changes.back().last_seq() + 1 - part->changes.front().seq;
  }
  for (const auto& item : TRY(kept(store, kHeads, log, UINT64_MAX))) {
    const auto head = crdt::decode_head(item.second);
    if (head) out.last = std::max(out.last, head->seq);
  }
  return out;
}

Result<Attached> attach_aside(store::Store& store, const TeamId& team, const SpaceId& space,
                              const LogId& log, const KeyOf& key_of, WallTime now) {
  Attached out;
  auto& logs = store.logs();
  if (!TRY(store.facts().last(kParts)) && !TRY(store.facts().last(kHeads))) return out;
  // What one of them adds, others may go on from.
  for (bool goes_on = true; goes_on;) {
    goes_on = false;
    const auto reach = TRY(reach_of(logs, log));
    for (const auto& [name, value] : TRY(kept(store, kParts, log, reach + 2))) {
      const auto part = decode(value);
      const auto done = part ? TRY(graft(logs, team, log, part->changes, part->end, now))
                             : Grafted{.is_held = true, .is_branch = false, .moved = {}};
      if (!done.is_held) continue;
      TRY(store.facts().remove(kParts, name));
      goes_on = true;
      out.is_parted = out.is_parted || done.is_branch;
      out.moved.insert(out.moved.end(), done.moved.begin(), done.moved.end());
    }
  }
  for (const auto& [name, value] : TRY(kept(store, kHeads, log, TRY(reach_of(logs, log)) + 1))) {
    const auto head = crdt::decode_head(value);
    const auto at = head ? TRY(logs.find_place(log, head->seq, head->hash.view()))
                         : std::optional<store::LogInfo>();
    if (head && !at) continue;
    TRY(store.facts().remove(kHeads, name));
    if (!head) continue;
    const auto newest = TRY(logs.newest_head(at->log));
    if (newest && newest->seq >= head->seq) continue;
    const auto signature = crypto::Signature::from(head->signature.view());
    if (crypto::verify(*TRY(key_of(at->log)), kHeadLabel, crdt::signed_bytes(space, *head),
                       *signature)) {
      TRY(logs.seal(at->log, *head));
    }
  }
  return out;
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
