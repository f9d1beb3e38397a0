#include "tests/sync/naive_shared.h"

#include "base/wire.h"
#include "crypto/hash.h"

namespace holm::sync {

void NaiveShared::write(const SpaceId& space, const LogId& log, std::size_t bytes) {
  auto& held = logs_[log];
  held.space = space;
  crdt::Change change;
  change.log = log;
  change.seq = held.ranges.size() + 1;
  change.lamport = 1000 + change.seq;
  change.time = WallTime(Millis(static_cast<std::int64_t>(change.lamport)));
  crdt::Op op;
  op.object = *ObjectId::from(log.view());
  op.type = 1;
  op.field = 1;
  op.kind = crdt::Kind::reg;
  op.action = crdt::Action::put;
  op.content = encode(Value(std::string(bytes, static_cast<char>('a' + change.seq % 26))));
  op.content_bytes = op.content.size();
  if (change.seq == 1) change.salts.push_back({op.object, *Salt::from(log.view())});
  change.ops.push_back(std::move(op));
  const auto before = held.ranges.empty() ? Digest{} : held.ranges.back().head.hash;
  crypto::Hasher hasher("naive chain");
  const auto hash = hasher.update(before.view()).update(change.ops.front().content).finish();
  crdt::Head head;
  head.log = log;
  head.seq = change.seq;
  head.hash = hash;
  head.time = change.time;
  held.ranges.push_back({{std::move(change)}, std::move(head)});
}

std::vector<Ack::Have> NaiveShared::take(const Delta& delta) {
  std::vector<Ack::Have> have;
  for (const auto& range : delta.ranges) {
    auto& log = logs_[range.head.log];
    log.space = delta.space;
    if (!refuses.contains(range.head.log) && range.head.seq == log.ranges.size() + 1) {
      log.ranges.push_back(range);
    }
    std::erase_if(have, [&](const Ack::Have& item) { return item.log == range.head.log; });
    have.push_back({range.head.log, log.ranges.size()});
  }
  return have;
}

std::uint64_t NaiveShared::held(const SpaceId& space, const LogId& log) const {
  const auto found = logs_.find(log);
  return found == logs_.end() || found->second.space != space ? 0 : found->second.ranges.size();
}

Result<Digest> NaiveShared::digest(const SpaceId& space) const {
  auto counted = TRY(positions(space));
  std::erase_if(counted, [&](const auto& position) { return uncounted.contains(position.log); });
  return crdt::space_digest(std::move(counted));
}

Result<std::vector<crdt::Position>> NaiveShared::positions(const SpaceId& space) const {
  std::vector<crdt::Position> out;
  for (const auto& [id, log] : logs_) {
    if (log.space != space || log.ranges.empty()) continue;
    out.push_back({id, log.ranges.size(), log.ranges.back().head.hash});
  }
  return out;
}

Result<std::optional<Digest>> NaiveShared::hash_at(const LogId& log, std::uint64_t seq) const {
  const auto found = logs_.find(log);
  if (found == logs_.end() || seq == 0 || seq > found->second.ranges.size()) {
    return std::optional<Digest>();
  }
  return std::optional(found->second.ranges[seq - 1].head.hash);
}

Result<std::optional<Range>> NaiveShared::next_range(const LogId& log, std::uint64_t seq) const {
  const auto found = logs_.find(log);
  if (found == logs_.end() || seq >= found->second.ranges.size()) return std::optional<Range>();
  return std::optional(found->second.ranges[seq]);
}

}  // namespace holm::sync
