// Looking back into a text.
#include <algorithm>

#include "base/rng.h"
#include "tools/bench/text_case.h"

namespace holm::bench {
namespace {

using Clock = std::chrono::steady_clock;
using crdt::Text;

Status bench_case(const Options& options, const Report& report, const TextCase& one) {
  SeededRng rng(options.seed);
  const auto& versions = one.versions;
  const auto saved = one.text.save();
  const auto runs = std::max(options.runs, 15);
  bool is_right = true;
  const auto at = [&](const Text& text, std::size_t index) {
    is_right = text.at({&versions[index], 1}).has_value() && is_right;
  };
  const auto cold = median_ms(runs, [&] {
    const auto index = rng.below(versions.size());
    const auto began = Clock::now();
    const auto text = Text::load(saved);
    if (text) at(*text, index);
    is_right = is_right && text;
    return ms_since(began);
  });
  const auto text = TRY(Text::load(saved));
  std::size_t last = rng.below(versions.size());
  const auto timed = [&](std::size_t index) {
    last = index;
    const auto began = Clock::now();
    at(text, index);
    return ms_since(began);
  };
  const auto first = timed(last);
  const auto any = median_ms(runs, [&] { return timed(rng.below(versions.size())); });
  const auto step = median_ms(runs, [&] { return timed((last + 1) % versions.size()); });
  if (!is_right) return fail(Code::corrupt, one.trace.name + " does not know a version of its own");
  report.add(Value::object()
                 .set("bench", "history")
                 .set("case", one.trace.name)
                 .set("ms", cold)
                 .set("first_ms", first)
                 .set("any_ms", any)
                 .set("step_ms", step)
                 .set("versions", versions.size())
                 .set("rss_kb", rss_kb()));
  return {};
}

}  // namespace

/// {"ms", "first_ms", "any_ms", "step_ms"}: a version anywhere in the history of a text: from saved
/// bytes; of a text that is loaded, the first one asked for, and others; and the next one from
/// there.
Status bench_history(const Options& options, const Report& report) {
  return each_text_case(options,
                        [&](const TextCase& one) { return bench_case(options, report, one); });
}

}  // namespace holm::bench
