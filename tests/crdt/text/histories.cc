#include "tests/crdt/text/histories.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/ensure.h"
#include "crdt/text/utf8.h"

namespace holm::test {
namespace {

using crdt::OpId;
using crdt::Text;
using crdt::TextRun;

std::string random_point(Rng& rng) {
  static const char32_t kOdd[] = {U'\r',     U'\n',         U'\0',         U'\u0301', U'\u0308',
                                  U'\u05D0', U'\u0639',     U'\u200F',     U'\u20AC', U'\U0001F469',
                                  U'\u200D', U'\U0001F4BB', U'\U0010FFFF', U'\uFEFF', U'\u00E9'};
  std::string out;
  if (rng.chance(70)) {
    out.push_back(static_cast<char>('a' + rng.below(26)));
  } else {
    crdt::utf8::append(out, kOdd[rng.below(std::size(kOdd))]);
  }
  return out;
}

bool holds_all(const std::set<OpId>& known, const std::vector<OpId>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(),
                     [&](const OpId& id) { return known.count(id) > 0; });
}

}  // namespace

LogId log_of(std::uint64_t n) {
  LogId log;
  log.bytes[0] = static_cast<std::uint8_t>(n * 37 + 1);
  log.bytes[15] = static_cast<std::uint8_t>(n);
  return log;
}

TextRun insert_run(const OpId& id, std::vector<OpId> parents, std::uint64_t pos, std::string text) {
  TextRun out;
  out.id = id;
  out.parents = std::move(parents);
  out.pos = pos;
  out.len = crdt::utf8::count(text);
  out.text = std::move(text);
  return out;
}

TextRun erase_run(const OpId& id, std::vector<OpId> parents, std::uint64_t pos, std::uint64_t len) {
  auto out = insert_run(id, std::move(parents), pos, {});
  out.insert = false;
  out.len = len;
  return out;
}

std::vector<TextRun> random_history(Rng& rng, const HistoryShape& shape) {
  struct Writer {
    Text text;
    std::uint64_t next_seq = 1;
    std::uint64_t last_begin = 0, last_end = 0;  // of its last edit
    std::size_t seen = 0;                        // runs of `all` that went into text, as a prefix
    std::set<std::size_t> own;
  };
  std::vector<Writer> writers(static_cast<std::size_t>(shape.writers));
  std::vector<TextRun> all;
  for (int step = 0; step < shape.steps; ++step) {
    const auto number = rng.below(writers.size());
    auto& writer = writers[number];
    if (rng.chance(shape.merge_percent)) {
      // Taking in a prefix of what has been written keeps histories causal; how far it reaches is
      // random, so that versions differ in every way.
      const auto upto = writer.seen + rng.below(all.size() - writer.seen + 1);
      for (; writer.seen < upto; ++writer.seen) {
        if (writer.own.count(writer.seen)) continue;
        ENSURE(writer.text.merge({&all[writer.seen], 1}).has_value());
      }
    }
    TextRun run;
    run.id = {log_of(number), writer.next_seq};
    run.parents = writer.text.frontier();
    const auto size = writer.text.size();
    run.insert = size == 0 || !rng.chance(shape.erase_percent);
    // People go on where they were, forwards or backwards; the rest falls anywhere, or on a few
    // spots where conflicts are.
    const auto manner = rng.below(4);
    const auto spot = manner == 0   ? rng.below(size + 1)
                      : manner == 1 ? std::min<std::uint64_t>(size, rng.below(3))
                      : manner == 2 ? std::min(size, writer.last_begin)
                                    : std::min(size, writer.last_end);
    if (run.insert) {
      run.pos = spot;
      run.len = 1 + rng.below(shape.run_max);
      for (std::uint64_t i = 0; i < run.len; ++i) run.text += random_point(rng);
    } else {
      run.pos = std::min(spot, size - 1);
      run.len = 1 + rng.below(std::min(shape.run_max, size - run.pos));
    }
    writer.last_begin = run.pos;
    writer.last_end = run.insert ? run.pos + run.len : run.pos;
    writer.next_seq += run.len + (rng.chance(20) ? 1 : 0);
    ENSURE(writer.text.merge({&run, 1}).has_value());
    writer.own.insert(all.size());
    all.push_back(run);
  }
  for (auto& run : all) {
    run.is_void = rng.chance(shape.void_percent);
    if (run.insert && rng.chance(shape.wiped_percent)) {
      run.wiped = true;
      run.text.clear();
    }
  }
  return all;
}

std::vector<TextRun> shuffled(Rng& rng, const std::vector<TextRun>& runs) {
  std::vector<TextRun> waiting = runs, out;
  std::set<OpId> known, here;
  for (const auto& run : runs) {
    for (std::uint64_t k = 0; k < run.len; ++k) here.insert({run.id.log, run.id.seq + k});
  }
  for (const auto& run : runs) {
    for (const auto& parent : run.parents) {
      if (here.count(parent) == 0) known.insert(parent);
    }
  }
  while (!waiting.empty()) {
    std::vector<std::size_t> ready;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (holds_all(known, waiting[i].parents)) ready.push_back(i);
    }
    ENSURE(!ready.empty());
    const auto picked = static_cast<std::ptrdiff_t>(ready[rng.below(ready.size())]);
    for (std::uint64_t k = 0; k < waiting[static_cast<std::size_t>(picked)].len; ++k) {
      const auto& id = waiting[static_cast<std::size_t>(picked)].id;
      known.insert({id.log, id.seq + k});
    }
    out.push_back(waiting[static_cast<std::size_t>(picked)]);
    waiting.erase(waiting.begin() + picked);
  }
  return out;
}

TextRun part(const TextRun& run, std::uint64_t offset, std::uint64_t len) {
  TextRun out = run;
  out.id.seq += offset;
  out.len = len;
  if (offset > 0) out.parents = {{run.id.log, run.id.seq + offset - 1}};
  if (run.insert) {
    out.pos += offset;
    const auto from = crdt::utf8::offset(run.text, offset);
    const auto to = crdt::utf8::offset(run.text, offset + len);
    out.text = run.text.substr(from, to - from);
  }
  return out;
}

std::vector<TextRun> recut(Rng& rng, const std::vector<TextRun>& runs) {
  std::vector<TextRun> out;
  for (const auto& run : runs) {
    if (!out.empty() && rng.chance(70)) {
      auto& last = out.back();
      const bool continues =
          last.insert == run.insert && last.is_void == run.is_void && last.wiped == run.wiped &&
          run.id == OpId{last.id.log, last.id.seq + last.len} &&
          run.parents == std::vector<OpId>{{last.id.log, last.id.seq + last.len - 1}} &&
          run.pos == (last.insert ? last.pos + last.len : last.pos);
      if (continues) {
        last.len += run.len;
        last.text += run.text;
        continue;
      }
    }
    if (run.len > 1 && rng.chance(40)) {
      const auto at = 1 + rng.below(run.len - 1);
      out.push_back(part(run, 0, at));
      out.push_back(part(run, at, run.len - at));
    } else {
      out.push_back(run);
    }
  }
  return out;
}

std::string apply(std::string text, const std::vector<crdt::TextEdit>& edits) {
  for (const auto& edit : edits) {
    ENSURE(edit.pos + edit.erased <= crdt::utf8::count(text));
    const auto from = crdt::utf8::offset(text, edit.pos);
    const auto to = crdt::utf8::offset(text, edit.pos + edit.erased);
    text.replace(from, to - from, edit.inserted);
  }
  return text;
}

}  // namespace holm::test
