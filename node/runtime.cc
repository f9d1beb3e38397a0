#include "node/runtime.h"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "node/home.h"
#include "node/local_node.h"
#include "node/loop_node.h"
#include "work/when.h"

namespace holm::node {
namespace fs = std::filesystem;
namespace {

constexpr std::chrono::milliseconds kOwnerWait{5000};
constexpr std::chrono::milliseconds kOwnerStep{50};
constexpr std::size_t kNameMax = 200;

std::string host_name() {
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) != 0 || name[0] == 0) return "this device";
  return name;
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
  const auto secret = rng.id<RecoverySecret>();
  const auto identity = make_identity(secret, options.name, zone, options.hours, host_name(), rng);
  TRY(Home::create(options.home, options.unlock, identity, rng));
  return Value::object()
      .set("member", options.name)
      .set("device", identity.device().text())
      .set("recovery_phrase", recovery_phrase(secret))
      .set("home", options.home)
      .set("zone", zone);
}

Result<std::unique_ptr<Client>> open_client(const std::string& home, const Unlock& unlock) {
  for (auto waited = std::chrono::milliseconds{0};; waited += kOwnerStep) {
    auto local = LocalNode::start(home, unlock);
    if (local) return std::unique_ptr<Client>(std::move(*local));
    if (local.error().code != Code::busy) return fail(std::move(local).error());
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
    return fail(std::move(node).error());
  }
  TRY((*node)->stop_on_signals());
  const auto bound = TRY((*node)->serve(options.listen));
  if (options.on_ready) options.on_ready(Value::object().set("listening", bound.text()));
  (*node)->run();
  return {};
}

}  // namespace holm::node
