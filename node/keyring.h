// The keyring of a person's desktop, as a home asks it: a keeper of small secrets that opens when
// the person logs in. An interface: node/keyring_program.h is the real one.
#pragma once

#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "crypto/keys.h"

namespace holm::node {

/// Names one key in a keyring: drawn anew each time that a home goes into one.
using KeyringId = Id<struct KeyringIdTag, 16>;

/// Threads: one. Each call ends in bounded time, even where a person is asked meanwhile.
///
/// Errors of all: retry, when the keyring cannot answer now: there is none, it is locked, the
/// person said no, it took too long.
class Keyring {
 public:
  struct Item {
    KeyringId id;
    std::string folder;  ///< of the home, links resolved; shown to the person
  };

  Keyring() = default;
  Keyring(const Keyring&) = delete;
  Keyring& operator=(const Keyring&) = delete;
  virtual ~Keyring() = default;

  /// Keeps a key. Done once it is where a later login finds it.
  virtual Status put(const Item& item, const crypto::SecretKey32& key) = 0;
  /// Errors: also not_found.
  virtual Result<crypto::SecretKey32> get(const KeyringId& id) = 0;
  /// Forgets a key; nothing happens when it is not there, or was put for another folder: a copy of
  /// a home must not take the key away from the home that it was copied from.
  virtual Status remove(const Item& item) = 0;
};

}  // namespace holm::node
