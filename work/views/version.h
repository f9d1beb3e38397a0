// Versions of one object: its changes in replay order, and what it was after the first so many.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "crdt/replay.h"
#include "work/views/shape.h"

namespace holm::work::views {

using Changes = std::vector<crdt::Delivered>;

/// The object after the first `count` of its changes. Errors: corrupt.
Result<crdt::Rebuilt> version_of(const Ref& ref, const Changes& history, std::size_t count);
/// A text of it; empty when it has none.
std::string text_of(const crdt::Rebuilt& object, std::uint32_t field);

/// The shortest prefixes, at least 12 digits, that tell the versions of one history apart.
std::vector<std::string> version_names(const Changes& history);
/// {"version", "at", "by"} of the version that holds `count` changes; null for none of them.
Value version_value(Shape& shape, const Changes& history, std::size_t count);

/// What each op of an object's history is called, and in which of its changes it stands. Seeds come
/// in several logs: the first that brought one counts.
struct Written {
  std::size_t change = 0;  ///< index into the history
  const crdt::Op* op = nullptr;
};
class OpIndex {
 public:
  OpIndex(const Ref& ref, const Changes& history);
  /// The op that gave `id` (a code point of a text counts for its run); null when it is not here.
  const Written* find(const crdt::OpId& id) const;
  /// As find(), with the first id that the op took.
  std::pair<const Written*, crdt::OpId> find_with_name(const crdt::OpId& id) const;

 private:
  std::map<crdt::OpId, Written> first_;  // by the first id that an op took
};

}  // namespace holm::work::views
