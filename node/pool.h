// Work that takes long, off the loop: begun, asked about, and taken when it is done.
#pragma once

#include <chrono>
#include <future>
#include <utility>

namespace holm::node {

/// Where it is done: on threads of their own, or by who takes it, which keeps a simulated world on
/// one thread.
enum class Pool : bool { takers, threads };

/// A result on its way. Destroying it waits for work that goes on. Threads: one at a time.
template <class T>
class Task {
 public:
  /// `work` needs nothing that others change meanwhile.
  template <class Work>
  Task(Pool pool, Work work)
      : future_(std::async(pool == Pool::threads ? std::launch::async : std::launch::deferred,
                           std::move(work))) {}

  /// Whether take() need not wait for another thread.
  bool is_done() const {
    return future_.wait_for(std::chrono::seconds(0)) != std::future_status::timeout;
  }
  /// Once.
  T take() { return future_.get(); }

 private:
  std::future<T> future_;
};

}  // namespace holm::node
