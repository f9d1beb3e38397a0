// Where a whole file is cut, slow and by the definition: for each place the hash of the 64 bytes
// before it is summed up anew. What files::Cutter must agree with.
#pragma once

#include <vector>

#include "files/cutter.h"

namespace holm::files::test {

/// The sum over the last 64 bytes, the newest counted once, the one before twice, and so on.
inline std::uint64_t window_hash(const Gear& gear, ByteView file, std::size_t end) {
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < kCutWindow; ++i) hash += gear[file[end - 1 - i]] << i;
  return hash;
}

inline std::vector<Bytes> naive_chunks(const Gear& gear, ByteView file) {
  std::vector<Bytes> out;
  while (!file.empty()) {
    std::size_t length = 1;
    for (;; ++length) {
      if (length == file.size() || length == kChunkMax) break;
      if (length < kChunkMin) continue;
      const auto hash = window_hash(gear, file, length);
      if ((hash >> (length < kChunkNormal ? 46 : 50)) == 0) break;
    }
    out.push_back(to_bytes(file.first(length)));
    file = file.subspan(length);
  }
  return out;
}

}  // namespace holm::files::test
