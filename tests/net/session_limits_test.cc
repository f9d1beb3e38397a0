// Time, memory and key renewal of a session.
#include <doctest/doctest.h>

#include <chrono>

#include "net/session.h"
#include "tests/net/session_pair.h"
#include "tests/support/seeds.h"

using namespace holm;
using namespace holm::test;
using namespace std::chrono_literals;

TEST_CASE("session: a half-open session gives up after its deadline, without a word") {
  SessionPair pair;
  REQUIRE(pair.listener.session->deadline() == pair.now + 10s);
  pair.listener.session->on_bytes(Bytes(40, 1), pair.now + 9s);  // dripping buys no time
  CHECK(pair.listener.session->deadline() == pair.now + 10s);
  pair.listener.session->on_deadline(pair.now + 10s - 1ms);
  CHECK_FALSE(pair.listener.session->is_closed());
  pair.listener.session->on_deadline(pair.now + 10s);
  pair.listener.collect();
  REQUIRE(pair.listener.closed);
  CHECK(pair.listener.closed->why.code == Code::timeout);
  CHECK(pair.listener.said_bytes == 0);

  pair.dialler.session->on_deadline(pair.now + 10s);
  pair.dialler.collect();
  REQUIRE(pair.dialler.closed);
  CHECK(pair.dialler.closed->why.code == Code::timeout);
}

