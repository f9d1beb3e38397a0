// The benches, by name. Each is a function of its own file.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "tools/bench/report.h"

namespace holm::bench {

struct Options {
  std::optional<std::string> trace;  ///< a file; nothing: the shared traces, else generated ones
  int runs = 5;                      ///< of what a median is taken
  std::uint64_t seed = 1;
  std::optional<std::string> home;  ///< a made team: where to, or which one
  double share = 1;                 ///< of a full-size team
};

struct Bench {
  std::string_view name;
  std::string_view what;
  Status (*run)(const Options&, const Report&);
};
std::span<const Bench> benches();

Status bench_trace(const Options& options, const Report& report);
Status bench_chained(const Options& options, const Report& report);
Status bench_merge(const Options& options, const Report& report);
Status bench_load(const Options& options, const Report& report);
Status bench_size(const Options& options, const Report& report);
Status bench_history(const Options& options, const Report& report);
Status bench_anchors(const Options& options, const Report& report);
Status bench_smalldocs(const Options& options, const Report& report);
Status bench_order(const Options& options, const Report& report);
Status bench_map(const Options& options, const Report& report);
Status bench_items(const Options& options, const Report& report);
Status bench_apply(const Options& options, const Report& report);
Status bench_cipher(const Options& options, const Report& report);
Status bench_delta(const Options& options, const Report& report);
Status bench_search(const Options& options, const Report& report);
Status bench_join(const Options& options, const Report& report);
Status bench_open(const Options& options, const Report& report);
Status bench_make_team(const Options& options, const Report& report);
Status bench_trust(const Options& options, const Report& report);
Status bench_files(const Options& options, const Report& report);

/// One measure for a harness that compares programs: reads the trace at `flat`, prints one JSON
/// line. False when the measure does not apply. `base` is a path prefix for what one measure leaves
/// for the next: replay for load, convert for merge and stream.
Result<bool> run_text_peer(std::string_view measure, const std::string& flat,
                           const std::string& base);
/// The same, for measures that need no trace.
Result<bool> run_object_peer(std::string_view measure);
Result<bool> run_delta_peer(std::string_view measure);

}  // namespace holm::bench
