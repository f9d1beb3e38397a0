// What can still be read of a damaged store: the parts of its logs, and the facts that nothing else
// gives back. Looks at every page for itself, so that one that is lost takes only its own rows with
// it (docs/decisions/0017-repair-and-erase.md). Merged state and index are not among it: the logs
// give those.
//
// Nothing here is to be believed: parts of logs fit a chain and its signed heads, or they don't.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "crdt/chain.h"
#include "crdt/object.h"
#include "store/records.h"
#include "store/store.h"

namespace holm::store {

/// Consecutive changes of one log, with the chain hash that stood beside them.
struct LogPart {
  Digest end;              ///< of the chain after the last
  Bytes body;              ///< as columns
  std::uint64_t last = 0;  ///< op
};

struct Salvaged {
  struct Fact {
    std::string group;
    Bytes key;
    Bytes value;
  };
  /// What the store said of a log or branch.
  struct LogRow {
    std::uint64_t stored_seq = 0;
    bool frozen = false;
  };
  /// Where a head stands: of a forked log several may stand at one op.
  using HeadPlace = std::pair<std::uint64_t, Digest>;

  std::uint32_t pages = 0;
  std::uint32_t damaged_pages = 0;
  std::uint64_t lost_rows = 0;  ///< that were begun on a page that can be read
  std::set<SpaceId> spaces;     ///< named; some may be none
  std::map<LogId, LogRow> rows;
  std::map<LogId, std::multimap<std::uint64_t, LogPart>>
      parts;  ///< by first op, branches among them
  std::map<LogId, std::map<HeadPlace, crdt::Head>> heads;
  std::vector<Fact> facts;
  std::map<std::pair<SpaceId, ObjectId>, WallTime> met;
  std::vector<std::vector<Cell>> pieces;  ///< rows of the table
  std::vector<crdt::ObjectState> states;  ///< merged ones, of the type asked for
};

/// Reads all that can be read; the file stays as it is. Errors: failed (the disk), not_found;
/// corrupt when no page can be opened, as under another key. O(file), in memory too.
/// `type`: of objects whose merged states are wanted too.
Result<Salvaged> salvage(const StoreOptions& options, std::uint32_t type);

/// Store::put_back, for store.cc.
Status put_back(Db& db, const Salvaged& salvaged);

}  // namespace holm::store
