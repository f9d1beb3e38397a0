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

Status size_case(const Report& report, const TextCase& one) {
  const auto saved = one.text.save();
  crdt::text::Unpacker in(saved);
  in.byte();
  auto left = in.left();
  const auto part = [&] { return std::exchange(left, in.left()) - in.left(); };
  std::string text, deleted;
  const auto shown = TRY(crdt::text::take_section(in, text));
  const auto text_part = part();
  TRY(crdt::text::take_section(in, deleted, shown));
  const auto deleted_part = part();
  report.add(Value::object()
                 .set("bench", "size")
                 .set("case", one.trace.name)
                 .set("bytes", saved.size())
                 .set("text_part_bytes", text_part)
                 .set("deleted_part_bytes", deleted_part)
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

/// {"bytes", "text_part_bytes", "deleted_part_bytes", "history_part_bytes"}: saved with the whole
/// history; of that the text itself, what was inserted and deleted again, and who edited where,
/// after what (docs/formats/text.md).
Status bench_size(const Options& options, const Report& report) {
  return each_text_case(options, [&](const TextCase& one) { return size_case(report, one); });
}

}  // namespace holm::bench
