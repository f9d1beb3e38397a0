// Position keys of movable lists under insertion at one spot by several writers.
#include <algorithm>

#include "base/rng.h"
#include "crdt/order.h"
#include "tools/bench/benches.h"

namespace holm::bench {
namespace {

constexpr std::size_t kKeys = 100'000;
constexpr std::uint64_t kWriters = 8;

enum class Spot { end, front, between, anywhere };

/// Bytes of all keys, made one after the other at a spot by writers taking turns at random.
std::size_t insert(Spot spot, Rng& rng) {
  std::vector<Bytes> keys;  // sorted but for `between`, which keeps its two neighbours apart
  std::size_t bytes = 0;
  std::optional<Bytes> left;
  std::optional<Bytes> right;
  if (spot == Spot::between) {
    left = crdt::key_between({}, {}, 1);
    right = crdt::key_between(left, {}, 1);
  }
  // Where anything may stand beside anything the list is kept sorted, so it is a shorter one.
  const auto count = spot == Spot::anywhere ? kKeys / 25 : kKeys;
  for (std::size_t i = 0; i < count; ++i) {
    if (spot == Spot::anywhere) {
      const auto at = rng.below(keys.size() + 1);
      left = at > 0 ? std::optional(keys[at - 1]) : std::nullopt;
      right = at < keys.size() ? std::optional(keys[at]) : std::nullopt;
    }
    auto key = crdt::key_between(left, right, rng.below(kWriters) + 1);
    bytes += key.size();
    if (spot == Spot::anywhere) {
      keys.insert(std::lower_bound(keys.begin(), keys.end(), key), key);
    } else if (spot == Spot::front) {
      right = std::move(key);
    } else {
      left = std::move(key);
    }
  }
  return bytes / count;
}

}  // namespace

/// {"ms", "mean_bytes"}.
Status bench_order(const Options& options, const Report& report) {
  const std::pair<const char*, Spot> spots[] = {{"end", Spot::end},
                                                {"front", Spot::front},
                                                {"between", Spot::between},
                                                {"anywhere", Spot::anywhere}};
  for (const auto& [name, spot] : spots) {
    std::size_t mean = 0;
    const auto took = median_ms(options.runs, [&, place = spot] {
      SeededRng rng(options.seed);
      const auto began = std::chrono::steady_clock::now();
      mean = insert(place, rng);
      return ms_since(began);
    });
    report.add(Value::object()
                   .set("bench", "order")
                   .set("case", name)
                   .set("ms", took)
                   .set("mean_bytes", mean)
                   .set("rss_kb", rss_kb()));
  }
  return {};
}

}  // namespace holm::bench
