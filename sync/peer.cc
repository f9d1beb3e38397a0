#include "sync/peer.h"

#include <algorithm>
#include <tuple>

#include "base/ensure.h"

namespace holm::sync {
namespace {

constexpr std::size_t kPlacesKept = 4096;  // of one log; beyond them the lowest are forgotten
constexpr std::size_t kPlacesPlenty = 4;   // worth looking which of them say nothing more

bool names(const std::vector<crdt::Position>& places, const crdt::Position& place) {
  return std::find(places.begin(), places.end(), place) != places.end();
}

/// Notes that they hold a log up to `place`, which goes on from `before` where that is told.
void note(std::vector<crdt::Position>& places, const crdt::Position& place, const Range* range) {
  if (range != nullptr && range->before && !range->changes.empty()) {
    const auto seq = range->changes.front().seq - 1;
    std::erase_if(places, [&](const crdt::Position& one) {
      return one.seq == seq && shorten(one.hash) == *range->before;
    });
  }
  if (names(places, place)) return;
  if (places.size() >= kPlacesKept) {
    places.erase(std::min_element(places.begin(), places.end()));
  }
  places.push_back(place);
}

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
    spaces_[id].theirs = told->second;
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
    unread_.erase(told.space);
    auto& space = spaces_[told.space];
    space.theirs = told.digest;
    space.refused.clear();
    for (auto& item : in_flight_) item.is_outdated |= item.space == told.space;
    const auto ours = TRY(shared.digest(told.space));
    const auto positions = TRY(shared.positions(told.space));
    // What waits here, or is void, stands in no digest: whether they hold it takes a vector.
    if (ours == told.digest && ours == TRY(shared.held_digest(told.space))) {
      space.holds.clear();
      for (const auto& position : positions) space.holds[position.log].push_back(position);
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
  space.holds.clear();
  for (const auto& theirs : vector.logs) {
    if (theirs.seq > 0) space.holds[theirs.log].push_back(theirs);
  }
  space.knows_vector = true;
  space.dirty = true;
  if (!space.vector_sent) space.vector_wanted = true;
  return {};
}

Status Peer::on_locator(const Locator& locator, const Shared& shared) {
  if (!readable(locator.space, shared)) return {};
  const auto found = spaces_.find(locator.space);
  if (found == spaces_.end()) return fail(Code::reject, "places of a space nobody has spoken of");
  auto& held = found->second.holds[locator.log];
  for (const auto& place : locator.places) {
    if (TRY(shared.knows(place))) note(held, place, nullptr);
  }
  held = TRY(shared.furthest(std::move(held)));
  found->second.dirty = true;
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
    if (have.seq >= named->second.seq) {
      auto& held = space.holds[have.log];
      // Further deltas of this log may be in flight, and then it was noted how far they take it.
      const bool is_passed = std::any_of(held.begin(), held.end(), [&](const auto& place) {
        return place.seq >= named->second.seq;
      });
      if (!is_passed) note(held, named->second, nullptr);
      continue;
    }
    if (is_outdated) {
      const bool is_sent_again =
          std::any_of(in_flight_.begin(), in_flight_.end(), [&](const InFlight& item) {
            return item.space == ack.space && item.sent.contains(have.log);
          });
      if (!is_sent_again) take_back(ack.space, have);
      space.dirty = true;
      continue;
    }
    // Less than this delta brought: refused there. Sent again when they offer their digest anew,
    // which they do when what they know changes; at once would be without end.
    space.refused.insert(have.log);
    take_back(ack.space, have);
  }
  return {};
}

void Peer::take_back(const SpaceId& id, const Ack::Have& have) {
  auto& held = spaces_[id].holds[have.log];
  std::erase_if(held, [&](const crdt::Position& place) { return place.seq > have.seq; });
  if (held.empty() && have.seq > 0) held.push_back({have.log, have.seq, {}});
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
    note(space.holds[range.head.log], {range.head.log, range.head.seq, range.head.hash}, &range);
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
  const auto positions = TRY(shared.positions(id));
  for (auto ours = positions.begin(); ours != positions.end();) {
    const auto first = ours;
    auto& held = space.holds[first->log];
    bool is_lacking = false;
    for (; ours != positions.end() && ours->log == first->log; ++ours) {
      is_lacking = is_lacking || !names(held, *ours);
    }
    if (!is_lacking || space.refused.contains(first->log)) continue;
    const auto& end = *std::prev(ours);
    const auto lacking = TRY(look(space, end, shared));
    if (lacking == Lacking::wait) continue;
    if (lacking == Lacking::ask) {
      forked_.insert(end.log);
      space.located[end.log] = end;
      return std::optional<Message>(Locator{id, end.log, TRY(shared.places(end.log))});
    }
    auto range = TRY(shared.next_range(first->log, held));
    if (range) {
      candidates.push_back(std::move(*range));
      continue;
    }
    // Nothing may be sent, from which they would see where we differ: they are told, once.
    const auto told = space.located.find(end.log);
    if (told != space.located.end() && told->second == end) continue;
    auto places = TRY(shared.places(end.log));
    space.located[end.log] = end;
    if (!places.empty()) {
      return std::optional<Message>(Locator{id, end.log, std::move(places)});
    }
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
    const crdt::Position end{first->head.log, first->head.seq, first->head.hash};
    auto& held = space.holds[end.log];
    note(held, end, &*first);
    delta.ranges.push_back(std::move(*first));
    auto more = TRY(shared.next_range(end.log, held));
    // One branch of a forked log a delta, so that its acknowledgement says of which it speaks.
    const bool goes_on = more && more->changes.front().seq == end.seq + 1 &&
                         (!more->before || *more->before == shorten(end.hash));
    if (goes_on) {
      *first = std::move(*more);
    } else {
      candidates.erase(first);
    }
  }
  delta.digest = TRY(shared.digest(id));
  space.offered = delta.digest;
  delta.serial = next_serial_++;
  std::map<LogId, crdt::Position> sent;
  for (const auto& range : delta.ranges) {
    sent[range.head.log] = {range.head.log, range.head.seq, range.head.hash};
  }
  in_flight_.push_back({id, delta.serial, bytes, std::move(sent)});
  in_flight_bytes_ += bytes;
  ++counters_.deltas_sent;
  return std::optional<Message>(std::move(delta));
}

Result<Peer::Lacking> Peer::look(Space& space, const crdt::Position& end, const Shared& shared) {
  auto& held = space.holds[end.log];
  if (held.size() > kPlacesPlenty) held = TRY(shared.furthest(std::move(held)));
  bool is_known = held.empty();
  bool differs = false;
  for (const auto& place : held) {
    if (is_known) break;
    is_known = place.hash == Digest{} || TRY(shared.knows(place));
    differs = differs || (!is_known && place.seq <= end.seq);
  }
  if (is_known) return Lacking::send;
  // What they hold goes further than what is held here, as far as anyone knows.
  if (!differs) return Lacking::wait;
  const auto asked = space.located.find(end.log);
  return asked != space.located.end() && asked->second == end ? Lacking::wait : Lacking::ask;
}

bool Peer::in_sync_in(const std::vector<SpaceId>& spaces, const Shared& shared) const {
  if (!queue_.empty() || !in_flight_.empty()) return false;
  for (const auto& id : spaces) {
    const auto found = spaces_.find(id);
    if (found == spaces_.end() || !found->second.theirs || found->second.vector_wanted)
      return false;
    auto digest = shared.digest(id);
    if (!digest || *digest != *found->second.theirs || found->second.offered != *digest)
      return false;
  }
  return true;
}

Result<bool> Peer::has_all_of_theirs(const SpaceId& space, const Shared& shared) const {
  const auto found = spaces_.find(space);
  if (found == spaces_.end() || !found->second.theirs) return false;
  if (*found->second.theirs == TRY(shared.digest(space))) return true;
  if (!found->second.knows_vector) return false;
  for (const auto& [log, places] : found->second.holds) {
    for (const auto& place : places) {
      if (!TRY(shared.knows(place))) return false;
    }
  }
  return true;
}

bool Peer::holds(const SpaceId& space, const LogId& log, std::uint64_t seq) const {
  const auto found = spaces_.find(space);
  if (found == spaces_.end()) return false;
  const auto held = found->second.holds.find(log);
  if (held == found->second.holds.end()) return false;
  return std::any_of(held->second.begin(), held->second.end(),
                     [&](const crdt::Position& place) { return place.seq >= seq; });
}

}  // namespace holm::sync
