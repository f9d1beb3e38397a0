// Bytes and histories made to be expensive: what they may cost in memory is held here, what they
// cost in time is printed with HOLM_MEASURE=1, for sizes n, 2n and 4n, so that growth shows.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <new>
#include <string>
#include <vector>

#include "crdt/text/extract.h"
#include "crdt/text/packing.h"
#include "crdt/text/text.h"
#include "tests/crdt/text/histories.h"

using namespace holm;
using namespace holm::crdt;

namespace {

std::atomic<std::size_t> held{0}, most{0};
constexpr std::size_t kFront = alignof(std::max_align_t);

}  // namespace

// Counts what is held; the size of each block stands in front of it.
void* operator new(std::size_t size) {
  auto* out = static_cast<char*>(std::malloc(size + kFront));
  if (out == nullptr) throw std::bad_alloc();
  std::memcpy(out, &size, sizeof(size));
  const auto now = held += size;
  if (now > most) most = now;
  return out + kFront;
}
void operator delete(void* at) noexcept {
  if (at == nullptr) return;
  auto* begin = static_cast<char*>(at) - kFront;
  std::size_t size = 0;
  std::memcpy(&size, begin, sizeof(size));
  held -= size;
  std::free(begin);
}
void operator delete(void* at, std::size_t) noexcept { operator delete(at); }

namespace {

/// The most that is held beyond what was held before, while `body` runs.
template <class Body>
std::size_t peak(Body body) {
  const std::size_t before = held;
  most = before;
  body();
  return most - before;
}

template <class Body>
double milliseconds(Body body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  return took.count();
}

LogId log_of(std::uint64_t n) {
  LogId out;
  for (int i = 0; i < 8; ++i)
    out.bytes[static_cast<std::size_t>(7 - i)] = (n + 1) >> (8 * i) & 0xff;
  return out;
}

// A frame holds less than 1,024 times its bytes: so much of a column is noise.
constexpr std::uint64_t kNoise = 120;
std::uint64_t noise(std::uint64_t i) { return (i + 1) * 0x9e3779b97f4a7c15 >> 40 ^ i * i >> 3; }

/// A delta made up column by column, as nobody's history need be.
struct Forged {
  std::vector<LogId> logs{log_of(0)};
  std::uint64_t total = 0;
  std::uint64_t names = 0, spans = 0, runs = 0;
  Bytes authors, name_lens, parents, parent_offsets, span_lens, tokens, positions, lens, content;

  void name(std::uint64_t log, std::int64_t jump, std::uint64_t len, bool is_last = false) {
    put_varint(authors, log * 2 + (jump != 0 ? 1 : 0));
    if (jump != 0) put_varint(authors, zigzag(jump));
    if (!is_last) put_varint(name_lens, len - 1);
    ++names;
  }
  Bytes delta() const {
    Bytes out{0x20};
    put_varint(out, logs.size());
    for (const auto& log : logs) append(out, log.view());
    for (auto number : {total, names, spans, runs}) put_varint(out, number);
    for (const auto* column : {&authors, &name_lens, &parents, &parent_offsets, &span_lens, &tokens,
                               &positions, &lens, &content}) {
      text::put_section(out, *column, text::Effort::thorough);
    }
    return out;
  }
};

/// `n` inserts of one code point, one after the other, as one span of one run.
Forged straight(std::uint64_t n) {
  Forged out;
  out.total = n;
  out.spans = 1;
  put_varint(out.parents, 0);
  out.runs = 1;
  // Insert at the first caret, long.
  out.tokens.push_back(3 * (0 + 5 * 16));
  put_varint(out.lens, n - 1 - 16);
  out.content.assign(n, 'x');
  for (std::uint64_t i = 0; i < n / kNoise; ++i) {
    out.content[i] = static_cast<std::uint8_t>('a' + noise(i) % 26);
  }
  return out;
}

/// The same, each a run of its own, a byte each: in turns at two carets.
Bytes keys(std::uint64_t n) {
  auto out = straight(n);
  out.runs = n;
  out.tokens.assign(n, 3 * 1);
  for (std::uint64_t i = 0; i < n / kNoise; ++i) {
    out.tokens[i] = static_cast<std::uint8_t>(3 * (1 + noise(i) % 3));
  }
  out.lens.clear();
  out.name(0, 0, n, true);
  return out.delta();
}

/// Ids that go backwards.
Bytes backward_names(std::uint64_t n) {
  auto out = straight(n);
  for (std::uint64_t i = 0; i < n; ++i) {
    const auto back = i < n / kNoise ? 2 + static_cast<std::int64_t>(noise(i) % 16) : 2;
    out.name(0, i == 0 ? static_cast<std::int64_t>(n) * 16 : -back, 1, i + 1 == n);
  }
  return out.delta();
}

/// As many branches as code points, off nothing, or in pairs of which each ends one.
Bytes branches(std::uint64_t n, bool in_comb) {
  Forged out;
  out.total = out.spans = out.runs = n;
  out.name(0, 0, n, true);
  for (std::uint64_t i = 0; i < n; ++i) {
    if (in_comb && i > 1) {
      put_varint(out.parents, 2);
      put_varint(out.parents, 2);  // the one before the last
    } else {
      put_varint(out.parents, 0);
    }
    if (i + 1 < n) put_varint(out.span_lens, 0);
    out.tokens.push_back(3 * 4);  // insert, spelled out
    put_varint(out.positions, i == 0 ? 0 : 1);
    if (i > 0) out.positions.back() = 1;  // at the front again
  }
  out.content.assign(n, 'x');
  return out.delta();
}

using Work = std::function<double(std::uint64_t)>;

/// Prints what `work` takes for three sizes, and holds the last to a bound that only far more than
/// proportional growth would miss.
void grow(const char* what, std::uint64_t n, const Work& work) {
  if (std::getenv("HOLM_MEASURE") == nullptr) {
    (void)work(n / 16);
    return;
  }
  std::printf("%-44s", what);
  for (const auto size : {n, 2 * n, 4 * n}) {
    std::printf("  %8llu: %8.1f ms", static_cast<unsigned long long>(size), work(size));
    std::fflush(stdout);
  }
  std::printf("\n");
}

double merging(const std::vector<TextRun>& runs) {
  Text text;
  return milliseconds([&] { REQUIRE(text.merge(runs).has_value()); });
}

std::vector<TextRun> siblings(std::uint64_t n, bool descends) {
  std::vector<TextRun> out{test::insert_run({log_of(0), 1}, {}, 0, "()")};
  for (std::uint64_t i = 1; i <= n; ++i) {
    out.push_back(
        test::insert_run({log_of(descends ? n + 1 - i : i), 1}, {{log_of(0), 2}}, 1, "x"));
  }
  return out;
}

}  // namespace

