#include "tests/sim/station.h"

#include <optional>

namespace holm::sim {
namespace {

std::string disk_name() {
  static std::uint64_t count = 0;
  return "crowd-" + std::to_string(++count);
}

node::Identity identity_of(const std::string& name, std::uint64_t seed) {
  SeededRng rng(seed);
  const auto secret = rng.id<node::RecoverySecret>();
  return node::make_identity(secret, name, "UTC", "", name + "'s device", rng);
}

}  // namespace

Station::Station(std::string name, std::uint64_t seed, const CrowdClock& clock)
    : name_(std::move(name)),
      seed_(seed),
      disk_(disk_name(), seed),
      segments_(seed),
      rng_(seed),
      identity_(identity_of(name_, seed)),
      env_{.clock = const_cast<CrowdClock&>(clock),
           .rng = rng_,
           .transport = transport_,
           .log = log_,
           .vfs = disk_.name(),
           .files = &disk_.files(),
           .read_source = {},
           .open_file = {},
           .save_joins = [](const std::vector<node::PendingJoin>&) { return Status{}; },
           .save_identity = [] { return Status{}; },
           .home_parts = {},
           .lock = {},
           .store_path = [](const TeamId&) { return std::string("team.db"); },
           .store_key = [](const TeamId&) -> std::shared_ptr<const crypto::SecretKey32> {
             return nullptr;
           },
           .witness = [this](const TeamId&) { return witness(); },
           .segments = [this](const TeamId&) -> store::SegmentDisk* { return &segments_; }} {}

Station::~Station() { stop(); }

void Station::stop() {
  disk_.restore({});  // what is open dies, and is closed without a word
  node_.reset();
  replica_ = nullptr;
}

/// None that is believed without one, or one that lacks the store.
node::WitnessPlace Station::witness() const {
  if (!is_restored_) return {};
  return {.read = []() -> Result<std::optional<Bytes>> { return std::optional<Bytes>(); },
          .write = [](ByteView) { return Status{}; }};
}

Status Station::start(const TeamId& team, const test::SimDisk::Snapshot& disk, bool is_restored) {
  stop();
  disk_.restore(disk);
  is_restored_ = is_restored;
  node_ = std::make_unique<node::Node>(env_, identity_);
  TRY(node_->start({team}, {}));
  replica_ = node_->teams().find(team);
  return {};
}

Result<Value> Station::ask(const Value& request) {
  std::optional<Result<Value>> answer;
  node_->ask(request, {.on_done = [&](Result<Value> outcome) { answer = std::move(outcome); }});
  node_->end_turn();
  if (!answer) return fail(Code::failed, "a request was not answered at once");
  return std::move(*answer);
}

Status Station::write(const std::function<Status(node::Replica&)>& body) {
  TRY(replica_->begin());
  if (auto done = body(*replica_); !done) {
    replica_->rollback();
    return done;
  }
  TRY(replica_->commit());
  (void)replica_->take_changed();
  (void)replica_->take_membership_changed();
  return {};
}

}  // namespace holm::sim
