// A damaged store made anew from its own logs (docs/decisions/0017-repair-and-erase.md): what can
// be read of the file goes into a new one beside it, merged state and index are made again, and the
// new one takes the file's place. The damaged file is kept under another name.
//
//   ID.db.mending         being made; worth nothing after a crash
//   ID.db.mended-DATE     whole; takes the place of ID.db at the next start at the latest
//   ID.db.damaged-DATE    what was damaged, with its -wal
//
// Changes that cannot be read are missing from the logs then, so that peers send them again; what
// lies behind them in a log waits beside it (node/aside.h). A log of this device that was cut goes
// on as another incarnation. Threads: the loop's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "node/replica.h"

namespace holm::node {

/// Opens a team's store; one that turns out to be damaged is mended first. Errors: those of
/// Replica::open; what kept it from being mended, and then the file is as it was.
Result<std::unique_ptr<Replica>> open_whole(const ReplicaEnv& env, const TeamId& team);

/// Makes the store of an open replica anew; `why` says what was found. Between turns, while no
/// copy of the store is being made; links are to be closed afterwards, since this device may hold
/// less than it told. Errors: what kept it from being mended, and then nothing has changed.
Status mend(Replica& replica, const Error& why);

/// One time that a store was mended, for people.
struct Mending {
  WallTime at{};
  bool is_told = false;  ///< to whoever asked for a check
  std::vector<std::string> lines;
};
/// Since the last check that found all well, oldest first.
Result<std::vector<Mending>> mendings(Replica& replica);
/// Notes a mending. Needs an open turn.
Status note_mending(Replica& replica, const Mending& mending);
/// A check told of them. With `is_well` nothing is left to tell, and the damaged files kept go.
/// Opens a turn. Errors: the store's, the disk's.
Status settle_mendings(Replica& replica, bool is_well);
/// Removes the damaged files that were kept. Errors: the disk's.
Status drop_damaged(const ReplicaEnv& env);

}  // namespace holm::node
