// What has to hold of who is in rooms, whatever was done: for the search of trust_search.h.
#pragma once

#include "work/members/rules.h"

namespace holm::work::members::test {

inline constexpr RoomIndex kClosed = 0;  ///< opened as a private one
inline constexpr RoomIndex kOpen = 1;

/// The first of these that does not hold of `all` acts; null when they do. Nobody has a level
/// without a role, or that nobody gave them who was allowed to. Who was taken out is out until
/// somebody who knows of it brings them back.
const char* broken_in_rooms(const Rules& rules, const Resolution& all, PersonIndex people);

/// Whether everybody has the same level in both rooms.
bool same_levels(const Standing& a, const Standing& b, PersonIndex people);

}  // namespace holm::work::members::test
