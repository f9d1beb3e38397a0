// One stream over libuv, TCP or Unix socket, from its first handle to its last close callback.
// Private to net/uv_*: the rest of the program sees links of a Transport.
#pragma once

#include <uv.h>

#include <optional>
#include <string>
#include <vector>

#include "net/uv_streams.h"

namespace holm::net {

enum class StreamKind { tcp, pipe };

/// The handle of either kind; which one is said at init().
union UvHandle {
  uv_handle_t any;
  uv_stream_t stream;
  uv_tcp_t tcp;
  uv_pipe_t pipe;

  void init(uv_loop_t* loop, StreamKind kind, void* data);
};

/// "what: reason", with the Code that fits the libuv status.
Error uv_error(int status, std::string what);

/// Destroys itself in its last close callback and nowhere else. Threads: the loop's.
class UvStream {
 public:
  UvStream(UvStreams& owner, StreamKind kind);
  UvStream(const UvStream&) = delete;
  UvStream& operator=(const UvStream&) = delete;

  void set_link(LinkId link) { link_ = link; }

  /// One of these starts it.
  void connect_tcp(const Endpoint& to);
  void connect_pipe(const std::string& path);
  Status accept(uv_stream_t* listener);
  /// After on_accepted was told: begins to read.
  void begin_reading();

  void send(Bytes bytes);
  std::size_t queued_bytes() const { return queued_bytes_; }
  void pause_reading();
  void resume_reading();
  /// As Transport::close().
  void close();
  /// Ends at once, without events: the owner is going away or does not want it.
  void abandon();

  UvHandle& handle() { return handle_; }

 private:
  enum class State {
    connecting,
    open,
    draining,  // what is queued leaves; what comes in is dropped
    closing,   // waits for close callbacks
  };
  struct Write;

  ~UvStream() = default;

  // Callbacks, each with the libuv signature it is named after.
  static void on_resolved(uv_getaddrinfo_t* request, int status, addrinfo* found);
  static void on_connect(uv_connect_t* request, int status);
  static void on_alloc(uv_handle_t* handle, std::size_t suggested, uv_buf_t* buffer);
  static void on_read(uv_stream_t* handle, ssize_t count, const uv_buf_t* buffer);
  static void on_write(uv_write_t* request, int status);
  static void on_shutdown(uv_shutdown_t* request, int status);
  static void on_timer(uv_timer_t* handle);
  static void on_handle_closed(uv_handle_t* handle);
  static void on_timer_closed(uv_handle_t* handle);

  uv_loop_t* loop() const { return timer_.loop; }
  void start_timer(Millis wait);
  void connect_next();
  void connect_failed(int status);
  void on_open();
  void start_reading();
  void drain();
  void drained_one_side();
  void fail_soon(Error why);
  void finish(Error why);
  void close_handle();
  void closed_one();

  UvStreams* owner_;  // null once abandoned
  LinkId link_ = 0;
  StreamKind kind_;
  State state_ = State::connecting;
  StreamLimits limits_;

  UvHandle handle_;
  uv_timer_t timer_;  // connecting: the time allowed; draining: likewise
  uv_getaddrinfo_t resolve_;
  uv_connect_t connect_;
  uv_shutdown_t shutdown_;
  int pending_closes_ = 0;  // handles open, and a resolution under way
  bool is_handle_open_ = false;
  bool is_resolving_ = false;

  std::string target_;                       // for errors
  std::vector<sockaddr_storage> addresses_;  // still to be tried, last first
  int last_status_ = 0;                      // of the address tried last
  std::optional<Error> soon_;                // what the timer will finish with

  bool is_paused_ = false;
  bool has_written_ = false;
  bool is_shut_down_ = false;  // our side; all that was queued has left
  bool has_ended_ = false;     // their side
  std::size_t queued_bytes_ = 0;
  Error why_;
};

}  // namespace holm::net
