// What the command line needs of the machine: its streams, its environment, and the doors to a
// node. `main` fills this in from node/runtime.h and the system; tests fill it in with facts.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/value.h"
#include "node/client.h"

namespace holm::cli {

/// Where output goes. Writers may fail: a full disk, a reader that left.
struct Stream {
  /// Errors: retry when the reader closed its end and wants no more; failed otherwise.
  std::function<Status(std::string_view)> write;
  bool is_terminal = false;
  bool colour = false;  ///< a terminal, and NO_COLOR is not set
  int columns = 80;     ///< of the terminal; 0: no limit
};

struct Environment {
  std::string home;                       ///< $HOLM_HOME or the default home
  std::optional<std::string> passphrase;  ///< $HOLM_PASSPHRASE
  std::string editor;                     ///< $VISUAL, $EDITOR, or the system's; a shell command
  std::string zone;                       ///< of the machine: "Europe/Lisbon"; "UTC" when unknown
  std::string samples;                    ///< folder with the content that `demo` brings in
  std::string temporary_folder;
};

struct Init {
  std::string home;
  std::string name;
  std::string zone;
  std::string hours;
  std::optional<std::string> passphrase;  ///< none, and no keyring: a key file
  std::optional<std::string> phrase;  ///< a recovery phrase that exists; else a new one is drawn
  bool in_keyring = false;
};

/// Another lock for a home; no passphrase, and no keyring: its key file.
struct Relock {
  std::string home;
  std::optional<std::string> current;
  std::optional<std::string> next;
  bool in_keyring = false;
};

struct Restore {
  std::string file;
  std::string home;
  std::optional<std::string> passphrase;
};

struct Serve {
  std::string home;
  std::string listen;
  std::optional<std::string> passphrase;
  std::optional<Millis> lock_after;
  std::function<void(const Value& ready)> on_ready;
};

struct Demo {
  std::string dir;
  std::string samples;
  std::function<void(std::string_view line)> tell;
};

/// Functions as node/runtime.h has them, errors included. All are set.
struct Host {
  Environment environment;
  Stream out;
  Stream err;
  /// All of stdin. Errors: failed; limit beyond 64 MiB.
  std::function<Result<std::string>()> read_stdin;
  /// Asks at the terminal; nothing when there is none.
  std::function<std::optional<std::string>(std::string_view prompt)> ask;
  /// Asks at the terminal without showing what is typed; nothing when there is no terminal.
  std::function<std::optional<std::string>(std::string_view prompt)> ask_secret;
  /// Runs the editor on a file and waits. Errors: failed, when it can't be run or ends with an
  /// error.
  std::function<Status(const std::string& editor, const std::string& path)> edit;
  /// Writes one line to a file descriptor and closes it. Errors: usage when it is not open.
  std::function<Status(int descriptor, std::string_view line)> signal_ready;

  /// Whether there is a home in a folder.
  std::function<bool(const std::string& home)> is_home;
  std::function<Result<Value>(const Init&)> init;
  std::function<Result<std::unique_ptr<node::Client>>(const std::string& home,
                                                      const std::optional<std::string>& passphrase)>
      open;
  std::function<Result<Value>(const std::string& home)> lock;
  std::function<Result<Value>(const Relock&)> relock;
  std::function<Result<Value>(const Restore&)> restore;
  std::function<Status(const Serve&)> serve;
  std::function<Result<Value>(const Demo&)> demo;
};

}  // namespace holm::cli
