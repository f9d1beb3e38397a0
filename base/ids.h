// Identifiers as distinct types, so that a member cannot be passed where a device is meant.
// All are plain values that compare and hash by their bytes.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace holm {

/// `N` bytes that mean something; `Tag` tells ids of different things apart.
template <class Tag, std::size_t N = 16>
struct Id {
  static constexpr std::size_t kBytes = N;
  std::array<std::uint8_t, N> bytes{};

  friend bool operator==(const Id& a, const Id& b) {
    return std::memcmp(a.bytes.data(), b.bytes.data(), N) == 0;
  }
  /// By bytes. Eight at a time: ids are compared more than anything else is.
  friend std::strong_ordering operator<=>(const Id& a, const Id& b) {
    static_assert(N % 8 == 0);
    for (std::size_t i = 0; i < N; i += 8) {
      if (const auto order = a.word(i) <=> b.word(i); order != 0) return order;
    }
    return std::strong_ordering::equal;
  }

  ByteView view() const { return bytes; }
  /// Eight bytes from `at` on as a number, so that ids sort as their words do.
  std::uint64_t word(std::size_t at) const {
    std::uint64_t out = 0;
    std::memcpy(&out, bytes.data() + at, sizeof out);
    return std::endian::native == std::endian::little ? __builtin_bswap64(out) : out;
  }
  /// Lower-case hexadecimal.
  std::string text() const { return hex(bytes); }
  /// True for the all-zero id, which names nothing.
  bool is_nil() const { return *this == Id{}; }

  /// Exactly N bytes, or nothing.
  static std::optional<Id> from(ByteView view) {
    if (view.size() != N) return std::nullopt;
    Id id;
    std::copy(view.begin(), view.end(), id.bytes.begin());
    return id;
  }
  /// Exactly 2 N hexadecimal digits, or nothing.
  static std::optional<Id> from_text(std::string_view text) {
    auto raw = from_hex(text);
    return raw ? from(*raw) : std::nullopt;
  }
};

using TeamId = Id<struct TeamTag>;    ///< a team; its trust space derives from it
using SpaceId = Id<struct SpaceTag>;  ///< unit of keys, replication and reading (DESIGN.md 1)
using ObjectId =
    Id<struct ObjectTag>;         ///< random, or derived from an import's source (first bit set)
using LogId = Id<struct LogTag>;  ///< one per (device, space, incarnation), or a fork or seed name
using MemberId = Id<struct MemberTag>;      ///< a person in a team
using DeviceId = Id<struct DeviceTag>;      ///< a device of a member
using Digest = Id<struct DigestTag, 32>;    ///< BLAKE2b-256
using Salt = Id<struct SaltTag>;            ///< hides an object's content from guessing
using ShortHash = Id<struct ShortHashTag>;  ///< the first 16 bytes of a Digest
using PieceId = Id<struct PieceTag, 32>;    ///< a chunk or list of a file, by its keyed hash

inline ShortHash shorten(const Digest& digest) {
  ShortHash out;
  std::copy_n(digest.bytes.begin(), out.bytes.size(), out.bytes.begin());
  return out;
}

}  // namespace holm

template <class Tag, std::size_t N>
struct std::hash<holm::Id<Tag, N>> {
  std::size_t operator()(const holm::Id<Tag, N>& id) const noexcept {
    std::size_t out = 0;
    std::memcpy(&out, id.bytes.data(), std::min(sizeof out, N));
    return out;
  }
};
