#include "tools/bench/typing.h"

#include <algorithm>
#include <chrono>

#include "tools/bench/ids.h"

namespace holm::bench {

Status type_all(const Trace& trace, crdt::Text& text) {
  crdt::OpId next{log_of(0), 1};
  for (const auto& patch : trace.patches) TRY(type(trace, patch, next, text));
  return {};
}

Result<std::vector<double>> type_timed(const Trace& trace, crdt::Text& text) {
  std::vector<double> laps;
  laps.reserve(trace.transactions.size());
  crdt::OpId next{log_of(0), 1};
  auto before = std::chrono::steady_clock::now();
  for (const auto& transaction : trace.transactions) {
    for (const auto& patch : trace.patches_of(transaction)) TRY(type(trace, patch, next, text));
    const auto now = std::chrono::steady_clock::now();
    laps.push_back(std::chrono::duration<double, std::micro>(now - before).count());
    before = now;
  }
  std::sort(laps.begin(), laps.end());
  return laps;
}

}  // namespace holm::bench
