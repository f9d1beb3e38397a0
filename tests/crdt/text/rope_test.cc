#include "crdt/text/rope.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/rng.h"
#include "crdt/text/utf8.h"
#include "tests/support/seeds.h"

using namespace holm;
using namespace holm::crdt;
using crdt::text::Rope;

namespace {

std::string encoded(std::u32string_view points) {
  std::string out;
  for (auto point : points) utf8::append(out, point);
  return out;
}

/// Text with as much of everything else between the ASCII as `odd_percent` says.
std::u32string random_text(Rng& rng, std::uint64_t size, unsigned odd_percent) {
  static constexpr char32_t kOdd[] = {U'\r',         U'\n',         U'\0',     U'\u0301',
                                      U'\u0308',     U'\u05D0',     U'\u0639', U'\u200F',
                                      U'\u20AC',     U'\u4E2D',     U'\u200D', U'\U0001F469',
                                      U'\U0001F4BB', U'\U0010FFFF', U'\u00E9'};
  std::u32string out;
  for (; size > 0; --size) {
    if (rng.chance(odd_percent)) {
      out.push_back(kOdd[rng.below(std::size(kOdd))]);
    } else if (rng.chance(4)) {
      out += U"\r\n";
    } else {
      out.push_back(U'a' + static_cast<char32_t>(rng.below(26)));
    }
  }
  return out;
}

/// A rope and the list of code points that it has to be equal to.
struct Pair {
  Rope rope;
  std::u32string points;

  void insert(std::uint64_t pos, const std::u32string& added) {
    rope.insert(pos, encoded(added), added.size());
    points.insert(pos, added);
  }
  void erase(std::uint64_t pos, std::uint64_t len) {
    rope.erase(pos, len);
    points.erase(pos, len);
  }
};

void check_text(const Pair& pair) {
  pair.rope.ensure_sound();
  REQUIRE(pair.rope.size() == pair.points.size());
  const auto text = encoded(pair.points);
  REQUIRE(pair.rope.bytes() == text.size());
  REQUIRE(pair.rope.str() == text);
}

/// Holds every conversion at every `stride`th code point against counting.
void check_indexes(const Pair& pair, std::uint64_t stride = 1) {
  const auto& [rope, points] = pair;
  std::uint64_t byte = 0;
  std::uint64_t unit = 0;
  std::uint64_t line = 0;
  std::uint64_t wrong = rope.line_start(0) == 0 ? 0 : 1;
  const auto expect = [&](bool right) { wrong += right ? 0 : 1; };
  for (std::uint64_t i = 0; i <= points.size(); ++i) {
    const bool at_end = i == points.size();
    const char32_t point = at_end ? 0 : points[i];
    const auto width = at_end ? 1 : encoded({&point, 1}).size();
    const std::uint64_t units = point > 0xFFFF ? 2 : 1;
    if (i % stride == 0 || at_end) {
      expect(rope.byte_of(i) == byte);
      expect(rope.utf16_of(i) == unit);
      expect(rope.line_of(i) == line);
      for (std::uint64_t k = 0; k < width; ++k) expect(rope.pos_of_byte(byte + k) == i);
      for (std::uint64_t k = 0; k < units; ++k) expect(rope.pos_of_utf16(unit + k) == i);
    }
    if (at_end) break;
    byte += width;
    unit += units;
    if (point == '\n') expect(rope.line_start(++line) == i + 1);
  }
  REQUIRE(wrong == 0);
  REQUIRE(rope.utf16() == unit);
  REQUIRE(rope.lines() == line + 1);
}

void check_slices(const Pair& pair, Rng& rng) {
  for (int i = 0; i < 20; ++i) {
    const auto pos = rng.below(pair.points.size() + 1);
    const auto len = rng.below(pair.points.size() - pos + 1);
    const auto expected = encoded(std::u32string_view(pair.points).substr(pos, len));
    REQUIRE(pair.rope.slice(pos, len) == expected);
    std::string joined = "before";
    pair.rope.append_to(joined, pos, len);
    REQUIRE(joined == "before" + expected);
    std::string chunks;
    pair.rope.for_each_chunk(pos, len, [&](std::string_view chunk) {
      REQUIRE(!chunk.empty());
      REQUIRE(utf8::checked_count(chunk).has_value());
      chunks += chunk;
    });
    REQUIRE(chunks == expected);
  }
}

void check_all(const Pair& pair, Rng& rng) {
  check_text(pair);
  check_indexes(pair);
  check_slices(pair, rng);
}

/// One edit, more often than not near the last.
void random_edit(Pair& pair, Rng& rng, std::uint64_t& last, unsigned erase_percent,
                 unsigned odd_percent) {
  const auto size = pair.points.size();
  if (rng.chance(30)) {
    last = rng.below(size + 1);
  } else if (rng.chance(50)) {
    last += std::min<std::uint64_t>(rng.below(900), size - last);
  } else {
    last -= std::min<std::uint64_t>(rng.below(900), last);
  }
  const auto longest = rng.chance(3) ? 9'000 : rng.chance(20) ? 700 : 12;
  if (rng.chance(erase_percent)) {
    pair.erase(last, std::min<std::uint64_t>(rng.below(longest), size - last));
  } else {
    pair.insert(last, random_text(rng, rng.below(longest), odd_percent));
  }
}

}  // namespace

