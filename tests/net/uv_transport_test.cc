#include "net/uv_transport.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>

#include "tests/net/session_pair.h"
#include "tests/net/uv_recorder.h"

using namespace holm;
using namespace holm::net;
using namespace holm::test;
using namespace std::chrono_literals;

namespace {

const Endpoint kAnyPort{.host = "127.0.0.1", .port = 0};

/// A listening and a dialling transport on one loop.
struct Bench {
  explicit Bench(StreamLimits limits = {}) : server(*loop, limits), client(*loop, limits) {
    server.set_events(&served);
    client.set_events(&dialled);
    const auto bound = server.listen(kAnyPort);
    REQUIRE(bound);
    at = *bound;
  }

  /// A link that both ends know of.
  void connect() {
    out = client.dial(at);
    REQUIRE(run_until(*loop, [&] { return !served.accepted.empty() && !dialled.dialled.empty(); }));
    in = served.accepted.back();
  }

  std::unique_ptr<UvLoop> loop = *UvLoop::open();
  UvTransport server;
  UvTransport client;
  Recorder served;
  Recorder dialled;
  Endpoint at;
  LinkId out = 0;
  LinkId in = 0;
};

/// A connected TCP socket of the test's own.
int call(const Endpoint& to) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(to.port);
  REQUIRE(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

/// A TCP socket of the test's own, listening on loopback and never accepting.
struct DeafListener {
  DeafListener() : fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(fd, 0) == 0);
    REQUIRE(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    at = {.host = "127.0.0.1", .port = ntohs(address.sin_port)};
  }
  ~DeafListener() { ::close(fd); }
  DeafListener(const DeafListener&) = delete;
  DeafListener& operator=(const DeafListener&) = delete;

  int fd;
  Endpoint at;
};

}  // namespace

