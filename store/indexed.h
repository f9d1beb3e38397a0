// What an object is found by, as the node hands it in: store knows no types and no words of its
// own.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "crdt/object.h"

namespace holm::store {

/// An object as its terms are made from it.
struct Indexed {
  const SpaceId& space;
  const crdt::ObjectState& state;
  const std::map<std::uint32_t, std::string>& texts;  ///< live texts by field
  std::optional<MemberId> author;                     ///< whose log its first op stands in
};

struct Indexer {
  /// The terms of an object: sorted, each once; empty when nothing finds it. Letters of ASCII are
  /// small, and of its other characters only digits, '_', '~' and '=' occur. Pure: it depends on
  /// nothing else, so that what was indexed once can be taken back.
  std::function<std::vector<std::string>(const Indexed&)> terms_of{};
  /// Raised when terms_of changes its mind: the index is made anew at the next open.
  std::uint32_t version = 0;
};

}  // namespace holm::store
