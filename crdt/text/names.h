// Who wrote which code point: local numbers to (log, seq) and back, as stretches.
//
// Value. Threads: one at a time.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "crdt/op.h"
#include "crdt/text/lv.h"

namespace holm::crdt::text {

/// A log under a small number, in the order in which they were first named.
using Agent = std::uint32_t;

class Names {
 public:
  /// Consecutive numbers with consecutive ids of one log; it ends where the next one begins.
  struct Run {
    Lv begin = 0;
    Agent agent = 0;
    std::uint64_t seq = 0;
  };

  Lv end() const { return end_; }
  std::span<const Run> runs() const { return runs_; }
  Lv end_of(std::size_t run) const { return run + 1 < runs_.size() ? runs_[run + 1].begin : end_; }
  /// Index in runs(). Requires lv < end(). O(log runs).
  std::size_t index_of(Lv lv) const;
  /// The same, quick when the one at `hint` or one of the next few holds it.
  std::size_t index_of(Lv lv, std::size_t hint) const;
  OpId id_of(Lv lv) const;
  /// How many numbers from `lv` on have consecutive ids, at most `len_max`.
  Lv stretch_of(Lv lv, Lv len_max) const;

  std::size_t agents() const { return logs_.size(); }
  const LogId& log_of(Agent agent) const { return logs_[agent]; }
  std::optional<Agent> find_agent(const LogId& log) const;
  /// The same, adding it when there is none. O(log agents).
  Agent agent_of(const LogId& log);
  /// The log whose id starts with these four bytes, lowest first; nothing when there is none or
  /// several.
  std::optional<Agent> find_brief(std::uint32_t name) const;
  static std::uint32_t brief(const LogId& log) {
    return log.bytes[0] | log.bytes[1] << 8 | log.bytes[2] << 16 |
           static_cast<std::uint32_t>(log.bytes[3]) << 24;
  }

  /// A stretch of ids of one log that is wholly known, and consecutive here, or wholly unknown.
  struct Stretch {
    std::optional<Lv> first;
    std::uint64_t len = 0;
  };
  /// The stretch from `seq` on, at most `len_max` long. Requires len_max > 0. O(log runs).
  Stretch stretch(Agent agent, std::uint64_t seq, std::uint64_t len_max) const;
  std::optional<Lv> find(const OpId& id) const;

  /// Names the next `len` numbers. Requires that the ids are unknown.
  void append(Agent agent, std::uint64_t seq, Lv len);
  /// Forgets all from `end` on, and logs that then name nothing.
  void truncate(Lv end);

 private:
  struct Known {
    std::uint64_t seq = 0;
    Lv begin = 0;
    Lv len = 0;
  };

  struct Log {
    std::vector<Known> known;               // ascending by seq, and by number
    std::map<std::uint64_t, Known> behind;  // what came after greater ones, by seq
    bool is_empty() const { return known.empty(); }
  };

  std::vector<Run> runs_;
  Lv end_ = 0;
  std::vector<LogId> logs_;
  std::vector<Log> known_;  // by agent
  std::map<LogId, Agent> by_log_;
  std::unordered_multimap<std::uint32_t, Agent> by_brief_;
};

}  // namespace holm::crdt::text
