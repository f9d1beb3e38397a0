#include "tests/support/own_memory.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

namespace holm::test {
namespace {

// Sanitizers reserve terabytes; nothing of ours lies there.
constexpr std::uint64_t kRegionMax = std::uint64_t{1} << 32;

}  // namespace

Masked masked(ByteView secret) {
  Masked out;
  for (const auto byte : secret)
    out.bytes.push_back(static_cast<std::uint8_t>(byte ^ Masked::kMask));
  return out;
}

bool can_search_memory() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  return false;
#else
  return true;
#endif
#else
  return true;
#endif
}

std::size_t copies_in_memory(const Masked& what) {
  REQUIRE(what.bytes.size() >= 8);
  const int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  REQUIRE(memory >= 0);
  std::size_t out = 0;
  // Read in place and at once, so that nothing that is found is copied anywhere else than here.
  Bytes piece(1u << 16);
  const auto own = reinterpret_cast<std::uint64_t>(piece.data());
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    char dash = 0;
    std::string rights;
    std::istringstream(line) >> std::hex >> from >> dash >> to >> rights;
    if (!rights.starts_with("rw") || to - from > kRegionMax) continue;
    const auto overlap = what.bytes.size() - 1;
    for (auto at = from; at < to; at += piece.size() - overlap) {
      const auto len = std::min<std::uint64_t>(piece.size(), to - at);
      const auto got = ::pread(memory, piece.data(), len, static_cast<off_t>(at));
      if (got <= 0) continue;  // a guard page
      const auto end = piece.begin() + got;
      for (auto found = piece.begin();; ++found) {
        found = std::search(found, end, what.bytes.begin(), what.bytes.end(),
                            [](std::uint8_t a, std::uint8_t b) {
                              return a == static_cast<std::uint8_t>(b ^ Masked::kMask);
                            });
        if (found == end) break;
        const auto place = at + static_cast<std::uint64_t>(found - piece.begin());
        const bool is_ours = place + what.bytes.size() > own && place < own + piece.size();
        // One that the next piece sees again is counted there.
        const bool is_again =
            at + len < to && found - piece.begin() >= static_cast<std::ptrdiff_t>(len - overlap);
        if (!is_ours && !is_again) ++out;
      }
    }
  }
  ::close(memory);
  std::fill(piece.begin(), piece.end(), std::uint8_t{0});
  return out;
}

}  // namespace holm::test
