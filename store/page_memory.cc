#include "store/page_memory.h"

#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "crypto/locked.h"

namespace holm::store {
namespace {

constexpr std::size_t kPage = 4096;

/// Slots of one size in locked memory. Those never used cost nothing; those given back are wiped
/// and wait for the next, and all go back to the system when none is in use.
class Arena {
 public:
  /// The size that it has room for; 0 when nothing can be locked.
  std::size_t open(std::size_t slot_bytes) {
    slot_ = slot_bytes;
    auto size = PageMemory::kWanted;
    struct rlimit limit {};
    if (::getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        limit.rlim_cur < size + PageMemory::kForKeys && !try_size(size)) {
      const auto allowed = static_cast<std::size_t>(limit.rlim_cur) / kPage * kPage;
      if (allowed <= PageMemory::kForKeys) return 0;
      size = allowed - PageMemory::kForKeys;
    }
    if (memory_ == nullptr && !try_size(size)) return 0;
    return size_ / slot_ * slot_;
  }

  void* take() {
    if (free_ != nullptr) {
      auto* out = free_;
      std::memcpy(&free_, out, sizeof free_);
      ++used_;
      return out;
    }
    if (size_ - reached_ < slot_) return nullptr;
    auto* out = memory_ + reached_;
    reached_ += slot_;
    ++used_;
    return out;
  }
  bool has(const void* block) const {
    const auto at = reinterpret_cast<std::uintptr_t>(block);
    const auto from = reinterpret_cast<std::uintptr_t>(memory_);
    return at >= from && at < from + size_;
  }
  void give_back(void* block) {
    crypto::detail::wipe(block, slot_);
    std::memcpy(block, &free_, sizeof free_);
    free_ = static_cast<std::uint8_t*>(block);
    if (--used_ == 0) release();
  }
  std::size_t in_use() const { return used_ * slot_; }

 private:
  /// On fault: locking a page that nobody has touched would fetch it.
  static bool lock(void* memory, std::size_t size) {
    return ::mlock2(memory, size, MLOCK_ONFAULT) == 0;
  }
  bool try_size(std::size_t size) {
    void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return false;
    if (!lock(memory, size)) {
      ::munmap(memory, size);
      return false;
    }
    ::madvise(memory, size, MADV_DONTDUMP);
    memory_ = static_cast<std::uint8_t*>(memory);
    size_ = size;
    return true;
  }
  void release() {
    // What is locked cannot be given back.
    ::munlock(memory_, reached_);
    ::madvise(memory_, reached_, MADV_DONTNEED);
    lock(memory_, reached_);
    reached_ = 0;
    free_ = nullptr;
  }

  std::size_t slot_ = 0;
  std::uint8_t* memory_ = nullptr;
  std::size_t size_ = 0;
  std::size_t reached_ = 0;  // slots from here on were never used
  std::uint8_t* free_ = nullptr;
  std::size_t used_ = 0;
};

// SQLite calls its allocator without a context, and one thread at a time: it holds a mutex around
// each call as long as it counts its memory (sqlite3.h, sqlite3_mem_methods).
struct Memory {
  sqlite3_mem_methods heap{};
  Arena arena;
  PageMemory facts;
};

Memory& memory() {
  static Memory out;
  return out;
}

bool fits_slot(int size) {
  return size >= static_cast<int>(kPage) &&
         static_cast<std::size_t>(size) <= memory().facts.slot_bytes;
}

void* x_malloc(int size) {
  if (fits_slot(size)) {
    if (void* slot = memory().arena.take()) return slot;
  }
  return memory().heap.xMalloc(size);
}

int x_size(void* block) {
  if (block == nullptr) return 0;
  if (memory().arena.has(block)) return static_cast<int>(memory().facts.slot_bytes);
  return memory().heap.xSize(block);
}

void x_free(void* block) {
  if (block == nullptr) return;
  if (memory().arena.has(block)) return memory().arena.give_back(block);
  crypto::detail::wipe(block, static_cast<std::size_t>(memory().heap.xSize(block)));
  memory().heap.xFree(block);
}

void* x_realloc(void* block, int size) {
  // The heap's own would leave a copy behind where it moves the block.
  const int now = x_size(block);
  if (size <= now && size > now / 2) return block;
  void* out = x_malloc(size);
  if (out == nullptr) return nullptr;
  std::memcpy(out, block, static_cast<std::size_t>(std::min(now, size)));
  x_free(block);
  return out;
}

int x_roundup(int size) { return memory().heap.xRoundup(size); }
int x_init(void*) { return memory().heap.xInit(memory().heap.pAppData); }
void x_shutdown(void*) { memory().heap.xShutdown(memory().heap.pAppData); }

PageMemory set_up() {
  auto& out = memory().facts;
  int beside = 0;
  // Refused, all of them, once SQLite is in use.
  if (sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 1) != SQLITE_OK ||
      sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory().heap) != SQLITE_OK ||
      sqlite3_config(SQLITE_CONFIG_PCACHE_HDRSZ, &beside) != SQLITE_OK) {
    return out;
  }
  static constexpr sqlite3_mem_methods kMethods = {x_malloc,  x_free, x_realloc,  x_size,
                                                   x_roundup, x_init, x_shutdown, nullptr};
  // Pages one by one, and not the first twenty in one block.
  if (sqlite3_config(SQLITE_CONFIG_PAGECACHE, nullptr, 0, 0) != SQLITE_OK ||
      sqlite3_config(SQLITE_CONFIG_MALLOC, &kMethods) != SQLITE_OK) {
    return out;
  }
  out.slot_bytes = (kPage + static_cast<std::size_t>(beside) + 63) / 64 * 64;
  out.locked_bytes = memory().arena.open(out.slot_bytes);
  out.is_scarce = out.locked_bytes + out.slot_bytes <= PageMemory::kWanted;
  out.is_set_up = true;
  return out;
}

}  // namespace

const PageMemory& page_memory() {
  static const PageMemory kFacts = set_up();
  return kFacts;
}

std::size_t page_memory_in_use() { return memory().arena.in_use(); }

}  // namespace holm::store
