// Identifiers as distinct types, so that a member cannot be passed where a device is meant.
// All are plain values that compare and hash by their bytes.
#pragma once

#include <algorithm>
#include <array>
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

  auto operator<=>(const Id&) const = default;

  ByteView view() const { return bytes; }
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
