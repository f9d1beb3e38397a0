#include "net/uv_loop.h"

#include <uv.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "base/ensure.h"

namespace holm::net {

/// Stays at one address: libuv links its handles into lists.
struct UvLoop::Handles {
  uv_loop_t loop;
  uv_async_t wake;
  uv_timer_t deadline;
  uv_prepare_t turn_end;
  uv_signal_t terminate;
  uv_signal_t interrupt;
};

namespace {

void ignore_sigpipe() {
  // libuv writes with plain writev, which raises it.
  struct sigaction present {};
  if (sigaction(SIGPIPE, nullptr, &present) != 0 || present.sa_handler != SIG_DFL) return;
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, nullptr);
}

template <class Handle>
UvLoop& owner_of(Handle* handle) {
  return *static_cast<UvLoop*>(handle->data);
}

}  // namespace

Result<std::unique_ptr<UvLoop>> UvLoop::open() {
  auto handles = std::make_unique<Handles>();
  if (const int status = uv_loop_init(&handles->loop); status != 0) {
    return fail(Code::failed, std::string("cannot start the event loop: ") + uv_strerror(status));
  }
  if (const int status = uv_async_init(&handles->loop, &handles->wake,
                                       [](uv_async_t* handle) {
                                         if (auto* events = owner_of(handle).events_)
                                           events->on_wake();
                                       });
      status != 0) {
    uv_loop_close(&handles->loop);
    return fail(Code::failed, std::string("cannot start the event loop: ") + uv_strerror(status));
  }
  // These only fill in memory and cannot fail.
  auto* loop = &handles->loop;
  uv_timer_init(loop, &handles->deadline);
  uv_prepare_init(loop, &handles->turn_end);
  uv_signal_init(loop, &handles->terminate);
  uv_signal_init(loop, &handles->interrupt);
  ignore_sigpipe();

  std::unique_ptr<UvLoop> out(new UvLoop(std::move(handles)));
  auto& held = *out->handles_;
  held.wake.data = held.deadline.data = held.turn_end.data = out.get();
  held.terminate.data = held.interrupt.data = out.get();
  uv_prepare_start(&held.turn_end, [](uv_prepare_t* handle) {
    if (auto* events = owner_of(handle).events_) events->on_turn_end();
  });
  return out;
}

UvLoop::UvLoop(std::unique_ptr<Handles> handles) : handles_(std::move(handles)) {}

UvLoop::~UvLoop() {
  events_ = nullptr;
  const auto close = [](auto* handle) {
    uv_close(reinterpret_cast<uv_handle_t*>(handle), nullptr);
  };
  close(&handles_->wake);
  close(&handles_->deadline);
  close(&handles_->turn_end);
  close(&handles_->terminate);
  close(&handles_->interrupt);
  int status = UV_EBUSY;
  while ((status = uv_loop_close(&handles_->loop)) == UV_EBUSY) {
    uv_run(&handles_->loop, UV_RUN_ONCE);
  }
  ENSURE(status == 0);
}

void UvLoop::run() { uv_run(raw(), UV_RUN_DEFAULT); }
void UvLoop::stop() { uv_stop(raw()); }
void UvLoop::turn() { uv_run(raw(), UV_RUN_ONCE); }
void UvLoop::turn_now() { uv_run(raw(), UV_RUN_NOWAIT); }

void UvLoop::set_deadline(std::optional<Time> deadline) {
  if (!deadline) {
    uv_timer_stop(&handles_->deadline);
    return;
  }
  const auto wait = std::max(*deadline - now(), Millis::zero());
  uv_timer_start(
      &handles_->deadline,
      [](uv_timer_t* handle) {
        if (auto* events = owner_of(handle).events_) events->on_deadline();
      },
      static_cast<std::uint64_t>(wait.count()), 0);
}

void UvLoop::wake() { uv_async_send(&handles_->wake); }

Status UvLoop::watch_signals() {
  const auto watch = [](uv_signal_t* handle, int number) {
    return uv_signal_start(
        handle,
        [](uv_signal_t* of, int what) {
          if (auto* events = owner_of(of).events_) events->on_signal(what);
        },
        number);
  };
  int status = watch(&handles_->terminate, SIGTERM);
  if (status == 0) status = watch(&handles_->interrupt, SIGINT);
  if (status == 0) return {};
  return fail(Code::failed, std::string("cannot watch for signals: ") + uv_strerror(status));
}

Time UvLoop::now() const { return Time(Millis(static_cast<Millis::rep>(uv_now(raw())))); }

WallTime UvLoop::wall() const {
  // Read anew only when loop time has moved, so that both stand still together.
  if (wall_read_at_ != now()) {
    wall_read_at_ = now();
    wall_ = std::chrono::floor<Millis>(std::chrono::system_clock::now());
  }
  return wall_;
}

std::chrono::nanoseconds UvLoop::stopwatch() { return std::chrono::nanoseconds(uv_hrtime()); }

uv_loop_s* UvLoop::raw() const { return &handles_->loop; }

}  // namespace holm::net
