// Some of a text's history as bytes, for somebody who has the rest: as small as it gets where that
// is a few keystrokes. Bytes in docs/formats/text.md. Functions of values.
#pragma once

#include <span>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "base/result.h"
#include "crdt/text/extract.h"

namespace holm::crdt::text {

/// `pieces` of `history` (parents first, not empty) for a reader who knows what they follow; with
/// brief names, also every log that they name.
Bytes encode_delta(const History& history, std::span<const Graph::Piece> pieces, LogNames names);

/// One run of one log with nothing beside it: what a live peer mostly sends.
struct SingleRun {
  LogId log;
  std::uint64_t seq = 0;
  bool follows_own = false;   ///< its only parent is the code point of `log` before it
  std::vector<OpId> parents;  ///< otherwise
  RunPart part;               ///< numbered from 0
  std::string_view text;      ///< a view of the bytes
};

/// `known` tells what brief names mean. Content is well-formed and as long as it should be.
/// Holds at most 64 times the columns. Errors: reject; not_found when a name is not
/// known; unsupported (a newer layout).
Result<std::variant<SingleRun, Extract>> decode_delta(ByteView bytes, const Names& known);

}  // namespace holm::crdt::text