TEST_CASE("session: a responder that never hears message 3 gives up") {
  SessionPair pair;
  pair.carry(pair.dialler, pair.listener, 1'000);
  CHECK(pair.listener.said_count == 1);
  pair.now += 10s;
  pair.listener.session->on_deadline(pair.now);
  pair.listener.collect();
  CHECK(pair.listener.closed);
  CHECK(pair.listener.said_count == 1);
}

TEST_CASE("session: pings keep an idle session alive for hours, at few bytes") {
  SessionPair pair;
  pair.pump();
  const auto end = pair.now + 2h;
  const auto said_before = pair.dialler.said_count + pair.listener.said_count;
  int wakes = 0;
  while (pair.now < end) {
    pair.now = std::min(*pair.dialler.session->deadline(), *pair.listener.session->deadline());
    ++wakes;
    pair.tell_deadlines();
    pair.pump();
    REQUIRE_FALSE(pair.dialler.closed);
    REQUIRE_FALSE(pair.listener.closed);
  }
  CHECK(wakes <= 2 * 3600 / 25 + 1);
  const auto said = pair.dialler.said_count + pair.listener.said_count - said_before;
  CHECK(said <= 5u * static_cast<unsigned>(wakes));
}

TEST_CASE("session: a silent peer is pinged at 25 s and given up at 60 s") {
  SessionPair pair;
  pair.pump();
  const auto start = pair.now;
  const auto said_before = pair.dialler.said_count;
  CHECK(pair.dialler.session->deadline() == start + 25s);
  pair.now = start + 25s;
  pair.tell_deadlines();
  CHECK(pair.dialler.said_count == said_before + 1);
  CHECK(pair.dialler.session->deadline() == start + 50s);
  pair.now = start + 50s;
  pair.tell_deadlines();
  CHECK(pair.dialler.said_count == said_before + 2);
  CHECK(pair.dialler.session->deadline() == start + 60s);
  pair.now = start + 60s;
  pair.tell_deadlines();
  REQUIRE(pair.dialler.closed);
  CHECK(pair.dialler.closed->why.code == Code::timeout);
}

TEST_CASE("session: any bytes heard put the ping off") {
  SessionPair pair;
  pair.pump();
  pair.now += 20s;
  REQUIRE(pair.listener.session->send(to_bytes("still here"), pair.now));
  pair.pump();
  CHECK(pair.dialler.session->deadline() == pair.now + 25s);
}

TEST_CASE("session: a peer's oversized message ends it with a reason") {
  PairSetup setup;
  setup.listener.limits.message_bytes_max = 100'000;
  SessionPair pair(std::move(setup));
  pair.pump();
  REQUIRE(pair.dialler.session->send(Bytes(100'000, 1), pair.now));
  pair.pump(9'000);
  CHECK(pair.listener.received.size() == 1);
  REQUIRE(pair.dialler.session->send(Bytes(100'001, 1), pair.now));
  pair.pump(9'000);
  CHECK(pair.listener.received.size() == 1);
  REQUIRE(pair.listener.closed);
  CHECK(pair.listener.closed->why.code == Code::limit);
  REQUIRE(pair.dialler.closed);
  CHECK(pair.dialler.closed->why.code == Code::limit);
  CHECK(pair.dialler.closed->why.what.find("100000") != std::string::npos);
}

TEST_CASE("session: both sides renew their keys many times and lose nothing") {
  for_each_seed(15, [](Seed seed) {
    PairSetup setup{.seed = seed};
    setup.dialler.limits.rekey_frames = 2 + seed % 7;
    setup.listener.limits.rekey_frames = 2 + seed % 5;
    SessionPair pair(std::move(setup));
    pair.pump();
    std::vector<Bytes> there;
    std::vector<Bytes> back;
    for (unsigned i = 0; i < 60; ++i) {
      there.push_back(pattern(pair.rng.below(400), i));
      back.push_back(pattern(pair.rng.below(400), i + 1'000));
      REQUIRE(pair.dialler.session->send(there.back(), pair.now));
      REQUIRE(pair.listener.session->send(back.back(), pair.now));
      // Now and then both announce their next key at once, with bytes of both in flight.
      if (pair.rng.chance(40)) pair.pump(1 + pair.rng.below(300));
    }
    pair.pump(50);
    CHECK(pair.listener.received == there);
    CHECK(pair.dialler.received == back);
    CHECK_FALSE(pair.dialler.closed);
    CHECK_FALSE(pair.listener.closed);
    // The announcements are there to be seen: more frames left than messages.
    CHECK(pair.dialler.said_count > there.size() + 60 / (2 + seed % 7) / 2);
  });
}

TEST_CASE("session: a key is renewed after 15 minutes, before the next frame and not sooner") {
  SessionPair pair;
  pair.pump();
  const auto frames_for_one_message = [&] {
    const auto before = pair.dialler.said_count;
    REQUIRE(pair.dialler.session->send(to_bytes("x"), pair.now));
    pair.dialler.collect();
    const auto count = pair.dialler.said_count - before;
    pair.pump();
    return count;
  };
  CHECK(frames_for_one_message() == 1);
  pair.now += 15min - 1ms;
  CHECK(frames_for_one_message() == 1);
  pair.now += 1ms;
  CHECK(frames_for_one_message() == 2);
  CHECK(frames_for_one_message() == 1);
  CHECK(pair.listener.received.size() == 4);
  CHECK_FALSE(pair.listener.closed);
}

TEST_CASE("session: the queue is bounded, also against empty messages") {
  PairSetup setup;
  setup.dialler.limits.message_bytes_max = 1'000;
  setup.dialler.limits.queue_bytes_max = 10'000;
  SessionPair pair(std::move(setup));
  pair.pump();
  std::size_t accepted = 0;
  Status last;
  while (accepted < 1'000 && (last = pair.dialler.session->send({}, pair.now))) ++accepted;
  CHECK(accepted == 10'000 / 64);
  CHECK(last.error().code == Code::limit);
  CHECK(pair.dialler.session->queued_bytes() <= 10'000);
  pair.pump();
  CHECK(pair.dialler.session->queued_bytes() == 0);
  CHECK(pair.listener.received.size() == accepted);
  CHECK(pair.dialler.session->send(Bytes(1'000), pair.now));
}

TEST_CASE("session: no more than write_ahead_bytes leave before the transport has drained") {
  SessionPair pair;
  pair.pump();
  const auto ahead = pair.setup.dialler.limits.write_ahead_bytes;
  const auto before = pair.dialler.said_bytes;
  REQUIRE(pair.dialler.session->send(Bytes(4u << 20, 5), pair.now));
  pair.dialler.collect();
  CHECK(pair.dialler.said_bytes - before >= ahead);
  CHECK(pair.dialler.said_bytes - before < ahead + 65'536);
  const auto first_burst = pair.dialler.said_bytes;
  pair.dialler.session->on_drained(pair.now);
  pair.dialler.collect();
  CHECK(pair.dialler.said_bytes > first_burst);
}

TEST_CASE("session: a peer that pings and does not read gets one pong, not a thousand") {
  PairSetup setup;
  setup.dialler.limits.ping_after = 1ms;
  SessionPair pair(std::move(setup));
  pair.pump();
  const auto before = pair.listener.said_bytes;
  for (int i = 0; i < 10'000; ++i) {
    pair.now += 1ms;
    pair.dialler.session->on_deadline(pair.now);
    pair.dialler.collect();
    // The dialler's own transport drains; the listener's never does.
    pair.dialler.session->on_drained(pair.now);
    pair.listener.session->on_bytes(pair.dialler.wire, pair.now);
    pair.dialler.wire.clear();
    pair.listener.collect();
  }
  CHECK(pair.dialler.said_count > 10'000);
  CHECK(pair.listener.said_bytes - before <= pair.setup.listener.limits.write_ahead_bytes + 65'536);
}

TEST_CASE("session: memory of a message coming in stays within its limit") {
  PairSetup setup;
  setup.listener.limits.message_bytes_max = 200'000;
  SessionPair pair(std::move(setup));
  pair.pump();
  REQUIRE(pair.dialler.session->send(Bytes(4u << 20, 9), pair.now));
  std::size_t most = 0;
  while (pair.carry(pair.dialler, pair.listener, 10'000)) {
    most = std::max(most, pair.listener.session->held_bytes());
    if (pair.listener.closed) break;
  }
  CHECK(pair.listener.closed);
  CHECK(most > 100'000);
  CHECK(most <= 200'000 + net::kFrameBodyBytesMax);
  CHECK(pair.listener.session->held_bytes() == 0);
}
