// Whom to let in before they have proven anything: the admission policy for inbound links. Pure:
// facts and time in, verdicts out. Authenticated links are not its business.
//
// A newcomer is never turned away because others are dawdling; the oldest half-open link goes
// instead. An honest handshake takes milliseconds, so it is young, while a flood fills the places
// with links that age. What the flood can push through per second is bounded by a token bucket per
// address.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/transport.h"

namespace holm::net {

struct GateLimits {
  std::size_t half_open_max = 64;              ///< in all
  std::size_t half_open_per_address_max = 16;  ///< from one address
  unsigned burst = 32;                         ///< links from one address at once; above zero
  unsigned per_second = 16;               ///< links from one address in the long run; above zero
  std::size_t address_count_max = 4'096;  ///< buckets remembered
};

/// Threads: its owner's. Time never runs backwards.
class Gate {
 public:
  struct Verdict {
    bool admitted = false;       ///< otherwise close the new link
    std::optional<LinkId> drop;  ///< a half-open link that makes room; close it
  };

  /// Requires: all limits above zero, more addresses than half-open links.
  explicit Gate(GateLimits limits);
  Gate() : Gate(GateLimits{}) {}

  /// A link came in from `host`, an IPv4 or IPv6 literal. O(log n).
  Verdict on_accepted(LinkId link, std::string_view host, Time now);
  /// The link authenticated, or is gone (a dropped one may be reported again, or not): its place
  /// is free.
  void release(LinkId link);

  std::size_t half_open_count() const { return half_open_.size(); }
  std::size_t address_count() const { return addresses_.size(); }

 private:
  struct Address {
    double tokens = 0;
    Time refilled;
    std::size_t half_open_count = 0;
  };
  using Addresses = std::map<std::string, Address, std::less<>>;
  Addresses::iterator bucket(const std::string& key, Time now);
  double tokens_at(const Address& address, Time now) const;
  void make_room(Time now);
  LinkId oldest_from(Addresses::const_iterator address) const;

  GateLimits limits_;
  Addresses addresses_;
  std::map<LinkId, Addresses::iterator> half_open_;  // ids grow, so the first is the oldest
};

/// The name under which an address is counted: an IPv4 address, also when mapped into IPv6, or the
/// /64 of an IPv6 address, since one machine owns all of that. Other text stands for itself.
std::string address_key(std::string_view host);

}  // namespace holm::net