TEST_CASE("hostile: time to decode and to merge") {
  const auto decoding = [](const Bytes& bytes) {
    return milliseconds([&] {
      Text text;
      (void)text.merge_delta(bytes);
    });
  };
  grow("delta: ids that go backwards", 50'000,
       [&](std::uint64_t n) { return decoding(backward_names(n)); });
  grow("delta: branches off nothing", 5'000,
       [&](std::uint64_t n) { return decoding(branches(n, false)); });
  grow("delta: a comb of two branches", 4'000,
       [&](std::uint64_t n) { return decoding(branches(n, true)); });
  for (const bool descends : {false, true}) {
    grow(descends ? "merge: inserts at one spot, ids descend"
                  : "merge: inserts at one spot, ids rise",
         4'000, [&](std::uint64_t n) { return merging(siblings(n, descends)); });
  }
  grow("merge: the same, one by one", 2'000, [&](std::uint64_t n) {
    const auto runs = siblings(n, false);
    Text text;
    return milliseconds([&] {
      for (const auto& run : runs) REQUIRE(text.merge({&run, 1}).has_value());
    });
  });
  grow("save, load: inserts at one spot", 2'000, [&](std::uint64_t n) {
    Text text;
    REQUIRE(text.merge(siblings(n, false)).has_value());
    return milliseconds([&] { REQUIRE(Text::load(text.save()).has_value()); });
  });
  grow("delta(), merge_delta(): branches by n logs", 4'000, [&](std::uint64_t n) {
    const auto runs = siblings(n, false);
    Text text, other;
    REQUIRE(text.merge(runs).has_value());
    REQUIRE(other.merge({runs.data(), 1}).has_value());
    return milliseconds([&] {
      REQUIRE(other.merge_delta(text.delta(other.frontier(), false).value()).has_value());
    });
  });
  grow("merge: all of n branches are parents of one", 4'000, [&](std::uint64_t n) {
    auto runs = siblings(n, false);
    auto last = test::insert_run({log_of(0), 3}, {}, 1, "-");
    for (std::uint64_t i = 1; i <= n; ++i) last.parents.push_back({log_of(i), 1});
    runs.push_back(last);
    return merging(runs);
  });
  grow("merge: all that n runs wrote, erased n times at once", 400, [&](std::uint64_t n) {
    // Beside somebody who knows nothing of it, so that no cut makes it one stretch.
    std::vector<TextRun> runs{test::insert_run({log_of(n + 1), 1}, {}, 0, "-")};
    for (std::uint64_t i = 0; i < n; ++i) {
      runs.push_back(test::insert_run({log_of(0), i + 1}, {}, 0, "x"));
      if (i > 0) runs.back().parents = {{log_of(0), i}};
    }
    for (std::uint64_t i = 0; i < n; ++i) {
      runs.push_back(test::insert_run({log_of(1 + i), 1}, {{log_of(0), n}}, 0, ""));
      runs.back().insert = false;
      runs.back().len = n;
    }
    return merging(runs);
  });
  grow("merge: two branches, in turns, one by one", 1'000, [&](std::uint64_t n) {
    std::vector<TextRun> runs{test::insert_run({log_of(0), 1}, {}, 0, "()")};
    for (std::uint64_t i = 0; i < n; ++i) {
      const auto log = log_of(2 + i % 2);
      const OpId last = i < 2 ? OpId{log_of(0), 2} : OpId{log, i / 2};
      runs.push_back(test::insert_run({log, i / 2 + 1}, {last}, 1, "x"));
    }
    Text text;
    return milliseconds([&] {
      for (const auto& run : runs) REQUIRE(text.merge({&run, 1}).has_value());
    });
  });
  grow("merge: runs on one of two branches and the other's", 2'000, [&](std::uint64_t n) {
    // Each of two writers follows all of his own and every tenth of the other's.
    std::vector<TextRun> runs{test::insert_run({log_of(0), 1}, {}, 0, "()")};
    for (std::uint64_t i = 0; i < n; ++i) {
      const auto log = log_of(2 + i % 2), other = log_of(3 - i % 2);
      std::vector<OpId> parents{i < 2 ? OpId{log_of(0), 2} : OpId{log, i / 2}};
      if (i > 20 && i % 20 < 2) parents.push_back({other, i / 2 - 5});
      runs.push_back(test::insert_run({log, i / 2 + 1}, std::move(parents), 1, "x"));
    }
    return merging(runs);
  });
  grow("load, at: edits in a long paste not ASCII", 100'000, [&](std::uint64_t n) {
    std::string pasted;
    for (std::uint64_t i = 0; i < n; ++i) pasted += "\xc3\xa9";
    Text text;
    REQUIRE(text.insert({log_of(0), 1}, 0, pasted).has_value());
    for (std::uint64_t i = 0; i < n / 100; ++i) {
      REQUIRE(text.insert({log_of(0), n + 1 + i}, i * 101 + 7, "x").has_value());
    }
    const auto back = Text::load(text.save());
    const OpId version{log_of(0), n + n / 200};
    return milliseconds([&] { REQUIRE(back->at({&version, 1}).has_value()); });
  });
}

