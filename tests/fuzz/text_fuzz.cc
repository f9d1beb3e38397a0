// Bytes become a history of a text by several writers, right and wrong: unknown parents, positions
// outside, reused ids, bad UTF-8, in batches. Text must accept what the naive tree accepts, refuse
// the rest without a trace, and show the same text.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/ensure.h"
#include "crdt/text/text.h"
#include "crdt/text/utf8.h"
#include "tests/crdt/text/naive_text.h"

using namespace holm;
using namespace holm::crdt;

namespace {

// The oracle takes cubic time; this keeps an input under a few milliseconds.
constexpr int kRunsMax = 30;

class Decoder {
 public:
  Decoder(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}

  bool empty() const { return at_ == end_; }
  std::uint8_t byte() { return empty() ? 0 : *at_++; }
  std::uint64_t below(std::uint64_t bound) { return byte() % bound; }

  TextRun run() {
    TextRun run;
    const auto flags = byte();
    const auto writer = flags & 3U;
    run.id.log.bytes[0] = static_cast<std::uint8_t>(writer * 85 + 1);
    auto& next = next_seq_[writer];
    // Sometimes an id that may be taken.
    run.id.seq = (flags & 0x70) == 0x70 ? below(next + 1) : next;
    run.insert = (flags & 4) == 0;
    run.is_void = (flags & 0x18) == 0x18;
    for (auto n = below(4); n > 0; --n) {
      if (known_.empty()) break;
      run.parents.push_back(known_[known_.size() - 1 - below(known_.size())]);
    }
    if (byte() == 0xff) run.parents.push_back({run.id.log, 1000});
    run.pos = byte();
    if (run.pos == 0xff) run.pos = ~std::uint64_t{0};
    run.len = 1 + below(6);
    if (run.insert && (flags & 0x28) == 0x28) {
      run.wiped = true;
    } else if (run.insert) {
      static const char* const kPoints[] = {
          "a", "b", "\r", "\xc3\xa9", "\xcc\x81", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xff"};
      for (auto n = run.len; n > 0; --n) run.text += kPoints[below(8)];
    }
    if (byte() == 0xff) run.len = ~std::uint64_t{0} - run.len;
    if (run.wiped && run.len > 100) run.len = 0;
    return run;
  }

  void accepted(const TextRun& run) {
    auto& next = next_seq_[(run.id.log.bytes[0] - 1) / 85];
    next = std::max(next, run.id.seq + run.len);
    for (std::uint64_t k = 0; k < run.len; ++k) known_.push_back({run.id.log, run.id.seq + k});
  }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
  std::uint64_t next_seq_[4] = {1, 1, 1, 1};
  std::vector<OpId> known_;
};

std::string applied(std::string text, const std::vector<TextEdit>& edits) {
  for (const auto& edit : edits) {
    ENSURE(edit.pos + edit.erased <= utf8::count(text));
    const auto from = utf8::offset(text, edit.pos);
    text.replace(from, utf8::offset(text, edit.pos + edit.erased) - from, edit.inserted);
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Decoder in(data, size);
  Text text;
  test::NaiveText oracle;
  for (int count = 0; count < kRunsMax && !in.empty();) {
    std::vector<TextRun> batch;
    auto trial = oracle;
    bool fits = true;
    for (auto n = 1 + in.below(3); n > 0; --n, ++count) {
      batch.push_back(in.run());
      // After a run that does not fit, the rest of its batch does not matter.
      fits = fits && trial.add(batch.back());
      if (fits) in.accepted(batch.back());
    }
    const auto before = text.text();
    const auto edits = text.merge(batch);
    ENSURE(edits.has_value() == fits);
    if (!fits) {
      ENSURE(text.text() == before);
      continue;
    }
    oracle = std::move(trial);
    ENSURE(applied(before, *edits) == text.text());
    ENSURE(text.text() == oracle.text());
    ENSURE(text.frontier() == oracle.frontier());
  }
  std::uint64_t visible = 0;
  for (const auto& span : text.spans()) visible += span.len;
  ENSURE(visible == text.size());
  return 0;
}
