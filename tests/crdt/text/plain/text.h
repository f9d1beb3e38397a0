// The straightforward engine that the one in crdt/text replaced: a plain string, a map of runs, a
// balanced tree of spans. Slower and larger, and far quicker than naive_text.h: it judges histories
// of thousands of runs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "crdt/op.h"
#include "crdt/text/text.h"

namespace holm::plain {

// Runs, edits and places are those of the engine it judges.
using crdt::Anchor;
using crdt::OpId;
using crdt::Removed;
using crdt::TextEdit;
using crdt::TextRun;
using crdt::TextSpan;

class Text {
 public:
  Text();
  ~Text();
  Text(Text&&) noexcept;
  Text& operator=(Text&&) noexcept;

  /// Merges runs whose parents are all known or stand earlier in `runs`; runs already known are
  /// skipped (seed runs arrive in several logs). Returns the edits that bring the text from before
  /// to after. All or nothing. Errors: reject when a parent is unknown, a position lies outside the
  /// version it refers to, lengths disagree with the content, or an id is reused for another run;
  /// limit when the history exceeds 2^48 code points. Known runs keep the marks they came with.
  /// Runs that follow everything known cost a string edit each; others a walk of what is
  /// concurrent, O(n log n) in its runs when they come in one call. So hand over whole batches.
  Result<std::vector<TextEdit>> merge(std::span<const TextRun> runs);

  /// The live text, UTF-8.
  const std::string& text() const;
  /// Code points of the live text.
  std::uint64_t size() const;
  /// Ids of the runs nobody has built on, sorted: the parents of the next local run (compose() says
  /// when not).
  const std::vector<OpId>& frontier() const;
  bool knows(const OpId& id) const;

  /// The text as it was at `version` (op ids as in a frontier; void runs have no effect there
  /// either). Errors: not_found when an id is unknown.
  Result<std::string> at(std::span<const OpId> version) const;

  /// The visible text as stretches of consecutive ids, in order: blame and difference by author.
  /// This and the questions below walk the whole history the first time, O(n log n) in its runs;
  /// after that, places are kept up to date by merge and found in O(log n).
  std::vector<TextSpan> spans() const;
  /// Where the code points first.seq .. first.seq + len - 1 of one log stand now; only those that
  /// are visible.
  std::vector<TextSpan> find(const OpId& first, std::uint64_t len) const;
  /// What the erase run that holds `id` took away, as it was merged; empty when `id` is no erase or
  /// a void one. Void places are left out: they never showed.
  std::vector<Removed> removed_by(const OpId& id) const;
  /// The same for the erase ids first.seq .. first.seq + len - 1 of one log, however they arrived.
  std::vector<Removed> removed_by(const OpId& first, std::uint64_t len) const;

  /// Anchor at a gap: 0 .. size(). `after` says which neighbour it sticks to.
  Anchor anchor(std::uint64_t pos, bool after) const;
  /// Where an anchor stands now; nothing when its id is unknown.
  std::optional<std::uint64_t> resolve(const Anchor& anchor) const;

 private:
  struct State;
  class Merge;
  std::unique_ptr<State> state_;
};

}  // namespace holm::plain
