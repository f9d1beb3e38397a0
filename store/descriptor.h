// A file descriptor that is closed at the end of its scope.
#pragma once

#include <unistd.h>

namespace holm::store {

class Descriptor {
 public:
  /// Negative: none, after an open() that failed.
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }

 private:
  int number_;
};

}  // namespace holm::store
