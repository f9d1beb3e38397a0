// Which logs this device writes, and whether it may go on with them (DESIGN.md 2): a store that was
// restored, rolled back or copied starts new ones, an incarnation of its own, so that no log ever
// has two histories. Owned by a Replica. Threads: the loop's.
#pragma once

#include <functional>
#include <optional>
#include <set>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "base/rng.h"
#include "node/witness.h"
#include "store/store.h"

namespace holm::node {

/// Where the witness of one store is kept. Both empty: nowhere, and the store is believed.
struct WitnessPlace {
  /// Nothing when there is none.
  std::function<Result<std::optional<Bytes>>()> read;
  /// Durable when it returns.
  std::function<Status(ByteView)> write;
};

class Incarnation {
 public:
  Incarnation(store::Store& store, Rng& rng, Log& log, WitnessPlace place)
      : store_(store), rng_(rng), log_(log), place_(std::move(place)) {}

  /// Compares store and witness; where they do not prove that nothing else goes on from this store,
  /// its logs are left as they are, for ever. Once, after the store was opened; no turn is open.
  Status check();
  /// The log to write in a space, a new name where there is none that may go on.
  Result<LogId> log_of(const SpaceId& space);
  /// Within a turn, before a change of this device is written into `log`: remembers the log, and
  /// marks the store as going on from here. Costs a synced write of the witness, once a process.
  Status on_write(const SpaceId& space, const LogId& log);
  /// Somebody holds `log` of a space up to `seq`. If it is the one written here, and they hold more
  /// than this store, it goes on elsewhere. True then; needs a turn, and opens one.
  Result<bool> on_held(const SpaceId& space, const LogId& log, std::uint64_t seq);
  /// A log turned out to be forked. If it is one that is written here, something else goes on from
  /// this store as well, and all logs are left. Needs an open turn.
  Status on_forked(const LogId& log);
  /// Brings the witness up to date, at most once a second; before own changes are sent.
  void keep(Time now);
  /// The same, at once: the store is closed.
  void close();
  /// The turn was rolled back.
  void on_rollback();
  /// Whether logs were left since the store was opened.
  bool has_left_logs() const { return has_left_; }

 private:
  Result<std::optional<StoreNonce>> nonce() const;
  Status leave_all();
  /// How far the logs of this device stand in the store.
  Result<std::map<LogId, std::uint64_t>> reached() const;
  Status write(const Witness& witness);

  store::Store& store_;
  Rng& rng_;
  Log& log_;
  WitnessPlace place_;
  bool is_claimed_ = false;  // by this process, in a turn that stands
  bool is_behind_ = false;   // the witness, after own writes
  std::optional<Time> kept_at_;
  bool has_left_ = false;
};

}  // namespace holm::node
