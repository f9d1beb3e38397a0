// Hash chains, heads and forks (DESIGN.md 2).
//
//   content of object o in a change = H(salt | contents of its ops on o, in op order)
//   d   = H(structure | content digests, in order of first appearance; objects whose ops in this
//         change have no content have none)
//   h_0 = H(space | log);  h_n = H(h_{n-1} | d_n);  H = BLAKE2b-256 with a domain label
//
// `structure` is the canonical msgpack of everything in a change but salts, wiped marks and
// content (docs/formats/change.md).
#pragma once

#include <functional>
#include <optional>

#include "base/result.h"
#include "crdt/change.h"

namespace holm::crdt {

/// Finds the salt under which `log` hashes its content on an object; nothing when not known.
using SaltLookup = std::function<std::optional<Salt>(const LogId& log, const ObjectId& object)>;

/// Canonical bytes of a change's structure.
Bytes structure(const Change& change);

/// d of a change. Salts come from the change itself, else from `salts`; wiped objects contribute
/// the digest kept for them. Errors: corrupt when a salt is missing.
Result<Digest> change_digest(const Change& change, const SaltLookup& salts);

/// h_0 of a log.
Digest chain_start(const SpaceId& space, const LogId& log);
/// h_n from h_{n-1} and d_n.
Digest chain_next(const Digest& before, const Digest& change);

/// Name of a branch of a forked log: H(log, seq, d of its first differing change)[0..16].
LogId fork_name(const LogId& log, std::uint64_t seq, const Digest& first_differing);

/// Replaces the content of `object` in `change` by its digest and drops its salt. False when the
/// change holds none of it. Errors: corrupt when the salt is missing.
Result<bool> wipe(Change& change, const ObjectId& object, const SaltLookup& salts);

using Signature = Id<struct HeadSignatureTag, 64>;

/// A signed statement that `log` stood at `hash` after `seq` ops. Authenticates all before it.
struct Head {
  LogId log;
  std::uint64_t seq = 0;
  Digest hash;
  std::vector<ShortHash> membership;
  WallTime time{};
  Signature signature;

  bool operator==(const Head&) const = default;
};

/// A store keeps the newest head of each log and, for ever, the first at or past each multiple of
/// this many ops.
inline constexpr std::uint64_t kCheckpointOps = 4096;

/// True when a head at `seq` is the first past a multiple of kCheckpointOps, the head before it
/// having been at `before` (0 when none).
bool is_checkpoint(std::uint64_t before, std::uint64_t seq);

/// The bytes that a head signs.
Bytes signed_bytes(const SpaceId& space, const Head& head);

/// A head as canonical msgpack, and back.
Bytes encode(const Head& head);
Result<Head> decode_head(ByteView bytes);

/// Digest of a space: BLAKE2b over its sorted (branch, accepted seq, h); logs at seq 0 are left
/// out.
struct Position {
  LogId log;
  std::uint64_t seq = 0;
  Digest hash;

  auto operator<=>(const Position&) const = default;
};
Digest space_digest(std::vector<Position> accepted);

}  // namespace holm::crdt
