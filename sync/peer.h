// What to say to one peer, without saying it: generate and receive on a per-peer state. No socket,
// clock or store; works on the narrow view `Shared`, which the node implements.
//
// The exchange, per space: both sides send digests (Summary). Where they differ each sends its
// state vector; who sees that the other lacks something sends deltas, at most `window_bytes` of
// them unacknowledged. From then on each side knows what the other holds, so new changes are pushed
// at once and forwarded. A cut link starts again from digests: it costs the deltas in flight.
//
// What a peer holds of a log is known as places: (seq, chain hash), each of which stands for all
// before it. Of a forked log they are several. Where none of them is known here, a Locator finds
// out from where on the two differ (docs/formats/sync.md).
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>

#include "base/result.h"
#include "sync/message.h"

namespace holm::sync {

/// What a peer machine reads of this device's logs. Threads: the loop's.
class Shared {
 public:
  virtual ~Shared() = default;
  /// Spaces this peer may read, most urgent first (membership before content).
  virtual std::vector<SpaceId> spaces() const = 0;
  virtual Result<Digest> digest(const SpaceId& space) const = 0;
  /// Every log of the space up to its newest signed head, of a forked log each of its ends; sorted.
  virtual Result<std::vector<crdt::Position>> positions(const SpaceId& space) const = 0;
  /// The digest that the space would have if all that is held had been delivered and counted.
  virtual Result<Digest> held_digest(const SpaceId& space) const {
    return crdt::space_digest(TRY(positions(space)));
  }
  /// Whether a change held here ends at this place; the start of a log held here is one, too.
  virtual Result<bool> knows(const crdt::Position& place) const = 0;
  /// Changes of a log that follow the places in `theirs`, up to the next kept head; nothing when
  /// there are none. Places that are not known here do not count; one without a hash means all up
  /// to its seq of a log that is not forked. Void changes beyond the forwarding quota may be left
  /// out by ending early.
  virtual Result<std::optional<Range>> next_range(
      const LogId& log, const std::vector<crdt::Position>& theirs) const = 0;
  /// Places of a log from its ends back to its start, ever further apart; sorted.
  virtual Result<std::vector<crdt::Position>> places(const LogId& log) const = 0;
  /// Of places of a log those that no other of them has in its past; others may stay.
  virtual Result<std::vector<crdt::Position>> furthest(std::vector<crdt::Position> places) const {
    return places;
  }
};

struct PeerLimits {
  std::size_t window_bytes = 1u << 20;   ///< of deltas sent and not acknowledged
  std::size_t delta_bytes = 192u << 10;  ///< aimed at per delta; one range may exceed it
  std::size_t queued_max = 16'384;       ///< messages that wait for the peer to read
};

class Peer {
 public:
  explicit Peer(PeerLimits limits = {});

  /// The peer may read now (or again, after membership changed): offers digests of all spaces that
  /// have not been offered at their present digest.
  void refresh(const Shared& shared);
  /// As refresh(), also where our digest is what they were told: membership changed, so what either
  /// side refused before may be taken now.
  void reoffer(const Shared& shared);
  /// Changes of `space` became durable here. Cheap; poll() then finds what to push.
  void on_stored(const SpaceId& space);

  /// Takes Summary, Vector, Locator, Ack. Errors: reject when the peer breaks the protocol.
  Status on_summary(const Summary& summary, const Shared& shared);
  Status on_vector(const Vector& vector, const Shared& shared);
  Status on_locator(const Locator& locator, const Shared& shared);
  Status on_ack(const Ack& ack);
  /// The delta was received; once it is durable call on_delta_durable. Notes what they hold.
  /// Errors: limit when they send on and on without reading what they are told, or name things
  /// without end.
  Status on_delta(const Delta& delta);
  /// Queues the acknowledgement. `have` is what this device holds of the logs named.
  void on_delta_durable(const Delta& delta, std::vector<Ack::Have> have, const Digest& digest);

  /// Next message to send; nothing when there is none or the window is full.
  Result<std::optional<Message>> poll(const Shared& shared);

  /// Both sides hold the same in every space this peer may read, and nothing is in flight.
  bool in_sync(const Shared& shared) const { return in_sync_in(shared.spaces(), shared); }
  /// The same in some of them.
  bool in_sync_in(const std::vector<SpaceId>& spaces, const Shared& shared) const;
  /// Whether nothing that they hold of a space is missing here, as far as they have told; false
  /// until they have.
  Result<bool> has_all_of_theirs(const SpaceId& space, const Shared& shared) const;
  /// Whether the peer, as far as is known, holds `log` up to `seq`.
  bool holds(const SpaceId& space, const LogId& log, std::uint64_t seq) const;

  struct Counters {
    std::uint64_t deltas_sent = 0;
    std::uint64_t deltas_received = 0;
    std::uint64_t vectors_sent = 0;
  };
  const Counters& counters() const { return counters_; }
  /// Logs where the peer was seen to hold another history than we did: forked.
  const std::set<LogId>& forked() const { return forked_; }

 private:
  struct Space {
    std::optional<Digest> offered;  ///< our digest they were last told
    std::optional<Digest> theirs;   ///< their digest as last told
    bool knows_vector = false;      ///< `holds` says all they have
    bool vector_sent = false;       ///< ours, since the link stands
    bool vector_wanted = false;     ///< send ours
    bool dirty = false;             ///< something may be theirs to get
    std::map<LogId, std::vector<crdt::Position>> holds;
    std::set<LogId> refused;  ///< they would not take more of these until they offer anew
    std::map<LogId, crdt::Position> located;  ///< our end when we last asked where we differ
  };
  struct InFlight {
    SpaceId space;
    std::uint64_t serial;
    std::size_t bytes;
    std::map<LogId, crdt::Position> sent;  ///< how far it takes each log
    bool is_outdated = false;              ///< they offered anew since: a refusal says nothing
  };

  Result<std::optional<Message>> next_delta(const SpaceId& id, Space& space, const Shared& shared);
  /// What to do about a log that they lack something of: send it, ask where we differ, or wait.
  enum class Lacking { send, ask, wait };
  static Result<Lacking> look(Space& space, const crdt::Position& end, const Shared& shared);
  /// They took less of a log than was sent.
  void take_back(const SpaceId& id, const Ack::Have& have);
  bool readable(const SpaceId& space, const Shared& shared) const;

  PeerLimits limits_;
  std::map<SpaceId, Space> spaces_;
  std::map<SpaceId, Digest> unread_;  ///< what they told of spaces that were not readable then
  std::deque<Message> queue_;         ///< acknowledgements and summaries, before any delta
  std::deque<InFlight> in_flight_;
  std::size_t in_flight_bytes_ = 0;
  std::uint64_t next_serial_ = 1;
  std::set<LogId> forked_;
  Counters counters_;
};

}  // namespace holm::sync
