#include "net/session.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>

#include "tests/net/session_pair.h"
#include "tests/support/doc_hex.h"
#include "tests/support/seeds.h"

using namespace holm;
using namespace holm::test;

namespace {

net::SessionConfig with_versions(std::uint16_t min, std::uint16_t max) {
  net::SessionConfig config;
  config.versions = {.min = min, .max = max};
  return config;
}

/// Draws fixed scalars first, so that examples come out the same everywhere.
class ScriptedRng final : public Rng {
 public:
  explicit ScriptedRng(std::uint8_t byte) : byte_(byte) {}
  void fill(std::span<std::uint8_t> out) override { std::fill(out.begin(), out.end(), byte_); }

 private:
  std::uint8_t byte_;
};

}  // namespace

TEST_CASE("session: both sides agree on who, which key, version and handshake hash") {
  for_each_seed(40, [](Seed seed) {
    SessionPair pair(
        {.seed = seed, .dialler = with_versions(1, 4), .listener = with_versions(2, 9)});
    pair.pump(seed % 4 == 0 ? 1 : 200);
    REQUIRE(pair.dialler.established);
    REQUIRE(pair.listener.established);
    CHECK(pair.dialler.established->remote == pair.listener_key.public_key());
    CHECK(pair.listener.established->remote == pair.dialler_key.public_key());
    CHECK(pair.dialler.established->tag == 7);
    CHECK(pair.listener.established->tag == 2);
    CHECK(pair.dialler.established->handshake_hash == pair.listener.established->handshake_hash);
    CHECK(pair.dialler.established->version == 4);
    CHECK(pair.listener.established->version == 4);
    CHECK(pair.dialler.established->payload == to_bytes("bo"));
    CHECK(pair.listener.established->payload == to_bytes("ana"));
    CHECK_FALSE(pair.dialler.closed);
    CHECK_FALSE(pair.listener.closed);
  });
}

