// Which logs are forked, how their branches hang together, and what references mean there
// (docs/decisions/0016-forks.md). Read whole and kept, since forks are few: none at all in most
// stores, and then it costs a look at a flag.
//
// Owner: Logs. Threads: the loop thread.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "crdt/change.h"

namespace holm::store {

class Db;

/// The tables `branch` and `alias` as a value.
class ForkMap {
 public:
  struct Branch {
    std::int64_t parent_no = 0;
    std::int64_t root_no = 0;
    std::uint64_t base_seq = 0;
  };

  bool empty() const { return branches.empty() && aliases.empty(); }
  /// The segment that holds op `seq` of the path that ends in segment `no`. O(depth).
  std::int64_t place(std::int64_t no, std::uint64_t seq) const;
  /// The segment at whose end the path goes that changes of segment `no` at op `seq` mean by
  /// `name`; 0: the log of that id.
  std::int64_t meant(std::int64_t no, std::uint64_t seq, const LogId& name) const;
  /// Gives a change of segment `no`, as signed, the names of branches: its own, and those in its
  /// references. O(refs).
  void put_names(std::int64_t no, crdt::Change& change) const;
  /// What `name` at `seq` is in a change of segment `no` at op `at`, and where the path beneath it
  /// ends in its other segments: nearest first, at least one.
  std::vector<crdt::OpId> path(std::int64_t no, std::uint64_t at, const crdt::OpId& name) const;

  std::map<std::int64_t, Branch> branches;  ///< by number of the log
  std::map<std::int64_t, LogId> names;      ///< of all that is named here
  std::map<LogId, std::int64_t> numbers;    ///< the same, the other way
  /// (segment, id) -> from which op on, which segment; ascending.
  std::map<std::pair<std::int64_t, LogId>, std::vector<std::pair<std::uint64_t, std::int64_t>>>
      aliases;
};

class Forks {
 public:
  explicit Forks(Db& db) : db_(db) {}

  /// Valid until the next call, or a write to these tables.
  Result<const ForkMap*> map();
  /// The tables, or the names of their logs, were written to.
  void forget() { is_known_ = false; }

 private:
  Db& db_;
  ForkMap map_;
  bool is_known_ = false;
  std::uint64_t rollbacks_ = 0;  ///< of db_ when the map was last true
};

}  // namespace holm::store
