// Small facts of this device, kept in the same transaction as everything else: which log it writes
// in a space, undo marks, import records, known addresses. Never in a digest, never sent.
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace holm::store {

class Db;

class Facts {
 public:
  explicit Facts(Db& db);

  /// `group` names a kind of fact ("own_log", "undo"); keys sort by bytes.
  Status put(std::string_view group, ByteView key, ByteView value);
  Status remove(std::string_view group, ByteView key);
  Result<std::optional<Bytes>> get(std::string_view group, ByteView key) const;
  /// The greatest key of a group, with its value.
  Result<std::optional<std::pair<Bytes, Bytes>>> last(std::string_view group) const;
  /// All of a group, ascending by key.
  Result<std::vector<std::pair<Bytes, Bytes>>> all(std::string_view group) const;
  /// Those of a group from key `from` on, before `end`, ascending by key. O(what is found).
  Result<std::vector<std::pair<Bytes, Bytes>>> between(std::string_view group, ByteView from,
                                                       ByteView end) const;

 private:
  Db& db_;
};

}  // namespace holm::store
