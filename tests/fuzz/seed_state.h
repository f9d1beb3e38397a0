// A home that imports into one room and does nothing else: what the importers' fuzz targets run
// against. Writes go through the authoring of changes, so what it would refuse is found as well.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ensure.h"
#include "base/rng.h"
#include "crdt/author.h"
#include "crdt/text/utf8.h"
#include "work/exchange/import.h"
#include "work/read.h"
#include "work/schema.h"
#include "work/state.h"

namespace holm::fuzz {

class SeedState final : public work::State {
 public:
  SeedState() {
    self_.bytes[0] = 1;
    device_.bytes[0] = 2;
    commons_.bytes[0] = 3;
    room.bytes[0] = 4;
    log_.bytes[0] = 5;
  }

  SpaceId room;

  /// Carries a plan out. ENSUREs that every write of it is one that a home accepts.
  void take(const work::ImportPlan& plan) {
    for (const auto& [space, writes] : plan.writes) {
      crdt::AuthorView view;
      const SpaceId at_space = space;
      view.object = [&](const ObjectId& id) -> Result<crdt::ObjectState> {
        const auto at = objects_.find({at_space, id});
        if (at != objects_.end()) return at->second;
        crdt::ObjectState fresh;
        fresh.id = id;
        return fresh;
      };
      view.frontier = [&](const ObjectId& id,
                          std::uint32_t field) -> Result<std::vector<crdt::OpId>> {
        return frontiers_[{{at_space, id}, field}];
      };
      view.has_salt = [](const ObjectId&) { return false; };
      view.self = self_;
      crdt::AuthorPosition position;
      position.log = log_;
      position.next_seq = next_seq_;
      position.seen_lamport = lamport_;
      const auto changes = crdt::author(writes, view, position, rng_);
      ENSURE(changes.has_value());
      for (const auto& change : *changes) merge(space, change);
    }
  }

  const work::members::Roster& roster() const override { return roster_; }
  MemberId self() const override { return self_; }
  DeviceId device() const override { return device_; }
  SpaceId commons() const override { return commons_; }
  Result<std::optional<crdt::ObjectState>> object(const work::Ref& ref) const override {
    const auto at = objects_.find(ref);
    return at != objects_.end() ? std::optional(at->second) : std::nullopt;
  }
  Result<WallTime> met_at(const work::Ref&) const override { return WallTime{}; }
  Result<std::string> text(const work::Ref& ref, std::uint32_t field) const override {
    const auto at = texts_.find({ref, field});
    return at != texts_.end() ? at->second : std::string();
  }
  Result<std::vector<work::Ref>> find(const work::Lookup& lookup) const override {
    std::vector<work::Ref> out;
    for (const auto& [ref, object] : objects_) {
      if (object.type != lookup.type || (lookup.space && ref.space != *lookup.space)) continue;
      bool fits = true;
      for (const auto& wanted : lookup.where) {
        const auto place = work::place_of(object);
        fits = fits && (wanted.field == work::field::kPlace
                            ? place && wanted.value == work::id_value(place->container)
                            : wanted.value == work::value_of(object, wanted.field));
      }
      for (const auto field : lookup.having) {
        fits = fits && !work::value_of(object, field).is_null();
      }
      if (fits) out.push_back(ref);
    }
    return out;
  }
  Result<std::size_t> count(const work::Lookup& lookup) const override {
    return TRY(find(lookup)).size();
  }
  // Nobody but the importer writes here, so nothing of the rest is asked for.
  Result<crdt::Text> full_text(const work::Ref&, std::uint32_t) const override {
    return crdt::Text();
  }
  Result<std::optional<work::Ref>> locate(const ObjectId&) const override {
    return std::optional<work::Ref>();
  }
  Result<std::vector<work::Ref>> by_prefix(std::string_view, std::size_t) const override {
    return std::vector<work::Ref>();
  }
  Result<std::vector<work::Matched>> matching(const Match&, std::uint64_t,
                                              std::size_t) const override {
    return std::vector<work::Matched>();
  }
  Result<std::vector<std::string>> words_like(std::string_view, std::size_t) const override {
    return std::vector<std::string>();
  }
  Result<std::map<LogId, std::uint64_t>> seen(const work::Ref&) const override {
    return std::map<LogId, std::uint64_t>{};
  }
  Result<std::vector<crdt::Delivered>> history(const work::Ref&) const override {
    return std::vector<crdt::Delivered>();
  }
  Result<std::map<LogId, std::uint64_t>> positions(const SpaceId&) const override {
    return std::map<LogId, std::uint64_t>();
  }
  std::optional<MemberId> author(const LogId&) const override { return self_; }

  work::Acting acting() { return {self_, device_, {}, "UTC", rng_}; }

 private:
  void merge(const SpaceId& space, const crdt::Change& change) {
    const auto names = crdt::op_names(change);
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto& op = change.ops[i];
      const work::Ref ref{space, op.object};
      auto& object = objects_[ref];
      object.id = op.object;
      crdt::merge(object, op, {names[i], 0, change.time, self_});
      if (op.kind == crdt::Kind::text) edit({ref, op.field}, op, names[i]);
    }
    next_seq_ = change.last_seq() + 1;
    lamport_ = change.lamport;
  }

  void edit(const std::pair<work::Ref, std::uint32_t>& key, const crdt::Op& op, crdt::OpId last) {
    auto& text = texts_[key];
    const auto count = crdt::utf8::count(text);
    const bool inserts = op.action == crdt::Action::insert;
    ENSURE(op.pos + (inserts ? 0 : op.len) <= count);
    const auto from = crdt::utf8::offset(text, op.pos);
    const auto to = inserts ? from : crdt::utf8::offset(text, op.pos + op.len);
    text.replace(from, to - from, as_text(op.content));
    last.seq += op.len - 1;
    frontiers_[key] = {last};
  }

  MemberId self_;
  DeviceId device_;
  SpaceId commons_;
  LogId log_;
  SeededRng rng_{1};
  work::members::Roster roster_;
  std::uint64_t next_seq_ = 1;
  std::uint64_t lamport_ = 0;
  std::map<work::Ref, crdt::ObjectState> objects_;
  std::map<std::pair<work::Ref, std::uint32_t>, std::string> texts_;
  std::map<std::pair<work::Ref, std::uint32_t>, std::vector<crdt::OpId>> frontiers_;
};

inline std::size_t write_count(const work::ImportPlan& plan) {
  std::size_t out = 0;
  for (const auto& [space, writes] : plan.writes) out += writes.size();
  return out;
}

}  // namespace holm::fuzz
