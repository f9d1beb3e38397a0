// A trace as the text engine takes it, as logs of changes, and as the bytes those are kept in.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "crdt/text/text.h"
#include "tools/bench/trace.h"

namespace holm::bench {

/// One run per insert and per erase, in the trace's order. Positions beyond what the writer saw are
/// brought back to its end where `clamp` says so (git-makefile-x2 needs it: its source breaks ties
/// otherwise than Fugue); that replays the trace once. Errors: reject.
enum class Positions : bool { as_given, clamp };
Result<std::vector<crdt::TextRun>> runs_of(const Trace& trace, Positions positions);

/// The same with letters typed or deleted one after the other joined.
std::vector<crdt::TextRun> joined(std::vector<crdt::TextRun> runs);

/// Everything about a text: each writer's log as columns, one after the other, each behind its
/// length in four bytes.
Bytes save(const std::vector<crdt::TextRun>& runs);
/// Errors: as crdt::decode_columns and text_runs.
Result<std::vector<crdt::TextRun>> load(ByteView saved);

}  // namespace holm::bench
