// Whole nodes in one thread from one seed: real node::Node, stores on simulated disks, a simulated
// network, virtual time. Test bodies are scripts of it; tools/sim runs the same scripts by hand.
//
//   World world{seed, {"ana", "bo"}};
//   TRY(world.found_team("ana"));
//   TRY(world.join("bo", "ana"));
//   TRY(world["ana"].run(Value::object().set("do", "room.new").set("name", "Yard")));
//   TRY(world.converge(60s));
//
// Nothing here is asserted by a test framework: what goes wrong comes back as an Error.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/value.h"
#include "node/node.h"
#include "tests/sim/network.h"
#include "tests/store/naive_segments.h"
#include "tests/support/sim_disk.h"

namespace holm::sim {

class World;

/// A request as clients put it (node/client.h), to be filled in.
inline Value request_of(std::string_view what) { return Value::object().set("do", what); }

/// One device: a home on a disk of its own, and the node that runs on it while it is up.
class Host {
 public:
  Host(World& world, HostId id, std::string name, std::uint64_t seed);
  /// A second machine that runs from an image of another's: the same home, the same device, the
  /// same witness.
  Host(const Host& image, HostId id, std::string name, std::uint64_t seed);
  ~Host();

  const std::string& name() const { return name_; }
  HostId id() const { return id_; }
  test::SimDisk& disk() { return disk_; }
  /// Of files: where their pieces lie, by team, and what a person could add, by path.
  std::map<TeamId, store::test::NaiveSegments>& segments() { return segments_; }
  std::map<std::string, Bytes>& desk() { return desk_; }
  node::Node& node() { return *node_; }
  bool is_up() const { return node_ != nullptr; }
  net::Endpoint address() const;

  /// Starts a request; the answer comes while the world runs.
  node::RequestId ask(const Value& request, std::function<void(Result<Value>)> on_done);
  /// A request and its answer, running the world until it is there. Errors: the request's own,
  /// timeout, failed (this host died over it: not acknowledged).
  Result<Value> run(const Value& request, Millis patience = Millis{60'000});
  /// run() whose answer the world remembers: what it names has to be there ever after.
  Result<Value> tell(const Value& request);

  /// Ends in good order: goodbyes are said, stores are closed.
  void shut_down();
  /// The power goes now; what was not synced is lost, torn or reordered.
  void crash();
  /// Starts again from what is on the disk. Errors: the stores'.
  Status boot();
  /// The recovery phrase that the home was made with.
  std::string phrase() const;
  /// What lies outside of the home and says which store is the newest.
  std::map<TeamId, Bytes>& witnesses() { return witnesses_; }
  /// Stores made or opened from now on are not encrypted, for tests that change what is in them.
  void stop_encrypting() { encrypts_ = false; }
  /// Wall clock of this host against the others'.
  void set_skew(Millis skew) { clock_.skew = skew; }

 private:
  friend class World;
  class HostClock final : public Clock {
   public:
    explicit HostClock(const World& world) : world_(world) {}
    Time now() const override;
    WallTime wall() const override;
    Millis skew{0};

   private:
    const World& world_;
  };

  /// What follows everything that happened to the node: its turn ends, or it died.
  void settle();

  World& world_;
  HostId id_;
  std::string name_;
  std::string owner_;            ///< the name in the home
  std::uint64_t identity_seed_;  ///< what its keys came from
  test::SimDisk disk_;
  SeededRng rng_;
  HostClock clock_;
  NullLog log_;
  node::Identity identity_;
  crypto::SecretKey32 store_key_;
  bool encrypts_ = true;
  std::map<TeamId, Bytes> witnesses_;  ///< outside of the home: no restored disk brings them back
  std::map<TeamId, store::test::NaiveSegments> segments_;
  std::map<std::string, Bytes> desk_;
  std::vector<node::PendingJoin> joins_;  ///< in the home: survives crashes
  std::set<TeamId> teams_;                ///< whose stores were made
  std::unique_ptr<net::Transport> transport_;
  std::unique_ptr<node::Env> env_;
  std::unique_ptr<node::Node> node_;
};

class World {
 public:
  /// All hosts are up, know nothing, and listen.
  World(std::uint64_t seed, const std::vector<std::string>& names, NetworkOptions options = {});
  ~World();

  Host& operator[](const std::string& name);
  Network& network() { return network_; }
  Rng& rng() { return rng_; }
  std::vector<Host*> hosts();

  /// Copies a machine as it is now, running or not, and starts the copy.
  Status clone(const std::string& image, const std::string& name);
  /// How many logs are forked, as far as a host knows.
  std::size_t forks(const std::string& name);
  Status found_team(const std::string& founder);
  /// `name` enters by an invite of `via` and goes on from there.
  Status join(const std::string& name, const std::string& via);
  /// `from` keeps a link to `to` from now on.
  Status connect(const std::string& from, const std::string& to);
  /// One more link, besides those that stand.
  Status dial(const std::string& from, const std::string& to);

  void split(const std::vector<std::set<std::string>>& groups);
  void heal() { network_.heal(); }
  /// No more trouble by itself: links hold, disks are whole, all are up and reach each other.
  Status make_peace();

  Time now() const { return network_.now(); }
  void run_for(Millis span);
  /// Runs until `done`, at most `patience`. Whether it came.
  bool run_until(const std::function<bool()>& done, Millis patience);
  /// Hosts whose devices no longer belong to the team, by all membership ops that anybody holds:
  /// they are not asked to agree from now on.
  Status leave_out_removed();
  /// Hosts that are asked to agree.
  std::vector<std::string> insiders() const;
  /// Runs until all hosts hold the same, then check(). Errors: timeout saying who differs;
  /// check()'s.
  Status converge(Millis patience);

  /// Whether all hosts that are up stand at the same digest in every space.
  bool agrees() const;
  /// What holds after every run: equal merged state, everything acknowledged is there, stores and
  /// logs verify, queues stayed within limits.
  Status check();

  /// Ends the trace: equal for equal seeds and scripts.
  Digest trace();
  Trace& trace_in_progress() { return trace_; }

 private:
  friend class Host;
  /// Something that a person was told has been done.
  struct Promise {
    std::string by;
    std::string object;
    std::string token;  ///< text that only ever grows contains it; empty: none
  };

  /// One event or deadline. False when nothing is left before `until`.
  bool step(Time until);
  std::string difference() const;

  Trace trace_;
  std::uint64_t seed_;
  SeededRng rng_;
  Network network_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::vector<Promise> promises_;
  std::set<std::string> left_out_;
  std::size_t late_ = 0;         ///< steps in a row after which a node was due at once
  std::optional<Error> broken_;  ///< a law broken while it ran
};

}  // namespace holm::sim
