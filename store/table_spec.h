// What the table of winners of one object type looks like. Handed in by the node, which makes it
// from the schema of `work`; store knows no types of its own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "crdt/op.h"

namespace holm::store {

/// One field that has columns: reg -> one column holding the winner (text, integer, real or blob;
/// other values as msgpack blobs); order -> `<name>_in` (container id) and `<name>_key`; text ->
/// none (the live text is read by Objects::text); counter -> its sum. Sets, maps and per-member
/// fields have no columns.
struct ColumnSpec {
  std::uint32_t field = 0;
  std::string name;  ///< a lower-case identifier
  crdt::Kind kind = crdt::Kind::reg;
  bool indexed = false;  ///< order fields are always indexed by (container, key)

  bool operator==(const ColumnSpec&) const = default;
};

struct TableSpec {
  std::uint32_t type = 0;
  std::string name;
  std::vector<ColumnSpec> columns;

  bool operator==(const TableSpec&) const = default;
};

}  // namespace holm::store
