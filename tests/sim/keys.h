// What may be said of the keys that hosts hold, by looking into all of them.
#pragma once

#include <set>

#include "tests/sim/world.h"

namespace holm::sim {

/// Whether every host that belongs holds, of every place, the newest key if it may read there, all
/// of them the same one, and nothing newer than what it was given otherwise. To be asked once all
/// agree and had time to see to keys. Errors: failed, saying who differs.
Status check_keys(World& world);

/// Every key that somebody gets out of all of a team's membership ops, as `from` holds them, with
/// all keys that are on their own device, by trying each on everything.
std::set<Bytes> opened_with_all_keys_of(Host& attacker, node::Replica& from);

}  // namespace holm::sim
