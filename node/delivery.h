// Delivery of a space's changes in causal order: what is stored under signed heads and has not
// counted yet. A change waits until every head it names in `deps` has been delivered here at the
// same chain hash, and until every membership op of its frontier is known. Of those that can go,
// the least by (lamport, log) goes first, so that a batch is merged in replay order. A change whose
// author was not allowed to write at its own membership frontier, or that makes no sense, is marked
// void: it is kept, satisfies dependencies and is passed on, but has no effect (DESIGN.md 2).
//
// Owned by a Replica; kept from slice to slice, with what it has read ahead. Threads: the loop's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/result.h"
#include "node/merge.h"
#include "store/logs.h"

namespace holm::node {

class Replica;

/// Whether the loop has other things to do, so that what takes long is left to other threads.
enum class Pace : bool { in_slices, at_once };

class Delivery {
 public:
  /// `replica` outlives this.
  Delivery(Replica& replica, const SpaceId& space) : replica_(replica), space_(space) {}

  /// Delivers a slice of what can go, or all of it where that is about membership, which others
  /// wait for; nothing while a long text is being opened for it, unless pressed. True when there
  /// may be more. Needs an open turn; after one that was rolled back this is of no more use.
  /// Errors: the store's.
  Result<bool> run(Pace pace);
  /// Whether nothing is stored that has not been delivered.
  bool is_idle() const { return queues_.empty(); }

 private:
  /// A log with changes that wait, the first of them read ahead.
  struct Queue {
    LogId parent;  ///< of a branch: what it goes on from
    std::uint64_t base = 0;
    DeviceId device;
    MemberId member;
    std::uint64_t sealed = 0;
    store::Reached applied;
    std::vector<store::HeldChange> changes;
    std::size_t at = 0;

    const store::HeldChange* head() const { return at < changes.size() ? &changes[at] : nullptr; }
  };
  /// A change taken from its queue, and where that log stood before.
  struct Taken {
    LogId log;
    store::Reached before;
  };
  using Next = std::pair<std::uint64_t, LogId>;  ///< lamport and log of a queue's head

  Status look_around();
  /// Reads ahead, and lines the queue up by its head; nothing when it has none.
  Status line_up(const LogId& log, Queue& queue);
  /// The log whose next change can go and is least; nothing when none can.
  Result<std::optional<LogId>> next();
  /// The log that a change waits for; nil when for membership; nothing when it can go.
  Result<std::optional<LogId>> waits_for(const crdt::Change& change, const Queue& queue);
  /// A change as it is merged: with the names that branches of forked logs have.
  Result<crdt::Delivered> named(const LogId& log, const Queue& queue, store::HeldChange held);
  Result<crdt::Mark> judge(const LogId& log, const crdt::Change& change, const Queue& queue);
  Result<bool> is_time_sound(const crdt::Change& change, const Queue& queue);
  void give_back(const std::vector<Taken>& taken);
  Status apply(std::vector<crdt::Delivered> batch, const std::vector<Taken>& taken,
               Result<std::vector<Merger::TouchedText>> texts);
  Status apply_singly(std::vector<crdt::Delivered>& batch);

  Replica& replica_;
  SpaceId space_;
  std::map<LogId, Queue> queues_;
  std::map<LogId, std::uint64_t> applied_;       ///< of every log of the space
  std::set<crdt::Dep> missing_;                  ///< looked for in this slice, and not held
  std::set<Next> line_;                          ///< heads that may go
  std::map<LogId, std::vector<LogId>> waiting_;  ///< by the log they wait for
};

}  // namespace holm::node
