// What store/logs.h promises, done with plain vectors: slow and obviously right. The oracle of
// model_test.cc.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "store/logs.h"

namespace holm::store::test {

class NaiveLogs {
 public:
  void create(const LogInfo& empty) { logs_[empty.log].info = empty; }
  void append(const LogId& log, const std::vector<StoredChange>& changes);
  void drop_tail(const LogId& log);
  void seal(const crdt::Head& head);
  void set_applied(const LogId& log, std::uint64_t seq);
  void set_mark(const LogId& log, std::uint64_t seq, crdt::Mark mark);
  std::size_t wipe(const SpaceId& space, const ObjectId& object);

  std::vector<LogInfo> of_space(const SpaceId& space) const;
  const std::vector<StoredChange>& changes(const LogId& log) const { return logs_.at(log).changes; }
  std::optional<StoredChange> at(const LogId& log, std::uint64_t seq) const;
  std::vector<crdt::Head> heads(const LogId& log) const;
  /// Delivered changes in replay order; those that touch `object`, when it is given.
  std::vector<crdt::Delivered> delivered(const SpaceId& space,
                                         const std::optional<ObjectId>& object) const;
  std::optional<Salt> salt(const LogId& log, const ObjectId& object) const;
  std::vector<crdt::Position> positions(const SpaceId& space) const;
  std::uint64_t lamport(const SpaceId& space) const;
  std::uint64_t change_count(const SpaceId& space) const;

 private:
  struct OneLog {
    LogInfo info;
    std::vector<StoredChange> changes;
    std::map<std::uint64_t, crdt::Head> heads;
    std::map<ObjectId, Salt> salts;
  };
  std::map<LogId, OneLog> logs_;
};

}  // namespace holm::store::test
