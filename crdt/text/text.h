// A text merged by code point: Fugue order (Weidner & Kleppmann, "The Art of the Fugue", 2023) over
// the causal graph of the text's own runs. Positions on the wire are indexes into the version named
// by a run's parents, as in Eg-walker (Gentle & Kleppmann, EuroSys 2025).
//
// Pure value: no I/O, no clock. Threads: one at a time, questions included (they keep what they
// work out). All positions and lengths are code points.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crdt/op.h"
#include "crdt/text/rope.h"

namespace holm::crdt {

/// One run of a text's history, references resolved. It covers the ids id.seq .. id.seq + len - 1
/// of id.log: an insert gives one to each code point, an erase to each code point it removes.
struct TextRun {
  OpId id;
  std::vector<OpId> parents;  ///< the frontier it was written on: ids of last code points; sorted
  bool insert = true;
  std::uint64_t pos = 0;
  std::uint64_t len = 0;
  std::string text;      ///< insert: UTF-8 of `len` code points; empty when wiped
  bool is_void = false;  ///< stored and ordered, but without effect: inserts keep an invisible
                         ///< place, erases do not count. Positions of runs that have it in their
                         ///< past still count as its author saw the text.
  bool wiped = false;    ///< content erased: the places stay, nothing shows

  bool operator==(const TextRun&) const = default;
};

/// One change of the live text, to be applied in the order given: at `pos`, remove `erased` code
/// points, then put `inserted` there.
struct TextEdit {
  std::uint64_t pos = 0;
  std::uint64_t erased = 0;
  std::string inserted;

  bool operator==(const TextEdit&) const = default;
};

/// A stretch of visible text with consecutive ids: who wrote it, and where it stands.
struct TextSpan {
  OpId first;
  std::uint64_t pos = 0;
  std::uint64_t len = 0;

  bool operator==(const TextSpan&) const = default;
};

/// A place that moves with the text: just before (`after` false) or just after one code point,
/// which may since have been deleted. The nil id is the start (or, with `after`, the end).
struct Anchor {
  OpId id;
  bool after = false;

  bool operator==(const Anchor&) const = default;
};

/// Text that one erase run took away, by where it would stand in the live text now.
struct Removed {
  std::uint64_t pos = 0;
  OpId first;        ///< id of the first code point of this stretch
  std::string text;  ///< empty when wiped
};

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
  /// limit when the history exceeds 2^31 - 1 code points or 4 GiB of content. Known runs keep the
  /// marks they came with. Runs that follow everything known cost a rope edit each; others a walk
  /// of what is concurrent, O(n log n) in its runs when they come in one call, and the state of
  /// that walk is kept for what comes next.
  Result<std::vector<TextEdit>> merge(std::span<const TextRun> runs);

  /// One edit of the live text by this device, merged at once; it follows all that is known. `id`
  /// names the first of its code points. Tens of nanoseconds where the edit goes on from the last
  /// one, else O(log n). Errors: reject when it lies outside of the text, is not UTF-8 or empty, or
  /// the id is taken; limit as merge; unsupported where void or wiped places stand: compose() and
  /// merge() do those.
  Status insert(const OpId& id, std::uint64_t pos, std::string_view text);
  Status erase(const OpId& id, std::uint64_t pos, std::uint64_t len);

  /// The runs that make `edits` on the live text, for one writer to merge and send; their ids count
  /// from `first` on. Edits as diff() gives them: each begins at or after the end of the one
  /// before. Where void or wiped places stand, positions of runs are not those of the live text,
  /// and parents not always the frontier; so use the runs as they are. Nothing is merged. Errors:
  /// reject when an edit lies outside of the text, goes back, or is not UTF-8.
  Result<std::vector<TextRun>> compose(const OpId& first, std::span<const TextEdit> edits) const;

  /// The whole history with the text, as bytes for a disk. Of texts that took it in in the same
  /// order the bytes are the same. O(n log n).
  Bytes save() const;
  /// The inverse. What it may allocate for damaged input stands in docs/formats/text.md. Errors:
  /// reject when it is damaged, unsupported when it is of a newer layout.
  static Result<Text> load(ByteView saved);
  /// The text of a saved one alone, without its history: as quick as its bytes unpack. Errors: as
  /// load.
  static Result<std::string> read(ByteView saved);

  /// What is known here beyond `since`, as bytes for somebody who knows that version; empty when
  /// there is nothing. `brief`: he also knows every log that had a part in what he lacks. Errors:
  /// not_found when an id is unknown.
  Result<Bytes> delta(std::span<const OpId> since, bool brief) const;
  /// Merges a delta, as merge(). Errors: the same; not_found when it names a log by a brief name
  /// that is not known here; unsupported when it is of a newer layout.
  Result<std::vector<TextEdit>> merge_delta(ByteView bytes);

  /// The live text, UTF-8. O(n).
  std::string text() const;
  /// The same with its indexes, to be read piece by piece. Valid until the next change.
  const text::Rope& live() const;
  /// Code points of the live text.
  std::uint64_t size() const;
  /// Ids of the runs nobody has built on, sorted: the parents of the next local run (compose() says
  /// when not).
  std::vector<OpId> frontier() const;
  bool knows(const OpId& id) const;

  /// The text as it was at `version` (op ids as in a frontier; void runs have no effect there
  /// either). Errors: not_found when an id is unknown.
  /// The first such question makes merge state for the whole history, O(n log n); the next ones
  /// cost what lies between the versions asked for, and the text.
  Result<std::string> at(std::span<const OpId> version) const;

  /// The visible text as stretches of consecutive ids, in order: blame and difference by author.
  /// This and the questions below walk the whole history the first time, O(n log n) in its runs;
  /// after that, places are kept up to date by merge and found in O(log n).
  std::vector<TextSpan> spans() const;
  /// Where the code points first.seq .. first.seq + len - 1 of one log stand now; only those that
  /// are visible.
  std::vector<TextSpan> find(const OpId& first, std::uint64_t len) const;
  /// What the erase ids first.seq .. first.seq + len - 1 of one log took away, however they
  /// arrived; ids of no erase, or of a void one, took nothing. Void places are left out: they never
  /// showed.
  std::vector<Removed> removed_by(const OpId& first, std::uint64_t len) const;

  /// Anchor at a gap: 0 .. size(). `after` says which neighbour it sticks to.
  Anchor anchor(std::uint64_t pos, bool after) const;
  /// Where an anchor stands now; nothing when its id is unknown.
  std::optional<std::uint64_t> resolve(const Anchor& anchor) const;

 private:
  struct State;
  class Merge;
  class Compose;
  /// Checks a local edit and lets it start a run of typing.
  Status begin(const OpId& id, std::uint64_t pos, std::uint64_t len);
  std::unique_ptr<State> state_;
};

}  // namespace holm::crdt
