// Which heads of other logs a change has to name because of what it refers to. Its deps name the
// ends that nothing delivered builds on; all else is in the past of these. But what a log id means
// in a reference follows from what its author has named (docs/decisions/0016-forks.md), so a log
// that a change refers to is named as well, once, by whoever has not named that far yet.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/result.h"
#include "crdt/change.h"
#include "store/logs.h"

namespace holm::node {

/// Adds those deps to the first of `changes`, which are about to be appended to `own` in one go.
/// `named`: how far changes of `own` have named other logs; brought up to date. References stand in
/// ops, and in values that hold positions: [log, seq, ...]. Errors: the store's.
Status name_mentioned(const store::Logs& logs, const LogId& own,
                      std::map<LogId, std::uint64_t>& named, std::vector<crdt::Change>& changes);

}  // namespace holm::node
