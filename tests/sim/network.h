// A network in memory under virtual time: byte streams between named hosts, with latency,
// fragments, cut links and partitions. One thread; same seed and same calls, same events.
//
// What a stream cannot do is not simulated: TCP neither loses, repeats nor reorders bytes within a
// link. Loss is a link that is cut with bytes in flight; repetition and reordering are further
// links between the same two hosts, over which the same content travels at other speeds
// (World::dial).
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/rng.h"
#include "crypto/hash.h"
#include "net/transport.h"

namespace holm::sim {

using HostId = std::size_t;

struct NetworkOptions {
  Millis latency_min{1};
  Millis latency_max{30};
  std::size_t fragment_max = 24u << 10;  ///< bytes arrive in pieces of 1 to this many
  unsigned cuts_per_10k = 0;             ///< pieces whose arrival cuts the link instead
  unsigned failed_dials_percent = 0;
};

/// Folds everything that happens into one hash, by which two runs are compared.
class Trace {
 public:
  Trace() : hasher_("holm simulation v1") {}
  void add(std::uint64_t number);
  void add(ByteView bytes);
  std::uint64_t count() const { return count_; }
  /// Ends the trace: what is added after (the world's own end) does not count.
  Digest finish();

 private:
  crypto::Hasher hasher_;
  std::uint64_t count_ = 0;
  bool is_finished_ = false;
};

/// All streams and all events still to come. Owned by a World.
class Network {
 public:
  Network(std::uint64_t seed, const NetworkOptions& options, Trace& trace)
      : rng_(seed), options_(options), trace_(trace) {}

  /// A further host, reachable at its address while it is up.
  HostId add_host(std::string name);
  net::Endpoint address(HostId host) const { return hosts_[host].address; }
  /// The transport of one life of a host: from now until take_down(). `is_alive` false (the power
  /// went in the middle of a turn): what is sent goes nowhere.
  std::unique_ptr<net::Transport> bring_up(HostId host, std::function<bool()> is_alive);
  /// The host is gone: its links end for the others, nothing reaches it any more.
  void take_down(HostId host);

  /// Hosts of different groups cannot reach each other; links between them are cut. Those that are
  /// in none are one more group.
  void split(const std::vector<std::set<HostId>>& groups);
  /// Blocks one pair for good: they never meet.
  void keep_apart(HostId a, HostId b);
  /// Takes split() back, not keep_apart().
  void heal();
  /// Cuts every link with all that is in flight on it.
  void cut_all();
  void cut_between(HostId a, HostId b);

  Time now() const { return now_; }
  /// When the next event is due.
  std::optional<Time> next() const;
  /// Time stands at `time` now; not past next().
  void advance(Time time);
  /// Carries out one event that is due, and says whose it was; nothing when none was due.
  std::optional<HostId> step();

  /// Options may be changed at any time, as between trouble and peace.
  NetworkOptions& options() { return options_; }
  std::size_t link_count() const { return ends_.size() / 2; }
  std::size_t most_queued() const { return most_queued_; }
  std::uint64_t bytes_carried() const { return bytes_carried_; }

 private:
  friend class SimTransport;
  struct Host {
    std::string name;
    net::Endpoint address;
    net::TransportEvents* events = nullptr;
    std::uint64_t life = 0;  ///< 0: never up
    bool is_up = false;
    bool is_listening = false;
    std::function<bool()> is_alive;
  };
  /// A piece of a stream on its way, or its end.
  struct Piece {
    Bytes bytes;
    std::optional<Error> end;
  };
  struct End {
    HostId host = 0;
    net::LinkId peer = 0;  ///< 0: none yet, or gone
    bool is_connected = false;
    bool is_closing = false;  ///< by its owner: hears only the end
    bool is_paused = false;
    std::size_t queued = 0;
    Time last_arrival{};  ///< of what this end sent
    std::deque<Piece> held;
  };
  enum class Kind : std::uint8_t { connect, accepted, dialled, piece, drained, closed };
  struct Event {
    Kind kind = Kind::closed;
    net::LinkId link = 0;  ///< the end that it happens to
    HostId to = 0;         ///< connect
    Piece piece;
    std::size_t bytes = 0;  ///< drained
  };

  net::LinkId dial(HostId from, const net::Endpoint& to);
  void send(net::LinkId link, Bytes bytes);
  void close(net::LinkId link);
  void resume(net::LinkId link);

  void schedule(Time at, Event event);
  Time later() { return now_ + latency(); }
  Millis latency();
  bool can_reach(HostId a, HostId b) const;
  void cut(net::LinkId link, std::string why);
  HostId connect(const Event& event);
  HostId arrive(net::LinkId link, Piece piece);
  HostId end(net::LinkId link, const Error& why);
  End* find(net::LinkId link);

  SeededRng rng_;
  NetworkOptions options_;
  Trace& trace_;
  std::vector<Host> hosts_;
  std::map<net::LinkId, End> ends_;
  std::map<std::pair<Time, std::uint64_t>, Event> queue_;
  std::map<HostId, std::size_t> group_;  ///< empty: whole
  std::set<std::pair<HostId, HostId>> apart_;
  Time now_{Millis{1'000}};
  std::uint64_t next_event_ = 1;
  net::LinkId next_link_ = 1;
  std::size_t most_queued_ = 0;
  std::uint64_t bytes_carried_ = 0;
};

}  // namespace holm::sim