TEST_CASE("transport: megabytes come back from an echo as they were sent") {
  Bench bench;
  bench.served.hear = [&](LinkId link, ByteView bytes) {
    bench.server.send(link, to_bytes(bytes));
  };
  bench.connect();
  const auto sent = pattern(6u << 20, 1);
  for (std::size_t at = 0; at < sent.size(); at += 300'000) {
    const auto piece = ByteView(sent).subspan(at, std::min<std::size_t>(300'000, sent.size() - at));
    bench.client.send(bench.out, to_bytes(piece));
  }
  CHECK(bench.client.queued_bytes(bench.out) == sent.size());
  REQUIRE(run_until(*bench.loop,
                    [&] { return bench.dialled.received[bench.out].size() == sent.size(); }));
  CHECK(bench.dialled.received[bench.out] == sent);
  CHECK(bench.client.queued_bytes(bench.out) == 0);
  CHECK(bench.dialled.drained[bench.out] >= 1);
  CHECK(bench.served.sources[0].host == "127.0.0.1");
  CHECK(bench.served.sources[0].port != 0);
}

TEST_CASE("transport: every burst of sends is followed by on_drained, in a later turn") {
  Bench bench;
  bench.connect();
  for (int i = 1; i <= 3; ++i) {
    bench.client.send(bench.out, to_bytes("x"));
    CHECK(bench.client.queued_bytes(bench.out) == 1);
    CHECK(bench.dialled.drained[bench.out] == i - 1);
    REQUIRE(run_until(*bench.loop, [&] { return bench.dialled.drained[bench.out] == i; }));
  }
}

TEST_CASE("transport: IPv6 works as IPv4 does") {
  auto loop = *UvLoop::open();
  UvTransport server(*loop);
  UvTransport client(*loop);
  Recorder served;
  Recorder dialled;
  server.set_events(&served);
  client.set_events(&dialled);
  const auto bound = server.listen({.host = "::1", .port = 0});
  if (!bound) {
    MESSAGE("skipped: no IPv6 on loopback here");
    return;
  }
  client.dial(*bound);
  REQUIRE(run_until(*loop, [&] { return !served.accepted.empty() && !dialled.dialled.empty(); }));
  CHECK(served.sources[0].host == "::1");
}

TEST_CASE("transport: a name is resolved, and the address that answers is found") {
  std::ifstream hosts("/etc/hosts");
  const std::string known{std::istreambuf_iterator<char>(hosts), {}};
  if (known.find("localhost") == std::string::npos) {
    MESSAGE("skipped: /etc/hosts does not know localhost");
    return;
  }
  Bench bench;  // on 127.0.0.1 only, while localhost may be ::1 first
  bench.client.dial({.host = "localhost", .port = bench.at.port});
  CHECK(run_until(*bench.loop, [&] { return bench.dialled.dialled.size() == 1; }));
}

TEST_CASE("transport: a refused dial is told later, with a code to try again") {
  Endpoint nobody;
  {
    Bench bench;
    nobody = bench.at;
  }
  auto loop = *UvLoop::open();
  UvTransport client(*loop);
  Recorder events;
  client.set_events(&events);
  const auto link = client.dial(nobody);
  CHECK(events.event_count() == 0);
  REQUIRE(run_until(*loop, [&] { return !events.closed.empty(); }));
  CHECK(events.closed.find(link)->second.code == Code::retry);
  CHECK(events.closed.find(link)->second.what.find(nobody.text()) != std::string::npos);
  CHECK(events.dialled.empty());
  CHECK(client.link_count() == 0);
}

TEST_CASE("transport: a dial to no address at all fails like any other") {
  auto loop = *UvLoop::open();
  UvTransport client(*loop);
  Recorder events;
  client.set_events(&events);
  client.dial({.host = "255.255.255.255", .port = 9});  // refused by the kernel on the spot
  client.dial({.host = "", .port = 9});
  CHECK(events.event_count() == 0);
  REQUIRE(run_until(*loop, [&] { return events.closed.size() == 2; }));
  CHECK(client.link_count() == 0);
}

TEST_CASE("transport: a dial that nobody answers ends after its time") {
  DeafListener deaf;
  auto loop = *UvLoop::open();
  UvTransport client(*loop, {.connect_timeout = 50ms});
  Recorder events;
  client.set_events(&events);
  for (int i = 0; i < 4; ++i) client.dial(deaf.at);  // the backlog takes one or two
  REQUIRE(run_until(*loop, [&] { return events.closed.size() >= 2; }));
  CHECK(events.closed.begin()->second.code == Code::timeout);
}

TEST_CASE("transport: closing sends what is queued first") {
  Bench bench;
  bench.connect();
  const auto sent = pattern(3u << 20, 2);
  bench.client.send(bench.out, sent);
  bench.client.close(bench.out);
  bench.client.send(bench.out, to_bytes("too late"));
  REQUIRE(run_until(*bench.loop,
                    [&] { return !bench.served.closed.empty() && !bench.dialled.closed.empty(); }));
  CHECK(bench.served.received[bench.in] == sent);
  CHECK(bench.served.closed.find(bench.in)->second.code == Code::retry);
  CHECK(bench.dialled.drained.empty());
  CHECK(bench.client.link_count() == 0);
  CHECK(bench.server.link_count() == 0);
}

TEST_CASE("transport: last words arrive although the other side is still sending") {
  for (const bool is_paused : {false, true}) {
    Bench bench({.drain_timeout = 1h});
    bench.connect();
    if (is_paused) bench.server.pause_reading(bench.in);
    bench.client.send(bench.out, Bytes(16u << 20, 1));
    bench.server.send(bench.in, to_bytes("goodbye"));
    bench.server.close(bench.in);
    REQUIRE(run_until(*bench.loop, [&] {
      return !bench.served.closed.empty() && !bench.dialled.closed.empty();
    }));
    CHECK(to_text(bench.dialled.received[bench.out]) == "goodbye");
    CHECK(bench.served.received.empty());
  }
}

TEST_CASE("transport: closing does not wait for ever for one who does not read") {
  Bench bench({.drain_timeout = 50ms});
  bench.served.accept = [&](LinkId link) { bench.server.pause_reading(link); };
  bench.connect();
  bench.client.send(bench.out, Bytes(32u << 20, 1));
  bench.client.close(bench.out);
  CHECK(run_until(*bench.loop, [&] { return bench.dialled.closed.size() == 1; }));
}

TEST_CASE("transport: a link never sent anything closes at once") {
  Bench bench({.drain_timeout = 1h});
  bench.connect();
  bench.client.pause_reading(bench.out);  // and so does not notice
  bench.server.close(bench.in);
  REQUIRE(run_until(*bench.loop, [&] { return bench.served.closed.size() == 1; }));
  bench.client.resume_reading(bench.out);
  CHECK(run_until(*bench.loop, [&] { return bench.dialled.closed.size() == 1; }));
}

TEST_CASE("transport: closing during the connect ends it without a dial") {
  Bench bench;
  const auto link = bench.client.dial(bench.at);
  bench.client.close(link);
  bench.client.close(link);
  REQUIRE(run_until(*bench.loop, [&] { return !bench.dialled.closed.empty(); }));
  CHECK(bench.dialled.dialled.empty());
  CHECK(bench.dialled.closed.count(link) == 1);
  bench.client.send(link, to_bytes("x"));  // gone: ignored
  CHECK(bench.client.queued_bytes(link) == 0);
}

TEST_CASE("transport: a paused reader pushes back, and misses nothing once it resumes") {
  Bench bench;
  bench.served.accept = [&](LinkId link) { bench.server.pause_reading(link); };
  bench.connect();
  const auto sent = pattern(16u << 20, 3);
  bench.client.send(bench.out, sent);
  for (int i = 0; i < 50; ++i) bench.loop->turn_now();
  CHECK(bench.served.received.empty());
  CHECK(bench.client.queued_bytes(bench.out) == sent.size());
  bench.server.resume_reading(bench.in);
  // Pauses itself again and again.
  bench.served.hear = [&](LinkId link, ByteView) { bench.server.pause_reading(link); };
  REQUIRE(run_until(*bench.loop, [&] {
    bench.server.resume_reading(bench.in);
    return bench.served.received[bench.in].size() == sent.size();
  }));
  CHECK(bench.served.received[bench.in] == sent);
}

TEST_CASE("transport: one endpoint has one listener") {
  Bench bench;
  UvTransport other(*bench.loop);
  const auto second = other.listen(bench.at);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Code::busy);
  CHECK(bench.server.listen(kAnyPort).error().code == Code::usage);
  CHECK(other.listen({.host = "not an address", .port = 0}).error().code == Code::usage);
  // None of that was in the way of a good one, nor is a listener that stopped.
  REQUIRE(other.listen(kAnyPort));
  other.stop_listening();
  other.stop_listening();
  CHECK(other.listen(kAnyPort));
}

TEST_CASE("transport: links beyond the limit are closed unseen") {
  Bench bench({.link_count_max = 3});
  for (int i = 0; i < 8; ++i) bench.client.dial(bench.at);
  // The client's side is bound by no such limit: dials are the owner's own.
  REQUIRE(run_until(*bench.loop, [&] { return bench.dialled.closed.size() == 5; }));
  CHECK(bench.served.accepted.size() == 3);
  CHECK(bench.server.link_count() == 3);
}

TEST_CASE("transport: it serves on after file descriptors ran out") {
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  // With 64 the one that libuv keeps in reserve serves to turn callers away; with 3 not even that
  // can be had again, accepting itself fails, and the listener pauses.
  for (const rlim_t descriptors : {64, 3}) {
    Bench bench({.relisten_pause = 10ms});
    const int caller = call(bench.at);
    // In the kernel's backlog; now nothing is left to accept it with.
    rlimit tight = before;
    tight.rlim_cur = descriptors;
    REQUIRE(setrlimit(RLIMIT_NOFILE, &tight) == 0);
    std::vector<int> hoard;
    for (int fd = dup(0); fd >= 0; fd = dup(0)) hoard.push_back(fd);
    for (int i = 0; i < 20; ++i) bench.loop->turn_now();  // comes back, does not spin
    for (const int fd : hoard) ::close(fd);
    REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
    ::close(caller);
    CHECK(bench.served.accepted.empty());

    // A dial during the pause is refused, as by a peer that is starting up.
    std::size_t dial_count = 0;
    CHECK(run_until(*bench.loop, [&] {
      if (bench.dialled.closed.size() == dial_count) {
        bench.client.dial(bench.at);
        ++dial_count;
      }
      return !bench.served.accepted.empty();
    }));
  }
}

TEST_CASE("transport: destroyed with live links, it says no more and leaves nothing behind") {
  auto loop = *UvLoop::open();
  Recorder served;
  Recorder dialled;
  {
    UvTransport server(*loop);
    UvTransport client(*loop);
    server.set_events(&served);
    client.set_events(&dialled);
    const auto at = *server.listen(kAnyPort);
    const auto out = client.dial(at);
    REQUIRE(run_until(*loop, [&] { return !dialled.dialled.empty() && !served.accepted.empty(); }));
    client.send(out, Bytes(8u << 20, 1));
    client.dial(at);
    client.dial({.host = "localhost.invalid", .port = 1});
  }
  const auto before = served.event_count() + dialled.event_count();
  for (int i = 0; i < 5; ++i) loop->turn_now();
  CHECK(served.event_count() + dialled.event_count() == before);
}
