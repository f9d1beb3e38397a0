// The causal graph of one text: its runs under local numbers, who follows whom, and where all of
// history passes through one point. It knows nothing of positions or of the text that results.
//
// Code points are numbered in order of arrival (`Lv`, local version): within a run they are
// consecutive, and every parent has a smaller number than its children. Local numbers differ from
// device to device and never leave this folder. Value. Threads: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "crdt/op.h"
#include "tests/crdt/text/plain/indexed.h"

namespace holm::plain {
using crdt::OpId;
}

namespace holm::plain::text {

using Lv = std::uint64_t;
inline constexpr Lv kNoLv = ~Lv{0};

/// Code points a text's history may take in all; keeps every sum of lengths within 64 bits.
inline constexpr std::uint64_t kLvMax = std::uint64_t{1} << 48;

/// Local numbers, ascending, each once. As a version it stands for these and all in their past.
using Version = std::vector<Lv>;

/// begin .. end - 1
struct LvRange {
  Lv begin = 0;
  Lv end = 0;
};

/// One run as stored. Code point k > 0 of it follows code point k - 1 alone, and an insert has it
/// one position further on; so a run can be split anywhere, and joined with what continues it.
struct GraphRun {
  Lv begin = 0;
  std::uint64_t len = 0;
  OpId id;          ///< of the first code point
  Version parents;  ///< of the first code point
  std::uint64_t pos = 0;
  bool insert = true;
  bool is_void = false;
  bool wiped = false;
  IndexedText content;  ///< empty for an erase and where wiped

  Lv end() const { return begin + len; }
  bool shows() const { return insert && !is_void && !wiped; }
  /// Position of the code point `offset` places after the first.
  std::uint64_t pos_at(std::uint64_t offset) const { return insert ? pos + offset : pos; }
};

class Graph {
 public:
  /// Code points so far: the next local number.
  Lv end() const { return runs_.empty() ? 0 : runs_.back().end(); }
  const std::vector<GraphRun>& runs() const { return runs_; }
  /// Those that nothing follows.
  const Version& heads() const { return heads_; }
  /// True when some run is void or wiped, so that positions no longer count the live text.
  bool marked() const { return marked_count_ > 0; }

  /// Index in runs() of the run that holds `lv`. Requires lv < end(). O(log runs).
  std::size_t index_of(Lv lv) const;
  const GraphRun& run_of(Lv lv) const { return runs_[index_of(lv)]; }
  /// The parents of one code point.
  Version parents_of(Lv lv) const;
  OpId id_of(Lv lv) const;
  /// Content of code points that lie in one run, which has some. A view until the next append.
  std::string_view content(LvRange range) const;

  /// A stretch of ids of one log that is wholly in one run, or wholly unknown.
  struct Stretch {
    std::optional<Lv> first;
    std::uint64_t len = 0;
  };
  /// The stretch from `id` on, at most `len_max` long. Requires len_max > 0. O(log runs).
  Stretch stretch(const OpId& id, std::uint64_t len_max) const;
  std::optional<Lv> find(const OpId& id) const { return stretch(id, 1).first; }

  /// Adds a run, numbering it from end() on and joining it to the last one where it continues that.
  /// Requires known parents, unknown ids and end() + len <= kLvMax. O(log runs).
  void append(GraphRun run);
  /// Forgets all from `end` on; `heads` are those from before it was added. O(runs).
  void truncate(Lv end, Version heads);

  /// The greatest known number up to `most` such that everything from it on follows everything
  /// before it (a critical version). O(log runs).
  Lv cut(Lv most) const;

  struct Difference {
    std::vector<LvRange> only_a;  ///< descending
    std::vector<LvRange> only_b;  ///< descending
  };
  /// What one version holds and the other does not. O(d log d) in the runs that lie between.
  /// Source: Gentle & Kleppmann, Eg-walker (2025), 3.2.
  Difference difference(const Version& a, const Version& b) const;
  /// All that `version` holds, ascending.
  std::vector<LvRange> past(const Version& version) const;

  /// The greatest version that holds neither `without` (ascending) nor anything that follows one of
  /// them. O(runs).
  Version version_without(const Version& without) const;

  /// `ranges` (ascending, each once) cut into pieces of runs, parents first, and each branch
  /// followed to its end before the next begins, so that a walk seldom has to change branches.
  std::vector<LvRange> order(std::span<const LvRange> ranges) const;

 private:
  void advance(Version& heads, const Version& parents, Lv last) const;
  void add_cut(const GraphRun& run, const Version& heads, bool joined);

  std::vector<GraphRun> runs_;
  std::map<OpId, std::size_t> by_id_;  // first id of a run -> index in runs_
  Version heads_;
  std::vector<Lv> cuts_{0};  // every known cut, ascending; 0 is one always
  std::size_t marked_count_ = 0;
};

}  // namespace holm::plain::text
