#include "tests/sync/naive_shared.h"

#include <algorithm>

#include "base/wire.h"
#include "crypto/hash.h"

namespace holm::sync {

namespace {

/// How many changes two paths share from their start.
std::size_t common(const std::vector<Range>& a, const std::vector<Range>& b) {
  std::size_t out = 0;
  while (out < a.size() && out < b.size() && a[out].head.hash == b[out].head.hash) ++out;
  return out;
}

}  // namespace

void NaiveShared::write(const SpaceId& space, const LogId& log, std::size_t bytes,
                        std::size_t path) {
  auto& whole = logs_[log];
  whole.space = space;
  if (whole.paths.size() <= path) whole.paths.resize(path + 1);
  auto& ranges = whole.paths[path];
  crdt::Change change;
  change.log = log;
  change.seq = ranges.size() + 1;
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
  const auto before = ranges.empty() ? Digest{} : ranges.back().head.hash;
  crypto::Hasher hasher("naive chain");
  const auto hash = hasher.update(before.view()).update(change.ops.front().content).finish();
  crdt::Head head;
  head.log = log;
  head.seq = change.seq;
  head.hash = hash;
  head.time = change.time;
  Range range{{std::move(change)}, std::move(head)};
  if (!ranges.empty()) range.before = shorten(before);
  ranges.push_back(std::move(range));
}

std::vector<Ack::Have> NaiveShared::take(const Delta& delta) {
  std::vector<Ack::Have> have;
  for (const auto& range : delta.ranges) {
    auto& log = logs_[range.head.log];
    log.space = delta.space;
    if (log.paths.empty()) log.paths.emplace_back();
    const auto from = range.changes.front().seq - 1;
    const bool is_held = *knows({range.head.log, range.head.seq, range.head.hash});
    for (std::size_t i = 0; !is_held && i < log.paths.size(); ++i) {
      const auto& path = log.paths[i];
      if (refuses.contains(range.head.log) || path.size() < from) continue;
      if (from > 0 && shorten(path[from - 1].head.hash) != range.before) continue;
      auto longer = std::vector(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(from));
      longer.push_back(range);
      if (from == path.size()) {
        log.paths[i] = std::move(longer);
      } else {
        log.paths.push_back(std::move(longer));
      }
      break;
    }
    const bool holds = *knows({range.head.log, range.head.seq, range.head.hash});
    const auto reached = holds ? range.head.seq
                         : log.paths.size() > 1
                             ? 0
                             : std::min<std::uint64_t>(log.paths[0].size(), from);
    std::erase_if(have, [&](const Ack::Have& item) { return item.log == range.head.log; });
    have.push_back({range.head.log, reached});
  }
  return have;
}

std::uint64_t NaiveShared::held(const SpaceId& space, const LogId& log) const {
  const auto found = logs_.find(log);
  if (found == logs_.end() || found->second.space != space) return 0;
  std::size_t out = 0;
  for (const auto& path : found->second.paths) out = std::max(out, path.size());
  return out;
}

Result<Digest> NaiveShared::digest(const SpaceId& space) const {
  auto counted = TRY(positions(space));
  std::erase_if(counted, [&](const auto& position) { return uncounted.contains(position.log); });
  return crdt::space_digest(std::move(counted));
}

Result<std::vector<crdt::Position>> NaiveShared::positions(const SpaceId& space) const {
  std::vector<crdt::Position> out;
  for (const auto& [id, log] : logs_) {
    if (log.space != space) continue;
    for (const auto& path : log.paths) {
      if (!path.empty()) out.push_back({id, path.size(), path.back().head.hash});
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

Result<bool> NaiveShared::knows(const crdt::Position& place) const {
  const auto found = logs_.find(place.log);
  if (found == logs_.end()) return false;
  if (place.seq == 0) return true;
  return std::any_of(found->second.paths.begin(), found->second.paths.end(), [&](const auto& path) {
    return path.size() >= place.seq && path[place.seq - 1].head.hash == place.hash;
  });
}

Result<std::optional<Range>> NaiveShared::next_range(
    const LogId& log, const std::vector<crdt::Position>& theirs) const {
  const auto found = logs_.find(log);
  if (found == logs_.end()) return std::optional<Range>();
  const auto& paths = found->second.paths;
  for (const auto& path : paths) {
    std::size_t covered = 0;
    for (const auto& place : theirs) {
      if (place.hash == Digest{} && paths.size() == 1) {
        covered = std::max<std::size_t>(covered, place.seq);
      }
      for (const auto& other : paths) {
        if (place.seq == 0 || other.size() < place.seq) continue;
        if (other[place.seq - 1].head.hash != place.hash) continue;
        covered = std::max(covered, std::min<std::size_t>(place.seq, common(path, other)));
      }
    }
    if (covered < path.size()) return std::optional(path[covered]);
  }
  return std::optional<Range>();
}

Result<std::vector<crdt::Position>> NaiveShared::places(const LogId& log) const {
  std::vector<crdt::Position> out{{log, 0, {}}};
  const auto found = logs_.find(log);
  if (found == logs_.end()) return out;
  for (const auto& path : found->second.paths) {
    for (const auto& range : path) out.push_back({log, range.head.seq, range.head.hash});
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace holm::sync
