// Sessions over real sockets: the parts of net as a node puts them together.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <optional>

#include "net/gate.h"
#include "net/session.h"
#include "net/uv_transport.h"
#include "tests/net/session_pair.h"
#include "tests/net/uv_recorder.h"

using namespace holm;
using namespace holm::net;
using namespace holm::test;
using namespace std::chrono_literals;

namespace {

/// One peer: a transport, a gate, and a session per link.
class Peer final : public TransportEvents {
 public:
  Peer(UvLoop& loop, std::uint64_t seed, const crypto::SecretKey32& psk)
      : loop_(loop),
        rng_(seed),
        key_(crypto::KexKey::make(rng_)),
        psk_(psk.clone()),
        transport_(loop) {
    ring_.put({.tag = 1, .psk = psk.clone(), .payload = {}});
    transport_.set_events(this);
  }

  Endpoint listen() { return *transport_.listen({.host = "127.0.0.1", .port = 0}); }
  LinkId dial(const Endpoint& to) { return transport_.dial(to); }
  void send(LinkId link, Bytes message) {
    REQUIRE(sessions_.at(link).session->send(std::move(message), loop_.now()));
    pump(link);
  }

  void on_accepted(LinkId link, const Endpoint& from) override {
    const auto verdict = gate_.on_accepted(link, from.host, loop_.now());
    if (verdict.drop) transport_.close(*verdict.drop);
    if (!verdict.admitted) return transport_.close(link);
    sessions_[link].session = Session::accept(config, key_, ring_, guard_, rng_, loop_.now());
  }
  void on_dialled(LinkId link) override {
    sessions_[link].session =
        Session::dial(config, key_, {.tag = 1, .psk = psk_, .payload = {}}, rng_, loop_.now());
    pump(link);
  }
  void on_bytes(LinkId link, ByteView bytes) override {
    const auto found = sessions_.find(link);
    if (found == sessions_.end()) return;
    found->second.session->on_bytes(bytes, loop_.now());
    pump(link);
  }
  void on_drained(LinkId link) override {
    most_queued = std::max(most_queued, transport_.queued_bytes(link));
    const auto found = sessions_.find(link);
    if (found == sessions_.end()) return;
    found->second.session->on_drained(loop_.now());
    pump(link);
  }
  void on_closed(LinkId link, const Error&) override {
    gate_.release(link);
    sessions_.erase(link);
    ++closed_count;
  }

  const End* end(LinkId link) const {
    const auto found = sessions_.find(link);
    return found == sessions_.end() ? nullptr : &found->second;
  }
  const std::map<LinkId, End>& ends() const { return sessions_; }
  const Gate& gate() const { return gate_; }

  SessionConfig config;
  int closed_count = 0;
  int established_count = 0;
  std::size_t most_queued = 0;
  std::optional<Closed> last_closed;

 private:
  void pump(LinkId link) {
    auto& end = sessions_.at(link);
    const bool was_established = end.established.has_value();
    end.collect();
    if (!end.wire.empty()) transport_.send(link, std::exchange(end.wire, {}));
    most_queued = std::max(most_queued, transport_.queued_bytes(link));
    if (end.established && !was_established) {
      ++established_count;
      gate_.release(link);
    }
    if (end.closed) {
      last_closed = end.closed;
      transport_.close(link);
    }
  }

  UvLoop& loop_;
  SeededRng rng_;
  crypto::KexKey key_;
  crypto::SecretKey32 psk_;
  UvTransport transport_;
  PskRing ring_;
  ReplayGuard guard_;
  Gate gate_;
  std::map<LinkId, End> sessions_;
};

}  // namespace

TEST_CASE("net: large messages cross both ways at once, within the memory allowed") {
  auto loop = *UvLoop::open();
  SeededRng rng(1);
  const auto psk = crypto::SecretKey32::make(rng);
  Peer server(*loop, 2, psk);
  Peer client(*loop, 3, psk);
  const auto link = client.dial(server.listen());
  REQUIRE(
      run_until(*loop, [&] { return client.established_count + server.established_count == 2; }));
  const auto back = server.ends().begin()->first;
  const auto there = pattern(4u << 20, 5);
  for (int i = 0; i < 2; ++i) {
    client.send(link, i == 0 ? there : Bytes(3u << 20, 1));
    server.send(back, Bytes(4u << 20, 2));
    REQUIRE(run_until(*loop, [&] {
      return client.end(link)->received.size() == static_cast<std::size_t>(i + 1) &&
             server.end(back)->received.size() == static_cast<std::size_t>(i + 1);
    }));
  }
  CHECK(server.end(back)->received[0] == there);
  const auto allowed = client.config.limits.write_ahead_bytes + 65'536;
  CHECK(client.most_queued <= allowed);
  CHECK(server.most_queued <= allowed);
}

TEST_CASE("net: a refusal over versions reaches both sides through real sockets") {
  auto loop = *UvLoop::open();
  SeededRng rng(1);
  const auto psk = crypto::SecretKey32::make(rng);
  Peer server(*loop, 2, psk);
  Peer client(*loop, 3, psk);
  server.config.versions = {.min = 3, .max = 4};
  client.dial(server.listen());
  REQUIRE(run_until(*loop, [&] { return client.closed_count + server.closed_count == 2; }));
  for (const auto* peer : {&server, &client}) {
    REQUIRE(peer->last_closed);
    CHECK(peer->last_closed->why.code == Code::unsupported);
  }
}

TEST_CASE("net: 500 half-open links do not keep an honest peer out") {
  auto loop = *UvLoop::open();
  SeededRng rng(1);
  const auto psk = crypto::SecretKey32::make(rng);
  Peer server(*loop, 2, psk);
  Peer client(*loop, 3, psk);
  const auto at = server.listen();

  UvTransport crowd(*loop);
  Recorder crowded;
  crowd.set_events(&crowded);
  for (int i = 0; i < 500; ++i) {
    crowd.dial(at);
    if (i % 100 == 99) loop->turn_now();
  }
  REQUIRE(run_until(*loop, [&] { return crowded.dialled.size() + crowded.closed.size() >= 500; }));
  CHECK(server.gate().half_open_count() <= 16);
  CHECK(server.ends().size() <= 500);

  // The honest peer comes from the same address, as on loopback it must, so the crowd has used up
  // what that address may do at once. It tries again when it is turned away, as a node does.
  int attempts = 0;
  LinkId link = 0;
  CHECK(run_until(*loop, [&] {
    if (link == 0 || client.closed_count == attempts) {
      link = client.dial(at);
      ++attempts;
    }
    return client.established_count == 1 && server.established_count == 1;
  }));
  // And nobody in the crowd has heard a byte.
  CHECK(crowded.received.empty());
}
