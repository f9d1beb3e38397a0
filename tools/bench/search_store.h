// A team's store for the search bench: rooms, threads of messages, documents, written through the
// same merging as everything that a peer sends.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "node/erasures.h"
#include "node/merge.h"
#include "node/store_state.h"
#include "store/store.h"
#include "tools/bench/prose.h"
#include "work/members/roster.h"

namespace holm::bench {

struct SearchScale {
  std::size_t messages = 200'000;
  std::size_t documents = 5'000;
  std::size_t rooms = 25;
};

class SearchStore {
 public:
  /// With `indexed` false search finds nothing: to see what the index costs.
  static Result<std::unique_ptr<SearchStore>> open(const std::string& path, std::uint64_t seed,
                                                   bool indexed);

  Status fill(const SearchScale& scale);
  /// Documents of 6 KB in the first room, `batch` in a turn.
  Status add_documents(std::size_t count, std::size_t batch);
  /// One letter into the first document, as a turn of its own.
  Status type_letter();

  store::Store& store() { return *store_; }
  const work::State& state() const { return *state_; }
  std::uint64_t text_bytes() const { return text_bytes_; }
  std::uint64_t changes() const { return changes_; }
  /// A word by its rank: 0 is the commonest.
  const std::string& word(std::size_t rank) const { return prose_.word(rank); }
  /// Three words that somebody wrote side by side.
  const std::string& phrase(Rng& rng) const { return phrases_.at(rng.below(phrases_.size())); }
  std::size_t word_count() const { return prose_.word_count(); }

 private:
  SearchStore(std::unique_ptr<store::Store> store, std::uint64_t seed);
  struct Log {
    LogId id;
    MemberId member;
    std::uint64_t next_seq = 1;
    Digest hash;
  };
  struct Room {
    SpaceId space;
    std::uint64_t lamport = 0;
    std::vector<Log> logs;
    std::vector<ObjectId> threads;
  };

  Status make_rooms(std::size_t count);
  Status write(Room& room, Log& log, const std::vector<crdt::Write>& writes);
  void add_message(Room& room, std::vector<crdt::Write>& writes);
  ObjectId add_document(std::vector<crdt::Write>& writes);

  SeededRng rng_;
  std::unique_ptr<store::Store> store_;
  node::Merger merger_;
  node::Erasures erasures_;
  work::members::Roster roster_;
  std::unique_ptr<node::StoreState> state_;
  Prose prose_;
  std::vector<std::string> phrases_;
  std::vector<Room> rooms_;
  ObjectId first_document_;
  WallTime now_{Millis(1'609'459'200'000)};  // 2021; the store's last day is about ten years later
  std::uint64_t text_bytes_ = 0;
  std::uint64_t changes_ = 0;
};

}  // namespace holm::bench
