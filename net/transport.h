// Byte streams between endpoints: the seam between sessions and sockets. uv_transport implements it
// over libuv, tests/sim over memory. Knows nothing of keys or messages.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace holm::net {

/// One stream, unique for the life of a Transport. 0 names none.
using LinkId = std::uint64_t;

/// Where to meet a peer. `host` is an IPv4 or IPv6 literal, or a name when dialling. On a Transport
/// over Unix sockets `host` is the path of the socket and `port` is 0.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;

  auto operator<=>(const Endpoint&) const = default;
  /// "127.0.0.1:4000", "[::1]:4000".
  std::string text() const;
  /// The inverse of text(); also "host:port". A name is at most 253 letters, digits, '-', '_' and
  /// '.'; an IPv6 literal stands in brackets and may carry a zone ("[fe80::1%eth0]:4000").
  /// Errors: usage.
  static Result<Endpoint> parse(std::string_view text);
};

/// What a Transport tells its owner. Called on the loop thread, never from inside a call to
/// Transport. Owner may call back into the Transport from any of these.
class TransportEvents {
 public:
  virtual ~TransportEvents() = default;
  virtual void on_accepted(LinkId link, const Endpoint& from) = 0;
  /// A dial reached its peer.
  virtual void on_dialled(LinkId link) = 0;
  virtual void on_bytes(LinkId link, ByteView bytes) = 0;
  /// Queued bytes fell to zero after having been above it. Queued bytes stay above zero from a send
  /// of at least one byte until a later turn of the loop, so every such send is followed by
  /// on_drained or on_closed: a Session may wait for it. Not called after close().
  virtual void on_drained(LinkId link) = 0;
  /// The stream ended, by either side or by failure to connect; the last event of a link. The code
  /// is `retry` when trying again later may help (the peer left, refused, or could not be reached),
  /// `timeout` when connecting took too long, `not_found` when the name does not resolve.
  virtual void on_closed(LinkId link, const Error& why) = 0;
};

/// Streams in and out. Owned by the node's runtime; single-threaded. Calls that name a link already
/// closed are ignored, because the news of its end may still be on the way to the caller.
class Transport {
 public:
  virtual ~Transport() = default;
  /// Where events go. Requires: set before the first listen or dial; outlives the links.
  virtual void set_events(TransportEvents* events) = 0;
  /// Starts accepting; port 0 picks a free one. Returns the endpoint bound. Errors: busy, failed,
  /// usage (not a literal address).
  virtual Result<Endpoint> listen(const Endpoint& at) = 0;
  /// Starts connecting; the outcome is on_dialled or on_closed.
  virtual LinkId dial(const Endpoint& to) = 0;
  /// Queues bytes in order. The caller bounds what it queues by queued_bytes().
  virtual void send(LinkId link, Bytes bytes) = 0;
  virtual std::size_t queued_bytes(LinkId link) const = 0;
  /// Stops or resumes on_bytes, so that a slow owner pushes back on the sender. The end of the
  /// stream, too, goes unnoticed while paused.
  virtual void pause_reading(LinkId link) = 0;
  virtual void resume_reading(LinkId link) = 0;
  /// Sends what is queued within a bounded time, then ends the stream. No on_bytes follows, only
  /// on_closed. A link that was never sent anything ends at once.
  virtual void close(LinkId link) = 0;
};

}  // namespace holm::net
