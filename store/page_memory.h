// The memory that SQLite works in: one for the process, since SQLite has one allocator. Every block
// is wiped when it is given back. Blocks of a page's size, where the page cache holds what a store
// has in the clear, lie in an arena that is kept out of swap and core dumps, as far as the system
// lets this user lock memory (RLIMIT_MEMLOCK); what does not fit there lies in the heap.
//
// The arena takes address space, and memory only for pages that are in use.
#pragma once

#include <cstddef>

namespace holm::store {

struct PageMemory {
  /// Room for a page and what SQLite keeps with it.
  std::size_t slot_bytes = 0;
  /// What may be in the arena at once; 0: no memory can be locked here.
  std::size_t locked_bytes = 0;
  /// Whether that is less than a full page cache wants.
  bool is_scarce = true;
  /// False when SQLite was in use before: then its memory is as it ever was.
  bool is_set_up = false;

  /// Enough for a full page cache: without it, what does not fit may be swapped out.
  static constexpr std::size_t kWanted = 64u << 20;
  /// Of what may be locked, left to the keys (crypto/locked.h).
  static constexpr std::size_t kForKeys = 2u << 20;
};

/// Sets the memory up when called first. Before any other use of SQLite. Threads: any.
const PageMemory& page_memory();

/// Bytes of the arena that hold something now. Requires: no other thread uses SQLite.
std::size_t page_memory_in_use();

}  // namespace holm::store
