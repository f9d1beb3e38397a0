// The prekeys of this device (work/members/prekey.h): the newest is published, those before it stay
// for a while for boxes that were made before others heard, and then they are wiped. Facts of the
// team's store. Owned by a Replica; threads: the loop's.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "node/identity.h"
#include "store/facts.h"
#include "work/members/prekey.h"

namespace holm::node {

/// Facts: secret halves, by public half.
inline constexpr std::string_view kPrekeys = "prekey";

class Prekeys {
 public:
  /// Reads what is kept. Errors: the store's.
  Status load(const store::Facts& facts);

  /// The secret halves that there are.
  std::vector<const crypto::KexKey*> keys() const;
  /// When a new one is to be made, or an old one wiped; the past: now.
  WallTime due_at() const;
  /// Makes a new one where it is time, and wipes what has had its time. The new one, to be
  /// published. Needs an open turn. Errors: the store's.
  Result<std::optional<work::members::Prekey>> turn_over(store::Facts& facts,
                                                         const Identity& identity,
                                                         const TeamId& team, WallTime now,
                                                         Rng& rng);

 private:
  struct Held {
    crypto::KexKey key;
    WallTime made{};
    std::optional<WallTime> retired;
  };
  static Status keep(store::Facts& facts, const Held& held);

  std::map<crypto::KexPublic, Held> held_;
};

}  // namespace holm::node
