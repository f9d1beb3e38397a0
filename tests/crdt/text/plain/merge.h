// One call of Text::merge: checks runs, adds them to the graph and works out the edits. Nothing is
// changed for good until it has succeeded as a whole.
//
// Refers to the state of a text that outlives it. Threads: one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/result.h"
#include "tests/crdt/text/plain/state.h"

namespace holm::plain {

class Text::Merge {
 public:
  explicit Merge(State& state);

  /// The edits, applied to nothing yet. After an error the graph is as it was before.
  Result<crdt::text::EditList> run(std::span<const TextRun> runs);

 private:
  Status admit(const TextRun& run);
  Status add(text::GraphRun piece);
  Status add_directly(const text::GraphRun& piece);
  Status place_rest();
  void take_back();

  State& state_;
  const text::Lv begin_;
  const text::Version heads_;
  text::Lv done_;       // up to here, runs have been turned into edits
  std::uint64_t size_;  // of the text shown after that
  crdt::text::EditList edits_;
};

}  // namespace holm::plain
