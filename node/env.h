// All nondeterminism that comes into a node, in one struct: real in runtime.cc, seeded in the
// simulator. Everything referred to outlives the node.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/rng.h"
#include "crypto/keys.h"
#include "net/transport.h"
#include "node/backup.h"
#include "node/byte_source.h"
#include "node/incarnation.h"
#include "node/pool.h"
#include "store/store_files.h"
#include "work/exchange/import.h"

namespace holm::node {

/// A join, or a recovery, that goes on until it is answered, also after a restart.
struct PendingJoin {
  Bytes secret;    ///< of the invite or device code, 16 bytes; empty: by the home's phrase
  std::string at;  ///< where to knock
  bool operator==(const PendingJoin&) const = default;
};

struct Env {
  Clock& clock;
  Rng& rng;
  net::Transport& transport;
  Log& log;
  std::string vfs;                     ///< SQLite VFS for stores; empty: the system's
  store::StoreFiles* files = nullptr;  ///< what moves them about; null: the system's
  /// Where long texts are opened.
  Pool pool = Pool::takers;
  /// Reads what an import names: a file, or a folder with all below it. Errors: not_found, limit.
  std::function<Result<std::vector<work::SourceFile>>(const std::string& path)> read_source;
  /// Opens a file that a request names, of any size. Errors: as open_file().
  std::function<Result<std::unique_ptr<ByteSource>>(const std::string& path)> open_file{};
  /// Keeps the joins that are not answered yet across restarts.
  std::function<Status(const std::vector<PendingJoin>&)> save_joins;
  /// Keeps the identity after it was changed.
  std::function<Status()> save_identity{};
  /// What a backup takes from the home, as Home::parts(); empty: this node has none.
  std::function<Result<HomeParts>(const std::optional<std::string>& passphrase)> home_parts;
  /// Closes the home soon, after the answer to whoever asked; empty: it is not served.
  std::function<void()> lock;
  /// Where the store of a team lies, and the key that it is encrypted under (null: it is not).
  std::function<std::string(const TeamId&)> store_path;
  std::function<std::shared_ptr<const crypto::SecretKey32>(const TeamId&)> store_key;
  /// Where the witness of that store is kept.
  std::function<WitnessPlace(const TeamId&)> witness;
  /// Where the pieces of its files lie; empty: in a folder beside the store.
  std::function<store::SegmentDisk*(const TeamId&)> segments{};
  /// Runs on within a turn, where the clock stands still: to tell people how long a question took.
  /// Nothing may rest on it. Empty: nobody is told.
  std::function<std::chrono::nanoseconds()> stopwatch{};
};

}  // namespace holm::node
