// Devices whose work has two histories, since they were restored or copied with all they stood on:
// told to people once each, with when that was and what became of it
// (docs/decisions/0016-forks.md). Threads: the loop's.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "node/replica.h"

namespace holm::node {

struct Copy {
  DeviceId device;
  MemberId member;
  WallTime when{};            ///< the copies parted, as the first to write on claims
  std::size_t histories = 0;  ///< at most, of one log
  std::uint64_t changes = 0;  ///< since they parted, on all of them
  bool is_kept = true;        ///< false: one of them is at a peer, and not here yet
};

/// By device. `elsewhere`: logs of which peers have another history. Errors: the store's.
Result<std::vector<Copy>> copies(Replica& replica, const std::set<LogId>& elsewhere);
/// ""Bo's laptop" of Bo was restored or copied, ..."
std::string sentence(const Copy& copy, const Replica& replica);

}  // namespace holm::node
