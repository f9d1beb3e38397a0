// Checks one team's store from end to end: pages, chains, heads, signatures, and with `deep` that
// merged state is what the logs amount to.
#pragma once

#include <optional>
#include <set>
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
  std::vector<std::string> awaited;   ///< parts of logs that teammates are asked for, since they
                                      ///< were damaged: sentences, too
  // What mends the problems.
  std::optional<Error> damage;  ///< the file or a log: the store has to be made anew
  std::set<work::Ref> wrong;    ///< objects to be made anew from their logs
  bool tables = false;          ///< the tables of winners are to be made anew
  bool index = false;           ///< the index of words is to be made anew

  bool needs_mending() const { return damage || !wrong.empty() || tables || index; }
};

/// Errors: what kept it from looking; damage is reported in `problems`. O(store).
Result<Verified> verify_store(Replica& replica, Depth depth);

/// Mends what was found: values in place, the rest by making the store anew (mend.h). Sentences
/// that say so. Between turns. Errors: what kept it from mending; the store's.
Result<std::vector<std::string>> mend_found(Replica& replica, const Verified& found);

}  // namespace holm::node
