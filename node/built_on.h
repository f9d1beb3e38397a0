// What changes had built on: how far, of other logs of their space, lay in their causal past. A
// function of the logs alone, so that every device that holds them says the same.
// Threads: the loop's.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/result.h"
#include "store/logs.h"

namespace holm::node {

/// How far of each log of `wanted`, by root id, the changes that end at `places` had built on: the
/// last op of it in their past. Logs of which nothing of interest is there are left out.
/// `wanted`: the lamport from which on it matters; what lies below is not looked at. A change has
/// built on what it names in its deps, where that is older by its lamport, on what comes before it
/// in its log, and on what those had built on. `places`: ends of delivered changes, in logs or
/// branches of `space`. O(changes of the space from the least lamport on). Errors: the store's.
Result<std::map<LogId, std::uint64_t>> built_on(const store::Logs& logs, const SpaceId& space,
                                                const std::vector<crdt::OpId>& places,
                                                const std::map<LogId, std::uint64_t>& wanted);

/// The first op of the first change of a log or branch whose lamport is at least `lamport`, among
/// the changes that end behind op `after` and at or before op `last`; last + 1 when there is none.
/// O(log(last - after)) reads.
Result<std::uint64_t> first_from(const store::Logs& logs, const LogId& log, std::uint64_t after,
                                 std::uint64_t last, std::uint64_t lamport);

}  // namespace holm::node
