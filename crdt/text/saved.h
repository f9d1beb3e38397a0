// A text with its whole history as bytes, for a disk: the text in front, so that it can be read
// without the history; what the text tells of the content costs little or nothing more.
// Bytes in docs/formats/text.md. Functions of values.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "crdt/text/history.h"
#include "crdt/text/rope.h"
#include "crdt/text/walker.h"

namespace holm::crdt::text {

/// `places` has all of `history` placed, or is null. Deterministic. O(n) in runs, for a history of
/// one branch without `places` O(n log n), and zstd over the text and what content is told beside
/// it.
Bytes save(const History& history, const Rope& live, const Tracker* places);

/// The text alone. Allocates at most kExpansionMax times the input. Errors: reject; unsupported (a
/// newer layout).
Result<std::string> read_text(ByteView saved);

/// Text and history, which fit each other. Errors: as read_text. O(n log n) in runs.
struct Loaded {
  std::string text;
  History history;
};
Result<Loaded> load(ByteView saved);

}  // namespace holm::crdt::text
