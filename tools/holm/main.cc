// `holm`: hands the machine to the command line. The only file that reads the environment, and the
// only one that knows node/runtime.h and the desktop's keyring.
#include <date/tz.h>

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "node/keyring_program.h"
#include "node/runtime.h"
#include "tools/holm/host.h"
#include "tools/holm/run.h"
#include "tools/holm/terminal.h"
#include "work/when.h"

namespace holm::cli {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

/// The machine's time zone; the library throws when it can't tell.
std::string system_zone() {
  if (auto named = variable("TZ"); work::is_zone(named)) return named;
  try {
    return date::current_zone()->name();
  } catch (const std::exception&) {
    return "UTC";
  }
}

std::string editor() {
  for (const auto* name : {"VISUAL", "EDITOR"})
    if (auto value = variable(name); !value.empty()) return value;
  return "vi";
}

/// Beside an installed program, or in the sources it was built from.
std::string samples_folder() {
  std::error_code ignored;
  const auto installed = program_folder() + "/../share/holm/samples";
  return std::filesystem::is_directory(installed, ignored) ? installed : HOLM_SAMPLES;
}

Environment environment() {
  Environment out;
  out.home = node::default_home();
  if (const char* passphrase = std::getenv("HOLM_PASSPHRASE")) out.passphrase = passphrase;
  out.editor = editor();
  out.zone = system_zone();
  out.samples = samples_folder();
  const auto temporary = variable("TMPDIR");
  out.temporary_folder = temporary.empty() ? "/tmp" : temporary;
  return out;
}

Host this_machine() {
  const bool colour = variable("NO_COLOR").empty();
  Host host;
  host.environment = environment();
  host.out = stream_of(1, colour);
  host.err = stream_of(2, colour);
  host.read_stdin = read_stdin;
  host.ask = ask;
  host.ask_secret = ask_secret;
  host.edit = run_editor;
  host.signal_ready = signal_ready;
  const auto keyring = std::make_shared<node::KeyringProgram>(program_folder() + "/holm-keyring");
  const auto opening = [keyring](const std::optional<std::string>& passphrase) {
    return node::Unlock{.passphrase = passphrase, .cost = {}, .keyring = keyring.get()};
  };
  const auto locking = [keyring](const std::optional<std::string>& passphrase, bool in_keyring) {
    return node::Unlock{
        .passphrase = passphrase, .cost = {}, .keyring = in_keyring ? keyring.get() : nullptr};
  };
  host.init = [locking](const Init& init) {
    return node::init_home({init.home, init.name, init.zone, init.hours,
                            locking(init.passphrase, init.in_keyring), init.phrase});
  };
  host.is_home = node::is_home;
  host.open = [opening](const std::string& home, const std::optional<std::string>& passphrase) {
    return node::open_client(home, opening(passphrase));
  };
  host.lock = [](const std::string& home) { return node::lock_home(home); };
  host.relock = [opening, locking](const Relock& relock) {
    return node::relock_home(relock.home, opening(relock.current),
                             locking(relock.next, relock.in_keyring));
  };
  host.restore = [](const Restore& restore) {
    return node::restore_backup(restore.file, restore.home, node::Unlock{restore.passphrase});
  };
  host.serve = [opening](const Serve& serve) {
    return node::serve(
        {serve.home, serve.listen, opening(serve.passphrase), serve.lock_after, serve.on_ready});
  };
  host.demo = [](const Demo& demo) { return node::demo({demo.dir, demo.samples, demo.tell}); };
  return host;
}

}  // namespace
}  // namespace holm::cli

int main(int argc, char** argv) {
  holm::cli::keep_memory_private();
  holm::cli::prepare_streams();
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  return holm::cli::run(words, holm::cli::this_machine());
}
