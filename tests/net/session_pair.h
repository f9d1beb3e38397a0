// Two sessions joined by two byte queues, under a clock of the test's own. What a session says is
// sorted into plain fields, so that a test reads as facts.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/rng.h"
#include "net/session.h"

namespace holm::test {

/// One end: a session and all it has said.
struct End {
  std::unique_ptr<net::Session> session;
  Bytes wire{};  ///< said and not yet delivered
  std::size_t said_bytes = 0;
  std::size_t said_count = 0;  ///< Send outputs
  std::optional<net::Established> established{};
  std::vector<Bytes> received{};
  std::optional<net::Closed> closed{};
  bool spoke_after_closed = false;

  /// Polls until nothing comes.
  void collect();
};

/// Facts to start from.
struct PairSetup {
  std::uint64_t seed = 1;
  net::SessionConfig dialler{};
  net::SessionConfig listener{};
  Bytes dialler_payload = to_bytes("ana");
  Bytes listener_payload = to_bytes("bo");
  bool same_psk = true;
};

class SessionPair {
 public:
  explicit SessionPair(PairSetup setup = {});

  /// Carries bytes both ways until both are quiet, in fragments of 1 to `fragment_max` bytes.
  void pump(std::size_t fragment_max = 1u << 20);
  /// Hands at most `count` bytes of `from` to `to`. False when there were none.
  bool carry(End& from, End& to, std::size_t count);
  /// Both ends' queues are empty: tells the sessions.
  void tell_drained();
  void tell_deadlines();
  /// A listener's session as the one in `listener` was at first.
  std::unique_ptr<net::Session> another_listener();

  SeededRng rng;
  Time now{Millis{1'000'000}};
  PairSetup setup;
  crypto::KexKey dialler_key;
  crypto::KexKey listener_key;
  crypto::SecretKey32 psk;
  net::PskRing ring;
  net::ReplayGuard guard{64};
  End dialler;
  End listener;
};

/// `count` bytes that depend on `salt` and position.
Bytes pattern(std::size_t count, std::uint64_t salt);

}  // namespace holm::test
