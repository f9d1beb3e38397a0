// Texts with their histories, kept beside the merged state so that nobody has to read a long log
// again: a delta from nothing, and what came after it in the logs. Derived: what is missing,
// damaged or out of date is made again from the logs. Owned by a Merger; writes within its open
// turn.
#pragma once

#include <map>
#include <vector>

#include "base/result.h"
#include "crdt/text/text.h"
#include "store/objects.h"
#include "store/store.h"

namespace holm::node {

/// Threads: the loop's.
class TextHistories {
 public:
  explicit TextHistories(store::Store& store) : store_(store) {}

  /// A text as the logs have delivered it. O(its runs), and decoding the changes since it was kept.
  /// Errors: the store's; corrupt when its history is broken.
  Result<crdt::Text> load(const SpaceId& space, const store::TextKey& key) const;

  /// How far the logs have gone into a text.
  struct Reached {
    std::map<LogId, std::uint64_t> merged;
    std::map<LogId, crdt::OpId> last_own;  // as crdt::text_runs keeps it
  };
  struct Opened {
    crdt::Text text;
    Reached reached;
  };
  /// What it takes to open a text, read from the store: merging it is most of the work, and needs
  /// the store no more.
  struct Unopened {
    Bytes kept;  ///< empty when nothing is kept
    Reached reached;
    std::vector<crdt::TextRun> runs;  ///< since then
    /// Bytes to merge; says how long that takes, roughly: a millisecond for 4 to 40 KiB.
    std::size_t weight = 0;
  };
  Result<Unopened> read(const SpaceId& space, const store::TextKey& key) const;
  /// Threads: any. Errors: corrupt when the history is broken, or what is kept is damaged.
  static Result<Opened> open(Unopened unopened);
  /// Brings an opened text to where the logs are now.
  Result<crdt::Text> finish(const SpaceId& space, const store::TextKey& key, Opened opened) const;
  /// Says that `runs` more have been merged into a text, which stands as `row` now; once there are
  /// many, keeps it anew. `text`: the text itself where it is at hand. Not for marked texts: marks
  /// change what has been merged. O(1); seldom O(its runs), and without `text` as load().
  Status grew(const SpaceId& space, const store::TextKey& key, std::size_t runs,
              const store::TextRow& row, const crdt::Text* text);
  /// Forgets what is kept of a text.
  Status drop(const SpaceId& space, const store::TextKey& key);
  /// The same for all texts of a space.
  Status drop(const SpaceId& space);
  /// The turn was rolled back.
  void forget() { grown_.clear(); }

 private:
  Result<std::vector<crdt::TextRun>> runs_since(const SpaceId& space, const store::TextKey& key,
                                                Reached& reached) const;

  store::Store& store_;
  struct Grown {
    std::size_t runs = 0;  // since it was kept
    std::size_t all = 0;   // that were kept since the start
  };
  std::map<std::pair<SpaceId, store::TextKey>, Grown> grown_;
};

}  // namespace holm::node
