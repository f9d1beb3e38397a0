// Transport over libuv TCP, IPv4 and IPv6. Who may come in, and how many unproven, is the owner's
// decision (net/gate.h).
#pragma once

#include "net/uv_streams.h"

namespace holm::net {

/// Threads: the loop's. Streams have TCP_NODELAY set: sessions write whole frames.
class UvTransport final : public UvStreams {
 public:
  explicit UvTransport(UvLoop& loop, StreamLimits limits = {});
  ~UvTransport() override;

  /// One listener per transport; a second call fails with Code::usage. When accepting fails (file
  /// descriptors ran out) the listener is put away and opened again after relisten_pause.
  Result<Endpoint> listen(const Endpoint& at) override;
  /// Names are resolved on libuv's pool. Up to four addresses are tried in the resolver's order.
  LinkId dial(const Endpoint& to) override;
  /// Accepts no more; links live on. Nothing happens when not listening.
  void stop_listening();

 private:
  class Listener;
  Listener* listener_ = nullptr;  // destroys itself in its last close callback
};

}  // namespace holm::net
