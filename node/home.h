// A home on disk: one device of one person (CLI.md). Holds the lock that makes one process its
// owner, the sealed identity, and where each team's store lies. An edge: it touches the file
// system.
//
//   lock          held while a process owns the home
//   key           the key that all the rest is encrypted under, kept as home_key.h says
//   identity      sealed (docs/formats/home.md)
//   joins         sealed: joins that have not been answered yet
//   teams/ID.db   one store per team, encrypted
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "node/backup.h"
#include "node/env.h"
#include "node/identity.h"
#include "node/runtime.h"

namespace holm::node {

/// Owns the lock. Threads: one.
class Home {
 public:
  /// Makes the folder and writes `identity`. Errors: failed when a home is there already.
  static Status create(const std::string& dir, const Unlock& unlock, const Identity& identity,
                       Rng& rng);
  /// Locks and unlocks. Files that others may open are closed to them, see warnings(). Errors:
  /// not_found, busy (another process owns it), denied (wrong or missing passphrase, files that are
  /// links or another user's), corrupt, those of Unlock's keyring.
  static Result<std::unique_ptr<Home>> open(const std::string& dir, const Unlock& unlock, Rng& rng);
  /// Whether a process owns the home now. Errors: not_found when there is no home.
  static Result<bool> is_owned(const std::string& dir);
  /// Path of the control socket of a home: $XDG_RUNTIME_DIR/holm/HASH, or under a folder of this
  /// user in the temporary folder.
  static std::string socket_path(const std::string& dir);

  ~Home();
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;

  Identity& identity() { return identity_; }
  /// What was mended when it was opened, as sentences.
  const std::vector<std::string>& warnings() const { return warnings_; }
  Status save_identity();
  const std::string& dir() const { return dir_; }
  std::vector<TeamId> teams() const;  ///< sorted
  std::string store_path(const TeamId& team) const;
  crypto::SecretKey32 store_key(const TeamId& team) const;
  /// What a backup takes from the home itself. `passphrase` opens the backup of a home that is
  /// locked by a keyring, which stays behind; others open as the home does. Errors: usage without
  /// one where it takes one, those of reading a file. Cost: Argon2id where it takes one.
  Result<HomeParts> parts(const std::optional<std::string>& passphrase) const;
  /// In $XDG_STATE_HOME/holm (~/.local/state/holm), in a folder named after the home's, sealed.
  WitnessPlace witness_place(const TeamId& team) const;

  Result<std::vector<PendingJoin>> joins() const;
  Status save_joins(const std::vector<PendingJoin>& joins);

 private:
  Home(std::string dir, int lock, crypto::SecretKey32 key, Identity identity, Rng& rng);

  std::string dir_;
  int lock_;
  crypto::SecretKey32 key_;
  Identity identity_;
  Rng& rng_;
  std::vector<std::string> warnings_;
};

/// Reads a whole file. Errors: not_found, limit (more than `bytes_max`), failed.
Result<Bytes> read_file(const std::string& path, std::size_t bytes_max);
/// Replaces a file atomically and durably: temporary file, fsync, rename, fsync of the folder.
Status write_file(const std::string& path, ByteView bytes, unsigned mode);

}  // namespace holm::node
