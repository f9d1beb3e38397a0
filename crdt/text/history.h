// All that is known about how a text came to be: who, after what, and what. Three lists side by
// side, each run-length encoded in its own way, under one numbering.
#pragma once

#include "crdt/text/graph.h"
#include "crdt/text/names.h"
#include "crdt/text/runs.h"

namespace holm::crdt::text {

struct History {
  Names names;
  Graph graph;
  Runs runs;

  Lv end() const { return runs.end(); }
};

}  // namespace holm::crdt::text
