// Local numbers of spaces and objects: small integers that rows use in place of ids of 16 bytes.
// Never leave the store; two stores number differently.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"

namespace holm::store {

class Db;

/// Number of a space; nothing when this store has not met it.
Result<std::optional<std::int64_t>> find_space_no(Db& db, const SpaceId& space);
/// As find_space_no, but numbers the space when it is new.
Result<std::int64_t> space_no(Db& db, const SpaceId& space);

Result<std::optional<std::int64_t>> find_object_no(Db& db, const SpaceId& space,
                                                   const ObjectId& object);
/// As find_object_no, but numbers the object when it is new, as met at `now`.
Result<std::int64_t> object_no(Db& db, std::int64_t space, const ObjectId& object,
                               WallTime now = {});

}  // namespace holm::store
