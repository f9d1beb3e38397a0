// The pre-shared keys that open this node's door, and the 8-byte MAC by which a caller says which
// of them it holds. Owned by the node, shared by its inbound sessions. Holds no policy: what a key
// opens is for the owner to decide by its tag.
#pragma once

#include <array>
#include <cstdint>
#include <map>

#include "base/bytes.h"
#include "crypto/keys.h"
#include "net/replay_guard.h"

namespace holm::net {

/// What an opening starts with: proof that the caller holds a key, bound to its ephemeral.
inline constexpr std::size_t kOpeningMacBytes = 8;
using OpeningMac = std::array<std::uint8_t, kOpeningMacBytes>;

/// The first 8 bytes of BLAKE2b-256 keyed with psk's "holm opening v1" key over the ephemeral.
/// Bytes: docs/formats/handshake.md.
OpeningMac opening_mac(const crypto::SecretKey32& psk, const Ephemeral& ephemeral);

/// Threads: the loop's.
class PskRing {
 public:
  struct Entry {
    std::uint32_t tag = 0;  ///< the owner's name for the key; not sent
    crypto::SecretKey32 psk;
    Bytes payload;  ///< for handshake message 2, to callers with this key
  };

  /// Adds a key, or replaces the one with this tag.
  void put(Entry entry);
  /// Nothing happens when there is no such key. Handshakes under way are not affected.
  void remove(std::uint32_t tag);
  bool empty() const { return entries_.empty(); }

  /// The key that made `mac` over `ephemeral`, or null. O(keys), one BLAKE2b each; compares in
  /// constant time. Valid until put() or remove().
  const Entry* match(const Ephemeral& ephemeral, const OpeningMac& mac) const;

 private:
  struct Held {
    Entry entry;
    crypto::SecretKey32 mac_key;
  };
  std::map<std::uint32_t, Held> entries_;
};

}  // namespace holm::net