TEST_CASE("rope: without text there is one line and nothing in it") {
  Rope rope;
  rope.insert(0, "", 0);
  rope.erase(0, 0);
  for (int i = 0; i < 2; ++i) {
    rope.ensure_sound();
    CHECK(rope.empty());
    CHECK(rope.size() == 0);
    CHECK(rope.lines() == 1);
    CHECK(rope.str().empty());
    CHECK(rope.byte_of(0) == 0);
    CHECK(rope.utf16_of(0) == 0);
    CHECK(rope.line_of(0) == 0);
    CHECK(rope.pos_of_byte(0) == 0);
    CHECK(rope.pos_of_utf16(0) == 0);
    CHECK(rope.line_start(0) == 0);
    CHECK(rope.memory() == sizeof(Rope));
    rope.insert(0, "gone at once", 12);
    rope.erase(0, 12);
  }
  CHECK(Rope("").empty());
}

TEST_CASE("rope: within a code point or a surrogate pair an offset is rounded down") {
  const Rope rope("a\u00e9\U0001F469\n");
  CHECK(rope.pos_of_byte(2) == 1);
  CHECK(rope.pos_of_byte(6) == 2);
  CHECK(rope.pos_of_byte(7) == 3);
  CHECK(rope.pos_of_byte(8) == 4);
  CHECK(rope.pos_of_utf16(2) == 2);
  CHECK(rope.pos_of_utf16(3) == 2);
  CHECK(rope.pos_of_utf16(4) == 3);
  CHECK(rope.pos_of_utf16(5) == 4);
  CHECK(rope.line_start(1) == 4);
}

