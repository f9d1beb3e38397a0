#include "node/runtime.h"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "node/backup.h"
#include "node/home.h"
#include "node/home_key.h"
#include "node/keyring.h"
#include "node/local_node.h"
#include "node/loop_node.h"
#include "work/when.h"

namespace holm::node {
namespace fs = std::filesystem;
namespace {

constexpr std::chrono::milliseconds kOwnerWait{5000};
constexpr std::chrono::milliseconds kOwnerStep{50};
constexpr std::size_t kNameMax = 200;
constexpr Millis kUnlockTime{800};

std::string host_name() {
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) != 0 || name[0] == 0) return "this device";
  return name;
}

/// A home stays locked while its keyring cannot be asked. Inside a node that is passing trouble,
/// since a busy home there is one that somebody else owns.
Error locked(Error error) {
  if (error.code == Code::retry) error.code = Code::busy;
  return error;
}

/// With a passphrase, what it costs here: about as long as a person waits without minding.
Unlock calibrated(Unlock unlock, Rng& rng) {
  if (unlock.passphrase && !unlock.cost) {
    unlock.cost = crypto::PassphraseParams::calibrated(rng, kUnlockTime, [] {
      return std::chrono::duration_cast<Millis>(
          std::chrono::steady_clock::now().time_since_epoch());
    });
  }
  return unlock;
}

/// The system's zone by name: $TZ, else what /etc/localtime points to.
std::string system_zone() {
  if (const char* named = std::getenv("TZ"); named != nullptr && work::is_zone(named)) return named;
  std::error_code error;
  const auto target = fs::canonical("/etc/localtime", error).string();
  const auto at = target.find("/zoneinfo/");
  if (error || at == std::string::npos) return "UTC";
  auto name = target.substr(at + 10);
  return work::is_zone(name) ? name : "UTC";
}

}  // namespace

std::string default_home() {
  if (const char* home = std::getenv("HOLM_HOME"); home != nullptr && *home != 0) return home;
  if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data == '/') {
    return std::string(data) + "/holm";
  }
  const char* user = std::getenv("HOME");
  return std::string(user != nullptr ? user : ".") + "/.local/share/holm";
}

bool is_home(const std::string& home) {
  const auto owned = Home::is_owned(home);
  return owned || owned.error().code != Code::not_found;
}

Result<Value> init_home(const InitOptions& options) {
  TRY(crypto::init());
  if (options.name.empty() || options.name.size() > kNameMax ||
      options.name.find('\n') != std::string::npos) {
    return fail(Code::usage, "a name has to be one line of 1 to 200 bytes", "nothing was made",
                "say who you are with --name");
  }
  const auto zone = options.zone.empty() ? system_zone() : options.zone;
  if (!work::is_zone(zone)) {
    return fail(Code::usage, "\"" + zone + "\" is no time zone", "nothing was made",
                "name one like Europe/Lisbon");
  }
  if (!options.hours.empty()) TRY(work::check_hours(options.hours));
  crypto::SystemRng rng;
  const auto secret =
      options.phrase ? TRY(parse_recovery_phrase(*options.phrase)) : rng.id<RecoverySecret>();
  const auto identity = make_identity(secret, options.name, zone, options.hours, host_name(), rng);
  auto made = Home::create(options.home, calibrated(options.unlock, rng), identity, rng);
  if (!made) return fail(locked(std::move(made).error()));
  return Value::object()
      .set("member", options.name)
      .set("device", identity.device().text())
      .set("recovery_phrase", recovery_phrase(secret))
      .set("home", options.home)
      .set("zone", zone);
}

