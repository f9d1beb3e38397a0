// Memory for secrets: guard pages around it, kept out of swap and core dumps where the system
// allows, wiped before it is given back. The building block of keys.h and noise.h; not a general
// allocator: every object takes several pages.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace holm::crypto {

namespace detail {
/// `size` locked bytes with undefined content. Never null: running out of memory ends the process.
/// A refused mlock (RLIMIT_MEMLOCK) is no failure; the memory is then merely swappable.
void* locked_new(std::size_t size);
/// Wipes and returns memory of locked_new(). Null is allowed.
void locked_delete(void* memory) noexcept;
/// Overwrites memory in a way that the compiler cannot leave out.
void wipe(void* memory, std::size_t size) noexcept;
}  // namespace detail

/// One `T` of bytes in locked memory. Move-only; empty after it was moved from.
template <class T>
class Locked {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) == 1, "byte arrays only");

 public:
  /// All zero.
  Locked() : data_(new (detail::locked_new(sizeof(T))) T{}) {}
  Locked(Locked&& other) noexcept : data_(std::exchange(other.data_, nullptr)) {}
  Locked& operator=(Locked&& other) noexcept {
    std::swap(data_, other.data_);
    return *this;
  }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;
  ~Locked() { detail::locked_delete(data_); }

  /// Requires: not moved from.
  T& operator*() { return *data_; }
  const T& operator*() const { return *data_; }
  T* operator->() { return data_; }
  const T* operator->() const { return data_; }

  bool is_empty() const { return data_ == nullptr; }
  /// Overwrites the content with zero bytes.
  void wipe() {
    if (data_ != nullptr) detail::wipe(data_, sizeof(T));
  }

 private:
  T* data_;
};

}  // namespace holm::crypto
