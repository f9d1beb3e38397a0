// A change: the unit that is chained, stored and sent (DESIGN.md 2). Values only.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crdt/op.h"

namespace holm::crdt {

/// "I have seen `log` up to `seq`, where its chain stood at `head`." `log` may be a branch name.
struct Dep {
  LogId log;
  std::uint64_t seq = 0;
  ShortHash head;

  auto operator<=>(const Dep&) const = default;
};

/// Sixteen random bytes under which one log's content on one object is hashed. Declared in the
/// log's first change that puts content on the object, so that a log verifies without any other.
/// Not part of the structure: a carrier may attach a salt again where it is needed.
struct SaltOf {
  ObjectId object;
  Salt salt;

  auto operator<=>(const SaltOf&) const = default;
};

/// Stands in for the content of one object that was erased from a change: its digest, which keeps
/// the chain verifiable (chain.h), and the names of the seed ops that lost their content, in op
/// order, since others' ops refer to them.
struct WipedOf {
  ObjectId object;
  Digest content;
  std::vector<LogId> seeds{};

  auto operator<=>(const WipedOf&) const = default;
};

/// Whether a change counts. A mark of this device, not part of the change; judged alike everywhere.
enum class Mark : std::uint8_t {
  valid = 0,
  is_void = 1,  ///< its author was not allowed to, or it makes no sense
  held = 2,     ///< its author was removed before it: as void, until somebody shows it again
};

/// What a change of a forked log is besides what its author signed, once the store has put the
/// names of branches into it (chain.h fork_name): none of it is hashed, stored or sent with the
/// change.
struct Branching {
  std::vector<LogId> trunk;  ///< what its branch goes on from, nearest first; the log itself last
  /// Names of seed ops, by index, as they were before references in them were renamed.
  std::vector<std::pair<std::size_t, LogId>> seeds;
};

struct Change {
  LogId log;
  std::uint64_t seq = 0;              ///< of the first op, from 1
  std::uint64_t lamport = 0;          ///< hybrid: max(seen + 1, wall clock in ms); all ops share it
  WallTime time{};                    ///< as the author's device claims
  std::vector<ShortHash> membership;  ///< frontier of the trust space its author knew; sorted
  std::vector<Dep> deps;              ///< other logs' heads that nothing seen builds on; sorted
  Bytes certificate;                  ///< the author's device certificate; first change only
  std::vector<SaltOf> salts;          ///< sorted by object
  std::vector<WipedOf> wiped;         ///< sorted by object
  std::vector<Op> ops;                ///< at least one
  std::shared_ptr<const Branching> branching{};  ///< null: as it was signed

  /// Sequence numbers taken; the next change of the log starts at seq + span().
  std::uint64_t span() const {
    std::uint64_t out = 0;
    for (const auto& op : ops) out += op.span();
    return out;
  }
  std::uint64_t last_seq() const { return seq + span() - 1; }
  /// The log whose device signed it: of a branch the forked log, else `log`.
  const LogId& root() const {
    return branching && !branching->trunk.empty() ? branching->trunk.back() : log;
  }
  bool operator==(const Change&) const = default;
};

/// How far the lamport of a change may lie past its causal past: five years in milliseconds.
/// Beyond it the change is void. author() stays under it, so a wrong clock costs nobody their work.
inline constexpr std::uint64_t kLamportLeapMax = 5ull * 366 * 24 * 3600 * 1000;

/// Sequence numbers, positions and lengths stay below these; beyond them a change is refused.
inline constexpr std::uint64_t kSeqMax = 1ull << 52;
inline constexpr std::uint64_t kSpanMax = 1ull << 32;

/// Beyond any of these a change is refused by decoders and never made by author.h.
struct ChangeLimits {
  std::size_t bytes_max = 1u << 20;  ///< by weight(); a larger paste is several changes
  std::size_t ops_max = 1u << 14;
  std::size_t refs_max = 1u << 10;  ///< of one op
  std::size_t deps_max = 1u << 12;
  std::size_t content_max = 512u << 10;  ///< bytes of one op
};

/// An upper bound of a change's canonical size (structure and content) that takes one addition per
/// op and is the same before and after erasure.
std::size_t weight(const Change& change);
/// What one op adds to weight().
std::size_t weight(const Op& op);

/// True for the kinds and actions that this program knows how to merge. Others are kept and passed
/// on as they are.
bool is_known(Kind kind, Action action);

/// Whether a change has the one form that its meaning has: lists sorted and without duplicates,
/// kinds and actions that fit, contents of the stated length and shape (text is UTF-8, values are
/// canonical msgpack), references into its own log's past, erased content gone. Ops of unknown kind
/// pass with any content. Errors: reject, limit. O(bytes).
Status validate(const Change& change, const ChangeLimits& limits = {});

}  // namespace holm::crdt
