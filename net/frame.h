// Frames over a byte stream: where one ends and the next begins, and what a decrypted one holds.
// Owner: Session. Not concerned with keys: bodies are opaque here. Bytes: docs/formats/frame.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace holm::net {

/// The largest plaintext of a transport frame: the largest Padmé size that, with the 16-byte tag,
/// stays within Noise's 65535.
inline constexpr std::size_t kFramePlainBytesMax = 63'488;
/// Kind and length before the payload.
inline constexpr std::size_t kFrameHeadBytes = 3;
inline constexpr std::size_t kFramePayloadBytesMax = kFramePlainBytesMax - kFrameHeadBytes;
/// The authentication tag that encryption adds to a plaintext.
inline constexpr std::size_t kFrameTagBytes = 16;
/// The largest body of a transport frame.
inline constexpr std::size_t kFrameBodyBytesMax = kFramePlainBytesMax + kFrameTagBytes;
/// The longest text a goodbye carries, in bytes of UTF-8.
inline constexpr std::size_t kGoodbyeTextBytesMax = 512;

/// The size that `size` bytes are padded to: at least 32, then Padmé, which leaks O(log log size)
/// bits and adds at most 12 %. Source: Nikitin et al., "Reducing Metadata Leakage from Encrypted
/// Files and Communication with PURBs" (PETS 2019), algorithm 1.
std::size_t padded_size(std::size_t size);

/// A body with its length before it: u16, big-endian. Requires: body.size() <= 65535.
Bytes frame_bytes(ByteView body);

/// Cuts a stream into bodies, whatever its fragmentation. Holds at most one body.
class FrameReader {
 public:
  /// body_bytes_max  longer ones fail with Code::limit before any of their bytes are kept.
  explicit FrameReader(std::size_t body_bytes_max) : body_bytes_max_(body_bytes_max) {}

  /// Takes bytes off the front of `in` until a body is complete (returned) or `in` is empty
  /// (nothing). Call again until nothing. Errors: limit, reject (an empty body); final.
  Result<std::optional<Bytes>> next(ByteView& in);
  /// For the change from handshake to transport frames.
  void set_body_bytes_max(std::size_t bytes) { body_bytes_max_ = bytes; }
  /// Bytes of the partial body.
  std::size_t held_bytes() const { return body_.size(); }

 private:
  std::size_t body_bytes_max_;
  std::size_t head_count_ = 0;  // bytes of the length seen
  std::size_t body_bytes_ = 0;  // the length, once head_count_ is 2
  Bytes body_;
};

enum class FrameKind : std::uint8_t {
  data_more = 0,  ///< a piece of a message; more follow
  data_last = 1,  ///< the last piece of a message
  ping = 2,       ///< asks for a pong; no payload
  pong = 3,       ///< no payload
  goodbye = 4,    ///< the sender ends the session; payload: encode(Goodbye)
  rekey = 5,      ///< what the sender sends next is under its next key; no payload
};

/// What a decrypted transport frame holds.
struct Frame {
  FrameKind kind = FrameKind::ping;
  Bytes payload;
  bool operator==(const Frame&) const = default;
};

/// The padded plaintext. Requires: payload.size() <= kFramePayloadBytesMax.
Bytes encode_frame(FrameKind kind, ByteView payload);
/// The inverse; accepts exactly one spelling: right padding size, all zero. Errors: reject;
/// unsupported for an unknown kind.
Result<Frame> decode_frame(ByteView plain);

/// Why a session ends, as told to the other side. Numbers are part of the format.
enum class GoodbyeReason : std::uint8_t {
  done = 0,         ///< nothing is wrong: going offline, or this link is one too many
  unsupported = 1,  ///< no protocol version in common
  denied = 2,       ///< not permitted to be here
  limit = 3,        ///< larger or more than accepted
  invalid = 4,      ///< sent something invalid
  busy = 5,         ///< try again later
  timeout = 6,      ///< was silent for too long
  failed = 7,       ///< anything else
};

/// The last words of a session.
struct Goodbye {
  GoodbyeReason reason = GoodbyeReason::done;
  std::string text;  ///< one line for a person; may be empty
  bool operator==(const Goodbye&) const = default;
};

/// Text beyond kGoodbyeTextBytesMax is cut at a character.
Bytes encode_goodbye(const Goodbye& goodbye);
/// An unknown reason reads as `failed`. Text that is not UTF-8, too long, or holds control
/// characters reads as empty: it would reach a terminal. Errors: reject (no reason at all).
Result<Goodbye> decode_goodbye(ByteView payload);

/// What the side that hears it can do about it.
Code code_of(GoodbyeReason reason);
/// How a failure is told to the other side.
GoodbyeReason reason_of(Code code);

}  // namespace holm::net
