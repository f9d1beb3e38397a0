#include "net/uv_listener.h"

#include <utility>

namespace holm::net {
namespace {

UvListener& self_of(void* data) { return *static_cast<UvListener*>(data); }

}  // namespace

UvListener::UvListener(UvStreams& owner, StreamKind kind)
    : owner_(&owner), kind_(kind), limits_(owner.limits_) {
  uv_timer_init(owner.loop_.raw(), &timer_);
  timer_.data = this;
  pending_closes_ = 1;
}

Status UvListener::start() {
  handle_.init(timer_.loop, kind_, this);
  is_handle_open_ = true;
  ++pending_closes_;
  TRY(bind(handle_));
  if (const int status = uv_listen(&handle_.stream, limits_.accept_backlog, on_connection);
      status != 0) {
    return fail(uv_error(status, "cannot listen on " + place()));
  }
  return on_listening(handle_);
}

void UvListener::on_connection(uv_stream_t* handle, int status) {
  auto& self = self_of(handle->data);
  if (self.owner_ == nullptr) return;
  if (status == 0) return self.accept();
  // libuv calls again at once, and for ever, while e.g. no file descriptor is free. Closing the
  // socket is what stops it.
  self.pause();
}

void UvListener::accept() {
  auto* stream = new UvStream(*owner_, kind_);
  const bool is_full = owner_->link_count() >= limits_.link_count_max;
  // Accepted even when full, or libuv would stop listening.
  if (const auto accepted = stream->accept(&handle_.stream); !accepted || is_full) {
    return stream->abandon();
  }
  const auto link = owner_->adopt(stream);
  owner_->events_->on_accepted(link, source(stream->handle()));
  stream->begin_reading();
}

void UvListener::pause() {
  close_handle();
  uv_timer_start(&timer_, on_relisten, static_cast<std::uint64_t>(limits_.relisten_pause.count()),
                 0);
}

void UvListener::on_relisten(uv_timer_t* handle) {
  auto& self = self_of(handle->data);
  if (auto started = self.start(); !started) self.pause();
}

void UvListener::stop() {
  owner_ = nullptr;
  close_handle();
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_),
           [](uv_handle_t* handle) { self_of(handle->data).closed_one(); });
}

void UvListener::close_handle() {
  if (!std::exchange(is_handle_open_, false)) return;
  uv_close(&handle_.any, on_handle_closed);
}

void UvListener::on_handle_closed(uv_handle_t* handle) { self_of(handle->data).closed_one(); }

void UvListener::closed_one() {
  if (--pending_closes_ == 0) delete this;
}

}  // namespace holm::net
