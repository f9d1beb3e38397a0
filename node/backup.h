// A backup: one file that holds a home as it is at a moment, made while the home is in use, and
// encrypted as the home is. Format: docs/formats/backup.md. An edge: it touches the disk.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/rng.h"
#include "crypto/hash.h"
#include "crypto/keys.h"
#include "node/runtime.h"
#include "store/segment_disk.h"
#include "store/store.h"

namespace holm::store {
class DbCopy;
}

namespace holm::node {

/// What a backup takes from the home itself.
struct HomeParts {
  Bytes key;                 ///< the key file, as it is, or one that a passphrase opens
  Bytes identity;            ///< sealed, as it is
  crypto::SecretKey32 seal;  ///< for the list of contents
  bool has_passphrase;       ///< of its own, which is not the home's
};

/// A backup being made. While there is one, no piece of a file may be moved or removed: segment
/// files are copied after the store that says what lies in them. Threads: the loop's.
class Backup {
 public:
  /// `stores` outlive this. Errors: failed when the file exists or cannot be made.
  static Result<std::unique_ptr<Backup>> begin(
      const std::string& path, HomeParts parts,
      const std::vector<std::pair<TeamId, store::Store*>>& stores, WallTime now, Rng& rng);
  /// Leaves nothing behind unless it was finished.
  ~Backup();
  Backup(const Backup&) = delete;
  Backup& operator=(const Backup&) = delete;

  /// Goes on for a few milliseconds. True when the file is complete, on the disk and in its place.
  /// Between turns. Errors: failed (then the backup is over).
  Result<bool> step();
  std::uint64_t bytes() const { return at_; }
  std::size_t teams() const { return entries_.size(); }
  /// Whether it opens with a passphrase of its own, and not as its home does.
  bool has_passphrase() const { return parts_.has_passphrase; }

 private:
  struct Section {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    Digest digest;
  };
  struct Entry {
    TeamId team;
    Section store;
    std::vector<std::pair<store::SegmentNo, Section>> segments;
  };
  Backup(std::string path, HomeParts parts, WallTime now, Rng& rng);

  Status put(ByteView bytes);
  Status start_next();
  Result<bool> take_piece();
  Status take_segment_piece();
  Section begin_section();
  Status finish();
  void discard_copy();

  std::string path_;
  HomeParts parts_;
  WallTime now_;
  Rng& rng_;
  int file_ = -1;
  int copy_file_ = -1;
  std::uint64_t at_ = 0;  // bytes written
  std::deque<std::pair<TeamId, store::Store*>> left_;
  std::unique_ptr<store::DbCopy> copy_;               // being made
  std::deque<store::SegmentDisk::Segment> segments_;  // of the team, left
  std::unique_ptr<crypto::Hasher> hasher_;            // of the section being written
  std::vector<Entry> entries_;
  bool is_done_ = false;
};

/// Makes a home in the new folder `dir` from a backup: {"teams", "made_at", "bytes"}. It goes on
/// under logs of its own, so it may be older than what teammates hold, and whatever else came of
/// the home. Errors: not_found, corrupt when the file is damaged or cut short, denied (passphrase),
/// failed when there is something at `dir`; then nothing is left there.
Result<Value> restore_home(const std::string& file, const std::string& dir, const Unlock& unlock);

}  // namespace holm::node
