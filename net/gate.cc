#include "net/gate.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "base/ensure.h"

namespace holm::net {
namespace {

constexpr std::uint8_t kMappedPrefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t kOwnedPrefixBytes = 8;  // the /64

}  // namespace

std::string address_key(std::string_view host) {
  std::string text(host.substr(0, host.find('%')));
  in6_addr parsed;
  if (inet_pton(AF_INET6, text.c_str(), &parsed) != 1) return text;
  std::uint8_t raw[16];
  std::memcpy(raw, &parsed, sizeof raw);
  if (std::equal(std::begin(kMappedPrefix), std::end(kMappedPrefix), raw)) {
    std::string out;
    for (int i = 12; i < 16; ++i) out += (i > 12 ? "." : "") + std::to_string(raw[i]);
    return out;
  }
  return hex(ByteView(raw, kOwnedPrefixBytes)) + "/64";
}

Gate::Gate(GateLimits limits) : limits_(limits) {
  ENSURE(limits.half_open_max > 0 && limits.half_open_per_address_max > 0 && limits.burst > 0 &&
         limits.per_second > 0 && limits.address_count_max > limits.half_open_max);
}

Gate::Verdict Gate::on_accepted(LinkId link, std::string_view host, Time now) {
  const auto from = bucket(address_key(host), now);
  auto& address = from->second;
  if (address.tokens < 1) return {};
  address.tokens -= 1;

  Verdict verdict{.admitted = true, .drop = {}};
  if (address.half_open_count >= limits_.half_open_per_address_max) {
    verdict.drop = oldest_from(from);
  } else if (half_open_.size() >= limits_.half_open_max) {
    verdict.drop = half_open_.begin()->first;
  }
  if (verdict.drop) release(*verdict.drop);
  half_open_.emplace(link, from);
  ++address.half_open_count;
  return verdict;
}

void Gate::release(LinkId link) {
  const auto place = half_open_.find(link);
  if (place == half_open_.end()) return;
  --place->second->second.half_open_count;
  half_open_.erase(place);
}

Gate::Addresses::iterator Gate::bucket(const std::string& key, Time now) {
  auto found = addresses_.find(key);
  if (found == addresses_.end()) {
    if (addresses_.size() >= limits_.address_count_max) make_room(now);
    return addresses_.emplace(key, Address{.tokens = double(limits_.burst), .refilled = now}).first;
  }
  found->second.tokens = tokens_at(found->second, now);
  found->second.refilled = now;
  return found;
}

double Gate::tokens_at(const Address& address, Time now) const {
  const double seconds = std::chrono::duration<double>(now - address.refilled).count();
  return std::min<double>(limits_.burst, address.tokens + seconds * limits_.per_second);
}

void Gate::make_room(Time now) {
  // A full bucket without half-open links is as good as none.
  std::erase_if(addresses_, [&](const auto& entry) {
    return entry.second.half_open_count == 0 && tokens_at(entry.second, now) >= limits_.burst;
  });
  if (addresses_.size() < limits_.address_count_max) return;
  // Otherwise the one not heard of for longest starts anew when it returns.
  auto oldest = addresses_.end();
  for (auto it = addresses_.begin(); it != addresses_.end(); ++it) {
    if (it->second.half_open_count > 0) continue;
    if (oldest == addresses_.end() || it->second.refilled < oldest->second.refilled) oldest = it;
  }
  if (oldest != addresses_.end()) addresses_.erase(oldest);
}

LinkId Gate::oldest_from(Addresses::const_iterator address) const {
  const auto found = std::find_if(half_open_.begin(), half_open_.end(), [&](const auto& place) {
    return Addresses::const_iterator(place.second) == address;
  });
  return found->first;  // only asked when the address has half-open links
}

}  // namespace holm::net
