// One conversation with one peer: Noise_XXpsk0_25519_ChaChaPoly_BLAKE2b, then messages in frames.
// A machine: no socket, clock or thread. Its owner feeds it bytes and time and carries out what
// poll() says; it knows neither who may talk nor what the messages mean.
//
//   owner: transport bytes -> on_bytes;  transport drained -> on_drained;  *deadline() ->
//   on_deadline;
//          send(), close() at will;  after each of these: poll() until empty, then re-arm
//          deadline().
//
// A stranger hears nothing: a responder sends its first byte only after an opening that a known key
// made and that was not seen before. Bytes: docs/formats/handshake.md, docs/formats/frame.md.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <variant>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/rng.h"
#include "crypto/keys.h"
#include "crypto/noise.h"
#include "net/frame.h"
#include "net/psk_ring.h"
#include "net/replay_guard.h"

namespace holm::net {

/// Protocol versions that a side speaks, inclusive.
struct VersionRange {
  std::uint16_t min = 1;
  std::uint16_t max = 1;
  bool operator==(const VersionRange&) const = default;
};

struct SessionLimits {
  std::size_t message_bytes_max = 4u << 20;  ///< one message, either direction
  std::size_t queue_bytes_max =
      8u << 20;  ///< messages waiting to leave; at least one message and 64 more
  std::size_t write_ahead_bytes = 256u
                                  << 10;  ///< given out by poll() before on_drained() is awaited
  std::size_t payload_bytes_max = 16u << 10;  ///< the application's part of the handshake
  Millis handshake_timeout{10'000};           ///< from creation to Established
  Millis ping_after{25'000};                  ///< of silence from the peer, and again each time
  Millis dead_after{60'000};                  ///< of silence from the peer
  std::uint64_t rekey_frames = 1u << 16;      ///< frames under one key, per direction; at most 2^16
  Millis rekey_after{900'000};                ///< life of one key, per direction
};

struct SessionConfig {
  Bytes prologue;         ///< both sides must agree on it
  VersionRange versions;  ///< min <= max
  SessionLimits limits;
};

/// What a dialling side presents. `psk` is copied.
struct Knock {
  std::uint32_t tag = 0;  ///< comes back in Established
  const crypto::SecretKey32& psk;
  Bytes payload;  ///< for handshake message 3
};

/// What to do next, in order.
struct Send {
  Bytes bytes;
};
/// The handshake is over. Whether this peer may stay is the owner's decision: close() if not. The
/// initiator learns of a refusal only by the goodbye that follows.
struct Established {
  crypto::KexPublic remote;  ///< whom we talk to
  std::uint32_t tag = 0;     ///< which pre-shared key
  crypto::HandshakeHash
      handshake_hash;         ///< names this session on both sides; sign it to prove more
  std::uint16_t version = 0;  ///< the highest that both speak
  Bytes payload;              ///< the peer's part of the handshake, encrypted and authentic
};
struct Received {
  Bytes message;
};
/// The last output. Close the transport's link, which still carries what was to Send.
struct Closed {
  Error why;
  /// What the peer said, when it was the peer who ended it.
  std::optional<Goodbye> goodbye;
};
using Output = std::variant<Send, Established, Received, Closed>;

/// Threads: its owner's. Memory: at most queue_bytes_max waiting, one partial message of at most
/// message_bytes_max, one partial frame, and what one call of on_bytes() completed.
class Session {
 public:
  /// The side that dialled. Requires: knock.payload within limits. `static_key` and `rng` outlive
  /// the session.
  static std::unique_ptr<Session> dial(SessionConfig config, const crypto::KexKey& static_key,
                                       const Knock& knock, Rng& rng, Time now);
  /// The side that was dialled. All references outlive the session.
  static std::unique_ptr<Session> accept(SessionConfig config, const crypto::KexKey& static_key,
                                         const PskRing& ring, ReplayGuard& guard, Rng& rng,
                                         Time now);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  /// Queues a message, which may be empty. Errors: limit (too large, or the queue is full: wait
  /// until queued_bytes() falls), failed (not established, or closed).
  Status send(Bytes message, Time now);
  /// Any fragmentation, down to single bytes. Ignored once closed.
  void on_bytes(ByteView in, Time now);
  /// The transport holds nothing of ours any more (TransportEvents::on_drained).
  void on_drained(Time now);
  /// Once now >= *deadline(); earlier calls do nothing.
  void on_deadline(Time now);
  /// When it next wants on_deadline. Nothing once closed. Silence is counted from the last bytes
  /// fed, so an owner that pauses reading resumes well before dead_after.
  std::optional<Time> deadline() const;
  /// Ends the session: says goodbye when established, drops what is queued, then Closed with
  /// `why`'s code and text. Nothing happens once closed.
  void close(const Goodbye& why, Time now);
  /// The next thing to do; nothing until more happens.
  std::optional<Output> poll();

  bool is_established() const { return state_ == State::live; }
  bool is_closed() const { return state_ == State::closed; }
  /// Bytes of messages accepted by send() and not yet given out by poll(), each counted with 64
  /// more.
  std::size_t queued_bytes() const { return queued_bytes_; }
  /// All bytes held: queued_bytes(), the partial message and frame, outputs not yet polled.
  std::size_t held_bytes() const;

 private:
  enum class State {
    opening,  // responder: waits for MAC and message 1
    reply,    // initiator: waits for message 2
    proof,    // responder: waits for message 3
    live,
    closed,
  };
  struct Responder;
  struct Hello;
  struct Channel;

  Session(SessionConfig config, State state, Rng& rng, Time now);

  void read_opening(ByteView& in);
  Status step(ByteView body);  // one transition; the only switch over state_
  Status on_opening();
  Status on_reply(ByteView body);
  Status on_proof(ByteView body);
  Result<std::uint16_t> agree(VersionRange theirs) const;
  Status establish(const Hello& theirs, Result<std::uint16_t> version);
  Status on_frame(ByteView body);
  Status on_piece(Frame frame);

  std::optional<Bytes> next_frame();
  Bytes seal(FrameKind kind, ByteView payload);
  void push(Output output);

  void abort(Error why);  // with a goodbye, if there is someone to hear it
  void say_goodbye(const Goodbye& words);
  void end(Error why, std::optional<Goodbye> theirs);

  SessionConfig config_;
  State state_;
  Rng& rng_;
  Time now_;
  Time started_;
  Time last_heard_;
  Time last_ping_;

  std::unique_ptr<Responder> responder_;             // what on_opening needs; responder only
  std::optional<crypto::HandshakeState> handshake_;  // until live
  std::uint32_t tag_ = 0;
  Bytes payload_;  // ours, until sent
  Bytes opening_;  // partial
  FrameReader reader_;

  std::unique_ptr<Channel> channel_;  // keys and counters of both directions, once live
  Bytes partial_;                     // of the message coming in
  std::deque<Bytes> queue_;           // messages going out
  std::size_t queue_offset_ = 0;      // how much of the first has left
  std::size_t queued_bytes_ = 0;
  std::size_t ahead_bytes_ = 0;  // given out since the last on_drained
  bool owes_ping_ = false;
  bool owes_pong_ = false;

  std::deque<Output> outputs_;
  std::size_t outputs_bytes_ = 0;
};

}  // namespace holm::net
