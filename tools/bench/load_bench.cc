// Saved texts: what they consist of, and what opening them takes in time and memory.
#include "crdt/text/packing.h"
#include "tools/bench/text_case.h"

namespace holm::bench {
namespace {

using Clock = std::chrono::steady_clock;
using crdt::Text;

Status load_case(const Options& options, const Report& report, const TextCase& one) {
  const auto end = one.text.text();
  const auto saved = one.text.save();
  bool is_right = true;
  start_peak();
  const auto before = rss_kb();
  const auto began = Clock::now();
  auto loaded = std::make_unique<Text>(TRY(Text::load(saved)));
  const auto first_ms = ms_since(began);
  const auto peak = peak_kb() - before;
  start_peak();
  const auto rss = rss_kb() - before;
  loaded.reset();
  const auto load_ms = median_ms(options.runs, [&] {
    const auto again = Clock::now();
    const auto text = Text::load(saved);
    const auto took = ms_since(again);
    is_right = is_right && text && text->text() == end;
    return took;
  });
  const auto read_ms = median_ms(options.runs, [&] {
    const auto again = Clock::now();
    const auto text = Text::read(saved);
    const auto took = ms_since(again);
    is_right = is_right && text && *text == end;
    return took;
  });
  if (!is_right) return fail(Code::corrupt, one.trace.name + " comes back wrongly");
  report.add(Value::object()
                 .set("bench", "load")
                 .set("case", one.trace.name)
                 .set("ms", read_ms)
                 .set("load_ms", load_ms)
                 .set("load_first_ms", first_ms)
                 .set("bytes", saved.size())
                 .set("text_bytes", end.size())
                 .set("rss_kb", rss)
                 .set("peak_kb", peak));
  return {};
}

Status size_case(const Options& options, const Report& report, const TextCase& one) {
  Bytes saved;
  const auto save_ms = median_ms(options.runs, [&] {
    const auto began = Clock::now();
    saved = one.text.save();
    return ms_since(began);
  });
  crdt::text::Unpacker in(saved);
  in.byte();
  auto left = in.left();
  const auto part = [&] { return std::exchange(left, in.left()) - in.left(); };
  std::string text, content;
  const auto shown = TRY(crdt::text::take_section(in, text));
  const auto text_part = part();
  TRY(crdt::text::take_section(in, content, shown));
  const auto content_part = part();
  report.add(Value::object()
                 .set("bench", "size")
                 .set("case", one.trace.name)
                 .set("bytes", saved.size())
                 .set("save_ms", save_ms)
                 .set("save_mb_per_s", double(one.trace.text.size()) / 1000 / save_ms)
                 .set("text_part_bytes", text_part)
                 .set("content_part_bytes", content_part)
                 .set("history_part_bytes", left)
                 .set("text_bytes", one.text.text().size())
                 .set("inserted_bytes", one.trace.text.size()));
  return {};
}

}  // namespace

/// {"ms", "load_ms", "load_first_ms", "rss_kb", "peak_kb"}: ms until the text can be read, load_ms
/// until its whole history is there, checked; memory is what that leaves taken, and took at most,
/// above the saved bytes.
Status bench_load(const Options& options, const Report& report) {
  return each_text_case(options,
                        [&](const TextCase& one) { return load_case(options, report, one); });
}

/// {"bytes", "save_ms", "save_mb_per_s", "text_part_bytes", "content_part_bytes",
/// "history_part_bytes"}: saved with the whole history; of that the text itself, what content is
/// told beside it, and who edited where, after what (docs/formats/text.md). save_mb_per_s: of all
/// bytes ever inserted.
Status bench_size(const Options& options, const Report& report) {
  return each_text_case(options,
                        [&](const TextCase& one) { return size_case(options, report, one); });
}

}  // namespace holm::bench
