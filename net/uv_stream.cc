#include "net/uv_stream.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/ensure.h"

namespace holm::net {
namespace {

constexpr std::size_t kAddressCountMax = 4;

UvStream& self_of(void* data) { return *static_cast<UvStream*>(data); }

/// True when the process at the other end runs as our user.
bool is_same_user(const uv_stream_t* stream) {
  uv_os_fd_t fd = -1;
  if (uv_fileno(reinterpret_cast<const uv_handle_t*>(stream), &fd) != 0) return false;
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return size == sizeof peer && peer.uid == geteuid();
}

Code code_of_status(int status) {
  switch (status) {
    case UV_ETIMEDOUT: return Code::timeout;
    case UV_EADDRINUSE: return Code::busy;
    case UV_EACCES:
    case UV_EPERM: return Code::denied;
    case UV_EAI_NONAME:
    case UV_EAI_NODATA:
    case UV_ENOENT: return Code::not_found;
    case UV_EOF:
    case UV_ECONNRESET:
    case UV_ECONNREFUSED:
    case UV_ECONNABORTED:
    case UV_EPIPE:
    case UV_EHOSTUNREACH:
    case UV_ENETUNREACH:
    case UV_ENETDOWN:
    case UV_EAI_AGAIN:
    case UV_EMFILE:
    case UV_ENFILE:
    case UV_ENOBUFS:
    case UV_ENOMEM: return Code::retry;
    default: return Code::failed;
  }
}

}  // namespace

Error uv_error(int status, std::string what) {
  return {code_of_status(status), std::move(what) + ": " + uv_strerror(status), {}, {}};
}

void UvHandle::init(uv_loop_t* loop, StreamKind kind, void* data) {
  // Without flags these only fill in memory.
  const int status =
      kind == StreamKind::tcp ? uv_tcp_init(loop, &tcp) : uv_pipe_init(loop, &pipe, 0);
  ENSURE(status == 0);
  any.data = data;
}

/// One uv_write with the bytes it reads from.
struct UvStream::Write {
  uv_write_t request;
  Bytes bytes;
};

UvStream::UvStream(UvStreams& owner, StreamKind kind)
    : owner_(&owner), kind_(kind), limits_(owner.limits_) {
  auto* uv = owner.loop_.raw();
  handle_.init(uv, kind, this);
  is_handle_open_ = true;
  uv_timer_init(uv, &timer_);
  timer_.data = this;
  pending_closes_ = 2;
}

// Coming about.

void UvStream::connect_tcp(const Endpoint& to) {
  target_ = to.text();
  start_timer(limits_.connect_timeout);

  sockaddr_storage address{};
  if (uv_ip4_addr(to.host.c_str(), to.port, reinterpret_cast<sockaddr_in*>(&address)) == 0 ||
      uv_ip6_addr(to.host.c_str(), to.port, reinterpret_cast<sockaddr_in6*>(&address)) == 0) {
    addresses_.push_back(address);
    return connect_next();
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  resolve_.data = this;
  const int status = uv_getaddrinfo(loop(), &resolve_, on_resolved, to.host.c_str(),
                                    std::to_string(to.port).c_str(), &hints);
  if (status != 0) return fail_soon(uv_error(status, "cannot look up " + target_));
  is_resolving_ = true;
  ++pending_closes_;
}

void UvStream::on_resolved(uv_getaddrinfo_t* request, int status, addrinfo* found) {
  auto& self = self_of(request->data);
  self.is_resolving_ = false;
  for (auto* it = found; it != nullptr && self.addresses_.size() < kAddressCountMax;
       it = it->ai_next) {
    if (it->ai_addrlen > sizeof(sockaddr_storage)) continue;
    sockaddr_storage address{};
    std::copy_n(reinterpret_cast<const char*>(it->ai_addr), it->ai_addrlen,
                reinterpret_cast<char*>(&address));
    self.addresses_.push_back(address);
  }
  uv_freeaddrinfo(found);
  std::reverse(self.addresses_.begin(), self.addresses_.end());
  if (self.state_ == State::connecting) {
    if (status != 0) {
      self.finish(uv_error(status, "cannot look up " + self.target_));
    } else {
      self.connect_next();
    }
  }
  self.closed_one();
}

void UvStream::connect_pipe(const std::string& path) {
  target_ = path;
  start_timer(limits_.connect_timeout);
  // libuv would cut a longer path short without a word and connect elsewhere.
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return fail_soon(Error{Code::usage, "the path of the socket is too long: " + path, {}, {}});
  }
  connect_.data = this;
  uv_pipe_connect(&connect_, &handle_.pipe, path.c_str(), on_connect);
}

void UvStream::connect_next() {
  if (addresses_.empty()) {
    const int status = last_status_ != 0 ? last_status_ : UV_EAI_NODATA;
    return fail_soon(uv_error(status, "cannot reach " + target_));
  }
  const auto address = addresses_.back();
  addresses_.pop_back();
  connect_.data = this;
  const int status = uv_tcp_connect(&connect_, &handle_.tcp,
                                    reinterpret_cast<const sockaddr*>(&address), on_connect);
  if (status != 0) connect_failed(status);
}

void UvStream::on_connect(uv_connect_t* request, int status) {
  auto& self = self_of(request->data);
  if (self.state_ != State::connecting || status == UV_ECANCELED) return;
  if (status != 0) return self.connect_failed(status);
  if (self.kind_ == StreamKind::pipe && !is_same_user(&self.handle_.stream)) {
    return self.finish(Error{Code::denied, self.target_ + " is held by another user", {}, {}});
  }
  uv_timer_stop(&self.timer_);
  self.on_open();
  if (self.owner_ != nullptr) self.owner_->events_->on_dialled(self.link_);
  self.begin_reading();
}

void UvStream::connect_failed(int status) {
  last_status_ = status;
  if (addresses_.empty()) return fail_soon(uv_error(status, "cannot reach " + target_));
  // A socket that failed to connect is not used again; its close callback makes the next.
  close_handle();
}

Status UvStream::accept(uv_stream_t* listener) {
  if (const int status = uv_accept(listener, &handle_.stream); status != 0) {
    return fail(uv_error(status, "cannot accept a connection"));
  }
  if (kind_ == StreamKind::pipe && !is_same_user(&handle_.stream)) {
    return fail(Code::denied, "a connection by another user");
  }
  on_open();
  return {};
}

void UvStream::on_open() {
  state_ = State::open;
  // Best effort: a stream without it is slower, not wrong.
  if (kind_ == StreamKind::tcp) uv_tcp_nodelay(&handle_.tcp, 1);
}

// In.

void UvStream::begin_reading() {
  if (state_ == State::open && !is_paused_) start_reading();
}

void UvStream::start_reading() {
  const int status = uv_read_start(&handle_.stream, on_alloc, on_read);
  if (status != 0 && status != UV_EALREADY) fail_soon(uv_error(status, "cannot read"));
}

void UvStream::on_alloc(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
  auto& self = self_of(handle->data);
  // Abandoned streams do not read.
  ENSURE(self.owner_ != nullptr);
  auto& shared = self.owner_->read_buffer_;
  *buffer =
      uv_buf_init(reinterpret_cast<char*>(shared.data()), static_cast<unsigned>(shared.size()));
}

void UvStream::on_read(uv_stream_t* handle, ssize_t count, const uv_buf_t* buffer) {
  auto& self = self_of(handle->data);
  if (count == 0) return;  // nothing yet; not the end of the stream
  if (self.state_ == State::draining) {
    if (count > 0) return;
    if (count != UV_EOF) return self.finish(std::move(self.why_));
    self.has_ended_ = true;
    return self.drained_one_side();
  }
  if (self.state_ != State::open || self.owner_ == nullptr) return;
  if (count > 0) {
    self.owner_->events_->on_bytes(self.link_,
                                   ByteView(reinterpret_cast<const std::uint8_t*>(buffer->base),
                                            static_cast<std::size_t>(count)));
    return;
  }
  const int status = static_cast<int>(count);
  auto why = status == UV_EOF ? Error{Code::retry, "the other side closed the connection", {}, {}}
                              : uv_error(status, "the connection broke");
  if (status != UV_EOF || self.queued_bytes_ == 0) return self.finish(std::move(why));
  // They have said all they will; they may still listen to the rest of what we had to say.
  self.has_ended_ = true;
  self.why_ = std::move(why);
  self.drain();
}

void UvStream::pause_reading() {
  is_paused_ = true;
  if (state_ == State::open) uv_read_stop(&handle_.stream);
}

void UvStream::resume_reading() {
  is_paused_ = false;
  begin_reading();
}

// Out.

void UvStream::send(Bytes bytes) {
  if (state_ != State::open || soon_ || bytes.empty()) return;
  auto* write = new Write{.request = {}, .bytes = std::move(bytes)};
  write->request.data = write;
  auto buffer = uv_buf_init(reinterpret_cast<char*>(write->bytes.data()),
                            static_cast<unsigned>(write->bytes.size()));
  const int status = uv_write(&write->request, &handle_.stream, &buffer, 1, on_write);
  if (status != 0) {
    delete write;
    return fail_soon(uv_error(status, "cannot send"));
  }
  queued_bytes_ += write->bytes.size();
  has_written_ = true;
}

void UvStream::on_write(uv_write_t* request, int status) {
  auto* write = static_cast<Write*>(request->data);
  auto& self = self_of(request->handle->data);
  self.queued_bytes_ -= write->bytes.size();
  delete write;
  if (status == UV_ECANCELED || self.state_ == State::closing) return;
  if (status != 0) return self.finish(uv_error(status, "the connection broke"));
  if (self.queued_bytes_ == 0 && self.state_ == State::open && self.owner_ != nullptr) {
    self.owner_->events_->on_drained(self.link_);
  }
}

// The end.

void UvStream::close() {
  if (state_ == State::draining || state_ == State::closing) return;
  why_ = Error{Code::failed, "this side closed the connection", {}, {}};
  // Nothing was said, so there is nothing to wait for: strangers cost no more than this.
  if (state_ == State::connecting || !has_written_ || soon_) return finish(std::move(why_));
  drain();
}

void UvStream::drain() {
  state_ = State::draining;
  start_timer(limits_.drain_timeout);
  shutdown_.data = this;
  const int status = uv_shutdown(&shutdown_, &handle_.stream, on_shutdown);
  if (status != 0) return finish(std::move(why_));
  // Bytes that arrive for a socket already closed make the kernel reset the connection, and a reset
  // discards what the other side has not read yet. So we read on until they are done too.
  if (!has_ended_) start_reading();
}

void UvStream::on_shutdown(uv_shutdown_t* request, int status) {
  auto& self = self_of(request->data);
  if (self.state_ != State::draining) return;
  if (status != 0) return self.finish(std::move(self.why_));
  self.is_shut_down_ = true;
  self.drained_one_side();
}

void UvStream::drained_one_side() {
  if (is_shut_down_ && has_ended_) finish(std::move(why_));
}

void UvStream::abandon() {
  owner_ = nullptr;
  if (state_ != State::closing) finish({});
}

void UvStream::start_timer(Millis wait) {
  uv_timer_start(&timer_, on_timer, static_cast<std::uint64_t>(wait.count()), 0);
}

void UvStream::on_timer(uv_timer_t* handle) {
  auto& self = self_of(handle->data);
  if (self.soon_) return self.finish(std::move(*self.soon_));
  if (self.state_ == State::draining) return self.finish(std::move(self.why_));
  self.finish(Error{Code::timeout, "no answer from " + self.target_, {}, {}});
}

/// Events never come from inside a call, so a failure noticed there waits for the next turn.
void UvStream::fail_soon(Error why) {
  if (soon_ || state_ == State::closing) return;
  soon_ = std::move(why);
  start_timer(Millis::zero());
}

void UvStream::finish(Error why) {
  if (state_ == State::closing) return;
  state_ = State::closing;
  why_ = std::move(why);
  // When the pool has begun with it, its callback comes once the resolver gives up.
  if (is_resolving_) uv_cancel(reinterpret_cast<uv_req_t*>(&resolve_));
  close_handle();
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), on_timer_closed);
}

void UvStream::close_handle() {
  if (!std::exchange(is_handle_open_, false)) return;
  uv_close(&handle_.any, on_handle_closed);
}

void UvStream::on_handle_closed(uv_handle_t* handle) {
  auto& self = self_of(handle->data);
  if (self.state_ == State::closing) return self.closed_one();
  // One address failed; the next has a socket of its own.
  self.handle_.init(self.loop(), self.kind_, &self);
  self.is_handle_open_ = true;
  self.connect_next();
}

void UvStream::on_timer_closed(uv_handle_t* handle) { self_of(handle->data).closed_one(); }

void UvStream::closed_one() {
  if (--pending_closes_ > 0) return;
  if (owner_ != nullptr) {
    auto* owner = owner_;
    owner->streams_.erase(link_);
    owner->events_->on_closed(link_, why_);
  }
  delete this;
}

}  // namespace holm::net
