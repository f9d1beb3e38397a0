// A trace and the text that it becomes, with the messages its writers send each other.
#pragma once

#include <functional>
#include <vector>

#include "base/bytes.h"
#include "crdt/text/text.h"
#include "tools/bench/benches.h"
#include "tools/bench/trace.h"

namespace holm::bench {

struct TextCase {
  Trace trace;
  crdt::Text text;                   ///< typed, or merged transaction by transaction
  std::vector<crdt::OpId> versions;  ///< the last id of each transaction that did anything
  /// Several writers: what each of those transactions sends to whom has all before it; names of
  /// logs are brief where that log has sent something before.
  std::vector<Bytes> updates;
  /// Where writers insert at one place at once, engines order that differently, and later positions
  /// of the trace may lie outside of the text: those were brought back to its end, as the converter
  /// of the Eg-walker paper does.
  bool is_clamped = false;

  bool matches_source() const { return text.text() == trace.end; }
};

/// Errors: corrupt when a text of one writer does not end as its source has it, or, where several
/// wrote, when merging in the trace's order, merging as one delta, and loading what was saved do
/// not end in one text.
Result<TextCase> text_case(Trace trace);

/// Visits the trace asked for; else the shared ones; else generated ones, which is said.
Status each_text_case(const Options& options, const std::function<Status(const TextCase&)>& visit);

}  // namespace holm::bench
