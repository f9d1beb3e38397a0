// Checks one team's store from end to end: pages, chains, heads, signatures, and with `deep` that
// merged state is what the logs amount to.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "node/replica.h"

namespace holm::node {

enum class Depth : std::uint8_t { logs, logs_and_state };

struct Verified {
  std::uint64_t changes = 0;
  std::uint64_t heads = 0;
  std::uint64_t objects = 0;          ///< compared with their logs; 0 unless asked for
  std::uint64_t pieces = 0;           ///< of files, read and held against their names; as above
  std::vector<std::string> problems;  ///< sentences; empty when all is well
};

/// Errors: what kept it from looking; damage is reported in `problems`. O(store).
Result<Verified> verify_store(Replica& replica, Depth depth);

}  // namespace holm::node
