// A text with its whole history as bytes, for a disk: the text in front, so that it can be read
// without the history; content that still stands is not told twice, but read off the text.
// Bytes in docs/formats/text.md. Functions of values.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "crdt/text/history.h"
#include "crdt/text/rope.h"
#include "crdt/text/walker.h"

namespace holm::crdt::text {

/// `places` has all of `history` placed. Deterministic. O(n log n) in runs, and zstd over the text
/// and what was deleted.
Bytes save(const History& history, const Tracker& places, const Rope& live);

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
