// One device of a crowd (crowd.h): a node with a store on a disk in memory, and no network. What
// it hands to others goes in meetings (meeting.h).
#pragma once

#include <memory>
#include <string>

#include "node/node.h"
#include "tests/store/naive_segments.h"
#include "tests/support/sim_disk.h"

namespace holm::sim {

/// Time of all stations, set by hand.
class CrowdClock final : public Clock {
 public:
  Time now() const override { return Time{wall_.time_since_epoch()}; }
  WallTime wall() const override { return wall_; }
  void set(WallTime wall) { wall_ = wall; }
  void advance(Millis span) { wall_ += span; }

 private:
  WallTime wall_{};
};

class Station {
 public:
  /// Its keys come from `seed`: two stations of one seed are one device.
  Station(std::string name, std::uint64_t seed, const CrowdClock& clock);
  ~Station();
  Station(const Station&) = delete;
  Station& operator=(const Station&) = delete;

  /// Ends whatever ran here and starts from a disk, an empty one included, as a device of `team`.
  /// With `is_restored` nothing proves that the store goes on nowhere else, so its logs are left.
  /// Errors: the store's.
  Status start(const TeamId& team, const test::SimDisk::Snapshot& disk, bool is_restored = false);
  /// Ends whatever runs here; nothing is written back.
  void stop();
  test::SimDisk::Snapshot disk() const { return disk_.snapshot(); }
  /// Whatever is drawn from now on follows from `seed`.
  void reseed(std::uint64_t seed) { rng_ = SeededRng(seed); }

  /// A request as clients put it, of those that are answered at once.
  Result<Value> ask(const Value& request);
  /// Writes in a turn of its own.
  Status write(const std::function<Status(node::Replica&)>& body);

  const std::string& name() const { return name_; }
  std::uint64_t seed() const { return seed_; }
  const node::Identity& identity() const { return identity_; }
  node::Node& node() { return *node_; }
  node::Replica& replica() const { return *replica_; }

 private:
  /// Nobody can be reached.
  class NoTransport final : public net::Transport {
   public:
    void set_events(net::TransportEvents*) override {}
    Result<net::Endpoint> listen(const net::Endpoint& at) override { return at; }
    net::LinkId dial(const net::Endpoint&) override { return ++last_; }
    void send(net::LinkId, Bytes) override {}
    std::size_t queued_bytes(net::LinkId) const override { return 0; }
    void pause_reading(net::LinkId) override {}
    void resume_reading(net::LinkId) override {}
    void close(net::LinkId) override {}

   private:
    net::LinkId last_ = 0;
  };

  node::WitnessPlace witness() const;

  std::string name_;
  std::uint64_t seed_;
  test::SimDisk disk_;
  store::test::NaiveSegments segments_;
  SeededRng rng_;
  NullLog log_;
  NoTransport transport_;
  node::Identity identity_;
  bool is_restored_ = false;
  node::Env env_;
  std::unique_ptr<node::Node> node_;
  node::Replica* replica_ = nullptr;
};

}  // namespace holm::sim
