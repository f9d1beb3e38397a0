// Two peer machines that talk to each other over queues, every message through the codec.
#include "sync/peer.h"

#include <doctest/doctest.h>

#include <deque>
#include <variant>

#include "base/rng.h"
#include "tests/support/seeds.h"
#include "tests/sync/naive_shared.h"

namespace holm::sync {
namespace {

const SpaceId kTrust = id_of<SpaceId>(0x01);
const SpaceId kRoom = id_of<SpaceId>(0x02);

struct Side {
  explicit Side(PeerLimits limits = {}) : peer(limits) { shared.readable = {kTrust, kRoom}; }
  NaiveShared shared;
  Peer peer;
  std::deque<Bytes> inbox;
  std::deque<Delta> undurable;
  std::size_t unacknowledged = 0;  ///< bytes of deltas sent and not acknowledged
  std::size_t most_unacknowledged = 0;
  std::map<std::uint64_t, std::size_t> sizes;
};

struct Pair {
  explicit Pair(std::uint64_t seed, PeerLimits limits = {}) : rng(seed), a(limits), b(limits) {}

  void start() {
    a.peer.refresh(a.shared);
    b.peer.refresh(b.shared);
  }

  /// One thing happens, drawn at random. False when there is nothing left to happen.
  bool step() {
    const bool first_is_a = rng.chance(50);
    for (int turn = 0; turn < 2; ++turn) {
      const bool is_a = first_is_a == (turn == 0);
      auto& one = is_a ? a : b;
      auto& other = is_a ? b : a;
      const auto start = rng.below(3);
      for (std::uint64_t i = 0; i < 3; ++i) {
        switch ((start + i) % 3) {
          case 0:
            if (say(one, other)) return true;
            break;
          case 1:
            if (hear(one, other)) return true;
            break;
          default:
            if (sync(one)) return true;
        }
      }
    }
    return false;
  }

  /// Runs until nothing happens any more; how many messages went over. Fails beyond `most`.
  int settle(int most = 20'000) {
    const auto before = messages;
    while (step()) REQUIRE_MESSAGE(messages - before < most, "an exchange without end");
    return messages - before;
  }

  bool say(Side& from, Side& to) {
    auto message = from.peer.poll(from.shared);
    REQUIRE(message.has_value());
    if (!*message) return false;
    const auto bytes = encode(**message);
    if (const auto* delta = std::get_if<Delta>(&**message)) {
      from.sizes[delta->serial] = bytes.size();
      from.unacknowledged += bytes.size();
      from.most_unacknowledged = std::max(from.most_unacknowledged, from.unacknowledged);
    }
    to.inbox.push_back(bytes);
    ++messages;
    return true;
  }

  bool hear(Side& at, Side& from) {
    if (at.inbox.empty()) return false;
    auto message = decode(at.inbox.front());
    REQUIRE_MESSAGE(message.has_value(), message.error().text());
    CHECK(encode(*message) == at.inbox.front());
    at.inbox.pop_front();
    if (auto* summary = std::get_if<Summary>(&*message)) {
      REQUIRE(at.peer.on_summary(*summary, at.shared).has_value());
    } else if (auto* vector = std::get_if<Vector>(&*message)) {
      REQUIRE(at.peer.on_vector(*vector, at.shared).has_value());
    } else if (auto* locator = std::get_if<Locator>(&*message)) {
      REQUIRE(at.peer.on_locator(*locator, at.shared).has_value());
    } else if (auto* ack = std::get_if<Ack>(&*message)) {
      at.unacknowledged -= at.sizes.at(ack->serial);
      REQUIRE(at.peer.on_ack(*ack).has_value());
    } else if (auto* delta = std::get_if<Delta>(&*message)) {
      REQUIRE(at.peer.on_delta(*delta).has_value());
      at.undurable.push_back(std::move(*delta));
    }
    (void)from;
    return true;
  }

  /// A turn ends: what came in becomes durable and is acknowledged.
  bool sync(Side& at) {
    if (at.undurable.empty()) return false;
    while (!at.undurable.empty()) {
      const auto delta = std::move(at.undurable.front());
      at.undurable.pop_front();
      auto have = at.shared.take(delta);
      at.peer.on_stored(delta.space);
      at.peer.on_delta_durable(delta, std::move(have), *at.shared.digest(delta.space));
    }
    return true;
  }

  bool agree() const {
    for (const auto& space : {kTrust, kRoom}) {
      if (*a.shared.digest(space) != *b.shared.digest(space)) return false;
    }
    return a.peer.in_sync(a.shared) && b.peer.in_sync(b.shared);
  }

