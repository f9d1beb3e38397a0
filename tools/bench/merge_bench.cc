// A text's history merged into an empty text: as one message, and as the live messages of its
// writers.
#include <algorithm>

#include "tools/bench/text_case.h"

namespace holm::bench {
namespace {

using Clock = std::chrono::steady_clock;
using crdt::Text;

struct Merged {
  double first_ms = 0;
  double ms = 0;
  std::int64_t peak_kb = 0;  ///< above what the process had before
  bool is_right = true;
};

Merged merge(const Options& options, std::span<const Bytes> messages, const std::string& end) {
  Merged out;
  const auto once = [&] {
    Text text;
    const auto began = Clock::now();
    const auto is_merged = std::all_of(messages.begin(), messages.end(), [&](const Bytes& message) {
      return text.merge_delta(message).has_value();
    });
    out.is_right = is_merged && text.text() == end && out.is_right;
    return ms_since(began);
  };
  start_peak();
  const auto before = rss_kb();
  out.first_ms = once();
  out.peak_kb = peak_kb() - before;
  out.ms = median_ms(options.runs, once);
  return out;
}

Status bench_case(const Options& options, const Report& report, const TextCase& one) {
  const auto end = one.text.text();
  const std::vector<Bytes> whole{TRY(one.text.delta({}, false))};
  const auto at_once = merge(options, whole, end);
  if (!at_once.is_right) return fail(Code::corrupt, one.trace.name + " merges wrongly");
  auto out = Value::object()
                 .set("bench", "merge")
                 .set("case", one.trace.name)
                 .set("ms", at_once.ms)
                 .set("first_ms", at_once.first_ms)
                 .set("bytes", whole[0].size())
                 .set("peak_kb", at_once.peak_kb);
  if (!one.updates.empty()) {
    const auto live = merge(options, one.updates, end);
    if (!live.is_right) return fail(Code::corrupt, one.trace.name + " streams wrongly");
    std::size_t bytes = 0;
    for (const auto& update : one.updates) bytes += update.size();
    out.set("stream_ms", live.ms)
        .set("stream_first_ms", live.first_ms)
        .set("update_us", live.ms * 1000 / double(one.updates.size()))
        .set("updates", one.updates.size())
        .set("update_bytes", bytes)
        .set("stream_peak_kb", live.peak_kb);
  }
  report.add(out.set("text_bytes", end.size())
                 .set("is_clamped", one.is_clamped)
                 .set("matches_source", one.matches_source()));
  return {};
}

}  // namespace

/// {"ms", "first_ms", "bytes", "peak_kb"}: the whole history as one message; where several wrote,
/// {"stream_ms", "stream_first_ms", "update_us", "updates", "update_bytes", "stream_peak_kb"}: each
/// transaction as its own. Each until the text is in hand; peaks are above what was there before.
Status bench_merge(const Options& options, const Report& report) {
  return each_text_case(options,
                        [&](const TextCase& one) { return bench_case(options, report, one); });
}

}  // namespace holm::bench
