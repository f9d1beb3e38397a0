// Transport over Unix domain sockets, for the control socket: endpoints are paths (`host` is the
// path, `port` is 0). Only processes of the same user get through, in either direction.
#pragma once

#include "net/uv_streams.h"

namespace holm::net {

/// Threads: the loop's.
class UvPipe final : public UvStreams {
 public:
  explicit UvPipe(UvLoop& loop, StreamLimits limits = {});
  /// Removes the socket file when listening.
  ~UvPipe() override;

  /// Listens at path `at.host`, mode 0600. The last folder of the path is made with mode 0700 when
  /// absent; otherwise it must be ours and closed to others. A socket file that nobody answers is
  /// replaced. Two processes that do this at one path at one time are kept apart by the home lock,
  /// not here. A peer of another user id (SO_PEERCRED) is closed unseen.
  /// Errors: busy (somebody answers there), denied (folder open to others, or not ours), usage
  /// (path of 108 bytes or more, or relative; a second call), failed.
  Result<Endpoint> listen(const Endpoint& at) override;
  /// Connects to path `to.host`; on_closed with Code::denied when the other side runs as another
  /// user.
  LinkId dial(const Endpoint& to) override;
  /// Accepts no more and removes the socket file; links live on.
  void stop_listening();

 private:
  class Listener;
  Listener* listener_ = nullptr;  // destroys itself in its last close callback
};

}  // namespace holm::net
