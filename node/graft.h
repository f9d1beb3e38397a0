// Where changes go in what is held of their log: behind its end, or, where it is forked, on one of
// its branches or as a new one (docs/decisions/0016-forks.md). Threads: the loop's.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crdt/change.h"
#include "store/logs.h"

namespace holm::node {

/// Behind a change that is held, or at the start of a log.
struct LogPlace {
  LogId log;  ///< the segment that holds it
  std::uint64_t seq = 0;
  Digest hash;                ///< of the chain there
  std::uint64_t lamport = 0;  ///< of the change that ends there
};
LogPlace end_of(const store::LogInfo& info);

/// Consecutive changes of the log `root` that go on from a place, with their hashes; those that end
/// at or before it are left out. None when they do not go on there, or the chain does not come out
/// at `end` after the last. Errors: the store's.
Result<std::vector<store::StoredChange>> going_on(const store::Logs& logs, const LogId& root,
                                                  const LogPlace& from,
                                                  std::vector<crdt::Change> changes,
                                                  const Digest& end);

/// How far changes that go on from a place are held already.
struct Parting {
  store::LogInfo at;      ///< where the rest goes on
  std::uint64_t seq = 0;  ///< behind this op of it
  std::size_t held = 0;   ///< changes
};
/// `tree`: as Logs::tree() gives it, with `start` in it. O(changes held * branches).
Result<Parting> parting_of(const store::Logs& logs, const std::vector<store::LogInfo>& tree,
                           const LogId& start, std::uint64_t seq,
                           std::span<const store::StoredChange> changes);

/// A branch that was begun; its name is one for the time being (Logs::settle_names).
struct Branching {
  LogId name;
  std::vector<store::Moved> moved;
};
/// Begins a branch behind op `seq` of a log or branch, which parts there if it goes on. Needs an
/// open turn. Errors: as Logs::split(), Logs::add_branch().
Result<Branching> begin_branch(store::Logs& logs, const store::LogInfo& at, std::uint64_t seq,
                               const DeviceId& device, const MemberId& member,
                               std::span<const store::StoredChange> changes, WallTime now);

/// What putting changes in did.
struct Grafted {
  bool is_held = false;    ///< all of them are, now or before
  bool is_branch = false;  ///< of a new branch
  std::vector<store::Moved> moved;
};
/// Puts consecutive changes of a log, which were verified before, wherever in it the chain fits:
/// nothing where it fits nowhere. Needs an open turn. Errors: the store's.
Result<Grafted> graft(store::Logs& logs, const TeamId& team, const LogId& root,
                      const std::vector<crdt::Change>& changes, const Digest& end, WallTime now);

}  // namespace holm::node
