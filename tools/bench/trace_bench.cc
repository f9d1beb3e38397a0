// A text typed edit by edit, saved, opened, merged.
#include "tools/bench/text_case.h"
#include "tools/bench/typing.h"

namespace holm::bench {
namespace {

using Clock = std::chrono::steady_clock;
using crdt::Text;

/// Everything of a case, from nothing: typed by one writer, or merged update by update.
Status replay(const TextCase& one, Text& text) {
  if (one.updates.empty()) return type_all(one.trace, text);
  for (const auto& update : one.updates) TRY(text.merge_delta(update));
  return {};
}

Status bench_case(const Options& options, const Report& report, const TextCase& one) {
  const auto end = one.text.text();
  bool is_right = true;
  const auto replay_ms = median_ms(options.runs, [&] {
    Text text;
    const auto began = Clock::now();
    const auto done = replay(one, text);
    const auto took = ms_since(began);
    is_right = is_right && done && text.text() == end;
    return took;
  });
  Text typed;
  TRY(replay(one, typed));
  Bytes saved;
  const auto save_ms = median_ms(options.runs, [&] {
    const auto began = Clock::now();
    saved = typed.save();
    return ms_since(began);
  });
  const auto read_ms = median_ms(options.runs, [&] {
    const auto began = Clock::now();
    const auto text = Text::read(saved);
    const auto took = ms_since(began);
    is_right = is_right && text && *text == end;
    return took;
  });
  const auto load_ms = median_ms(options.runs, [&] {
    const auto began = Clock::now();
    const auto text = Text::load(saved);
    is_right = is_right && text && text->text() == end;
    return ms_since(began);
  });
  const auto whole = TRY(typed.delta({}, false));
  const auto merge_ms = median_ms(options.runs, [&] {
    Text text;
    const auto began = Clock::now();
    const auto done = text.merge_delta(whole);
    is_right = is_right && done && text.text() == end;
    return ms_since(began);
  });
  if (!is_right) return fail(Code::corrupt, one.trace.name + " ends wrongly");
  auto out = Value::object()
                 .set("bench", "trace")
                 .set("case", one.trace.name)
                 .set("ms", replay_ms)
                 .set("replay_ms", replay_ms)
                 .set("replay", one.updates.empty() ? "local edits" : "one update after the other");
  if (one.updates.empty()) {
    std::vector<double> p999s, slowest;
    for (int i = 0; i < options.runs; ++i) {
      Text timed;
      const auto laps = TRY(type_timed(one.trace, timed));
      p999s.push_back(p999(laps));
      slowest.push_back(laps.back());
    }
    out.set("edit_p999_us", median(p999s)).set("edit_max_us", median(slowest));
  }
  report.add(out.set("bytes", saved.size())
                 .set("save_bytes", saved.size())
                 .set("save_ms", save_ms)
                 .set("save_mb_per_s", double(one.trace.text.size()) / 1000 / save_ms)
                 .set("read_ms", read_ms)
                 .set("load_ms", load_ms)
                 .set("merge_ms", merge_ms)
                 .set("rss_kb", rss_kb())
                 .set("is_clamped", one.is_clamped)
                 .set("matches_source", one.matches_source())
                 .set("sha256", sha256(end)));
  return {};
}

}  // namespace

/// {"replay_ms", "edit_p999_us", "edit_max_us", "save_bytes", "save_ms", "save_mb_per_s",
/// "read_ms", "load_ms", "merge_ms", "rss_kb", "sha256"}. save_mb_per_s: of all bytes ever
/// inserted. read: from saved bytes until the text can be read. load: until its whole history is
/// there too, checked. merge: the whole history as one message into an empty text.
Status bench_trace(const Options& options, const Report& report) {
  return each_text_case(options,
                        [&](const TextCase& one) { return bench_case(options, report, one); });
}

}  // namespace holm::bench
