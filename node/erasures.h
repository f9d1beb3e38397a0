// Orders to erase, carried out: content and salts leave the logs of this store, merged state, index
// and histories are made anew without them, and what comes later of an erased thing is wiped as it
// comes (DESIGN.md 2, PRODUCT.md 5.10). Chains stay valid, so erased changes are passed on as they
// are. Owned by a Replica; threads: the loop's.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "base/result.h"
#include "crdt/replay.h"
#include "node/merge.h"
#include "store/logs.h"
#include "store/store.h"
#include "work/state.h"

namespace holm::node {

class Erasures {
 public:
  Erasures(store::Store& store, Merger& merger) : store_(store), merger_(merger) {}

  /// Reads all orders that stand.
  Status load(const work::State& state);
  void clear();

  /// Replaces content that is erased already by its digest, before it is stored. `author`: whose
  /// log it is. Errors: corrupt, reject.
  Status wipe_arrivals(const SpaceId& space, const MemberId& author,
                       std::vector<store::StoredChange>& changes) const;
  /// Changes were merged: carries out the orders among them, and those that they came after. Needs
  /// an open turn. The things that were wiped. Errors: the store's.
  Result<std::vector<work::Ref>> on_merged(const work::State& state, const SpaceId& space,
                                           std::span<const crdt::Delivered> changes);
  /// Carries out every order there is, e.g. after logs were put together anew. Needs an open turn.
  Status wipe_all();

  /// Whether anything of a thing was erased.
  bool knows(const work::Ref& ref) const { return scope(ref.space, ref.object) != nullptr; }
  /// Things of a space of which anything was erased; nothing: of all spaces.
  std::vector<work::Ref> in(const std::optional<SpaceId>& space) const;
  /// Whether a file was erased whose pieces may still lie here.
  bool has_pieces() const { return has_pieces_; }
  /// They are gone. Needs an open turn.
  Status forget_pieces();
  /// They cannot go now: until the next start, or the next file that is erased.
  void put_off_pieces() { has_pieces_ = false; }

 private:
  /// Whose words of a thing are gone: everybody's (nothing), or some members'.
  struct Scope {
    bool is_all = false;
    std::set<MemberId> members;

    bool covers(const MemberId& author) const { return is_all || members.contains(author); }
  };

  const Scope* scope(const SpaceId& space, const ObjectId& object) const;
  Result<std::optional<ObjectId>> note(const work::State& state, const work::Ref& order);
  Status note_pieces(const SpaceId& space, const ObjectId& object);
  Result<bool> wipe(const SpaceId& space, const ObjectId& object, const Scope& scope);

  store::Store& store_;
  Merger& merger_;
  std::map<SpaceId, std::map<ObjectId, Scope>> erased_;
  bool has_pieces_ = false;
};

}  // namespace holm::node
