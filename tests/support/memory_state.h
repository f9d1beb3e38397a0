// A team in memory: devices that run commands, keep logs with real chains, and exchange changes in
// any order that respects causality. For tests of rules; no disk, no links, no membership ops: the
// roster is given and the same for all.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/rng.h"
#include "crdt/chain.h"
#include "work/apply.h"
#include "work/query.h"
#include "work/state.h"

namespace holm::test {

class Team;

/// One device of a member: a State over what has reached it.
class Device final : public work::State {
 public:
  Device(const Team& team, std::string name, const MemberId& member, const DeviceId& device,
         std::uint64_t seed);

  /// Runs a command as this device's member: apply, author, deliver to itself. Errors: as apply().
  Result<work::Outcome> attempt(const work::Command& command);
  /// attempt() that must succeed; the id it answers with.
  ObjectId run(const work::Command& command);
  /// Authors writes made by hand, as an importer or a newer program would.
  void write(const SpaceId& space, const std::vector<crdt::Write>& writes);

  /// A person looks at the object: what merging did to it is told.
  void look_at(const work::Ref& ref);

  /// Everything that `from` holds and this one lacks, in `from`'s order of delivery.
  void pull(const Device& from);
  /// The same in random order: what lacks a dependency waits.
  void pull_shuffled(const Device& from, Rng& rng);

  /// Canonical bytes of everything: equal on devices that hold the same changes.
  Bytes fingerprint() const;

  // What tests ask most often; each fails the test when the thing is not there.
  work::Ref ref(const std::string& reference, const std::vector<std::uint32_t>& types = {}) const;
  work::Ref ref(const ObjectId& id) const;
  crdt::ObjectState state(const work::Ref& ref) const;
  /// Sentences that rules/notices.h has for an object.
  std::vector<std::string> notices(const work::Ref& ref) const;

  const work::members::Roster& roster() const override;
  MemberId self() const override { return member_; }
  DeviceId device() const override { return device_; }
  SpaceId commons() const override;
  Result<std::optional<crdt::ObjectState>> object(const work::Ref& ref) const override;
  Result<WallTime> met_at(const work::Ref& ref) const override;
  Result<std::string> text(const work::Ref& ref, std::uint32_t field) const override;
  Result<crdt::Text> full_text(const work::Ref& ref, std::uint32_t field) const override;
  Result<std::vector<work::Ref>> find(const work::Lookup& lookup) const override;
  Result<std::size_t> count(const work::Lookup& lookup) const override {
    return TRY(find(lookup)).size();
  }
  Result<std::optional<work::Ref>> locate(const ObjectId& id) const override;
  Result<std::vector<work::Ref>> by_prefix(std::string_view hex, std::size_t limit) const override;
  Result<std::vector<work::Matched>> matching(const Match& match, std::uint64_t before,
                                              std::size_t limit) const override;
  Result<std::vector<std::string>> words_like(std::string_view word,
                                              std::size_t limit) const override;
  Result<std::map<LogId, std::uint64_t>> seen(const work::Ref& ref) const override;
  Result<std::vector<crdt::Delivered>> history(const work::Ref& ref) const override;
  Result<std::map<LogId, std::uint64_t>> positions(const SpaceId& space) const override;
  std::optional<MemberId> author(const LogId& log) const override;

  /// Set by tests; a run of commands moves it on by a second each.
  WallTime now{};
  std::string zone = "UTC";

 private:
  struct LogState {
    std::uint64_t seq = 0;
    Digest hash;
  };
  struct Space {
    LogId log;  ///< this device's own
    std::map<LogId, LogState> logs;
    std::map<LogId, std::uint64_t> told;  ///< what own deps have named so far
    std::uint64_t lamport = 0;
    std::vector<crdt::Delivered> delivered;
  };
  using TextKey = std::pair<work::Ref, std::uint32_t>;

  Space& space(const SpaceId& id);
  std::vector<std::string> search_terms(const work::Ref& ref) const;
  bool deliver(const SpaceId& id, const crdt::Change& change);
  void merge_in(const SpaceId& id, const crdt::Delivered& one);

  const Team& team_;
  std::string name_;
  MemberId member_;
  DeviceId device_;
  SeededRng rng_;
  std::map<SpaceId, Space> spaces_;
  std::map<work::Ref, crdt::ObjectState> objects_;
  std::map<work::Ref, WallTime> met_;
  std::map<work::Ref, std::map<LogId, std::uint64_t>> seen_;
  std::map<TextKey, crdt::Text> texts_;
  std::map<TextKey, std::map<LogId, crdt::OpId>> last_own_;
  std::map<std::pair<LogId, ObjectId>, Salt> salts_;
};

/// Devices of one team, by name. A name with a slash is a further device: "ana", "ana/phone".
class Team {
 public:
  explicit Team(const std::vector<std::string>& names, std::uint64_t seed = 1);

  Device& operator[](const std::string& name);
  /// All devices exchange everything, in several rounds, until nobody lacks anything.
  void meet();
  /// The same for two.
  static void meet(Device& a, Device& b);
  /// meet(), then fails the test unless all devices hold the same.
  void converge();

  const work::members::Roster& roster() const { return roster_; }
  const SpaceId& commons() const { return commons_; }
  std::optional<DeviceId> device_of(const LogId& log) const;
  MemberId member(const std::string& name) const;

 private:
  friend class Device;
  LogId log_for(const DeviceId& device, const SpaceId& space) const;

  work::members::Roster roster_;
  SpaceId commons_;
  std::map<std::string, std::unique_ptr<Device>> devices_;
};

}  // namespace holm::test
