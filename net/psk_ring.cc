#include "net/psk_ring.h"

#include <algorithm>
#include <utility>

#include "crypto/hash.h"

namespace holm::net {
namespace {

constexpr std::string_view kLabel = "holm opening v1";

OpeningMac mac_with(const crypto::SecretKey32& mac_key, const Ephemeral& ephemeral) {
  const auto full = crypto::blake2b(32, mac_key.reveal(), ephemeral.view());
  OpeningMac mac;
  std::copy_n(full.begin(), mac.size(), mac.begin());
  return mac;
}

}  // namespace

OpeningMac opening_mac(const crypto::SecretKey32& psk, const Ephemeral& ephemeral) {
  return mac_with(psk.derive(kLabel), ephemeral);
}

void PskRing::put(Entry entry) {
  auto mac_key = entry.psk.derive(kLabel);
  const auto tag = entry.tag;
  entries_.insert_or_assign(tag, Held{std::move(entry), std::move(mac_key)});
}

void PskRing::remove(std::uint32_t tag) { entries_.erase(tag); }

const PskRing::Entry* PskRing::match(const Ephemeral& ephemeral, const OpeningMac& mac) const {
  const Entry* found = nullptr;
  // Goes through all keys even after a match: how long it takes tells nothing about which.
  for (const auto& [tag, held] : entries_) {
    if (crypto::equal_secret(mac_with(held.mac_key, ephemeral), mac)) found = &held.entry;
  }
  return found;
}

}  // namespace holm::net
