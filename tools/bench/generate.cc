// Traces for a machine that has no real ones: how people type, roughly. Bursts of letters with
// corrections, jumps to a place nearby or anywhere, now and then a paste or the removal of a
// sentence.
#include <algorithm>
#include <utility>

#include "base/rng.h"
#include "crdt/text/utf8.h"
#include "tools/bench/trace.h"

namespace holm::bench {
namespace {

constexpr std::string_view kWords[] = {"the ",   "tide ", "comes ", "in ",    "at ",   "half ",
                                       "past ",  "nine",  ". ",     "Bring ", "a ",    "rope, ",
                                       "bucket", "\n\n",  "日曜 ",  "Größe ", "🛠 ", "and "};

class Typist {
 public:
  explicit Typist(std::uint64_t seed) : rng_(seed) {}

  /// One keystroke, or a paste, on a text of `size` code points, into `trace`; keeps its caret.
  void edit(Trace& trace, std::uint64_t& size) {
    if (caret_ > size) caret_ = size;
    if (left_ == 0) jump(size);
    --left_;
    const auto dice = rng_.below(1000);
    if (dice < 180 && caret_ > 0) {  // backspace
      trace.add(caret_ - 1, 1, {});
    } else if (dice < 190 && size > caret_ + 40) {
      trace.add(caret_, 20 + rng_.below(20), {});
    } else if (dice < 193) {
      std::string pasted;
      for (auto n = 20 + rng_.below(60); n > 0; --n) pasted += word();
      trace.add(caret_, 0, pasted);
    } else {
      if (pending_.empty()) pending_ = word();
      std::size_t bytes = 1;
      while (bytes < pending_.size() && crdt::utf8::continues(pending_[bytes])) ++bytes;
      trace.add(caret_, 0, pending_.substr(0, bytes));
      pending_.remove_prefix(bytes);
    }
    const auto& done = trace.patches.back();
    caret_ = done.pos + done.points;
    size = size + done.points - done.erased;
  }

 private:
  std::string_view word() { return kWords[rng_.below(std::size(kWords))]; }
  void jump(std::uint64_t size) {
    left_ = 5 + rng_.below(80);
    pending_ = {};
    const auto near = rng_.below(200);
    if (rng_.chance(60)) {
      caret_ = rng_.chance(50) ? std::min(size, caret_ + near) : caret_ - std::min(caret_, near);
    } else {
      caret_ = rng_.below(size + 1);
    }
  }

  SeededRng rng_;
  std::uint64_t caret_ = 0;
  std::uint64_t left_ = 0;
  std::string_view pending_;
};

}  // namespace

Trace typed_trace(std::uint64_t seed, std::size_t edits) {
  Trace out;
  out.name = "typed-" + std::to_string(edits);
  Typist typist(seed);
  std::uint64_t size = 0;
  for (std::uint32_t i = 0; i < edits; ++i) {
    out.begin(0, i > 0 ? std::vector{i - 1} : std::vector<std::uint32_t>());
    typist.edit(out, size);
  }
  return out;
}

Trace concurrent_trace(std::uint64_t seed, std::uint32_t agents, std::size_t transactions) {
  Trace out;
  out.name = "together-" + std::to_string(agents) + "x" + std::to_string(transactions);
  out.agents = agents;
  SeededRng rng(seed);
  struct Writer {
    Typist typist;
    std::vector<std::uint32_t> version;  ///< transactions nobody of its past has built on
    std::uint64_t size = 0;              ///< no more than the text it sees
    std::int64_t grown = 0;              ///< since all met
  };
  std::vector<Writer> writers;
  for (std::uint32_t i = 0; i < agents; ++i) writers.push_back({Typist(rng.next()), {}, 0, 0});
  std::int64_t base = 0;
  while (out.transactions.size() < transactions) {
    const auto who = static_cast<std::uint32_t>(rng.below(agents));
    auto& writer = writers[who];
    const auto index = static_cast<std::uint32_t>(out.transactions.size());
    out.begin(who, writer.version);
    for (auto n = 1 + rng.below(12); n > 0; --n) {
      const auto before = static_cast<std::int64_t>(writer.size);
      writer.typist.edit(out, writer.size);
      writer.grown += static_cast<std::int64_t>(writer.size) - before;
    }
    writer.version = {index};
    if (rng.below(100) >= 4) continue;
    // All meet. What two removed counts twice, so the text is at least this long.
    std::vector<std::uint32_t> heads;
    for (auto& each : writers) {
      for (const auto head : each.version) {
        if (std::find(heads.begin(), heads.end(), head) == heads.end()) heads.push_back(head);
      }
      base += std::exchange(each.grown, 0);
    }
    base = std::max<std::int64_t>(base, 0);
    for (auto& each : writers) {
      each.version = heads;
      each.size = static_cast<std::uint64_t>(base);
    }
  }
  return out;
}

}  // namespace holm::bench
