#include "crypto/locked.h"

#include <sodium.h>

#include "base/ensure.h"

namespace holm::crypto::detail {

void* locked_new(std::size_t size) {
  // The allocator needs its canary first. After the first time this is one lock and one compare.
  ENSURE(sodium_init() >= 0);
  void* memory = sodium_malloc(size);
  ENSURE(memory != nullptr);
  return memory;
}

void locked_delete(void* memory) noexcept { sodium_free(memory); }

void wipe(void* memory, std::size_t size) noexcept { sodium_memzero(memory, size); }

}  // namespace holm::crypto::detail
