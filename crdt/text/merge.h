// One call of Text::merge: checks runs, adds them to the history and works out the edits. Nothing
// is changed for good until it has succeeded as a whole.
//
// Refers to the state of a text that outlives it. Threads: one at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "crdt/text/delta.h"
#include "crdt/text/state.h"

namespace holm::crdt {

class Text::Merge {
 public:
  explicit Merge(State& state);

  /// Adds a run to the history; what is known of it is skipped.
  Status admit(const TextRun& run);
  Status admit(const text::SingleRun& run);
  Status admit(text::Extract extract);
  /// The same for a checked one whose parents are known: sorted, each once. `text`: well-formed,
  /// part.range.size() code points, or empty.
  Status admit(text::Agent agent, std::uint64_t seq, std::span<const text::Lv> parents,
               text::RunPart part, std::string_view text);

  /// Works out what all that was admitted does to the live text, and does it.
  Result<std::vector<TextEdit>> finish();
  /// Forgets all that was admitted.
  void take_back();

 private:
  Status add(text::Agent agent, std::uint64_t seq, std::span<const text::Lv> parents,
             const text::RunPart& part, std::string_view text);
  bool is_same(text::Lv known, std::span<const text::Lv> parents, const text::RunPart& part,
               std::string_view text) const;
  Status find_parents(std::span<const OpId> ids);
  Status place_rest();
  bool apply(const text::RunPart& part, std::string_view text);
  bool apply_straight(text::Lv end);
  bool place_up_to(text::Lv end);
  void show(const text::Tracker& places);

  State& state_;
  const text::Lv begin_;
  const text::Version heads_;
  text::Lv done_;       // up to here, runs have been turned into edits
  std::uint64_t size_;  // of the text shown after that
  const bool is_anew_;  // nothing was known before: edits go to the live text at once
  text::EditList edits_;
  text::Version parents_;  // scratch
};

}  // namespace holm::crdt