Result<Value> lock_home(const std::string& home) {
  const auto is_owned = TRY(Home::is_owned(home));
  const auto lock = TRY(home_lock(home));
  bool is_told = false;
  for (auto waited = std::chrono::milliseconds{0}; TRY(Home::is_owned(home));
       waited += kOwnerStep) {
    if (!is_told) {
      if (auto owner = dial_control(Home::socket_path(home))) {
        // One that goes away meanwhile has closed it.
        is_told = (*owner)->call(Value::object().set("do", "home.lock")).has_value();
      }
    }
    if (waited >= kOwnerWait) {
      return fail(Code::busy,
                  is_told ? "the process that uses this home has not closed it yet"
                          : "a command that is still running has this home open",
                  "nothing was changed", "wait for it to end, or stop it");
    }
    std::this_thread::sleep_for(kOwnerStep);
  }
  return Value::object()
      .set("was_open", is_owned)
      .set("passphrase", lock == HomeLock::passphrase)
      .set("lock", name_of(lock));
}

namespace {

/// Whether a home that is locked in one way can be locked in the next, as asked.
Status check_relock(HomeLock before, const Unlock& current, const Unlock& next) {
  if (next.passphrase) {
    if (before == HomeLock::passphrase && !current.passphrase) {
      return fail(Code::denied, "this home has a passphrase already", "nothing was changed",
                  "change it with: holm passphrase change");
    }
    if (before != HomeLock::passphrase && current.passphrase) {
      return fail(Code::usage, "this home has no passphrase", "nothing was changed",
                  "give it one with: holm passphrase set");
    }
    return {};
  }
  if (next.keyring != nullptr && before == HomeLock::keyring) {
    return fail(Code::usage, "the desktop's keyring holds the key of this home already",
                "nothing was changed");
  }
  if (next.keyring == nullptr && before == HomeLock::key_file) {
    return fail(Code::usage, "this home has no passphrase", "nothing was changed",
                "give it one with: holm passphrase set");
  }
  return {};
}

}  // namespace

Result<Value> relock_home(const std::string& home, const Unlock& current, Unlock next) {
  TRY(crypto::init());
  TRY(Home::is_owned(home));  // there is one
  const auto before = TRY(home_lock(home));
  TRY(check_relock(before, current, next));
  const auto held = TRY(keyring_item(home));
  const auto key = read_home_key(home, current);
  if (!key) return fail(locked(key.error()));
  crypto::SystemRng rng;
  next = calibrated(std::move(next), rng);
  auto written = write_home_key(home, *key, next, rng);
  if (!written) return fail(locked(std::move(written).error()));
  // Only now: until here the home opened with it.
  const bool is_left = held && !current.keyring->remove(*held);
  auto out = Value::object()
                 .set("passphrase", next.passphrase.has_value())
                 .set("lock", name_of(TRY(home_lock(home))));
  if (is_left) out.set("left_in_keyring", true);
  return out;
}

Result<Value> restore_backup(const std::string& file, const std::string& home,
                             const Unlock& unlock) {
  TRY(crypto::init());
  return restore_home(file, home, unlock);
}

Result<std::unique_ptr<Client>> open_client(const std::string& home, const Unlock& unlock) {
  for (auto waited = std::chrono::milliseconds{0};; waited += kOwnerStep) {
    auto local = LocalNode::start(home, unlock);
    if (local) return std::unique_ptr<Client>(std::move(*local));
    if (local.error().code != Code::busy) return fail(locked(std::move(local).error()));
    auto remote = dial_control(Home::socket_path(home));
    if (remote) return remote;
    // A command that ends in a moment owns it, or an owner that is still starting.
    if (waited >= kOwnerWait) {
      return fail(Code::busy, "another process uses this home and does not answer",
                  "nothing was changed", "wait for it to end, or stop it");
    }
    std::this_thread::sleep_for(kOwnerStep);
  }
}

Status serve(const ServeOptions& options) {
  auto node = LoopNode::open(options.home, options.unlock, Level::info);
  if (!node) {
    if (node.error().code == Code::busy) {
      return fail(Code::busy, "another process serves this home already", "it goes on", {});
    }
    return fail(locked(std::move(node).error()));
  }
  TRY((*node)->stop_on_signals());
  const auto bound = TRY((*node)->serve(options.listen));
  if (options.on_ready) options.on_ready(Value::object().set("listening", bound.text()));
  (*node)->lock_after(options.lock_after);
  (*node)->run();
  return {};
}

}  // namespace holm::node
