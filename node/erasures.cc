#include "node/erasures.h"

#include <algorithm>

#include "node/aside.h"
#include "store/facts.h"
#include "store/search.h"
#include "work/rules/erasure.h"
#include "work/schema.h"

namespace holm::node {
namespace {

constexpr std::string_view kPieces = "erased_file";  // while pieces of one may lie here

}  // namespace

Status Erasures::load(const work::State& state) {
  erased_.clear();
  for (const auto& ref : TRY(state.find({.type = work::kErasure}))) {
    (void)TRY(note(state, ref));
  }
  has_pieces_ = TRY(store_.facts().get(kPieces, {})).has_value();
  return {};
}

Status Erasures::forget_pieces() {
  has_pieces_ = false;
  return store_.facts().remove(kPieces, {});
}

void Erasures::clear() { erased_.clear(); }

Result<std::optional<ObjectId>> Erasures::note(const work::State& state, const work::Ref& order) {
  const auto object = TRY(state.object(order));
  const auto erasure = object ? work::rules::erasure_in(state, *object) : std::nullopt;
  if (!erasure) return std::optional<ObjectId>();
  // An order is what says that something is gone; it stays.
  const auto target = TRY(state.object({order.space, erasure->target}));
  if (target && target->type == work::kErasure) return std::optional<ObjectId>();
  auto& scope = erased_[order.space][erasure->target];
  scope.is_all = scope.is_all || erasure->is_all;
  scope.members.insert(erasure->by);
  return std::optional(erasure->target);
}

const Erasures::Scope* Erasures::scope(const SpaceId& space, const ObjectId& object) const {
  const auto in = erased_.find(space);
  if (in == erased_.end()) return nullptr;
  const auto found = in->second.find(object);
  return found == in->second.end() ? nullptr : &found->second;
}

std::vector<work::Ref> Erasures::in(const std::optional<SpaceId>& space) const {
  std::vector<work::Ref> out;
  for (const auto& [of, things] : erased_) {
    if (space && of != *space) continue;
    for (const auto& thing : things) out.push_back({of, thing.first});
  }
  return out;
}

Status Erasures::wipe_arrivals(const SpaceId& space, const MemberId& author,
                               std::vector<store::StoredChange>& changes) const {
  if (!erased_.contains(space)) return {};
  std::map<ObjectId, Salt> declared;
  const crdt::SaltLookup salts = [&](const LogId& log,
                                     const ObjectId& object) -> std::optional<Salt> {
    if (const auto known = declared.find(object); known != declared.end()) return known->second;
    auto salt = store_.logs().salt(log, object);
    return salt ? *salt : std::nullopt;
  };
  for (auto& stored : changes) {
    for (const auto& salt : stored.change.salts) declared[salt.object] = salt.salt;
    std::set<ObjectId> objects;
    for (const auto& op : stored.change.ops) objects.insert(op.object);
    for (const auto& object : objects) {
      const auto* gone = scope(space, object);
      if (gone != nullptr && gone->covers(author)) {
        (void)TRY(crdt::wipe(stored.change, object, salts));
      }
    }
  }
  return {};
}

Result<std::vector<work::Ref>> Erasures::on_merged(const work::State& state, const SpaceId& space,
                                                   std::span<const crdt::Delivered> changes) {
  std::set<ObjectId> targets;
  for (const auto& item : changes) {
    for (const auto& op : item.change.ops) {
      if (op.type == work::kErasure && item.mark == crdt::Mark::valid) {
        const auto target = TRY(note(state, {space, op.object}));
        if (target) targets.insert(*target);
      }
      if (scope(space, op.object) != nullptr) targets.insert(op.object);
    }
  }
  std::vector<work::Ref> out;
  for (const auto& target : targets) {
    if (TRY(wipe(space, target, *scope(space, target)))) out.push_back({space, target});
  }
  if (!out.empty()) TRY(store_.search().scrub());
  return out;
}

Status Erasures::wipe_all() {
  for (const auto& [space, things] : erased_) {
    for (const auto& [object, gone] : things) (void)TRY(wipe(space, object, gone));
  }
  return {};
}

Status Erasures::note_pieces(const SpaceId& space, const ObjectId& object) {
  const auto state = TRY(store_.objects().find(space, object));
  if (state && state->type != work::kFile) return {};
  has_pieces_ = true;
  return store_.facts().put(kPieces, {}, {});
}

/// State is made anew even where the logs held nothing more: what came wiped was merged beside what
/// stood, and has to come out as on every other device.
Result<bool> Erasures::wipe(const SpaceId& space, const ObjectId& object, const Scope& scope) {
  std::size_t wiped = 0;
  if (scope.is_all) {
    wiped = TRY(store_.logs().wipe(space, object));
  } else {
    for (const auto& member : scope.members) {
      wiped += TRY(store_.logs().wipe(space, object, member));
    }
  }
  TRY(note_pieces(space, object));
  TRY(wipe_aside(store_, object));
  TRY(merger_.rebuild(space, object));
  return wiped > 0;
}

}  // namespace holm::node
