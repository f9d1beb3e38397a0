// Hands an immutable value from the loop thread to readers on any thread: the latest one, never a
// wait. A mutex around a pointer: GCC 12's atomic<shared_ptr> trips ThreadSanitizer.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace holm::node {

template <class T>
class Published {
 public:
  /// The loop thread.
  void set(std::shared_ptr<const T> value) {
    const std::scoped_lock lock(mutex_);
    value_.swap(value);
  }
  /// Any thread; null before the first set().
  std::shared_ptr<const T> get() const {
    const std::scoped_lock lock(mutex_);
    return value_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace holm::node
