// The real world around a node: home folder, loop thread, sockets, system clock and randomness. The
// only place that asks the system for them. Used by `main` of the programs.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/value.h"
#include "crypto/passphrase.h"
#include "node/client.h"

namespace holm::node {

class Keyring;

/// How a home is unlocked: as its key file says (node/home_key.h). Where a way is chosen instead,
/// for a home that is made or locked anew: by the passphrase, else the keyring, else a key file of
/// mode 0600 in the home.
struct Unlock {
  std::optional<std::string> passphrase;
  /// What a passphrase costs when it is set; else the default, about a second on a small machine.
  std::optional<crypto::PassphraseParams> cost = {};
  /// The desktop's; null: none is asked. Outlives the call.
  Keyring* keyring = nullptr;
};

struct InitOptions {
  std::string home;
  std::string name;
  std::string zone;   ///< empty: the system's, else UTC
  std::string hours;  ///< empty: none
  Unlock unlock;
  std::optional<std::string> phrase = {};  ///< a recovery phrase that exists; else one is drawn
};

/// Whether there is a home in a folder.
bool is_home(const std::string& home);

/// Makes a home: {"member", "device", "recovery_phrase", "home"}. Errors: failed when one is there
/// already, usage when name, zone or hours make no sense, busy when a keyring does not take the
/// key. Leaves nothing behind on error.
Result<Value> init_home(const InitOptions& options);

/// A client of the home's node: over the control socket when a process owns the home, else with a
/// node of its own in this process. Errors: not_found (no home there, or no key for it in the
/// keyring), busy (owned, and the owner does not answer; the keyring cannot be used now), denied
/// (wrong passphrase).
Result<std::unique_ptr<Client>> open_client(const std::string& home, const Unlock& unlock);

/// Has the process that owns a home close it, keys and all: {"was_open", "passphrase", "lock"}, the
/// second saying whether it takes one to open it again, the third as name_of(HomeLock). Errors:
/// not_found, busy (the owner does not answer), those of the key file.
Result<Value> lock_home(const std::string& home);
/// Keeps the key of a home in another way, or under another passphrase; nothing else is rewritten,
/// and a process that has the home open goes on. {"passphrase", "lock"}, and {"left_in_keyring":
/// true} where the keyring could not be had to forget what it held. Errors: denied when `current`
/// does not open the home, usage, not_found, busy (the keyring cannot be used now), failed; then
/// the lock is what it was.
Result<Value> relock_home(const std::string& home, const Unlock& current, Unlock next);

/// Makes a home in a new folder from a backup (node/backup.h), locked as the backup is.
Result<Value> restore_backup(const std::string& file, const std::string& home,
                             const Unlock& unlock);

struct ServeOptions {
  std::string home;
  std::string listen;  ///< "ADDR:PORT"; empty: "127.0.0.1:0"
  Unlock unlock;
  std::optional<Millis> lock_after;                  ///< ends when nobody asked anything so long
  std::function<void(const Value& ready)> on_ready;  ///< {"listening": "127.0.0.1:40123"}
};

/// Runs a headless node until SIGTERM or SIGINT. Errors: busy when the home has an owner.
Status serve(const ServeOptions& options);

/// `holm demo`: three nodes of this process group with stores and sockets of their own.
struct DemoOptions {
  std::string dir;      ///< kept when not empty; otherwise a fresh temporary folder, removed
  std::string samples;  ///< folder with the shipped vault and board
  std::function<void(std::string_view line)> tell;
};
/// Errors: failed when the three do not agree on every object.
Result<Value> demo(const DemoOptions& options);

/// Folder named by $HOLM_HOME, else the XDG data folder's "holm".
std::string default_home();

}  // namespace holm::node