TEST_CASE("session: messages arrive whole and in order under any fragmentation") {
  for_each_seed(30, [](Seed seed) {
    SessionPair pair({.seed = seed});
    pair.pump();
    std::vector<Bytes> to_listener;
    std::vector<Bytes> to_dialler;
    for (int round = 0; round < 12; ++round) {
      const auto size = pair.rng.chance(20) ? pair.rng.below(150'000) : pair.rng.below(300);
      auto message = pattern(size, seed * 100 + static_cast<unsigned>(round));
      const bool is_outward = pair.rng.chance(50);
      (is_outward ? to_listener : to_dialler).push_back(message);
      auto& end = is_outward ? pair.dialler : pair.listener;
      REQUIRE(end.session->send(std::move(message), pair.now));
      if (pair.rng.chance(30)) pair.pump(1 + pair.rng.below(5'000));
    }
    pair.pump(seed % 5 == 0 ? 700 : 60'000);
    CHECK(pair.listener.received == to_listener);
    CHECK(pair.dialler.received == to_dialler);
    CHECK(pair.dialler.session->queued_bytes() == 0);
  });
}

TEST_CASE("session: single bytes carry a conversation") {
  SessionPair pair;
  pair.pump(1);
  REQUIRE(pair.dialler.session->send(to_bytes("one byte at a time"), pair.now));
  REQUIRE(pair.listener.session->send({}, pair.now));
  pair.pump(1);
  REQUIRE(pair.listener.received.size() == 1);
  CHECK(to_text(pair.listener.received[0]) == "one byte at a time");
  REQUIRE(pair.dialler.received.size() == 1);
  CHECK(pair.dialler.received[0].empty());
}

TEST_CASE("session: the largest message arrives, one byte more is not accepted") {
  SessionPair pair;
  pair.pump();
  const auto bytes_max = pair.setup.dialler.limits.message_bytes_max;
  const auto message = pattern(bytes_max, 3);
  REQUIRE(pair.dialler.session->send(message, pair.now));
  pair.pump();
  REQUIRE(pair.listener.received.size() == 1);
  CHECK(pair.listener.received[0] == message);

  const auto refused = pair.dialler.session->send(Bytes(bytes_max + 1), pair.now);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::limit);
  CHECK_FALSE(pair.dialler.closed);
}

TEST_CASE("session: a wrong key is met with silence") {
  for_each_seed(10, [](Seed seed) {
    SessionPair pair({.seed = seed, .same_psk = false});
    pair.pump(30);
    CHECK(pair.listener.said_bytes == 0);
    REQUIRE(pair.listener.closed);
    CHECK(pair.listener.closed->why.code == Code::reject);
    CHECK_FALSE(pair.dialler.established);
  });
}

TEST_CASE("session: garbage is met with silence") {
  for_each_seed(50, [](Seed seed) {
    SessionPair pair({.seed = seed});
    const auto garbage = pattern(1 + pair.rng.below(2'000), seed);
    pair.listener.session->on_bytes(garbage, pair.now);
    pair.listener.collect();
    CHECK(pair.listener.said_bytes == 0);
    CHECK(pair.listener.closed.has_value() == (garbage.size() >= 56));
    CHECK(pair.listener.session->held_bytes() <= 56);
  });
}

TEST_CASE("session: a bit flipped anywhere in the opening is met with silence") {
  SessionPair pair;
  pair.dialler.collect();
  const auto opening = pair.dialler.wire;
  REQUIRE(opening.size() == 56);
  for (std::size_t bit = 0; bit < opening.size() * 8; ++bit) {
    auto bent = opening;
    bent[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    End end{.session = pair.another_listener()};
    end.session->on_bytes(bent, pair.now);
    end.collect();
    REQUIRE(end.closed);
    CHECK(end.said_bytes == 0);
  }
  // None of that used up the true opening.
  pair.pump();
  CHECK(pair.listener.established);
}

TEST_CASE("session: a bit flipped in a later handshake message ends it without a word") {
  for_each_seed(60, [](Seed seed) {
    SessionPair pair({.seed = seed});
    const bool is_second = pair.rng.chance(50);
    pair.carry(pair.dialler, pair.listener, 1'000);
    auto& from = is_second ? pair.listener : pair.dialler;
    auto& to = is_second ? pair.dialler : pair.listener;
    if (!is_second) pair.carry(pair.listener, pair.dialler, 1'000);
    REQUIRE(from.wire.size() > 2);
    const auto said_before = to.said_bytes;
    from.wire[2 + pair.rng.below(from.wire.size() - 2)] ^= 0x10;
    pair.carry(from, to, 1'000);
    REQUIRE(to.closed);
    CHECK(to.closed->why.code == Code::reject);
    CHECK(to.said_bytes == said_before);
    CHECK_FALSE(to.established);
  });
}

TEST_CASE("session: a recorded opening does not open a second time") {
  SessionPair pair;
  pair.dialler.collect();
  const auto opening = pair.dialler.wire;
  pair.pump();
  REQUIRE(pair.listener.established);

  End replayed{.session = pair.another_listener()};
  replayed.session->on_bytes(opening, pair.now);
  replayed.collect();
  CHECK(replayed.said_bytes == 0);
  REQUIRE(replayed.closed);
  CHECK(replayed.closed->why.code == Code::reject);
}

TEST_CASE("session: different prologues do not meet") {
  PairSetup setup;
  setup.dialler.prologue = to_bytes("holm/1");
  setup.listener.prologue = to_bytes("other/1");
  SessionPair pair(std::move(setup));
  pair.pump();
  CHECK(pair.listener.said_bytes == 0);
  CHECK_FALSE(pair.dialler.established);
}

TEST_CASE("session: versions that do not meet end it readably on both sides") {
  struct Row {
    net::VersionRange dialler;
    net::VersionRange listener;
  };
  for (const auto& row : {Row{{1, 2}, {3, 4}}, Row{{5, 9}, {3, 4}}, Row{{1, 1}, {2, 2}}}) {
    for (const std::size_t fragment_max : {1u, 17u, 100'000u}) {
      PairSetup setup;
      setup.dialler.versions = row.dialler;
      setup.listener.versions = row.listener;
      setup.dialler_payload = Bytes(5'000, 1);  // not for someone we share no version with
      SessionPair pair(std::move(setup));
      pair.pump(fragment_max);
      for (auto* end : {&pair.dialler, &pair.listener}) {
        CHECK_FALSE(end->established);
        REQUIRE(end->closed);
        CHECK(end->closed->why.code == Code::unsupported);
        const auto& what = end->closed->why.what;
        CHECK(what.find(std::to_string(row.dialler.max)) != std::string::npos);
        CHECK(what.find(std::to_string(row.listener.max)) != std::string::npos);
      }
      CHECK(pair.dialler.said_bytes < 1'000);
      CHECK(pair.dialler.closed->why.what ==
            "this side speaks protocol " +
                std::string(row.dialler.min == row.dialler.max ? "version 1"
                            : row.dialler.min == 1             ? "versions 1 to 2"
                                                               : "versions 5 to 9") +
                ", the other " + (row.listener.min == 2 ? "version 2" : "versions 3 to 4"));
    }
  }
}

TEST_CASE("session: close says why, and nothing comes after it") {
  SessionPair pair;
  pair.pump();
  REQUIRE(pair.listener.session->send(to_bytes("never leaves"), pair.now));
  pair.listener.session->close(
      {.reason = net::GoodbyeReason::denied, .text = "you are not in this team"}, pair.now);
  pair.listener.session->close({}, pair.now);
  pair.pump();
  REQUIRE(pair.listener.closed);
  CHECK(pair.listener.closed->why.code == Code::denied);
  CHECK_FALSE(pair.listener.closed->goodbye);
  CHECK(pair.dialler.received.empty());
  REQUIRE(pair.dialler.closed);
  CHECK(pair.dialler.closed->why.code == Code::denied);
  CHECK(pair.dialler.closed->why.what ==
        "the peer closed the connection: you are not in this team");
  REQUIRE(pair.dialler.closed->goodbye);
  CHECK(pair.dialler.closed->goodbye->reason == net::GoodbyeReason::denied);
  CHECK_FALSE(pair.dialler.spoke_after_closed);
  CHECK_FALSE(pair.listener.spoke_after_closed);

  const auto late = pair.listener.session->send(to_bytes("late"), pair.now);
  REQUIRE_FALSE(late);
  CHECK(late.error().code == Code::failed);
  CHECK_FALSE(pair.listener.session->deadline());
}

TEST_CASE("session: closing before the handshake is over says nothing") {
  SessionPair pair;
  pair.listener.session->close({.reason = net::GoodbyeReason::busy, .text = "full"}, pair.now);
  pair.listener.collect();
  CHECK(pair.listener.said_bytes == 0);
  CHECK(pair.listener.closed);
}

TEST_CASE("session: nothing can be sent before the handshake is over") {
  SessionPair pair;
  const auto early = pair.dialler.session->send(to_bytes("early"), pair.now);
  REQUIRE_FALSE(early);
  CHECK(early.error().code == Code::failed);
}

TEST_CASE("session: a frame that does not decrypt ends it without a word") {
  for_each_seed(20, [](Seed seed) {
    SessionPair pair({.seed = seed});
    pair.pump();
    REQUIRE(pair.dialler.session->send(to_bytes("hello"), pair.now));
    pair.dialler.collect();
    const auto said_before = pair.listener.said_bytes;
    pair.dialler.wire[2 + pair.rng.below(pair.dialler.wire.size() - 2)] ^= 0x01;
    pair.carry(pair.dialler, pair.listener, 1'000);
    REQUIRE(pair.listener.closed);
    CHECK(pair.listener.closed->why.code == Code::reject);
    CHECK(pair.listener.received.empty());
    CHECK(pair.listener.said_bytes == said_before);
  });
}

TEST_CASE("session: the bytes in docs/formats/handshake.md are what it says") {
  const auto key_of = [](std::uint8_t byte) { return *crypto::KexKey::from_seed(Bytes(32, byte)); };
  const auto ana = key_of(2);
  const auto bo = key_of(3);
  const auto psk = *crypto::SecretKey32::from(Bytes(32, 1));
  ScriptedRng ana_rng(4);
  ScriptedRng bo_rng(5);
  net::SessionConfig config;
  config.prologue = to_bytes("holm example");
  net::PskRing ring;
  ring.put({.tag = 1, .psk = psk.clone(), .payload = to_bytes("bo")});
  net::ReplayGuard guard;

  End dialler{.session = net::Session::dial(
                  config, ana, {.tag = 1, .psk = psk, .payload = to_bytes("ana")}, ana_rng, {})};
  End listener{.session = net::Session::accept(config, bo, ring, guard, bo_rng, {})};
  dialler.collect();
  CHECK(hex(dialler.wire) == hex(doc_hex("handshake.md", "opening")));
  listener.session->on_bytes(dialler.wire, {});
  listener.collect();
  CHECK(hex(listener.wire) == hex(doc_hex("handshake.md", "message 2")));
  dialler.wire.clear();
  dialler.session->on_bytes(listener.wire, {});
  dialler.collect();
  CHECK(hex(dialler.wire) == hex(doc_hex("handshake.md", "message 3")));
  listener.session->on_bytes(dialler.wire, {});
  listener.collect();
  CHECK(listener.established);
}
