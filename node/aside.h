// Changes of a log that lie behind a hole in it, kept beside the logs until the hole is filled, so
// that nothing is lost that perhaps nobody else holds. Owned by the store's facts.
// Threads: the loop's.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crdt/chain.h"
#include "crypto/keys.h"
#include "store/logs.h"
#include "store/salvage.h"
#include "store/store.h"

namespace holm::node {

/// Keeps a part of a log, and signed heads. Needs an open turn.
Status put_aside(store::Store& store, const LogId& log, std::uint64_t first,
                 const store::LogPart& part);
Status put_aside(store::Store& store, const crdt::Head& head);

/// What is kept of a log: the last op that any of it speaks of, and how many ops its parts hold.
struct Aside {
  std::uint64_t last = 0;
  std::uint64_t ops = 0;

  bool empty() const { return last == 0; }
};
/// Errors: the store's. O(what is kept of it).
Result<Aside> aside_of(store::Store& store, const LogId& log);

/// What attaching did to the names of branches; they are to be settled.
struct Attached {
  bool is_parted = false;  ///< a branch was begun
  std::vector<store::Moved> moved;
};
/// The key that signs heads of a log or branch.
using KeyOf = std::function<Result<const crypto::VerifyKey*>(const LogId&)>;

/// Goes on with a log from what is kept of it: changes that fit its chain anywhere are put there,
/// with the heads that seal them; what it has by now is forgotten. Nothing when nothing fits yet.
/// Needs an open turn. Errors: the store's.
Result<Attached> attach_aside(store::Store& store, const TeamId& team, const SpaceId& space,
                              const LogId& log, const KeyOf& key_of, WallTime now);

/// Forgets what is kept of a space's logs that holds content of an object. Needs an open turn.
Status wipe_aside(store::Store& store, const ObjectId& object);

}  // namespace holm::node
