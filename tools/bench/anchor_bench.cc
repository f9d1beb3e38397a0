// Places that move with a text.
#include "base/rng.h"
#include "tools/bench/text_case.h"

namespace holm::bench {
namespace {

using Clock = std::chrono::steady_clock;
using crdt::Text;

constexpr int kCount = 1000;

Status bench_case(const Options& options, const Report& report, const TextCase& one) {
  const auto text = TRY(Text::load(one.text.save()));
  SeededRng rng(options.seed);
  auto began = Clock::now();
  (void)text.anchor(text.size() / 2, false);
  const auto first = ms_since(began);
  std::vector<std::pair<std::uint64_t, crdt::Anchor>> made;
  made.reserve(kCount);
  const auto make_ms = median_ms(options.runs, [&] {
    made.clear();
    began = Clock::now();
    for (int i = 0; i < kCount; ++i) {
      const auto pos = rng.below(text.size() + 1);
      made.emplace_back(pos, text.anchor(pos, rng.chance(50)));
    }
    return ms_since(began);
  });
  bool is_right = true;
  const auto resolve_ms = median_ms(options.runs, [&] {
    began = Clock::now();
    for (const auto& [pos, anchor] : made) is_right = text.resolve(anchor) == pos && is_right;
    return ms_since(began);
  });
  if (!is_right) return fail(Code::corrupt, "an anchor stands elsewhere than it was put");
  report.add(Value::object()
                 .set("bench", "anchors")
                 .set("case", one.trace.name)
                 .set("ms", resolve_ms)
                 .set("first_ms", first)
                 .set("make_us", make_ms * 1000 / kCount)
                 .set("resolve_us", resolve_ms * 1000 / kCount)
                 .set("rss_kb", rss_kb()));
  return {};
}

}  // namespace

/// {"first_ms", "make_us", "resolve_us"}: the first anchor of a text just loaded; then at a random
/// gap, and where that stands.
Status bench_anchors(const Options& options, const Report& report) {
  return each_text_case(options,
                        [&](const TextCase& one) { return bench_case(options, report, one); });
}

}  // namespace holm::bench
