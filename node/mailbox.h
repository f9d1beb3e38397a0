// Hands work from any thread to the loop thread: one of the two crossings between threads (the
// other is published.h). Whoever puts wakes the loop; whoever drains drains all.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

namespace holm::node {

template <class T>
class Mailbox {
 public:
  /// Any thread.
  void put(T item) {
    const std::scoped_lock lock(mutex_);
    items_.push_back(std::move(item));
  }
  /// Everything put so far, in order. The loop thread.
  std::vector<T> drain() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(items_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<T> items_;
};

}  // namespace holm::node
