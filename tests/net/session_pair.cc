#include "tests/net/session_pair.h"

#include <algorithm>
#include <utility>

namespace holm::test {

void End::collect() {
  while (auto output = session->poll()) {
    if (closed) spoke_after_closed = true;
    if (auto* send = std::get_if<net::Send>(&*output)) {
      said_bytes += send->bytes.size();
      ++said_count;
      append(wire, send->bytes);
    } else if (auto* news = std::get_if<net::Established>(&*output)) {
      established = std::move(*news);
    } else if (auto* message = std::get_if<net::Received>(&*output)) {
      received.push_back(std::move(message->message));
    } else {
      closed = std::move(std::get<net::Closed>(*output));
    }
  }
}

SessionPair::SessionPair(PairSetup facts)
    : rng(facts.seed),
      setup(std::move(facts)),
      dialler_key(crypto::KexKey::make(rng)),
      listener_key(crypto::KexKey::make(rng)),
      psk(crypto::SecretKey32::make(rng)) {
  ring.put({.tag = 1, .psk = crypto::SecretKey32::make(rng), .payload = to_bytes("other team")});
  ring.put({.tag = 2,
            .psk = setup.same_psk ? psk.clone() : crypto::SecretKey32::make(rng),
            .payload = setup.listener_payload});
  ring.put({.tag = 3, .psk = crypto::SecretKey32::make(rng), .payload = {}});
  dialler.session =
      net::Session::dial(setup.dialler, dialler_key,
                         {.tag = 7, .psk = psk, .payload = setup.dialler_payload}, rng, now);
  listener.session = another_listener();
}

std::unique_ptr<net::Session> SessionPair::another_listener() {
  return net::Session::accept(setup.listener, listener_key, ring, guard, rng, now);
}

bool SessionPair::carry(End& from, End& to, std::size_t count) {
  from.collect();
  const auto taken = std::min(count, from.wire.size());
  if (taken == 0) return false;
  const Bytes piece(from.wire.begin(), from.wire.begin() + static_cast<std::ptrdiff_t>(taken));
  from.wire.erase(from.wire.begin(), from.wire.begin() + static_cast<std::ptrdiff_t>(taken));
  to.session->on_bytes(piece, now);
  to.collect();
  if (from.wire.empty()) {
    from.session->on_drained(now);
    from.collect();
  }
  return true;
}

void SessionPair::pump(std::size_t fragment_max) {
  for (;;) {
    const bool dialler_first = rng.chance(50);
    auto& first = dialler_first ? dialler : listener;
    auto& second = dialler_first ? listener : dialler;
    const auto size = [&] { return 1 + static_cast<std::size_t>(rng.below(fragment_max)); };
    const bool moved = carry(first, second, size());
    if (!carry(second, first, size()) && !moved) return;
  }
}

void SessionPair::tell_drained() {
  for (auto* end : {&dialler, &listener}) {
    end->session->on_drained(now);
    end->collect();
  }
}

void SessionPair::tell_deadlines() {
  for (auto* end : {&dialler, &listener}) {
    end->session->on_deadline(now);
    end->collect();
  }
}

Bytes pattern(std::size_t count, std::uint64_t salt) {
  Bytes out(count);
  SeededRng rng(salt);
  rng.fill(out);
  return out;
}

}  // namespace holm::test
