#include "sync/peer.h"

#include <algorithm>
#include <tuple>

#include "base/ensure.h"

namespace holm::sync {
namespace {

std::size_t size_of(const Range& range) {
  std::size_t out = 128;
  for (const auto& change : range.changes) {
    out += 64 + change.deps.size() * 40;
    for (const auto& op : change.ops) out += 48 + op.content.size();
  }
  return out;
}

/// Older work first, alike on every device: by the stamp of a range's first change.
bool leaves_before(const Range& a, const Range& b) {
  const auto& first_a = a.changes.front();
  const auto& first_b = b.changes.front();
  return std::tie(first_a.lamport, first_a.log) < std::tie(first_b.lamport, first_b.log);
}

}  // namespace

Peer::Peer(PeerLimits limits) : limits_(limits) {}

bool Peer::readable(const SpaceId& space, const Shared& shared) const {
  const auto spaces = shared.spaces();
  return std::find(spaces.begin(), spaces.end(), space) != spaces.end();
}

void Peer::refresh(const Shared& shared) {
  Summary summary;
  const auto spaces = shared.spaces();
  // What they told before it could be read is not told again while it stays as it is.
  for (const auto& id : spaces) {
    const auto told = unread_.find(id);
    if (told == unread_.end()) continue;
    auto& theirs = spaces_[id].theirs;
    if (!theirs) theirs = told->second;
    unread_.erase(told);
  }
  for (const auto& id : spaces) {
    auto digest = shared.digest(id);
    if (!digest) continue;  // an unreadable space is not offered; the store reports the fault
    auto& space = spaces_[id];
    if (space.offered == *digest) continue;
    space.offered = *digest;
    summary.spaces.push_back({id, *digest});
    space.dirty = true;
  }
  if (summary.spaces.empty()) return;
  std::sort(summary.spaces.begin(), summary.spaces.end());
  queue_.emplace_back(std::move(summary));
}

void Peer::reoffer(const Shared& shared) {
  for (auto& [id, space] : spaces_) space.offered.reset();
  refresh(shared);
}

void Peer::on_stored(const SpaceId& space) {
  const auto found = spaces_.find(space);
  if (found != spaces_.end()) found->second.dirty = true;
}

Status Peer::on_summary(const Summary& summary, const Shared& shared) {
  for (const auto& told : summary.spaces) {
    if (!readable(told.space, shared)) {
      if (unread_.size() < MessageLimits{}.spaces_max) unread_[told.space] = told.digest;
      continue;
    }
    auto& space = spaces_[told.space];
    space.theirs = told.digest;
    space.refused.clear();
    for (auto& item : in_flight_) item.is_outdated |= item.space == told.space;
    const auto ours = TRY(shared.digest(told.space));
    const auto positions = TRY(shared.positions(told.space));
    // What waits here, or is void, stands in no digest: whether they hold it takes a vector.
    if (ours == told.digest && ours == crdt::space_digest(positions)) {
      space.holds.clear();
      for (const auto& position : positions) space.holds[position.log] = position.seq;
      space.knows_vector = true;
    } else if (!space.vector_sent) {
      space.vector_wanted = true;
    }
    space.dirty = true;
  }
  return {};
}

Status Peer::on_vector(const Vector& vector, const Shared& shared) {
  if (!readable(vector.space, shared)) return {};
  auto& space = spaces_[vector.space];
  std::map<LogId, std::uint64_t> ours;
  for (const auto& position : TRY(shared.positions(vector.space))) {
    ours[position.log] = position.seq;
  }
  space.holds.clear();
  for (const auto& theirs : vector.logs) {
    const auto found = ours.find(theirs.log);
    if (found != ours.end() && theirs.seq <= found->second && theirs.seq > 0) {
      const auto hash = TRY(shared.hash_at(theirs.log, theirs.seq));
      if (!hash || *hash != theirs.hash) forked_.insert(theirs.log);
    }
    space.holds[theirs.log] = theirs.seq;
  }
  space.knows_vector = true;
  space.dirty = true;
  if (!space.vector_sent) space.vector_wanted = true;
  return {};
}

Status Peer::on_ack(const Ack& ack) {
  const auto sent = std::find_if(in_flight_.begin(), in_flight_.end(), [&](const InFlight& item) {
    return item.serial == ack.serial && item.space == ack.space;
  });
  if (sent == in_flight_.end()) return fail(Code::reject, "an acknowledgement of nothing sent");
  in_flight_bytes_ -= sent->bytes;
  const auto reached = std::move(sent->sent);
  const bool is_outdated = sent->is_outdated;
  in_flight_.erase(sent);
  auto& space = spaces_[ack.space];
  space.theirs = ack.digest;
  for (const auto& have : ack.have) {
    const auto named = reached.find(have.log);
    if (named == reached.end()) return fail(Code::reject, "an acknowledgement of another log");
    auto& holds = space.holds[have.log];
    if (have.seq >= named->second) {
      holds = std::max(holds, have.seq);  // further deltas of this log may be in flight
      continue;
    }
    if (is_outdated) {
      const bool is_sent_again =
          std::any_of(in_flight_.begin(), in_flight_.end(), [&](const InFlight& item) {
            return item.space == ack.space && item.sent.contains(have.log);
          });
      if (!is_sent_again) holds = have.seq;
      space.dirty = true;
      continue;
    }
    // Less than this delta brought: refused there. Sent again when they offer their digest anew,
    // which they do when what they know changes; at once would be without end.
    space.refused.insert(have.log);
    holds = have.seq;
  }
  return {};
}

Status Peer::on_delta(const Delta& delta) {
  ++counters_.deltas_received;
  // More deltas than the window lets anyone have unacknowledged: our answers are not read.
  if (queue_.size() >= limits_.queued_max) {
    return fail(Code::limit, "a peer sends without reading what it is told");
  }
  if (!spaces_.contains(delta.space) && spaces_.size() >= MessageLimits{}.spaces_max) {
    return fail(Code::limit, "a peer names too many spaces");
  }
  auto& space = spaces_[delta.space];
  space.theirs = delta.digest;
  for (const auto& range : delta.ranges) {
    auto& holds = space.holds[range.head.log];
    holds = std::max(holds, range.head.seq);
  }
  if (space.holds.size() > MessageLimits{}.logs_max) {
    return fail(Code::limit, "a peer names too many logs");
  }
  return {};
}

void Peer::on_delta_durable(const Delta& delta, std::vector<Ack::Have> have, const Digest& digest) {
  // One entry per log, the furthest: a delta may name a log in several ranges.
  std::sort(have.begin(), have.end(), [](const Ack::Have& a, const Ack::Have& b) {
    return std::tie(a.log, b.seq) < std::tie(b.log, a.seq);
  });
  have.erase(std::unique(have.begin(), have.end(),
                         [](const Ack::Have& a, const Ack::Have& b) { return a.log == b.log; }),
             have.end());
  auto& space = spaces_[delta.space];
  space.offered = digest;
  queue_.emplace_back(Ack{delta.space, delta.serial, digest, std::move(have)});
}

Result<std::optional<Message>> Peer::poll(const Shared& shared) {
  if (!queue_.empty()) {
    auto message = std::move(queue_.front());
    queue_.pop_front();
    return std::optional<Message>(std::move(message));
  }
  for (const auto& id : shared.spaces()) {
    const auto found = spaces_.find(id);
    if (found == spaces_.end()) continue;
    auto& space = found->second;
    if (space.vector_wanted) {
      space.vector_wanted = false;
      space.vector_sent = true;
      ++counters_.vectors_sent;
      return std::optional<Message>(Vector{id, TRY(shared.positions(id))});
    }
    if (!space.dirty || !space.knows_vector || in_flight_bytes_ >= limits_.window_bytes) continue;
    auto delta = TRY(next_delta(id, space, shared));
    if (delta) return delta;
    space.dirty = false;
  }
  return std::optional<Message>();
}

Result<std::optional<Message>> Peer::next_delta(const SpaceId& id, Space& space,
                                                const Shared& shared) {
  std::vector<Range> candidates;  // one per log they lack something of
  for (const auto& ours : TRY(shared.positions(id))) {
    const auto held = space.holds.find(ours.log);
    const std::uint64_t theirs = held == space.holds.end() ? 0 : held->second;
    if (theirs >= ours.seq || forked_.contains(ours.log)) continue;
    if (space.refused.contains(ours.log)) continue;
    auto range = TRY(shared.next_range(ours.log, theirs));
    if (range) candidates.push_back(std::move(*range));
  }
  if (candidates.empty()) return std::optional<Message>();
  Delta delta;
  delta.space = id;
  std::size_t bytes = 0;
  while (!candidates.empty() && bytes < limits_.delta_bytes) {
    auto first = std::min_element(candidates.begin(), candidates.end(), leaves_before);
    const auto size = size_of(*first);
    if (!delta.ranges.empty() && bytes + size > limits_.delta_bytes) break;
    bytes += size;
    const auto log = first->head.log;
    const auto seq = first->head.seq;
    space.holds[log] = seq;
    delta.ranges.push_back(std::move(*first));
    auto more = TRY(shared.next_range(log, seq));
    if (more) {
      *first = std::move(*more);
    } else {
      candidates.erase(first);
    }
  }
  delta.digest = TRY(shared.digest(id));
  space.offered = delta.digest;
  delta.serial = next_serial_++;
  std::map<LogId, std::uint64_t> sent;
  for (const auto& range : delta.ranges) sent[range.head.log] = range.head.seq;
  in_flight_.push_back({id, delta.serial, bytes, std::move(sent)});
  in_flight_bytes_ += bytes;
  ++counters_.deltas_sent;
  return std::optional<Message>(std::move(delta));
}

bool Peer::in_sync(const Shared& shared) const {
  if (!queue_.empty() || !in_flight_.empty()) return false;
  for (const auto& id : shared.spaces()) {
    const auto found = spaces_.find(id);
    if (found == spaces_.end() || !found->second.theirs || found->second.vector_wanted)
      return false;
    auto digest = shared.digest(id);
    if (!digest || *digest != *found->second.theirs || found->second.offered != *digest)
      return false;
  }
  return true;
}

bool Peer::holds(const SpaceId& space, const LogId& log, std::uint64_t seq) const {
  const auto found = spaces_.find(space);
  if (found == spaces_.end()) return false;
  const auto held = found->second.holds.find(log);
  return held != found->second.holds.end() && held->second >= seq;
}

}  // namespace holm::sync
