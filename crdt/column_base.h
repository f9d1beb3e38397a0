// What two sides that hold the same changes of a log need not tell each other about the next ones:
// ids, lamport, membership, and where the caret stood. Derived from the one change before, so that
// whoever holds a log has it. Values only.
#pragma once

#include <span>
#include <vector>

#include "crdt/change.h"

namespace holm::crdt {

/// Bounded: at most kNamedMax objects and logs, and one change's membership.
struct ColumnBase {
  static constexpr std::size_t kNamedMax = 64;
  struct Named {
    LogId log;
    std::uint64_t seq = 0;  ///< that it was last named with

    bool operator==(const Named&) const = default;
  };

  LogId log;
  std::uint64_t seq = 1;  ///< of the next change
  std::uint64_t lamport = 0;
  std::uint64_t lead = 0;  ///< time less lamport, modulo 2^64
  std::vector<ShortHash> membership;
  std::vector<ObjectId> objects;  ///< in the order in which ops name them first, the last of them
  std::vector<Named> logs;        ///< so for deps and references
  Op last;                        ///< without refs and content
  std::uint64_t caret = 0;        ///< where its last text op left it

  bool operator==(const ColumnBase&) const = default;
};

/// What is known behind `last`. O(its ops).
ColumnBase base_after(const Change& last);

/// Two bytes that tell bases apart: H("holm column base v1", all of it), the first two.
std::array<std::uint8_t, 2> check_of(const ColumnBase& base);

}  // namespace holm::crdt
