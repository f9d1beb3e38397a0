// The event loop: one thread, one deadline, one wake-up from other threads, signals. The node's
// runtime owns it, and everything that holds handles on it goes first.
// Not a scheduler: who wants several timers keeps the earliest deadline.
#pragma once

#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/result.h"

struct uv_loop_s;

namespace holm::net {

/// What a UvLoop tells its owner, on the thread that runs it.
class LoopEvents {
 public:
  virtual ~LoopEvents() = default;
  /// wake() was called, once or more often.
  virtual void on_wake() {}
  /// The deadline has come; it is disarmed before the call.
  virtual void on_deadline() {}
  /// SIGTERM or SIGINT arrived; only after watch_signals().
  virtual void on_signal(int /*number*/) {}
  /// All events of this turn were told; the loop sleeps next. The place to commit and to send.
  virtual void on_turn_end() {}
};

/// Owns a uv_loop_t. Threads: one, except wake(). As a Clock it may be read on that thread only;
/// both times stand still between two waits of the loop.
class UvLoop final : public Clock {
 public:
  /// Also has the process ignore SIGPIPE, unless it handles it: a peer that closes would end us.
  /// Errors: failed (out of file descriptors).
  static Result<std::unique_ptr<UvLoop>> open();
  /// Runs the loop until the last handle is closed, so that transports destroyed before leave
  /// nothing behind. Requires: not running; no active handles but those being closed. May wait for
  /// a name being resolved.
  ~UvLoop() override;
  UvLoop(const UvLoop&) = delete;
  UvLoop& operator=(const UvLoop&) = delete;

  /// Null for none.
  void set_events(LoopEvents* events) { events_ = events; }

  /// Runs turns until stop().
  void run();
  /// Ends run() after the present turn, without a last on_turn_end(); before run(), makes it return
  /// at once.
  void stop();
  /// Runs one turn, waiting for something to happen.
  void turn();
  /// Runs one turn without waiting.
  void turn_now();

  /// Arms the one deadline; replaces an earlier one. A time in the past fires in the next turn.
  /// Nothing disarms.
  void set_deadline(std::optional<Time> deadline);
  /// Has on_wake called soon. Any thread, any time between open() and destruction; several calls
  /// may be told once, so drain the mailbox.
  void wake();
  /// SIGTERM and SIGINT come as on_signal instead of ending the process. Errors: failed.
  Status watch_signals();

  Time now() const override;
  WallTime wall() const override;
  /// Time that runs on within a turn, from an arbitrary start.
  static std::chrono::nanoseconds stopwatch();

  /// For the other net/uv_* files.
  uv_loop_s* raw() const;

 private:
  struct Handles;
  explicit UvLoop(std::unique_ptr<Handles> handles);
  std::unique_ptr<Handles> handles_;
  LoopEvents* events_ = nullptr;
  mutable Time wall_read_at_{Millis::min()};
  mutable WallTime wall_{};
};

}  // namespace holm::net
