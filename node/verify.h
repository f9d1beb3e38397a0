// Checks what arrived from a peer before anything of it is stored: form, chain, head, signature.
// Pure but for the look-ups handed in.
#pragma once

#include <functional>
#include <vector>

#include "base/result.h"
#include "crdt/chain.h"
#include "crypto/keys.h"
#include "store/logs.h"
#include "sync/message.h"

namespace holm::node {

/// Label under which heads are signed.
inline constexpr std::string_view kHeadLabel = "holm head v1";

/// A log as far as this device holds it, before the range.
struct HeldLog {
  std::uint64_t seq = 0;
  Digest hash;                ///< chain hash there; the chain's start at seq 0
  std::uint64_t lamport = 0;  ///< of the last change held
};

/// The changes of `range` beyond what is held, with their chain hashes. The range starts at or
/// before held.seq + 1. Errors: reject (form, chain, head or signature does not fit), limit.
Result<std::vector<store::StoredChange>> verify_range(const SpaceId& space,
                                                      const sync::Range& range, const HeldLog& held,
                                                      const crypto::VerifyKey& key,
                                                      const crdt::SaltLookup& salts);

}  // namespace holm::node
