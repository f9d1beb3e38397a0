// Brings delivered changes into a store's merged state, set-wise: the touched rows are read, crdt
// merges, the rows are written. Owned by a Replica; works inside its open turn.
#pragma once

#include <list>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/result.h"
#include "crdt/replay.h"
#include "node/pool.h"
#include "node/text_history.h"
#include "store/objects.h"
#include "store/store.h"

namespace holm::node {

/// Keeps the texts that concurrent edits were last merged into. Threads: the loop's; long texts are
/// opened on others.
class Merger {
 public:
  explicit Merger(store::Store& store, Pool pool = Pool::takers)
      : store_(store), histories_(store), pool_(pool) {}

  /// Merges changes in the order given, which respects causality. They are in the logs already and
  /// marked as applied there. Errors: the store's; corrupt when a run makes no sense in the text it
  /// names, and then nothing has been written and forget() is due. Takes the contents of ops, but
  /// not those of texts, unless it fails as corrupt.
  Status apply(const SpaceId& space, std::span<crdt::Delivered> changes);

  /// A text, and runs that are to go into it.
  struct TouchedText {
    store::TextKey key;
    store::TextRow row;
    std::vector<crdt::TextRun> runs;
    std::size_t straight = 0;  ///< of them, from the first on, that need no history
    bool marked = false;
  };
  /// The texts that changes, in the order given, are about.
  Result<std::vector<TouchedText>> touched_texts(const SpaceId& space,
                                                 std::span<const crdt::Delivered> changes) const;
  /// Whether applying takes a few milliseconds only. False while histories of long texts are being
  /// opened by the pool: worth asking again soon.
  Result<bool> is_ready(const SpaceId& space, std::span<const TouchedText> texts);
  /// apply() with its touched_texts().
  Status apply(const SpaceId& space, std::span<crdt::Delivered> changes,
               std::vector<TouchedText> texts);

  /// Takes everything of a space out of merged state, to be merged again. O(space).
  Status clear(const SpaceId& space);
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
    openings_.clear();
    histories_.forget();
  }

 private:
  using Key = std::pair<SpaceId, store::TextKey>;
  struct Kept {
    Key key;
    crdt::Text text;
  };

  Status merge_text(const SpaceId& space, TouchedText& text);
  Result<crdt::Text> open_text(const Key& key);
  Kept* find_kept(const Key& key);

  store::Store& store_;
  TextHistories histories_;
  Pool pool_;
  std::list<Kept> kept_;  ///< most recently used first
  std::map<Key, Task<Result<TextHistories::Opened>>> openings_;
};

}  // namespace holm::node
