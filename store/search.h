// The index of terms: which objects hold which words, kept in the transaction of the change that
// brings them (DESIGN.md 7; docs/decisions/0013-search.md). Knows terms, not what they mean: the
// Indexer makes them.
//
// Owner: Store. Threads: the loop thread. Objects calls touch() before it writes; the terms of what
// was touched are compared with what they were when the turn commits, and only the difference goes
// into the index. A long text that is being edited, and what comes in an exchange of many objects,
// is left for later, with the terms that the index has of it noted in the same transaction;
// settle() brings it up to date, and matching() needs that.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/match.h"
#include "base/result.h"
#include "store/indexed.h"
#include "store/search_words.h"

namespace holm::store {

class Db;
class ObjectRows;

class Search {
 public:
  /// An object that was found. Rows number objects as they came to this store.
  struct Row {
    SpaceId space;
    ObjectId object;
    std::uint32_t type = 0;
    std::uint64_t no = 0;
  };

  Search(Db& db, Indexer indexer);
  ~Search();

  /// Makes the index anew when it was made by another version of the indexer. Part of Store::open;
  /// needs an open transaction.
  Status open();

  /// The object is about to change, or to be gone. Needs an open transaction.
  Status touch(std::int64_t object_no);
  /// The same, and its index may not wait: what goes must not stay findable.
  Status touch_now(std::int64_t object_no);
  /// Brings what was touched into the index, or notes it as late.
  Status end_turn();
  /// The transaction is gone, and with it what was touched.
  void rolled_back();

  /// Whether nothing is touched or late.
  Result<bool> is_settled();
  /// Brings everything up to date. Needs an open transaction.
  Status settle();
  /// Whether more is late than a question should wait for, after an exchange. O(1).
  bool has_backlog() const;
  /// Brings some of that up to date, in a few milliseconds. Needs an open transaction.
  Status settle_some();
  /// Objects that fit, by descending number, below `before`; at most `limit`. Requires
  /// is_settled(). Errors: the store's. Lists of terms are walked only as far as needed.
  Result<std::vector<Row>> matching(const Match& match, std::uint64_t before, std::size_t limit);
  /// Words in use that are near to `word` (SearchWords::like).
  Result<std::vector<std::string>> words_like(std::string_view word, std::size_t limit) {
    return words_.like(word, limit);
  }

  /// Bytes that index and list of words take in the file, without room that is free in their pages.
  /// O(index).
  Result<std::uint64_t> bytes();

  /// Takes words that nothing holds any more out of the file too: by itself the index does so only
  /// in the long run. Needs an open transaction. O(index).
  Status scrub();

  /// Makes the index anew from merged state. Needs an open transaction. O(store).
  Status rebuild();
  /// Compares the index with merged state: sentences, at most `limit`; empty when all is well.
  /// Requires is_settled(). O(store).
  Result<std::vector<std::string>> check(std::size_t limit);

 private:
  using Terms = std::vector<std::string>;
  struct Touched {
    Terms before;
    std::size_t text_bytes = 0;
    bool now = false;
  };
  struct Now {
    Terms terms;
    std::size_t text_bytes = 0;
  };

  bool is_on() const { return static_cast<bool>(indexer_.terms_of); }
  Result<Now> terms_now(std::int64_t object_no);
  Result<std::optional<MemberId>> author(const LogId& log);
  Status load_late();
  Status note_late(std::int64_t object_no, const Terms& terms);
  Status settle_first(std::size_t count);
  Status write(std::int64_t object_no, const Terms& before, const Terms& after);
  Status drop_unused();
  Status index_late(std::int64_t object_no);

  Db& db_;
  Indexer indexer_;
  SearchWords words_;
  std::unique_ptr<ObjectRows> rows_;
  std::map<std::int64_t, Touched> touched_;
  std::set<std::int64_t> late_;
  std::set<std::string> taken_;  ///< words that an object lost, and that may be unused now
  std::map<LogId, std::optional<MemberId>> authors_;
  bool is_late_loaded_ = false;
};

}  // namespace holm::store
