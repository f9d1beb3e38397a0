// Bytes become a history of a text by several writers, right and wrong: unknown parents, positions
// outside, reused ids, bad UTF-8, in batches; local edits between them; saved and loaded again,
// sent on as deltas, and asked questions on the way. Text must accept what the naive tree accepts,
// refuse the rest without a trace, and show the same text.
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
    run.wiped = (flags & 0x28) == 0x28;
    if (run.insert && !run.wiped) {
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
    marked_ = marked_ || run.is_void || (run.wiped && run.insert);
  }
  bool is_marked() const { return marked_; }

  OpId next_id(std::uint64_t writer) const {
    OpId out{{}, next_seq_[writer]};
    out.log.bytes[0] = static_cast<std::uint8_t>(writer * 85 + 1);
    return out;
  }
  /// Some ids of accepted runs.
  std::vector<OpId> version() {
    std::vector<OpId> out;
    for (auto n = below(4); n > 0 && !known_.empty(); --n) {
      out.push_back(known_[known_.size() - 1 - below(known_.size())]);
    }
    return out;
  }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
  std::uint64_t next_seq_[4] = {1, 1, 1, 1};
  std::vector<OpId> known_;
  bool marked_ = false;
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

namespace {

/// One text taken through all ways of changing and keeping it, beside the naive tree.
class World {
 public:
  explicit World(Decoder& in) : in_(in) {}

  void run() {
    while (count_ < kRunsMax && !in_.empty()) {
      switch (in_.below(8)) {
        case 0: put_away(); break;
        case 1: send(); break;
        case 2: edit(); break;
        case 3: ask(); break;
        default: merge();
      }
      ENSURE(text_.size() == utf8::count(oracle_.text()));
    }
    put_away();
    send();
    ask();
  }

 private:
  void merge() {
    std::vector<TextRun> batch;
    auto trial = oracle_;
    bool fits = true;
    for (auto n = 1 + in_.below(3); n > 0; --n, ++count_) {
      batch.push_back(in_.run());
      // After a run that does not fit, the rest of its batch does not matter.
      fits = fits && trial.add(batch.back());
      if (fits) in_.accepted(batch.back());
    }
    const auto before = text_.text();
    const auto edits = text_.merge(batch);
    ENSURE(edits.has_value() == fits);
    if (!fits) {
      ENSURE(text_.text() == before);
      return;
    }
    oracle_ = std::move(trial);
    ENSURE(applied(before, *edits) == text_.text());
    check(text_);
  }

  /// Typing, deleting and backspacing in a row, past the edges too.
  void edit() {
    const auto writer = in_.below(4);
    auto pos = in_.below(40);
    const auto how = in_.below(4);
    for (auto n = 1 + in_.below(4); n > 0; --n, ++count_) {
      TextRun run;
      run.id = in_.next_id(writer);
      run.parents = text_.frontier();
      run.insert = how < 2;
      run.pos = pos;
      run.len = 1;
      if (how < 2) run.text = how == 0 ? "k" : "\xc3\xa9";
      auto trial = oracle_;
      const bool is_marked = in_.is_marked();
      const bool fits = trial.add(run);
      const auto done = run.insert ? text_.insert(run.id, run.pos, run.text)
                                   : text_.erase(run.id, run.pos, run.len);
      if (!done) {
        ENSURE(!fits || is_marked);
        return;
      }
      ENSURE(fits);
      in_.accepted(run);
      oracle_ = std::move(trial);
      pos += how < 2 ? 1 : how == 2 ? 0 : ~std::uint64_t{0};  // backspacing wraps at the front
    }
    if (in_.below(2) == 0) check(text_);
  }

  void put_away() {
    auto back = Text::load(text_.save());
    ENSURE(back.has_value());
    check(*back);
    if (in_.below(2) == 0) text_ = std::move(*back);
  }

  /// To a mirror that has what it was sent before, from there on or from further back.
  void send() {
    const auto since = in_.below(4) == 0 ? std::vector<OpId>() : mirror_.frontier();
    const auto before = mirror_.text();
    const auto edits = mirror_.merge_delta(text_.delta(since, false).value());
    ENSURE(edits.has_value());
    ENSURE(applied(before, *edits) == mirror_.text());
    check(mirror_);
  }

  void ask() {
    auto version = in_.version();  // some of it may have been refused with its batch
    std::erase_if(version, [&](const OpId& id) { return !text_.knows(id); });
    ENSURE(text_.at(version).value() == oracle_.at(version));
    std::uint64_t visible = 0;
    for (const auto& span : text_.spans()) visible += span.len;
    ENSURE(visible == text_.size());
    for (const auto& id : version) {
      for (const bool after : {false, true}) {
        const Anchor anchor{.id = id, .after = after};
        ENSURE(text_.resolve(anchor) == oracle_.resolve(anchor));
      }
    }
  }

  void check(const Text& text) const {
    ENSURE(text.text() == oracle_.text());
    ENSURE(text.frontier() == oracle_.frontier());
  }

  Decoder& in_;
  Text text_, mirror_;
  test::NaiveText oracle_;
  int count_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Decoder in(data, size);
  World(in).run();
  return 0;
}
