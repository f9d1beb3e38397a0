// The live streams of one transport over libuv: what TCP and Unix sockets have in common, which is
// all but how a stream comes about. Owned as part of UvTransport or UvPipe.
#pragma once

#include <map>

#include "base/clock.h"
#include "net/transport.h"
#include "net/uv_loop.h"

struct uv_stream_s;

namespace holm::net {

class UvListener;
class UvStream;

struct StreamLimits {
  Millis connect_timeout{10'000};  ///< resolving a name included
  Millis drain_timeout{5'000};     ///< how long close() waits for the other side
  Millis relisten_pause{1'000};    ///< after accepting failed, e.g. for want of file descriptors
  int accept_backlog = 128;
  std::size_t read_bytes = 64u << 10;  ///< most bytes told at once
  std::size_t link_count_max = 1'024;  ///< inbound links beyond this are closed unseen
};

/// Threads: the loop's. The loop outlives it.
class UvStreams : public Transport {
 public:
  UvStreams(UvLoop& loop, StreamLimits limits);
  /// Ends all links at once, without events. Their handles close in later turns of the loop.
  /// Requires: not called from one of its own events.
  ~UvStreams() override;
  UvStreams(const UvStreams&) = delete;
  UvStreams& operator=(const UvStreams&) = delete;

  void set_events(TransportEvents* events) override { events_ = events; }
  void send(LinkId link, Bytes bytes) override;
  std::size_t queued_bytes(LinkId link) const override;
  void pause_reading(LinkId link) override;
  void resume_reading(LinkId link) override;
  void close(LinkId link) override;

  /// Links of every state, also those still connecting or closing.
  std::size_t link_count() const { return streams_.size(); }

 protected:
  friend class UvListener;
  friend class UvStream;

  LinkId adopt(UvStream* stream);
  UvStream* find(LinkId link) const;

  UvLoop& loop_;
  StreamLimits limits_;
  TransportEvents* events_ = nullptr;

 private:
  std::map<LinkId, UvStream*> streams_;  // each destroys itself in its last close callback
  LinkId next_link_ = 1;
  Bytes read_buffer_;  // shared: libuv fills it and we hand it on in one go
};

}  // namespace holm::net