TEST_CASE("rope: any edits give what a list of code points gives") {
  test::for_each_seed(24, [](test::Seed seed) {
    SeededRng rng(seed);
    static constexpr unsigned kOddPercent[] = {0, 0, 3, 30, 100};
    const auto odd = kOddPercent[seed % std::size(kOddPercent)];
    Pair pair;
    if (rng.chance(50)) {
      pair.points = random_text(rng, rng.below(30'000), odd);
      pair.rope = Rope(encoded(pair.points));
    }
    std::uint64_t last = 0;
    for (int phase = 0; phase < 6; ++phase) {
      const unsigned erase_percent = phase % 2 == 0 ? 35 : 65;
      for (int i = 0; i < 120; ++i) {
        last = std::min<std::uint64_t>(last, pair.points.size());
        random_edit(pair, rng, last, erase_percent, odd);
        pair.rope.ensure_sound();
      }
      check_all(pair, rng);
    }
    while (!pair.points.empty()) {
      const auto pos = rng.below(pair.points.size());
      pair.erase(pos, std::min<std::uint64_t>(pair.points.size() - pos, 1 + rng.below(4'000)));
      pair.rope.ensure_sound();
    }
    CHECK(pair.rope.memory() == sizeof(Rope));
  });
}

TEST_CASE("rope: writing and erasing code point by code point, forwards and backwards") {
  test::for_each_seed(6, [](test::Seed seed) {
    SeededRng rng(seed);
    Pair pair;
    pair.insert(0, random_text(rng, 5'000, 20));
    auto at = rng.below(pair.points.size());
    for (int i = 0; i < 6'000; ++i) pair.insert(at++, random_text(rng, 1, 20).substr(0, 1));
    check_text(pair);
    for (int i = 0; i < 3'000; ++i) pair.insert(at, random_text(rng, 1, 20).substr(0, 1));
    check_text(pair);
    for (int i = 0; i < 4'000; ++i) pair.erase(--at, 1);
    check_text(pair);
    while (at < pair.points.size()) pair.erase(at, 1);
    check_all(pair, rng);
    while (at > 0) pair.erase(--at, 1);
    CHECK(pair.rope.empty());
  });
}

TEST_CASE("rope: a copy and what it was made from go ways of their own") {
  SeededRng rng(7);
  Pair first;
  first.insert(0, random_text(rng, 80'000, 10));
  Pair second = first;
  check_text(second);
  first.erase(100, 70'000);
  second.insert(40'000, U"here");
  check_all(first, rng);
  check_text(second);
  Pair third = std::move(second);
  check_text(third);
  second = {};
  second.insert(0, U"again");
  check_all(second, rng);
  third = first;
  third.erase(0, 5);
  check_text(third);
  check_text(first);
  first.rope.clear();
  CHECK(first.rope.empty());
  CHECK(Rope(third.rope).str() == third.rope.str());
}

TEST_CASE("rope: a paste of ten megabytes, edited, and erased from within") {
  SeededRng rng(11);
  Pair pair;
  const auto block = random_text(rng, 5'000, 15);
  std::u32string large;
  while (large.size() < 8'500'000) large += block;
  pair.insert(0, U"front and back");
  pair.insert(6, large);
  CHECK(pair.rope.bytes() > 10'000'000);
  check_text(pair);
  check_indexes(pair, 9'973);
  for (int i = 0; i < 200; ++i) {
    pair.insert(rng.below(pair.points.size() + 1), random_text(rng, 1 + rng.below(20), 15));
    pair.erase(rng.below(pair.points.size() - 50), 50);
  }
  check_text(pair);
  check_slices(pair, rng);
  Pair rest = pair;
  while (rest.points.size() > 150'000) {
    rest.erase(rng.below(rest.points.size() - 120'000), 1 + rng.below(120'000));
  }
  check_text(rest);
  pair.erase(10, pair.points.size() - 20);
  check_all(pair, rng);
  CHECK(pair.rope.memory() < 20'000);
}

TEST_CASE("rope: memory stays near the text, however it came about") {
  test::for_each_seed(3, [](test::Seed seed) {
    SeededRng rng(seed);
    const auto odd = seed % 2 == 0 ? 0 : 20;
    const auto ratio = [](const Rope& rope) {
      return static_cast<double>(rope.memory()) / static_cast<double>(rope.bytes());
    };
    Rope rope(encoded(random_text(rng, 200'000, odd)));
    CHECK(ratio(rope) < 1.15);
    // A few edits everywhere fill up what the bulk build has left.
    for (int i = 0; i < 20'000; ++i) {
      const auto added = random_text(rng, 1 + rng.below(8), odd);
      rope.insert(rng.below(rope.size() + 1), encoded(added), added.size());
      if (i % 500 == 0) REQUIRE(ratio(rope) < 1.6);
    }
    while (rope.size() > 50'000) {
      rope.erase(rng.below(rope.size() - 20), 1 + rng.below(20));
      if (rope.size() % 500 == 0) REQUIRE(ratio(rope) < 1.6);
    }
    CHECK(ratio(rope) < 1.6);
    rope.ensure_sound();
    rope.clear();
    for (std::uint64_t i = 0; i < 200'000; ++i) rope.insert(i, "a", 1);
    CHECK(ratio(rope) < 1.25);
    // Large cuts leave small rests.
    for (std::uint64_t pos = 10; pos + 4'000 < rope.size(); pos += 10) rope.erase(pos, 3'990);
    rope.ensure_sound();
    CHECK(rope.memory() < 3 * sizeof(Rope) + 10'000);
  });
}

TEST_CASE("rope: what replaces the front of a leaf finds room, however full the leaves are") {
  test::for_each_seed(4, [](test::Seed seed) {
    SeededRng rng(seed);
    Pair pair;
    const unsigned odd = seed % 3 == 0 ? 10 : 0;
    for (int i = 0; i < 400; ++i) {
      const auto size = pair.points.size();
      if (size > 60'000) pair.erase(rng.below(100), size - 30'000);
      // Keys fill leaves to the brim; what is cut and pasted ends anywhere in them.
      auto pos = rng.below(pair.points.size() + 1);
      for (auto n = rng.below(600); n > 0; --n) pair.insert(pos++, U"k");
      pos = rng.below(pair.points.size() + 1);
      const auto len = rng.below(std::min<std::uint64_t>(pair.points.size() - pos, 40) + 1);
      if (len > 0) pair.erase(pos, len);
      pair.insert(pos, random_text(rng, 1 + rng.below(380), odd));
      if (i % 10 == 0) pair.rope.ensure_sound();
    }
    check_text(pair);
  });
}
