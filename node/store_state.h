// work::State over a team's store: what rules, commands and queries read. Owned by a Replica.
#pragma once

#include <map>

#include "node/erasures.h"
#include "node/merge.h"
#include "store/store.h"
#include "work/state.h"

namespace holm::node {

class StoreState final : public work::State {
 public:
  /// `roster` may change between calls; all references outlive this.
  StoreState(store::Store& store, const Merger& merger, const Erasures& erasures,
             const work::members::Roster& roster, const SpaceId& commons, const MemberId& self,
             const DeviceId& device);

  const work::members::Roster& roster() const override { return roster_; }
  MemberId self() const override { return self_; }
  /// Another device of the person let this one in, so it is theirs from now on.
  void set_self(const MemberId& self) { self_ = self; }
  DeviceId device() const override { return device_; }
  SpaceId commons() const override { return commons_; }
  Result<std::optional<crdt::ObjectState>> object(const work::Ref& ref) const override;
  Result<WallTime> met_at(const work::Ref& ref) const override;
  Result<std::string> text(const work::Ref& ref, std::uint32_t field) const override;
  Result<crdt::Text> full_text(const work::Ref& ref, std::uint32_t field) const override;
  Result<std::vector<work::Ref>> find(const work::Lookup& lookup) const override;
  Result<std::size_t> count(const work::Lookup& lookup) const override;
  Result<std::optional<work::Ref>> locate(const ObjectId& id) const override;
  Result<std::vector<work::Ref>> by_prefix(std::string_view hex, std::size_t limit) const override;
  Result<std::vector<work::Matched>> matching(const Match& match, std::uint64_t before,
                                              std::size_t limit) const override;
  Result<std::vector<std::string>> words_like(std::string_view word,
                                              std::size_t limit) const override;
  Result<std::map<LogId, std::uint64_t>> seen(const work::Ref& ref) const override;
  Result<std::vector<crdt::Delivered>> history(const work::Ref& ref) const override;
  Result<std::map<LogId, std::uint64_t>> positions(const SpaceId& space) const override;
  Result<crdt::OpId> meant(const crdt::OpId& by, const crdt::OpId& named) const override;
  Result<std::map<LogId, std::uint64_t>> meant(
      const SpaceId& space, const crdt::OpId& by,
      std::map<LogId, std::uint64_t> positions) const override;
  std::optional<MemberId> author(const LogId& log) const override;

 private:
  Status leave_out_erased(std::vector<work::Ref>& refs) const;

  store::Store& store_;
  const Merger& merger_;
  const Erasures& erasures_;
  const work::members::Roster& roster_;
  SpaceId commons_;
  MemberId self_;
  DeviceId device_;
  mutable std::map<LogId, MemberId> authors_;  ///< logs never change hands
};

/// Tables of winners for every type of the schema.
std::vector<store::TableSpec> table_specs();
/// What search finds an object by.
store::Indexer search_indexer();

}  // namespace holm::node
