// What tells a store that it is the sole continuation of itself (DESIGN.md 2): kept outside of the
// home's folder, so that a restored backup, a rolled back disk or a copied home does not bring it
// along. Who cannot prove it goes on under new logs, an incarnation of its own, and nothing forks.
//
// A store carries a nonce, renewed by the first change that a process writes in it; the witness
// knows it, and how far this device's logs went. A store ahead of its witness is normal.
#pragma once

#include <map>
#include <optional>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"

namespace holm::node {

using StoreNonce = Id<struct StoreNonceTag>;

struct Witness {
  StoreNonce nonce;  ///< of the store
  StoreNonce next;   ///< that it takes, or took, with the change written next; else the same
  std::map<LogId, std::uint64_t> logs;  ///< of this device: last op that stood in them

  bool operator==(const Witness&) const = default;
};

Bytes encode(const Witness& witness);
/// Errors: corrupt.
Result<Witness> decode_witness(ByteView bytes);

}  // namespace holm::node
