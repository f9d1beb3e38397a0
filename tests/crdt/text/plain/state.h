// What a Text consists of, shared by the files that implement it.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "crdt/text/edits.h"
#include "tests/crdt/text/plain/graph.h"
#include "tests/crdt/text/plain/indexed.h"
#include "tests/crdt/text/plain/text.h"
#include "tests/crdt/text/plain/walker.h"

namespace holm::plain {

struct Text::State {
  text::Graph graph;
  text::IndexedText live;
  std::vector<OpId> frontier;            // graph.heads() by id
  std::unique_ptr<text::Walker> walker;  // null, or all of the graph is placed in it

  /// A walker that knows every place, made when there is none. The first time O(n log n).
  text::Walker& places();
  /// Local numbers of `ids`. Errors: not_found when one is unknown.
  Result<text::Version> version_of(std::span<const OpId> ids) const;
};

}  // namespace holm::plain
