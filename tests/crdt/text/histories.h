// Random histories of a text by several writers, and the ways in which they can arrive.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/rng.h"
#include "crdt/text/text.h"

namespace holm::test {

/// The log of writer `n`. Not ascending in n, so that ties do not go by who came first.
LogId log_of(std::uint64_t n);

/// How one random history is made.
struct HistoryShape {
  int writers = 3;
  int steps = 40;               ///< edits in all
  unsigned merge_percent = 30;  ///< how often a writer takes in another's history before an edit
  unsigned erase_percent = 30;
  std::uint64_t run_max = 6;   ///< longest insert and erase
  unsigned void_percent = 0;   ///< runs marked void afterwards
  unsigned wiped_percent = 0;  ///< inserts wiped afterwards
};

/// Runs in a causal order. Content: ASCII, CRLF, NUL, combining marks, right-to-left, emoji.
std::vector<crdt::TextRun> random_history(Rng& rng, const HistoryShape& shape);

/// A run that puts `text` at `pos`, and one that takes `len` code points from `pos` on.
crdt::TextRun insert_run(const crdt::OpId& id, std::vector<crdt::OpId> parents, std::uint64_t pos,
                         std::string text);
crdt::TextRun erase_run(const crdt::OpId& id, std::vector<crdt::OpId> parents, std::uint64_t pos,
                        std::uint64_t len);

/// A random linear extension of the causal order. Parents that are not among `runs` are known.
std::vector<crdt::TextRun> shuffled(Rng& rng, const std::vector<crdt::TextRun>& runs);

/// The same history with some runs split in two at random, and some joined to what continues them.
std::vector<crdt::TextRun> recut(Rng& rng, const std::vector<crdt::TextRun>& runs);

/// The code points of a run from `offset` on, as a run.
crdt::TextRun part(const crdt::TextRun& run, std::uint64_t offset, std::uint64_t len);

/// `text` after the edits, each applied by code point.
std::string apply(std::string text, const std::vector<crdt::TextEdit>& edits);

}  // namespace holm::test
