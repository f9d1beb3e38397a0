// A SQLite VFS that encrypts one store page by page, over any other VFS. Nothing of what SQLite
// writes reaches the disk in the clear: pages of the database and of its write-ahead log are sealed
// (crypto/page_cipher.h), the log's frame headers masked, temporary files and statement journals
// refused (they stay in memory), and a rollback journal never takes a page: a store has one only
// while it is made. Format: docs/formats/store.md.
//
// A page is bound to its number, a frame of the log to its page, its commit mark and its salts. A
// page that does not open makes the read fail, and damage() says which it was. In the log, what
// does not open ends the log as a torn write does: SQLite's checksums then fail.
//
// Requires of the connection: page size kPageBytes, reserve_bytes() set before the first write,
// exclusive locking (there is no shared memory). Threads: one.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "base/rng.h"
#include "crypto/keys.h"

struct sqlite3;

namespace holm::store {

class EncryptedVfs {
 public:
  static constexpr std::size_t kPageBytes = 4096;

  /// Registers itself with SQLite under a name of its own. `base`: name of the VFS to write
  /// through; empty: the system's. `rng` outlives this. Null without a key: `base` itself will do.
  /// Errors: failed when there is no such VFS.
  static Result<std::unique_ptr<EncryptedVfs>> make(const std::string& base,
                                                    const crypto::SecretKey32* key, Rng* rng);
  /// Requires that no connection uses it any more. Wipes the keys.
  ~EncryptedVfs();
  EncryptedVfs(const EncryptedVfs&) = delete;
  EncryptedVfs& operator=(const EncryptedVfs&) = delete;

  const std::string& name() const;
  /// Makes a connection to a new file keep room in each page for what sealing adds.
  static void reserve_bytes(sqlite3* connection);
  /// What could not be opened since asked last: "page 7 is not what was written".
  std::optional<std::string> take_damage();

  struct State;  ///< for encrypted_vfs.cc alone

 private:
  explicit EncryptedVfs(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace holm::store