  SeededRng rng;
  Side a;
  Side b;
  int messages = 0;
};

/// Each log has one author: it grows at one side, and the other holds some beginning of it.
void fill(Pair& pair) {
  auto& rng = pair.rng;
  for (unsigned n = 0; n < 6; ++n) {
    const auto log = id_of<LogId>(0x10 + n);
    const auto space = n % 2 == 0 ? kRoom : kTrust;
    auto& owner = n < 3 ? pair.a : pair.b;
    auto& other = n < 3 ? pair.b : pair.a;
    const auto length = rng.below(12);
    const auto known = length == 0 ? 0 : rng.below(length + 1);
    for (std::uint64_t i = 0; i < length; ++i) {
      owner.shared.write(space, log);
      if (i < known) other.shared.write(space, log);
    }
  }
}

TEST_CASE("peer: any two states become the same, in any order of events") {
  test::for_each_seed(200, [](test::Seed seed) {
    Pair pair(seed);
    fill(pair);
    pair.start();
    pair.settle();
    REQUIRE(pair.agree());
  });
}

TEST_CASE("peer: writes during the exchange are pushed as well") {
  test::for_each_seed(100, [](test::Seed seed) {
    Pair pair(seed);
    fill(pair);
    pair.start();
    for (int i = 0; i < 60; ++i) {
      if (pair.rng.chance(40)) {
        const bool is_a = pair.rng.chance(50);
        auto& side = is_a ? pair.a : pair.b;
        side.shared.write(kRoom, id_of<LogId>(is_a ? 0x30 : 0x31));
        side.peer.on_stored(kRoom);
      }
      pair.step();
    }
    pair.settle();
    REQUIRE(pair.agree());
  });
}

TEST_CASE("peer: equal states take one summary each way and nothing else") {
  Pair pair(1);
  for (int i = 0; i < 5; ++i) {
    pair.a.shared.write(kRoom, id_of<LogId>(0x10));
    pair.b.shared.write(kRoom, id_of<LogId>(0x10));
  }
  pair.start();
  CHECK(pair.settle() == 2);
  CHECK(pair.agree());
}

TEST_CASE("peer: once in step, a change costs one delta and its acknowledgement") {
  Pair pair(1);
  fill(pair);
  pair.start();
  pair.settle();
  pair.a.shared.write(kRoom, id_of<LogId>(0x10));
  pair.a.peer.on_stored(kRoom);
  CHECK(pair.settle() == 2);
  CHECK(pair.agree());
}

TEST_CASE("peer: what the other side will not take is not offered again and again") {
  test::for_each_seed(50, [](test::Seed seed) {
    Pair pair(seed);
    fill(pair);
    const auto log = id_of<LogId>(0x20);
    for (int i = 0; i < 5; ++i) pair.a.shared.write(kRoom, log);
    pair.b.shared.refuses.insert(log);
    pair.start();
    pair.settle(200);
    CHECK(pair.b.shared.held(kRoom, log) == 0);
    // Other logs go on meanwhile.
    pair.a.shared.write(kRoom, id_of<LogId>(0x10));
    pair.a.peer.on_stored(kRoom);
    pair.settle(50);
    CHECK(pair.b.shared.held(kRoom, id_of<LogId>(0x10)) ==
          pair.a.shared.held(kRoom, id_of<LogId>(0x10)));
    // Once the reason is gone, offering anew brings it over.
    pair.b.shared.refuses.clear();
    pair.b.peer.reoffer(pair.b.shared);
    pair.a.peer.reoffer(pair.a.shared);
    pair.settle(200);
    CHECK(pair.b.shared.held(kRoom, log) == 5);
    CHECK(pair.agree());
  });
}

TEST_CASE("peer: what is sent and not acknowledged stays within the window") {
  const PeerLimits limits{.window_bytes = 4'000, .delta_bytes = 1'000};
  test::for_each_seed(20, [&](test::Seed seed) {
    Pair pair(seed, limits);
    for (int i = 0; i < 120; ++i) pair.a.shared.write(kRoom, id_of<LogId>(0x10), 300);
    pair.start();
    pair.settle();
    CHECK(pair.agree());
    // The window is checked before a delta is made, so one more may be on the way.
    CHECK(pair.a.most_unacknowledged <= limits.window_bytes + limits.delta_bytes);
    CHECK(pair.a.peer.counters().deltas_sent > 10);
  });
}

TEST_CASE("peer: a forked log is named, and both sides end with both of its histories") {
  Pair pair(3);
  pair.a.shared.write(kRoom, id_of<LogId>(0x10), 8);
  pair.b.shared.write(kRoom, id_of<LogId>(0x10), 9);
  pair.a.shared.write(kRoom, id_of<LogId>(0x11));
  pair.start();
  pair.settle(100);
  CHECK(pair.a.peer.forked().contains(id_of<LogId>(0x10)));
  CHECK(pair.b.peer.forked().contains(id_of<LogId>(0x10)));
  CHECK(pair.b.shared.held(kRoom, id_of<LogId>(0x11)) == 1);
  CHECK(pair.a.shared.positions(kRoom)->size() == 3);
  CHECK(pair.agree());
}

TEST_CASE("peer: forks of any shape, some known to one side already, come over in any order") {
  test::for_each_seed(300, [](test::Seed seed) {
    Pair pair(seed);
    auto& rng = pair.rng;
    const auto log = id_of<LogId>(0x10);
    const auto together = rng.below(6);
    for (std::uint64_t i = 0; i < together; ++i) {
      for (auto* side : {&pair.a, &pair.b}) side->shared.write(kRoom, log, 8);
    }
    const auto part = [&](Side& side, std::size_t bytes) {
      for (auto left = rng.below(5); left > 0; --left) side.shared.write(kRoom, log, bytes);
    };
    part(pair.a, 20);
    part(pair.b, 30);
    pair.start();
    for (int i = 0; i < 60; ++i) {
      if (rng.chance(15)) {
        // The device goes on at one side, in whichever of its histories comes first there.
        const bool is_a = rng.chance(50);
        auto& side = is_a ? pair.a : pair.b;
        side.shared.write(kRoom, log, 40 + rng.below(2));
        side.peer.on_stored(kRoom);
      }
      pair.step();
    }
    pair.settle(2'000);
    REQUIRE(pair.agree());
  });
}

TEST_CASE("peer: a space that the peer may not read is neither offered nor answered") {
  Pair pair(4);
  pair.a.shared.readable = {kTrust};
  pair.a.shared.write(kRoom, id_of<LogId>(0x10));
  pair.b.shared.write(kRoom, id_of<LogId>(0x11));
  pair.start();
  pair.settle(100);
  CHECK(pair.a.shared.held(kRoom, id_of<LogId>(0x11)) == 0);
  CHECK(pair.b.shared.held(kRoom, id_of<LogId>(0x10)) == 0);
}

TEST_CASE("peer: one who sends and never reads, or names spaces without end, is refused in time") {
  for (const bool is_reading : {false, true}) {
    CAPTURE(is_reading);
    NaiveShared shared;
    shared.readable = {kTrust, kRoom};
    SeededRng rng(7);
    Peer peer;
    Delta delta;
    delta.space = kRoom;
    bool refused = false;
    for (int i = 0; i < 100'000 && !refused; ++i) {
      if (is_reading) delta.space = rng.id<SpaceId>();
      ++delta.serial;
      refused = !peer.on_delta(delta);
      if (!refused) peer.on_delta_durable(delta, {}, {});
      if (is_reading) REQUIRE(peer.poll(shared).has_value());
    }
    CHECK(refused);
  }
}

TEST_CASE("peer: an acknowledgement of nothing sent breaks the protocol") {
  Peer peer;
  CHECK_FALSE(peer.on_ack({.space = kRoom, .serial = 1, .digest = {}, .have = {}}).has_value());
}

TEST_CASE("peer: equal digests say nothing of what no digest counts") {
  Pair pair(5);
  const auto log = id_of<LogId>(0x40);
  for (auto* side : {&pair.a, &pair.b}) {
    side->shared.write(kRoom, id_of<LogId>(0x10));
    side->shared.uncounted.insert(log);
  }
  pair.a.shared.write(kRoom, log);
  pair.start();
  pair.settle();
  CHECK(pair.b.shared.held(kRoom, log) == 1);
  CHECK(pair.agree());
}

TEST_CASE("peer: a refusal that was on the way when they offered anew does not outlast it") {
  Pair pair(6, {.window_bytes = 1u << 20, .delta_bytes = 1});  // a delta per range
  const auto log = id_of<LogId>(0x20);
  for (int i = 0; i < 3; ++i) pair.a.shared.write(kRoom, log);
  pair.b.shared.refuses.insert(log);
  pair.start();
  for (int i = 0; i < 2; ++i) {  // summaries, then vectors
    REQUIRE(pair.say(pair.a, pair.b));
    REQUIRE(pair.say(pair.b, pair.a));
    REQUIRE(pair.hear(pair.a, pair.b));
    REQUIRE(pair.hear(pair.b, pair.a));
  }
  for (int i = 0; i < 3; ++i) REQUIRE(pair.say(pair.a, pair.b));
  REQUIRE(pair.hear(pair.b, pair.a));
  REQUIRE(pair.sync(pair.b));
  pair.b.shared.refuses.clear();
  pair.b.peer.reoffer(pair.b.shared);
  for (int i = 0; i < 2; ++i) {  // the refusal, the new offer
    REQUIRE(pair.say(pair.b, pair.a));
    REQUIRE(pair.hear(pair.a, pair.b));
  }
  pair.settle(200);
  CHECK(pair.b.shared.held(kRoom, log) == 3);
  pair.a.shared.write(kRoom, log);
  pair.a.peer.on_stored(kRoom);
  pair.settle(200);
  CHECK(pair.b.shared.held(kRoom, log) == 4);
  CHECK(pair.agree());
}

}  // namespace
}  // namespace holm::sync
