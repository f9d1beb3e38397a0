// Consecutive changes of one log as columnar bytes: how logs are stored and sent. Delta and
// run-length coding per column, content beside structure, zstd where it pays. Canonical msgpack
// stays what is hashed: decode gives back exactly the changes that went in.
// Byte layout: docs/formats/columns.md.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "crdt/change.h"
#include "crdt/column_base.h"

namespace holm::crdt {

/// Bounds on what a decoder accepts; beyond: Code::limit. Allocation stays under
/// expanded_max + 2 * memory_max whatever the input says.
struct ColumnLimits {
  std::size_t bytes_max = 4u << 20;
  std::size_t expanded_max = 16u << 20;  ///< after decompression
  std::size_t changes_max = 1u << 16;
  std::size_t memory_max = 96u << 20;  ///< of the decoded changes, by memory_cost()
  ChangeLimits change{};
};

/// What a change costs a decoder in memory, contents apart from the rest counted twice or less.
/// Who batches changes stops well before the sum reaches ColumnLimits::memory_max.
std::size_t memory_cost(const Change& change);

/// Requires: not empty, one log, each well formed (validate()) and starting where the one before
/// ended.
Bytes encode_columns(std::span<const Change> changes);

/// Errors: reject, limit, unsupported (a newer layout). Deterministic: one accepted spelling per
/// list of changes is not promised here (compressors differ); hashes are over `structure`.
Result<std::vector<Change>> decode_columns(ByteView bytes, const ColumnLimits& limits = {});

/// The same for a receiver who holds the log up to `base`: what that says is left out, so a typed
/// character is a dozen bytes. Requires: as above, and they go on where the base ends.
Bytes encode_columns(std::span<const Change> changes, const ColumnBase& base);
/// Errors: as above; not_found when they go on from another base than this.
Result<std::vector<Change>> decode_columns(ByteView bytes, const ColumnBase& base,
                                           const ColumnLimits& limits = {});
/// Where a batch begins that goes on from a base, before it is decoded: the base is the one behind
/// the change that ends just before. Nothing for a batch that stands alone, and for what is none.
std::optional<std::uint64_t> based_at(ByteView bytes);

}  // namespace holm::crdt
