// Exhaustive search of the rules of membership at small scope (TRUST.md 6 and 7): all sets of a few
// free acts, by any author with any causally closed past - so backdated, forked, withheld and late
// ones too - over teams of some shapes, each held against what the rules guarantee.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/rng.h"
#include "work/members/rules.h"

namespace holm::work::members::test {

/// What the free acts are taken from.
enum class Deeds : std::uint8_t {
  roles,    ///< grants and reductions to every role: the search of TRUST.md 7
  lean,     ///< remove, leave and admit at one's own role
  devices,  ///< lean, and devices added, by device and by root key, and dropped
  invites,  ///< remove, leave, admissions under an invite of one use, closing it
  rooms,    ///< remove, leave; a private room of the second person and the fourth, and an open one:
            ///< every level to everybody, leaving it to some, guests who come in by invites
};

struct SearchOptions {
  /// 0: owner, two admins, member. 1: two owners with an admin each. 2: four owners. 3: three
  /// owners in a chain. 4: two owners.
  int shape = 0;
  int free_acts = 3;
  Deeds deeds = Deeds::roles;
  bool restores = true;               ///< also whether every owner can set the team right
  std::uint64_t deliver_every = 997;  ///< each so many sets arrive in three random orders, too
  std::uint64_t seed = 1;             ///< of hashes
  /// Free acts are made within one hour, hours after what they stand on.
  std::size_t acts_per_hour = kActsPerHour;
  /// Whether random sets keep acts that were refused.
  bool keeps_refused = false;
};

struct SearchTally {
  std::uint64_t sets = 0;
  std::uint64_t late = 0;       ///< acts taken as arriving last
  std::uint64_t finals = 0;     ///< of those, behind a removal that outranks them
  std::uint64_t contested = 0;  ///< behind one that does not
  std::uint64_t with_void = 0;
  std::uint64_t with_refused = 0;
  std::uint64_t with_waiting = 0;
  std::uint64_t restores = 0;
  std::uint64_t orders = 0;
  std::map<std::string, std::uint64_t> failures;  ///< by the guarantee that does not hold
  std::string first_failure;                      ///< its acts, one a line
};

SearchTally search(const SearchOptions& options);
/// `count` random sets of up to `acts_max` acts by the deeds of `options`, each with hashes of its
/// own, delivered in three orders.
SearchTally search_random(const SearchOptions& options, std::uint64_t count, std::size_t acts_max);

}  // namespace holm::work::members::test
