// The chunk table: consecutive changes of a log as columnar bodies, beside an index that answers
// for seq and lamport without decoding. Of the chain only the end of each chunk is stored: what
// lies between is hashed again by whoever asks, which is rare. Small chunks at a log's end are
// merged as they gather, so disk use and read cost do not depend on how a log arrived. Layout:
// docs/formats/store.md.
//
// Owner: Logs. Threads: the loop thread. Knows logs by number only; checks no owners.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "crdt/change.h"

namespace holm::store {

class Db;
struct StoredChange;

/// What the index says of one change.
struct ChangePlace {
  std::uint64_t seq = 0;  ///< first op
  std::uint64_t last_seq = 0;
  std::uint64_t lamport = 0;
};

struct Chunk {
  std::int64_t no = 0;
  std::int64_t log_no = 0;
  std::vector<ChangePlace> places;  ///< at least one
  Digest end_hash;                  ///< of the chain after the last
  /// As places; null: not decoded. Written to by nobody who is not the last to hold it.
  std::shared_ptr<std::vector<crdt::Change>> decoded;
  std::vector<Digest> hashes;  ///< of the chain after each; empty: not known

  /// Requires: decoded.
  const std::vector<crdt::Change>& changes() const { return *decoded; }
  std::uint64_t first_seq() const { return places.front().seq; }
  std::uint64_t last_seq() const { return places.back().last_seq; }
  /// Index of the change that holds op `seq`. Requires: first_seq() <= seq <= last_seq().
  std::size_t index_of(std::uint64_t seq) const;
};

/// Null where there is no such chunk. Shared with the cache, so never written to.
using ChunkRef = std::shared_ptr<const Chunk>;

class LogChunks {
 public:
  /// A chunk is closed at either of these, and counts as full at three quarters of them: large
  /// enough for columns and compression to pay, small enough to decode for a single change. Bytes
  /// are crdt::weight, a bound that is several times what a small change takes.
  static constexpr std::size_t kRawMax = 128u << 10;
  static constexpr std::size_t kChangesMax = 1024;
  /// Chunks that are not full may gather at a log's end up to this many.
  static constexpr std::size_t kLooseMax = 32;

  /// The salt under which a log, by number, hashes its content on an object, by number.
  using Salts = std::function<Result<std::optional<Salt>>(std::int64_t, std::int64_t)>;

  /// `db` outlives this.
  LogChunks(Db& db, Salts salts) : db_(db), salts_(std::move(salts)) {}

  /// Requires: `changes` go on where the log ends. O(changes), and now and then a merge of at most
  /// kLooseMax chunks.
  Status append(std::int64_t log_no, std::vector<StoredChange> changes);
  /// Drops every change that ends beyond `seq`, the end of a change or 0.
  Status cut(std::int64_t log_no, std::uint64_t seq);
  /// Puts other changes, of the same places, into a chunk.
  Status rewrite(const Chunk& chunk, std::span<const crdt::Change> changes);

  /// The chunk that holds op `seq`, with its index alone, or with its changes.
  Result<ChunkRef> index_at(std::int64_t log_no, std::uint64_t seq);
  Result<ChunkRef> changes_at(std::int64_t log_no, std::uint64_t seq);
  /// The same with changes and hashes. Errors: corrupt when the chain does not end where it did.
  /// O(chunk) the first time: each of its changes is hashed.
  Result<ChunkRef> hashes_at(std::int64_t log_no, std::uint64_t seq);

 private:
  struct Loose {
    std::vector<std::int64_t> numbers;  ///< ascending by seq
    std::size_t raw_bytes = 0;
    std::size_t change_count = 0;
  };
  struct Cached {
    ChunkRef chunk;
    std::size_t bytes = 0;
    std::list<std::int64_t>::iterator used;
  };

  Status insert(std::int64_t log_no, std::vector<crdt::Change> changes,
                std::span<const Digest> hashes);
  /// Cuts into chunks no larger than the limits and inserts those.
  Status insert_split(std::int64_t log_no, std::vector<crdt::Change> changes,
                      std::span<const Digest> hashes);
  Status remove(std::int64_t no);
  Result<Loose> loose_end(std::int64_t log_no);
  Status merge(std::int64_t log_no, const Loose& loose);
  /// Number of the chunk that holds op `seq`.
  Result<std::optional<std::int64_t>> find(std::int64_t log_no, std::uint64_t seq);
  Result<ChunkRef> load_index(std::int64_t no);
  Result<ChunkRef> load_changes(std::int64_t no);
  Result<ChunkRef> load_hashes(std::int64_t no);
  Result<std::optional<Salt>> salt_of(std::int64_t log_no, std::int64_t space_no,
                                      const ObjectId& object);
  ChunkRef cached(std::int64_t no);
  ChunkRef keep(Chunk chunk);
  void forget(std::int64_t no);

  Db& db_;
  Salts salts_;
  std::map<std::int64_t, Cached> cache_;
  std::list<std::int64_t> recently_used_;  ///< newest first
  std::size_t cached_bytes_ = 0;
  std::uint64_t rollbacks_ = 0;  ///< of db_ when the cache was last true
};

}  // namespace holm::store
