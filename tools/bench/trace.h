// Editing traces: real ones from files, or generated ones of the same shape. Read whole, then
// replayed; reading is never part of what is measured.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace holm::bench {

/// One edit: at `pos`, remove `erased` code points, then put `bytes` bytes of the trace's text
/// there, from `from` on.
struct Patch {
  std::uint32_t pos = 0;
  std::uint32_t erased = 0;
  std::uint32_t from = 0;
  std::uint32_t bytes = 0;
  std::uint32_t points = 0;  ///< what it puts there, in code points
};

/// What one writer did to the merge of `parents`. One writer's transactions never are concurrent
/// with each other.
struct Transaction {
  std::uint32_t agent = 0;
  std::vector<std::uint32_t> parents;  ///< indexes of earlier transactions
  std::size_t first_patch = 0;
  std::size_t patch_count = 0;
};

/// Flat, so that replaying touches no memory but what it reads.
struct Trace {
  std::string name;
  std::uint32_t agents = 1;
  std::vector<Transaction> transactions;  ///< in a causal order
  std::vector<Patch> patches;             ///< of one transaction after the other
  std::string text;                       ///< all that is ever inserted, in that order
  std::string end;                        ///< the final text as its source has it; may be empty

  /// Whether each transaction has the one before it as its only parent.
  bool is_linear() const;
  std::span<const Patch> patches_of(const Transaction& transaction) const {
    return std::span(patches).subspan(transaction.first_patch, transaction.patch_count);
  }
  std::string_view inserted(const Patch& patch) const {
    return std::string_view(text).substr(patch.from, patch.bytes);
  }
  /// Begins a transaction; add() appends to it.
  void begin(std::uint32_t agent, std::vector<std::uint32_t> parents);
  void add(std::uint64_t pos, std::uint64_t erased, std::string_view inserted);
};

/// Reads a trace: `.json.gz` or `.json` as github.com/josephg/editing-traces has them (a concurrent
/// one says so by "kind"), or a flat file that starts with "HTRC". Errors: not_found, reject naming
/// what is wrong, limit.
Result<Trace> load_trace(const std::string& path);

/// A trace of one writer who types in bursts, jumps, corrects and pastes.
Trace typed_trace(std::uint64_t seed, std::size_t edits);
/// Several writers who each type for a while on what they last saw, and then meet.
Trace concurrent_trace(std::uint64_t seed, std::uint32_t agents, std::size_t transactions);

}  // namespace holm::bench
