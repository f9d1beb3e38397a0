// What a text costs: typed, saved, opened, merged, looked back into, pointed at.
#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/json.h"
#include "base/rng.h"
#include "tools/bench/benches.h"
#include "tools/bench/history.h"

namespace holm::bench {
namespace {

using Clock = std::chrono::steady_clock;
using crdt::Text;
using crdt::TextRun;

/// The trace asked for; else the shared ones; else generated ones, which is said.
Result<std::vector<Trace>> traces_of(const Options& options) {
  std::vector<Trace> out;
  if (options.trace) {
    out.push_back(TRY(load_trace(*options.trace)));
    return out;
  }
  const char* shared = std::getenv("HOLM_SHARED");
  const auto folder = std::filesystem::path(shared != nullptr ? shared : "../shared") / "traces";
  for (const auto* name : {"automerge-paper", "sveltecomponent", "friendsforever"}) {
    const auto file = (folder / name).string() + ".json.gz";
    if (std::filesystem::exists(file)) out.push_back(TRY(load_trace(file)));
  }
  if (out.empty()) {
    std::fprintf(stderr, "holm-bench: no traces in %s; made some\n", folder.c_str());
    out.push_back(typed_trace(options.seed, 100'000));
    out.push_back(concurrent_trace(options.seed, 4, 2'000));
  }
  return out;
}

/// A text of one writer ends as its source has it. Where several wrote at one place at once, Fugue
/// may end elsewhere: there the runs merged as they were typed, none joined, are the judge.
bool ends_well(const Trace& trace, const std::string& text, const std::vector<TextRun>& runs) {
  if (trace.end == text) return true;
  if (trace.is_linear() && !trace.end.empty()) return false;
  Text whole;
  return whole.merge(runs) && whole.text() == text;
}

Result<std::vector<TextRun>> usable_runs(const Trace& trace) {
  auto runs = TRY(runs_of(trace, Positions::as_given));
  Text text;
  if (text.merge(runs)) return runs;
  return runs_of(trace, Positions::clamp);
}

constexpr double kPatienceMs = 5000;

/// One run after the other, as they were typed or came in. Gives up after a while: then `typed` is
/// less than all.
struct Typed {
  double ms = 0;
  std::size_t typed = 0;
  std::vector<double> laps_us;  ///< per run, where asked for
};
Result<Typed> type_all(const std::vector<TextRun>& runs, Text& text, bool with_laps = false) {
  Typed out;
  const auto began = Clock::now();
  auto lap = began;
  for (; out.typed < runs.size(); ++out.typed) {
    if (out.typed % 64 == 0 && ms_since(began) > kPatienceMs) break;
    TRY(text.merge({&runs[out.typed], 1}));
    if (!with_laps) continue;
    const auto now = Clock::now();
    out.laps_us.push_back(std::chrono::duration<double, std::micro>(now - lap).count());
    lap = now;
  }
  out.ms = ms_since(began);
  std::sort(out.laps_us.begin(), out.laps_us.end());
  return out;
}

}  // namespace

/// {"replay_ms", "edit_p999_us", "edit_max_us", "save_bytes", "save_ms", "load_ms", "merge_ms",
/// "rss_kb", "sha256"}. replay: one transaction's runs after the other, as they were typed. load:
/// from saved bytes to the text. merge: the whole history into an empty text, decoding apart.
Status bench_trace(const Options& options, const Report& report) {
  for (const auto& trace : TRY(traces_of(options))) {
    const auto runs = TRY(usable_runs(trace));
    const auto whole = joined(runs);
    Text all;
    TRY(all.merge(whole));
    const auto end = all.text();
    if (!ends_well(trace, end, runs)) return fail(Code::corrupt, trace.name + " ends wrongly");
    Text timed;
    const auto laps = TRY(type_all(runs, timed, true));
    const bool is_typed = laps.typed == runs.size();
    if (is_typed && timed.text() != end) return fail(Code::corrupt, trace.name + " types wrongly");
    const auto replay = median_ms(is_typed ? options.runs : 1, [&] {
      Text text;
      const auto took = type_all(runs, text);
      return took ? took->ms : -1;
    });
    Bytes saved;
    const auto save_ms = median_ms(options.runs, [&] {
      const auto began = Clock::now();
      saved = save(whole);
      return ms_since(began);
    });
    bool is_same = true;
    const auto load_ms = median_ms(options.runs, [&] {
      const auto began = Clock::now();
      Text text;
      const auto back = load(saved);
      is_same = back && text.merge(*back) && text.text() == end && is_same;
      return ms_since(began);
    });
    if (!is_same) return fail(Code::corrupt, trace.name + " comes back wrongly");
    const auto merge_ms = median_ms(options.runs, [&] {
      const auto began = Clock::now();
      Text text;
      is_same = text.merge(whole) && text.text() == end && is_same;
      return ms_since(began);
    });
    if (!is_same) return fail(Code::corrupt, trace.name + " merges wrongly");
    report.add(Value::object()
                   .set("bench", "trace")
                   .set("case", trace.name)
                   .set("ms", replay)
                   .set("replay_ms", replay)
                   .set("replayed", static_cast<double>(laps.typed) / double(runs.size()))
                   .set("edit_p999_us", laps.laps_us[laps.laps_us.size() * 999 / 1000])
                   .set("edit_max_us", laps.laps_us.back())
                   .set("bytes", saved.size())
                   .set("save_bytes", saved.size())
                   .set("save_ms", save_ms)
                   .set("load_ms", load_ms)
                   .set("merge_ms", merge_ms)
                   .set("runs", whole.size())
                   .set("rss_kb", rss_kb())
                   .set("matches_source", trace.end == end)
                   .set("sha256", sha256(end)));
  }
  return {};
}

/// {"first_ms", "ms", "step_ms"}: any version of a text, at random places of its history; and one
/// step further from there.
Status bench_history(const Options& options, const Report& report) {
  for (const auto& trace : TRY(traces_of(options))) {
    const auto runs = joined(TRY(usable_runs(trace)));
    Text text;
    TRY(text.merge(runs));
    SeededRng rng(options.seed);
    const auto at = [&](std::size_t index) {
      const auto& run = runs[index];
      const std::vector<crdt::OpId> version{{run.id.log, run.id.seq + run.len - 1}};
      const auto began = Clock::now();
      const auto then = text.at(version);
      return then ? ms_since(began) : -1;
    };
    const auto first = at(rng.below(runs.size()));
    std::size_t last = 0;
    const auto any =
        median_ms(std::max(options.runs, 15), [&] { return at(last = rng.below(runs.size())); });
    const auto step =
        median_ms(std::max(options.runs, 15), [&] { return at(last = (last + 1) % runs.size()); });
    report.add(Value::object()
                   .set("bench", "history")
                   .set("case", trace.name)
                   .set("ms", any)
                   .set("first_ms", first)
                   .set("step_ms", step)
                   .set("rss_kb", rss_kb()));
  }
  return {};
}

/// {"first_ms", "make_us", "resolve_us"}: an anchor at a random gap, and where it stands.
Status bench_anchors(const Options& options, const Report& report) {
  for (const auto& trace : TRY(traces_of(options))) {
    Text text;
    TRY(text.merge(joined(TRY(usable_runs(trace)))));
    SeededRng rng(options.seed);
    auto began = Clock::now();
    (void)text.anchor(text.size() / 2, false);
    const auto first = ms_since(began);
    constexpr int kCount = 1000;
    std::vector<std::pair<std::uint64_t, crdt::Anchor>> made;
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
                   .set("case", trace.name)
                   .set("ms", resolve_ms)
                   .set("first_ms", first)
                   .set("make_us", make_ms * 1000 / kCount)
                   .set("resolve_us", resolve_ms * 1000 / kCount)
                   .set("rss_kb", rss_kb()));
  }
  return {};
}

/// {"ms", "bytes"}: 1,000 texts of 100 edits each, from saved bytes until read.
Status bench_smalldocs(const Options& options, const Report& report) {
  constexpr std::size_t kTexts = 1000;
  std::vector<Bytes> saved;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < kTexts; ++i) {
    const auto trace = typed_trace(options.seed * kTexts + i, 100);
    saved.push_back(save(joined(TRY(runs_of(trace, Positions::as_given)))));
    bytes += saved.back().size();
  }
  std::size_t read = 0;
  const auto took = median_ms(options.runs, [&] {
    const auto began = Clock::now();
    read = 0;
    for (const auto& one : saved) {
      Text text;
      const auto runs = load(one);
      if (runs && text.merge(*runs)) read += text.text().size();
    }
    return ms_since(began);
  });
  report.add(Value::object()
                 .set("bench", "smalldocs")
                 .set("case", "1000x100")
                 .set("ms", took)
                 .set("bytes", bytes)
                 .set("read_bytes", read)
                 .set("rss_kb", rss_kb()));
  return {};
}

Result<bool> run_peer(std::string_view measure, const std::string& flat) {
  const bool is_typing = measure == "replay" || measure == "convert" || measure == "stream";
  if (!is_typing && measure != "load" && measure != "merge") return false;
  const auto trace = TRY(load_trace(flat));
  if (trace.is_linear() != (measure == "replay" || measure == "load")) return false;
  const auto runs = TRY(usable_runs(trace));
  const auto saved = save(joined(runs));
  std::string end;
  std::size_t typed = runs.size();
  const auto once = [&] {
    const auto began = Clock::now();
    Text text;
    if (is_typing) {
      const auto done = type_all(runs, text);
      typed = done ? done->typed : 0;
    } else if (const auto back = load(saved); !back || !text.merge(*back)) {
      return -1.0;
    }
    end = text.text();
    return ms_since(began);
  };
  Value out = Value::object();
  out.set("rssBase", rss_kb() * 1024);
  out.set("ms", once());
  out.set("rssAfter", rss_kb() * 1024).set("rssPeak", peak_kb() * 1024);
  if (typed == runs.size()) {
    out.set("ok", ends_well(trace, end, runs)).set("warmMs", median_ms(4, once));
  } else {
    out.set("ok", Value()).set("partial", typed);
  }
  out.set("bytes", saved.size());
  if (measure == "stream") out.set("updates", trace.transactions.size());
  if (measure == "replay") {
    Text text;
    const auto laps = TRY(type_all(runs, text, true)).laps_us;
    out.set("p999us", laps[laps.size() * 999 / 1000]).set("maxMs", laps.back() / 1000);
  }
  std::puts(to_json(out).c_str());
  return true;
}

}  // namespace holm::bench
