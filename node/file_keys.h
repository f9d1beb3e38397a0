// The key under which a room's files are cut and named (docs/decisions/0014-files.md).
#pragma once

#include "files/content_keys.h"
#include "node/replica.h"

namespace holm::node {

/// Key number 0 of a room: derived from the network key with which the team was made, which every
/// member holds for good, and the room's space. Errors: unsupported for other numbers, which a
/// newer program gives; not_found before the team's first membership op is here.
Result<files::ContentKeys> content_keys(const Replica& replica, const SpaceId& space,
                                        std::uint64_t number);

}  // namespace holm::node