TEST_CASE("hostile: what bytes may make a reader hold") {
  // The worst of each column: tokens of a run each, names, spans, content, and places that have
  // none. Per byte of input 1,024 bytes of columns; of those, what the history makes.
  const auto costs = [](const Bytes& bytes) {
    return peak([&] {
      Text text;
      (void)text.merge_delta(bytes);
    });
  };
  {
    // Wiped places cost no bytes.
    TextRun wiped = test::insert_run({log_of(1), 1}, {}, 0, "");
    wiped.wiped = true;
    wiped.len = 2'000'000'000;
    Text text;
    CHECK(peak([&] { REQUIRE(text.merge({&wiped, 1}).has_value()); }) < 1u << 20);
    const auto saved = text.save();
    CHECK(peak([&] { REQUIRE(Text::load(saved).has_value()); }) < 1u << 20);
  }
  for (const auto& bytes : {keys(1'000'000), backward_names(1'000'000), branches(8'000, false),
                            branches(4'000, true)}) {
    const auto cost = costs(bytes);
    if (std::getenv("HOLM_MEASURE") != nullptr) {
      std::printf("%8zu bytes of a delta: %10zu held, %6zu times\n", bytes.size(), cost,
                  cost / bytes.size());
    }
    // docs/formats/text.md has the figure.
    CHECK(cost <= bytes.size() * text::kExpansionMax * 64 + (1u << 20));
  }
}

TEST_CASE("hostile: parents that are oneself, come later, or never") {
  for (const std::uint64_t parent : {1, 2, 3, 99}) {
    // Three code points in two spans; the first follows one that is outside, or says so.
    Forged forged;
    forged.total = 3;
    forged.names = 1;
    put_varint(forged.authors, 0);
    forged.spans = 2;
    for (auto number :
         {std::uint64_t{1}, std::uint64_t{1}, std::uint64_t{0}, parent, std::uint64_t{0}}) {
      put_varint(forged.parents, number);
    }
    put_varint(forged.span_lens, 0);
    forged.runs = 1;
    forged.tokens.push_back(3 * 5 * 2);
    forged.content = to_bytes("abc");
    Text text;
    const auto before = text.save();
    CHECK(!text.merge_delta(forged.delta()).has_value());
    CHECK(text.save() == before);
    Text other;
    REQUIRE(other.insert({log_of(5), 1}, 0, "hello").has_value());
    const auto known = other.save();
    CHECK(!other.merge_delta(forged.delta()).has_value());
    CHECK(other.save() == known);
  }
}
