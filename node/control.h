// The control socket: requests of other processes of this user, answered by the node that owns the
// home, and the client side of it. Bytes: docs/formats/control.md.
//
//   message = u32 big-endian length | canonical msgpack
//   to the node:    {"id": n, "ask": request} | {"id": n, "cancel": true}
//   from the node:  {"id": n, "event": value} | {"id": n, "done": value} | {"id": n, "error":
//   [code, what, safe, todo]}
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "net/uv_pipe.h"
#include "node/client.h"
#include "node/node.h"

namespace holm::node {

/// Largest message either way: an export of everything travels in one.
inline constexpr std::size_t kControlBytesMax = 256u << 20;

/// Cuts a stream of control messages. Holds at most one partial message.
class ControlReader {
 public:
  /// Adds bytes. Errors: limit, reject; final.
  Status feed(ByteView bytes);
  /// The next whole message; nothing until more bytes come. Errors: reject.
  Result<std::optional<Value>> next();

 private:
  Bytes held_;
  std::size_t at_ = 0;
};

/// A message with its length before it.
Bytes control_bytes(const Value& message);
Value control_error(std::uint64_t id, const Error& error);
Error control_error_of(const Value& error);

/// Answers on one socket. Threads: the loop's.
class ControlServer final : public net::TransportEvents {
 public:
  ControlServer(net::UvLoop& loop, Node& node);
  ~ControlServer() override;
  /// Errors: as UvPipe::listen.
  Status listen(const std::string& path);
  void stop();

  void on_accepted(net::LinkId link, const net::Endpoint& from) override;
  void on_dialled(net::LinkId link) override;
  void on_bytes(net::LinkId link, ByteView bytes) override;
  void on_drained(net::LinkId link) override;
  void on_closed(net::LinkId link, const Error& why) override;

 private:
  struct Session {
    ControlReader reader;
    std::map<std::uint64_t, RequestId> open;  ///< their number -> ours
  };
  void on_message(net::LinkId link, const Value& message);
  void reply(net::LinkId link, std::uint64_t id, const Result<Value>& outcome);

  net::UvPipe pipe_;
  Node& node_;
  std::map<net::LinkId, Session> sessions_;
};

/// A client over the socket at `path`, with a loop of its own. Errors: busy when nobody answers.
Result<std::unique_ptr<Client>> dial_control(const std::string& path);

}  // namespace holm::node
