// Sessions as machines, without sockets: two that talk to each other under steps chosen by the
// input (fragments, messages, drains, time, damage), and one that hears raw garbage.
//
// Without damage every message sent arrives once, whole and in order. With damage, what arrives is
// still a prefix of what was sent. Whoever has no key never hears a byte.
//
// Input: u8 mode | steps of two bytes (what, how much), or garbage.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/ensure.h"
#include "base/rng.h"
#include "net/session.h"

using namespace holm;
using namespace holm::net;

namespace {

constexpr std::size_t kStepsMax = 400;

struct Side {
  std::unique_ptr<Session> session;
  Bytes wire;  // said, not yet delivered
  std::vector<Bytes> sent;
  std::vector<Bytes> received;
  bool is_established = false;
  bool is_closed = false;

  void collect() {
    while (auto output = session->poll()) {
      ENSURE(!is_closed);  // nothing comes after Closed
      if (auto* send = std::get_if<Send>(&*output)) append(wire, send->bytes);
      if (auto* got = std::get_if<Received>(&*output)) received.push_back(std::move(got->message));
      if (std::holds_alternative<Established>(*output)) is_established = true;
      if (std::holds_alternative<Closed>(*output)) is_closed = true;
    }
    ENSURE(is_closed == session->is_closed());
    ENSURE(is_closed == !session->deadline());
  }
};

struct World {
  explicit World(std::uint8_t mode)
      : rng(mode),
        one_key(crypto::KexKey::make(rng)),
        two_key(crypto::KexKey::make(rng)),
        psk(crypto::SecretKey32::make(rng)) {
    config.limits.message_bytes_max = 200'000;
    config.limits.queue_bytes_max = 400'000;
    config.limits.write_ahead_bytes = 10'000;
    config.limits.rekey_frames = 2 + mode % 5;
    ring.put({.tag = 1, .psk = psk.clone(), .payload = to_bytes("two")});
    one.session = Session::dial(config, one_key, {.tag = 1, .psk = psk, .payload = to_bytes("one")},
                                rng, now);
    two.session = Session::accept(config, two_key, ring, guard, rng, now);
  }

  void carry(Side& from, Side& to, std::size_t count) {
    from.collect();
    const auto taken = std::min(count, from.wire.size());
    const Bytes piece(from.wire.begin(), from.wire.begin() + static_cast<std::ptrdiff_t>(taken));
    from.wire.erase(from.wire.begin(), from.wire.begin() + static_cast<std::ptrdiff_t>(taken));
    to.session->on_bytes(piece, now);
    to.collect();
  }

  void drain(Side& side) {
    side.collect();
    if (!side.wire.empty()) return;
    side.session->on_drained(now);
    side.collect();
  }

  SeededRng rng;
  Time now{};
  SessionConfig config;
  crypto::KexKey one_key;
  crypto::KexKey two_key;
  crypto::SecretKey32 psk;
  PskRing ring;
  ReplayGuard guard{16};
  Side one;
  Side two;
};

void check_prefix(const std::vector<Bytes>& received, const std::vector<Bytes>& sent) {
  ENSURE(received.size() <= sent.size());
  ENSURE(std::equal(received.begin(), received.end(), sent.begin()));
}

void converse(std::uint8_t mode, ByteView steps) {
  World world(mode);
  bool is_disturbed = false;
  for (std::size_t i = 0; i + 1 < steps.size() && i < 2 * kStepsMax; i += 2) {
    const auto what = steps[i];
    const std::size_t much = steps[i + 1];
    auto& from = what & 1 ? world.one : world.two;
    auto& to = what & 1 ? world.two : world.one;
    switch (what / 2 % 8) {
      case 0: world.carry(from, to, 1 + much); break;
      case 1: world.carry(from, to, much * 1'000); break;
      case 2: world.drain(from); break;
      case 3:
      case 4: {
        Bytes message(what / 2 % 8 == 3 ? much : much * 700, static_cast<std::uint8_t>(i));
        if (from.session->send(message, world.now)) from.sent.push_back(std::move(message));
        break;
      }
      case 5:
        world.now += Millis(much * 100);
        from.session->on_deadline(world.now);
        from.collect();
        is_disturbed |= from.is_closed;
        break;
      case 6:
        if (what < 0x80 || from.wire.empty()) break;
        from.wire[much % from.wire.size()] ^= 1;
        is_disturbed = true;
        break;
      case 7:
        if (what < 0xc0) break;
        from.session->close({.reason = GoodbyeReason::done, .text = "enough"}, world.now);
        from.collect();
        is_disturbed = true;
        break;
    }
    ENSURE(from.session->queued_bytes() <= world.config.limits.queue_bytes_max);
  }
  if (!is_disturbed) {
    for (int round = 0; round < 20'000; ++round) {
      world.carry(world.one, world.two, 100'000);
      world.carry(world.two, world.one, 100'000);
      world.drain(world.one);
      world.drain(world.two);
      if (world.one.wire.empty() && world.two.wire.empty()) break;
    }
    ENSURE(world.one.is_established && world.two.is_established);
    ENSURE(!world.one.is_closed && !world.two.is_closed);
    ENSURE(world.one.received.size() == world.two.sent.size());
    ENSURE(world.two.received.size() == world.one.sent.size());
  }
  check_prefix(world.one.received, world.two.sent);
  check_prefix(world.two.received, world.one.sent);
}

void hear_garbage(std::uint8_t mode, ByteView garbage) {
  World world(mode);
  // A responder hears it first; an initiator in the place of message 2; both once they are live.
  world.two.session->on_bytes(garbage, world.now);
  world.two.collect();
  ENSURE(world.two.wire.empty() && !world.two.is_established);

  world.one.collect();
  world.one.wire.clear();
  world.one.session->on_bytes(garbage, world.now);
  world.one.collect();
  ENSURE(world.one.wire.empty() && !world.one.is_established);

  World live(mode);
  for (int i = 0; i < 3; ++i) {
    live.carry(live.one, live.two, 10'000);
    live.carry(live.two, live.one, 10'000);
  }
  ENSURE(live.one.is_established && live.two.is_established);
  live.two.session->on_bytes(garbage, live.now);
  live.two.collect();
  ENSURE(live.two.received.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const ByteView rest(data + 1, size - 1);
  if (data[0] % 4 == 0) {
    hear_garbage(data[0], rest);
  } else {
    converse(data[0], rest);
  }
  return 0;
}
