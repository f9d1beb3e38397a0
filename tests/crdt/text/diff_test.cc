#include "crdt/text/diff.h"

#include <doctest/doctest.h>

#include <string>

#include "base/rng.h"
#include "crdt/text/myers.h"
#include "crdt/text/utf8.h"
#include "tests/crdt/text/histories.h"
#include "tests/support/seeds.h"

using namespace holm;
using namespace holm::crdt;

namespace {

/// Text over a small alphabet, so that much is shared by chance.
std::string random_text(Rng& rng, std::uint64_t size_max) {
  static const char* const kParts[] = {"a",      "b",          "\n", "\u00e9",
                                       "\u00e8", "\U0001F600", "c",  "word "};
  std::string out;
  for (auto n = rng.below(size_max + 1); n > 0; --n) out += kParts[rng.below(std::size(kParts))];
  return out;
}

std::string random_change(Rng& rng, std::string text) {
  for (auto n = rng.below(5); n > 0; --n) {
    const auto size = utf8::count(text);
    const auto pos = rng.below(size + 1);
    const auto erased = std::min(size - pos, rng.below(6));
    text = test::apply(text, {{.pos = pos, .erased = erased, .inserted = random_text(rng, 5)}});
  }
  return text;
}

/// Length of a longest common subsequence, by the table.
std::size_t lcs(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
  std::vector<std::vector<std::size_t>> table(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      table[i][j] = a[i - 1] == b[j - 1] ? table[i - 1][j - 1] + 1
                                         : std::max(table[i - 1][j], table[i][j - 1]);
    }
  }
  return table[a.size()][b.size()];
}

std::vector<TextEdit> one_edit(std::uint64_t pos, std::uint64_t erased, std::string inserted) {
  return {{.pos = pos, .erased = erased, .inserted = std::move(inserted)}};
}

}  // namespace

TEST_CASE("align: matches are equal, ascending, and as long as can be") {
  test::for_each_seed(300, [](test::Seed seed) {
    SeededRng rng(seed);
    std::vector<std::uint32_t> a(rng.below(40)), b(rng.below(40));
    const auto symbols = 1 + rng.below(6);
    for (auto& x : a) x = static_cast<std::uint32_t>(rng.below(symbols));
    for (auto& x : b) x = static_cast<std::uint32_t>(rng.below(symbols));
    // Small bounds on half of the seeds: then only the longest is not promised.
    const bool bounded = rng.chance(50);
    const text::AlignBounds bounds{.differences = bounded ? 2 + rng.below(3) : 1000,
                                   .steps = bounded ? rng.below(200) : 1000000};
    const auto found = text::align(a, b, bounds);
    std::size_t at_a = 0, at_b = 0, shared = 0;
    for (const auto& match : found.matches) {
      REQUIRE(match.len > 0);
      REQUIRE(match.a >= at_a);
      REQUIRE(match.b >= at_b);
      at_a = match.a + match.len;
      at_b = match.b + match.len;
      REQUIRE(at_a <= a.size());
      REQUIRE(at_b <= b.size());
      for (std::size_t i = 0; i < match.len; ++i) REQUIRE(a[match.a + i] == b[match.b + i]);
      shared += match.len;
    }
    if (!bounded) CHECK(found.exact);
    if (found.exact) CHECK(shared == lcs(a, b));
  });
}

TEST_CASE("diff: the edits turn one text into the other, ascending and apart") {
  test::for_each_seed(100, [](test::Seed seed) {
    SeededRng rng(seed);
    const auto from = random_text(rng, rng.chance(20) ? 2000 : 60);
    const auto to = rng.chance(60) ? random_change(rng, from) : random_text(rng, 60);
    const auto edits = diff(from, to);
    REQUIRE(test::apply(from, edits) == to);
    std::uint64_t end = 0;
    for (const auto& edit : edits) {
      CHECK((edit.erased > 0 || !edit.inserted.empty()));
      if (&edit != &edits.front()) CHECK(edit.pos > end);
      end = edit.pos + utf8::count(edit.inserted);
      CHECK(utf8::checked_count(edit.inserted).has_value());
    }
    if (from == to) CHECK(edits.empty());
  });
}

TEST_CASE("diff: small changes stay small") {
  CHECK(diff("", "").empty());
  CHECK(diff("same\n", "same\n").empty());
  CHECK(diff("", "new") == one_edit(0, 0, "new"));
  CHECK(diff("old", "") == one_edit(0, 3, ""));
  CHECK(diff("caf\u00e9", "caf\u00e8") == one_edit(3, 1, "\u00e8"));
  CHECK(diff("a\r\nb", "a\nb") == one_edit(1, 1, ""));
  CHECK(diff("the cat sat", "the cats sat") == one_edit(7, 0, "s"));
  // Both ends of a line, in one text.
  const std::vector<TextEdit> both{{.pos = 0, .erased = 0, .inserted = "- "},
                                   {.pos = 7, .erased = 0, .inserted = "!"}};
  CHECK(diff("hello\n", "- hello!\n") == both);
  // The letters that two words share by chance are no reason to keep them.
  CHECK(diff("say nothing now", "say everything else now").size() <= 2);
  CHECK(diff("The quick brown fox.", "My unrelated sentence?").size() == 1);
}

TEST_CASE("diff: an edit far down a long text touches its own lines only") {
  std::string from, to;
  for (int i = 0; i < 3000; ++i) {
    const auto line = "line " + std::to_string(i) + "\n";
    from += line;
    to += i == 10 ? "line ten\n" : line;
    if (i == 2000) to += "another line\n";
  }
  const auto edits = diff(from, to);
  REQUIRE(edits.size() == 2);
  CHECK(edits[0].inserted == "ten");
  CHECK(edits[1].inserted.size() == 13);
  CHECK(edits[1].erased == 0);
}

TEST_CASE("diff: texts with nothing in common cost little and become one edit") {
  std::string from, to;
  SeededRng rng(1);
  for (int i = 0; i < 50000; ++i) {
    from.push_back(static_cast<char>('a' + rng.below(13)));
    to.push_back(static_cast<char>('n' + rng.below(13)));
  }
  CHECK(diff(from, to) == one_edit(0, from.size(), to));
}

TEST_CASE("diff: lines are removed, added or the same, and make up both texts") {
  using Kind = DiffLine::Kind;
  const std::vector<DiffLine> wanted{{Kind::same, "a\n"},  {Kind::removed, "b\n"},
                                     {Kind::added, "B\n"}, {Kind::same, "c\n"},
                                     {Kind::removed, "d"}, {Kind::added, "d\n"}};
  CHECK(diff_lines("a\nb\nc\nd", "a\nB\nc\nd\n") == wanted);
  CHECK(diff_lines("", "").empty());
  test::for_each_seed(100, [](test::Seed seed) {
    SeededRng rng(seed);
    const auto from = random_text(rng, 80);
    const auto to = random_change(rng, from);
    std::string old_text, new_text;
    for (const auto& line : diff_lines(from, to)) {
      if (line.kind != Kind::added) old_text += line.text;
      if (line.kind != Kind::removed) new_text += line.text;
    }
    CHECK(old_text == from);
    CHECK(new_text == to);
  });
}
