// A listening socket over libuv, TCP or Unix: accepts, hands streams to its UvStreams, and survives
// the moments when accepting fails. Private to net/uv_*.
#pragma once

#include <uv.h>

#include <string>

#include "net/uv_stream.h"

namespace holm::net {

/// Destroys itself in its last close callback and nowhere else. Threads: the loop's.
class UvListener {
 public:
  UvListener(UvStreams& owner, StreamKind kind);
  UvListener(const UvListener&) = delete;
  UvListener& operator=(const UvListener&) = delete;

  /// Binds and listens. After a failure call stop().
  Status start();
  /// Accepts no more.
  void stop();

 protected:
  virtual ~UvListener() = default;

  /// Binds a fresh handle. Called again after a pause. Errors: as Transport::listen().
  virtual Status bind(UvHandle& handle) = 0;
  /// After listening began.
  virtual Status on_listening(UvHandle& /*handle*/) { return {}; }
  /// Who is at the other end of a stream just accepted.
  virtual Endpoint source(UvHandle& stream) = 0;
  /// For errors.
  virtual std::string place() const = 0;

 private:
  static void on_connection(uv_stream_t* handle, int status);
  static void on_relisten(uv_timer_t* handle);
  static void on_handle_closed(uv_handle_t* handle);

  void accept();
  void pause();
  void close_handle();
  void closed_one();

  UvStreams* owner_;  // null once stopped
  StreamKind kind_;
  StreamLimits limits_;
  UvHandle handle_;
  uv_timer_t timer_;
  bool is_handle_open_ = false;
  int pending_closes_ = 0;
};

}  // namespace holm::net
