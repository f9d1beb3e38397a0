// Pieces of files held on this device, by name: each sealed under a key that lies in the store, in
// segment files beside it; the database holds only where (docs/decisions/0014-files.md). Content is
// opaque here: whoever puts a piece names it, and whoever gets it holds it against its name.
//
// A piece counts as held once flush() has made its bytes durable and the turn that flush() ran in
// is committed; before that it can be read, and a crash leaves at most bytes that nobody points to.
// Owner: Store. Threads: the loop's.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_set>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/rng.h"
#include "crypto/keys.h"
#include "store/segment_disk.h"

namespace holm::store {

class Db;
class Facts;

/// What a segment grows to before the next begins.
inline constexpr std::uint64_t kSegmentBytes = 64ull << 20;

class Pieces {
 public:
  struct Info {
    std::uint8_t kind = 0;  ///< 0: chunk, 1: list
    SpaceId space;          ///< of the room whose key names it
    std::uint32_t bytes = 0;
    std::int64_t touched = 0;
  };
  /// What is held, and what of it a collection freed.
  struct Count {
    std::uint64_t pieces = 0;
    std::uint64_t bytes = 0;  ///< of content
  };
  struct Freed {
    Count freed;
    Count kept;
    std::uint64_t disk_before = 0;  ///< bytes of all segment files
    std::uint64_t disk_after = 0;
  };

  /// References outlive this.
  Pieces(Db& db, Facts& facts, SegmentDisk& disk);

  /// Makes ready to put: the key, and segments without what a crash left in them. Needs an open
  /// turn, which is to be committed before flush(). Errors: failed, corrupt.
  Status prepare(Rng& rng);
  /// A tick for an add that begins now: what it puts or touches from here on is safe from sweep().
  Result<std::int64_t> begin_add();

  Result<bool> has(const PieceId& id) const;
  Result<std::optional<Info>> find(const PieceId& id) const;
  /// Seals and writes; not durable yet. Nothing when it is held. Requires: prepare().
  /// Errors: failed (disk full, I/O); what was put since the last flush() is then forgotten.
  Status put(const SpaceId& space, const PieceId& id, std::uint8_t kind, ByteView content,
             Rng& rng);
  /// Notes that an add uses a piece that is held already.
  Status touch(const PieceId& id);
  /// Makes what was put durable and held. Needs an open turn. Errors: failed, as put().
  Status flush();
  /// Bytes of content put or touched and not flushed yet.
  std::uint64_t unflushed_bytes() const { return unflushed_; }
  /// Forgets what was put since the last flush(); its bytes stay as garbage.
  void forget();

  /// The content. Errors: not_found; corrupt when the disk gave other bytes than were written.
  Result<Bytes> get(const PieceId& id);

  Result<Count> count() const;
  /// Calls `visit` for all that is held, in the order in which it lies on disk; stops at false.
  Status each(const std::function<Result<bool>(const PieceId&, const Info&)>& visit) const;

  /// Drops what `is_needed` denies, unless touched at or after `since` (the tick of the oldest add
  /// under way). Needs an open turn, which is to be committed before clean_disk().
  /// Errors: those of `is_needed`. O(pieces).
  Result<Freed> sweep(const std::function<bool(const PieceId&)>& is_needed, std::int64_t since);
  /// Overwrites what lies in segments and belongs to no piece, so that the bytes of what was erased
  /// are gone from the files too. Not while an add is under way. O(segments).
  /// Errors: busy, failed.
  Status wipe_garbage();
  /// Gives back the disk that nothing points to: removes segments without pieces, and moves pieces
  /// out of segments that are mostly garbage. Opens turns of its own through `in_turn`. Bytes of
  /// all segment files afterwards.
  using InTurn = std::function<Status(const std::function<Status()>&)>;
  Result<std::uint64_t> clean_disk(const InTurn& in_turn, Rng& rng);
  /// Bytes of all segment files.
  Result<std::uint64_t> disk_bytes() const;

 private:
  struct Place {
    Info info;
    SegmentNo segment = 0;
    std::uint64_t at = 0;
  };
  Result<std::optional<Place>> place(const PieceId& id) const;
  Result<const crypto::SecretKey32*> key() const;
  Result<Bytes> open_sealed(const PieceId& id, const Place& place) const;
  Status tidy();
  Status wipe_between(SegmentNo number, std::uint64_t from, std::uint64_t to);
  Status write_rows();
  void use_new_segment();

  Db& db_;
  Facts& facts_;
  SegmentDisk& disk_;
  mutable std::optional<crypto::SecretKey32> key_;
  bool is_tidy_ = false;
  SegmentNo segment_ = 0;  ///< written at its end
  std::uint64_t end_ = 0;
  SegmentNo least_ = 0;  ///< those below are not written any more
  std::int64_t tick_ = 0;
  std::uint64_t unflushed_ = 0;
  std::map<PieceId, Place> put_;  ///< since the last flush
  std::set<PieceId> touched_;     ///< since the last flush
  std::set<SegmentNo> dirty_;     ///< written since the last flush
};

}  // namespace holm::store
