// A part of a text's history on its own, as it is read: some runs under numbers that count from 0,
// and what they follow outside of it. How it is written, from an outline, stands here too; bytes in
// docs/formats/text.md.
//
// Values. Threads: one at a time.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "crdt/op.h"
#include "crdt/text/history.h"
#include "crdt/text/outline.h"
#include "crdt/text/packing.h"

namespace holm::crdt::text {

struct Extract {
  /// A parent that is not in the extract, of the first number of one of its spans.
  struct Outside {
    std::uint32_t span = 0;
    OpId id;
  };

  History history;
  std::vector<Outside> outside;  ///< ascending by span
};

/// How logs are named: by their ids, or by the first four bytes of them to a reader who knows each.
enum class LogNames : bool { whole, brief };
void put_log(Bytes& out, const LogId& log, LogNames names);
Result<LogId> take_log(Unpacker& in, LogNames names, const Names& known);

/// Whether columns are compressed one by one, or stand side by side, which suits a few runs.
enum class Columns : bool { apart, together };

/// Appends an outline of a history whose names are `names`. Requires that it is not empty. O(runs).
void put_structure(Bytes& out, const Outline& outline, const Names& names, LogNames log_names,
                   Columns columns);
/// The inverse; the runs have no content yet, as if wiped, and their flags say what has some.
/// `known` tells what brief names mean. Holds at most 64 times the columns. Errors:
/// reject; not_found when a brief name is not known.
Result<Extract> take_structure(Unpacker& in, LogNames log_names, Columns columns,
                               const Names& known);

}  // namespace holm::crdt::text
