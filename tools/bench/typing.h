// Typing: the edits of a trace made on a text by one device.
#pragma once

#include <vector>

#include "crdt/text/text.h"
#include "tools/bench/trace.h"

namespace holm::bench {

/// One edit by the first writer of a trace; `next` names the first code point of what follows it.
inline Status type(const Trace& trace, const Patch& patch, crdt::OpId& next, crdt::Text& text) {
  if (patch.erased > 0) {
    TRY(text.erase(next, patch.pos, patch.erased));
    next.seq += patch.erased;
  }
  if (patch.bytes > 0) {
    TRY(text.insert(next, patch.pos, trace.inserted(patch)));
    next.seq += patch.points;
  }
  return {};
}

/// All edits of a linear trace, by its first writer.
Status type_all(const Trace& trace, crdt::Text& text);
/// The same; what each transaction took in µs, shortest first. Looking at the clock takes part of
/// it.
Result<std::vector<double>> type_timed(const Trace& trace, crdt::Text& text);

/// Of sorted times: the one that 999 of 1,000 do not exceed.
inline double p999(const std::vector<double>& sorted) { return sorted[sorted.size() * 999 / 1000]; }

}  // namespace holm::bench
