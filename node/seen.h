// How far a person here has looked at an object, so that what merging did to it is told once
// (PRODUCT.md 3.3, "until viewed"). A fact of this device. Threads: the loop thread.
#pragma once

#include <map>
#include <vector>

#include "store/facts.h"
#include "store/logs.h"
#include "work/state.h"

namespace holm::node {

/// Positions of the object's space when it was last looked at; empty: never.
Result<std::map<LogId, std::uint64_t>> seen_of(const store::Facts& facts, const work::Ref& ref);
/// Keeps them. Needs an open turn.
Status mark_seen(store::Facts& facts, const work::Ref& ref,
                 const std::map<LogId, std::uint64_t>& positions);

/// Positions are kept under the names that logs have now. Needs an open turn.
Status rename_seen(store::Facts& facts, const std::vector<store::Moved>& moved);

/// Canonical msgpack: [[log, seq], ...] by log.
Bytes encode_positions(const std::map<LogId, std::uint64_t>& positions);
Result<std::map<LogId, std::uint64_t>> decode_positions(ByteView bytes);

}  // namespace holm::node
