// The columns of a batch of changes, in the order in which they are written. For columns.cc and
// columns_decode.cc; docs/formats/columns.md says what each holds.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "crdt/op.h"
#include "crdt/varint.h"

namespace holm::crdt {

enum Columns : std::size_t {
  // One value per change.
  kLamport,     // delta from the change before
  kTime,        // delta of (time - lamport) from the change before
  kOpCount,     // less 1
  kMembership,  // 0: as in the change before; else how many hashes follow, plus 1
  kDepCount,
  kCertificate,  // bytes
  kSaltCount,
  kWipedCount,
  // One value per op.
  kObject,  // delta of its index in the table of objects from the op before
  kType,    // of these five, behind a base: delta from the op before
  kField,
  kKind,
  kAction,
  kFlags,
  kRefCount,
  kPos,      // text: delta from where the text op before it left the caret; else pos
  kLen,      // text: delta from 1; else delta from 0
  kContent,  // bytes; delta from len for an insert, else from 0
  // One value per reference.
  kRefLog,  // 0: its own log; else index in the table of logs, plus 1
  kRefSeq,  // own log: delta to the op's own seq; else delta from that log's last reference
  // One value per dep, salt or wiped mark.
  kDepLog,      // index in the table of logs
  kDepSeq,      // delta from the log's last reference or dep
  kSaltObject,  // index in the table of objects
  kWipedObject,
  kWipedSeeds,  // how many names of seeds follow
  kColumnCount,
};

inline constexpr std::uint8_t kLayout = 1;      // high half of the first byte
inline constexpr std::uint8_t kCompressed = 1;  // flags in its low half
inline constexpr std::uint8_t kBased = 2;

// Behind the bits of the columns, of batches that go on from a base: what else is there.
inline constexpr std::size_t kManyBit = kColumnCount;  // not one change alone
inline constexpr std::size_t kLogsBit = kColumnCount + 1;
inline constexpr std::size_t kObjectsBit = kColumnCount + 2;
inline constexpr std::size_t kBitCount = kColumnCount + 3;

inline constexpr std::uint64_t kSeedFlag = 1;
inline constexpr std::uint64_t kFollowsOwnFlag = 2;
inline std::uint64_t flags_of(const Op& op) {
  return (op.seed ? kSeedFlag : 0) | (op.follows_own ? kFollowsOwnFlag : 0);
}

/// What an op is apart from what it says: columns kType to kFlags.
using Shape = std::array<std::uint64_t, 5>;
inline Shape shape_of(const Op& op) {
  return {op.type, op.field, static_cast<std::uint64_t>(op.kind),
          static_cast<std::uint64_t>(op.action), flags_of(op)};
}

// What memory_cost() counts; the decoder charges the same before it allocates.
inline constexpr std::size_t kChangeCost = 384;
inline constexpr std::size_t kOpCost = 288;
inline constexpr std::size_t kRefCost = 64;
inline constexpr std::size_t kDepCost = 96;
inline constexpr std::size_t kMarkCost = 96;  // a salt or wiped mark

}  // namespace holm::crdt
