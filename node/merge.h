// Brings delivered changes into a store's merged state, set-wise: the touched rows are read, crdt
// merges, the rows are written. Owned by a Replica; works inside its open turn.
#pragma once

#include <list>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "base/result.h"
#include "crdt/replay.h"
#include "node/text_history.h"
#include "store/objects.h"
#include "store/store.h"

namespace holm::node {

/// Keeps the texts that concurrent edits were last merged into. Threads: the loop's.
class Merger {
 public:
  explicit Merger(store::Store& store) : store_(store), histories_(store) {}

  /// Merges changes in the order given, which respects causality. They are in the logs already and
  /// marked as applied there. Errors: the store's; corrupt when a run makes no sense in the text it
  /// names, and then nothing has been written and forget() is due. Takes the contents of ops, but
  /// not those of texts, unless it fails as corrupt.
  Status apply(const SpaceId& space, std::span<crdt::Delivered> changes);
  /// Rebuilds one object from the logs, e.g. after a mark was set or lifted.
  Status rebuild(const SpaceId& space, const ObjectId& object);
  /// Whether a text has void or wiped runs, so that positions in it are not those of its runs.
  Result<bool> is_marked(const SpaceId& space, const store::TextKey& key) const;
  /// A text with its history.
  Result<crdt::Text> full_text(const SpaceId& space, const store::TextKey& key) const {
    return histories_.load(space, key);
  }
  /// The turn was rolled back: what is kept may be ahead of the store.
  void forget() {
    kept_.clear();
    histories_.forget();
  }

 private:
  using Key = std::pair<SpaceId, store::TextKey>;
  struct Kept {
    Key key;
    crdt::Text text;
  };

  struct Merged {
    store::TextKey key;
    store::TextRow row;
    std::size_t runs = 0;  ///< that went into it; 0 when it is marked
  };
  /// The text after the changes; nothing when they hold no run of it.
  Result<std::optional<Merged>> apply_text(const SpaceId& space, const store::TextKey& key,
                                           std::span<const crdt::Delivered> changes);
  Status merge_runs(const SpaceId& space, const store::TextKey& key, store::TextRow& row,
                    std::span<const crdt::TextRun> runs);
  Kept* find_kept(const Key& key);

  store::Store& store_;
  TextHistories histories_;
  std::list<Kept> kept_;  ///< most recently used first
};

}  // namespace holm::node
