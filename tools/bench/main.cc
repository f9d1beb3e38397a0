// holm-bench: what Holm costs, measured.
//
//   holm-bench list
//   holm-bench NAME [--trace FILE] [--json] [--runs N] [--seed N] [--home DIR] [--share X]
//   holm-bench peer MEASURE FLAT BASE      one measure for a harness that compares programs; FLAT
//                                          is the trace, BASE a path prefix for files that one
//                                          measure leaves for the next
//
// Exit code: 0 measured, 1 failed or a wrong result, 2 for usage, 3 when a measure does not apply.
#include <charconv>
#include <cstdio>
#include <vector>

#include "tools/bench/benches.h"

using namespace holm;

namespace holm::bench {

std::span<const Bench> benches() {
  static constexpr Bench all[] = {
      {"trace", "a text typed edit by edit, saved, opened, merged", bench_trace},
      {"chained", "a text typed as changes, hashed and signed", bench_chained},
      {"merge", "a text's history merged, at once and message by message", bench_merge},
      {"load", "a saved text opened, in time and memory", bench_load},
      {"size", "what a saved text consists of", bench_size},
      {"history", "any version of a text, and the next one", bench_history},
      {"anchors", "places that move with a text", bench_anchors},
      {"smalldocs", "1,000 texts of 100 edits, opened and read", bench_smalldocs},
      {"order", "position keys, 100,000 at one spot by 8 writers", bench_order},
      {"map", "20 writers set the same 1,000 keys, merged and read", bench_map},
      {"items", "20 writers insert 500 items each, merged and read", bench_items},
      {"cipher", "what encryption at rest costs, beside a plain file", bench_cipher},
      {"apply", "a delta of 10,000 objects into a store", bench_apply},
      {"delta", "what a typed character and a burst of 100 cost on a link", bench_delta},
      {"search", "questions to 200,000 messages and 5,000 documents", bench_search},
      {"open", "a large team's store opened, until the first view stands", bench_open},
      {"join", "1,000,000 changes of a made team, taken in by a device that has nothing",
       bench_join},
      {"make-team", "the store of a team of ten years, written and weighed", bench_make_team},
      {"trust", "who belongs: 10,000 ops judged, in a line and in a bush", bench_trust},
      {"files", "files cut and named, brought into a store, read back", bench_files},
  };
  return all;
}

}  // namespace holm::bench

namespace {

constexpr int kUsage = 2;
constexpr int kNotApplicable = 3;

int usage() {
  std::fputs(
      "usage: holm-bench list\n"
      "       holm-bench NAME [--trace FILE] [--json] [--runs N] [--seed N]\n"
      "                  [--home DIR] [--share X]\n"
      "       holm-bench peer MEASURE FLAT BASE\n",
      stderr);
  return kUsage;
}

int failed(const Error& error) {
  std::fprintf(stderr, "holm-bench: %s\n", error.text().c_str());
  return 1;
}

template <class Number>
bool parse(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  if (words.empty()) return usage();
  if (words[0] == "list") {
    for (const auto& bench : bench::benches()) {
      std::printf("%-10s %s\n", std::string(bench.name).c_str(), std::string(bench.what).c_str());
    }
    return 0;
  }
  if (words[0] == "peer") {
    if (words.size() != 4) return usage();
    auto done = bench::run_object_peer(words[1]);
    if (done && !*done) done = bench::run_delta_peer(words[1]);
    if (done && !*done) {
      done = bench::run_text_peer(words[1], std::string(words[2]), std::string(words[3]));
    }
    if (!done) return failed(done.error());
    return *done ? 0 : kNotApplicable;
  }
  bench::Options options;
  bool is_json = false;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto word = words[i];
    if (word == "--json") {
      is_json = true;
      continue;
    }
    if (++i == words.size()) return usage();
    std::uint64_t number = 0;
    if (word == "--trace") {
      options.trace = std::string(words[i]);
    } else if (word == "--home") {
      options.home = std::string(words[i]);
    } else if (word == "--share" && parse(words[i], options.share) && options.share > 0) {
      continue;
    } else if (word == "--runs" && parse(words[i], number) && number > 0 && number <= 1000) {
      options.runs = static_cast<int>(number);
    } else if (word == "--seed" && parse(words[i], number)) {
      options.seed = number;
    } else {
      return usage();
    }
  }
  const bench::Report report(is_json);
  for (const auto& bench : bench::benches()) {
    if (bench.name != words[0]) continue;
    const auto done = bench.run(options, report);
    return done ? 0 : failed(done.error());
  }
  return usage();
}
