// Changes of a log that lie behind a hole in it, kept beside the logs until the hole is filled, so
// that nothing is lost that perhaps nobody else holds. Owned by the store's facts.
// Threads: the loop's.
#pragma once

#include <cstdint>
#include <vector>

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

/// Of consecutive changes those that go on where a log ends, with their hashes. None when the chain
/// does not come out at `end` after the last of them. Errors: the store's.
Result<std::vector<store::StoredChange>> going_on(const store::Logs& logs,
                                                  const store::LogInfo& info,
                                                  std::vector<crdt::Change> changes,
                                                  const Digest& end);

/// How many changes are kept of a log.
Result<std::uint64_t> count_aside(store::Store& store, const LogId& log);

/// Goes on with a log from what is kept of it: changes that fit its chain are appended, with the
/// heads that seal them; what it has by now is forgotten. Nothing when nothing fits yet. Needs an
/// open turn. Errors: the store's.
Status attach_aside(store::Store& store, const SpaceId& space, const LogId& log,
                    const crypto::VerifyKey& key, WallTime now);

/// Forgets what is kept of a space's logs that holds content of an object. Needs an open turn.
Status wipe_aside(store::Store& store, const ObjectId& object);

}  // namespace holm::node
