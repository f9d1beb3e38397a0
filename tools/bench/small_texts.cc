#include "tools/bench/small_texts.h"

#include "crdt/text/text.h"
#include "tools/bench/benches.h"
#include "tools/bench/ids.h"
#include "tools/bench/typing.h"

namespace holm::bench {
namespace {

using Clock = std::chrono::steady_clock;
using crdt::Text;

constexpr std::uint32_t kTexts = 1000;
constexpr int kEdits = 100;
constexpr std::uint32_t kWriters = 5;

/// The harness's own generator (mulberry32), so that all programs get the same documents.
class Dice {
 public:
  explicit Dice(std::uint32_t seed) : state_(seed) {}
  std::uint32_t below(std::uint64_t bound) {
    state_ += 0x6d2b79f5;
    auto mixed = (state_ ^ state_ >> 15) * (state_ | 1);
    mixed ^= mixed + (mixed ^ mixed >> 7) * (mixed | 61);
    return static_cast<std::uint32_t>((mixed ^ mixed >> 14) % bound);
  }

 private:
  std::uint32_t state_;
};

std::string word(Dice& dice) {
  std::string out;
  for (auto n = 1 + dice.below(7); n > 0; --n) out += static_cast<char>('a' + dice.below(26));
  return out + ' ';
}

/// One edit at random of the text `end`.
Status edit(Dice& dice, Text& text, crdt::OpId& next, std::string& end) {
  if (end.size() > 20 && dice.below(5) == 0) {
    const auto pos = dice.below(end.size() - 10);
    const auto count = 1 + dice.below(8);
    TRY(text.erase(next, pos, count));
    next.seq += count;
    end.erase(pos, count);
    return {};
  }
  const auto pos = dice.below(3) != 0 ? end.size() : dice.below(end.size() + 1);
  const auto typed = word(dice);
  TRY(text.insert(next, pos, typed));
  next.seq += typed.size();
  end.insert(pos, typed);
  return {};
}

}  // namespace

std::size_t SmallTexts::bytes() const {
  std::size_t out = 0;
  for (const auto& one : saved) out += one.size();
  return out;
}

Result<SmallTexts> small_texts() {
  SmallTexts out;
  Dice dice(11);
  for (std::uint32_t i = 0; i < kTexts; ++i) {
    Text text;
    std::string end;
    crdt::OpId next{log_of(i % kWriters), 1};
    for (int n = 0; n < kEdits; ++n) TRY(edit(dice, text, next, end));
    out.saved.push_back(text.save());
    out.ends.push_back(std::move(end));
  }
  return out;
}

bool read_all(const SmallTexts& texts) {
  bool is_right = true;
  for (std::size_t i = 0; i < texts.saved.size(); ++i) {
    const auto text = Text::read(texts.saved[i]);
    is_right = is_right && text && *text == texts.ends[i];
  }
  return is_right;
}

bool load_all(const SmallTexts& texts) {
  bool is_right = true;
  for (std::size_t i = 0; i < texts.saved.size(); ++i) {
    const auto text = Text::load(texts.saved[i]);
    is_right = is_right && text && text->text() == texts.ends[i];
  }
  return is_right;
}

/// {"ms", "load_ms", "bytes"}: from saved bytes until read; and with their whole histories.
Status bench_smalldocs(const Options& options, const Report& report) {
  const auto texts = TRY(small_texts());
  bool is_right = true;
  const auto timed = [&](bool (*open)(const SmallTexts&)) {
    return median_ms(options.runs, [&] {
      const auto began = Clock::now();
      is_right = open(texts) && is_right;
      return ms_since(began);
    });
  };
  const auto read_ms = timed(read_all);
  const auto load_ms = timed(load_all);
  if (!is_right) return fail(Code::corrupt, "a small text comes back wrongly");
  report.add(Value::object()
                 .set("bench", "smalldocs")
                 .set("case", "1000x100")
                 .set("ms", read_ms)
                 .set("load_ms", load_ms)
                 .set("bytes", texts.bytes())
                 .set("rss_kb", rss_kb()));
  return {};
}

}  // namespace holm::bench
