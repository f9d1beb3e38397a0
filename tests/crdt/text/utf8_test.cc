#include "crdt/text/utf8.h"

#include <doctest/doctest.h>

#include <string>

#include "base/rng.h"
#include "tests/crdt/text/plain/indexed.h"
#include "tests/support/seeds.h"

using namespace holm;
using namespace holm::crdt;

namespace {

std::u32string random_points(Rng& rng, std::uint64_t size) {
  static constexpr char32_t kEdges[] = {0x00,   0x7F,   0x80,   0x7FF,   0x800,   0xD7FF,
                                        0xE000, 0xFFFF, 0xFFFD, 0x10000, 0x10FFFF};
  const unsigned ascii_percent = rng.chance(30) ? 100 : static_cast<unsigned>(rng.below(100));
  std::u32string out;
  for (; size > 0; --size) {
    out.push_back(rng.chance(ascii_percent) ? static_cast<char32_t>(rng.below(128))
                                            : kEdges[rng.below(std::size(kEdges))]);
  }
  return out;
}

std::string encoded(std::u32string_view points) {
  std::string out;
  for (auto point : points) utf8::append(out, point);
  return out;
}

}  // namespace

TEST_CASE("utf8: counting, finding and reading agree with the list of code points") {
  test::for_each_seed(100, [](test::Seed seed) {
    SeededRng rng(seed);
    const auto points = random_points(rng, rng.below(60));
    const auto text = encoded(points);
    CHECK(utf8::count(text) == points.size());
    CHECK(utf8::checked_count(text) == points.size());
    std::size_t at = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
      REQUIRE(utf8::offset(text, i) == at);
      REQUIRE(utf8::decode(text, at) == points[i]);
      const auto next = utf8::next(text, at);
      REQUIRE(utf8::previous(text, next) == at);
      at = next;
    }
    CHECK(at == text.size());
    CHECK(utf8::offset(text, points.size()) == text.size());
    const auto all = utf8::decode_all(text);
    CHECK(std::u32string(all.begin(), all.end()) == points);
  });
}

TEST_CASE("utf8: what is not well-formed is not counted") {
  using namespace std::string_literals;
  for (const auto& bad : {"\x80"s, "\xc3"s, "\xc0\x80"s, "\xc1\xbf"s, "\xe0\x9f\xbf"s,
                          "\xed\xa0\x80"s, "\xe2\x82"s, "\xf0\x8f\xbf\xbf"s, "\xf4\x90\x80\x80"s,
                          "\xf5\x80\x80\x80"s, "\xff"s, "\xf0\x9f\x98"s, "\xe2\x28\xa1"s}) {
    for (const auto& before : {""s, "eight ascii"s, "\u00e9"s}) {
      CHECK(!utf8::checked_count(before + bad).has_value());
      CHECK(!utf8::checked_count(before + bad + "more than eight"s).has_value());
    }
  }
  CHECK(utf8::checked_count("\0\0"s) == 2);
}

TEST_CASE("indexed text: replacing anywhere gives what a list of code points gives") {
  test::for_each_seed(8, [](test::Seed seed) {
    SeededRng rng(seed);
    auto points = random_points(rng, rng.chance(50) ? 20 : 20000);
    plain::text::IndexedText text(encoded(points));
    for (int i = 0; i < 40; ++i) {
      const auto pos = rng.below(points.size() + 1);
      const auto erased = rng.below(std::min<std::uint64_t>(points.size() - pos, 9000) + 1);
      const auto added = random_points(rng, rng.chance(20) ? rng.below(20000) : rng.below(4));
      points.replace(pos, erased, added);
      text.replace(pos, erased, encoded(added));
      REQUIRE(text.size() == points.size());
      const auto from = rng.below(points.size() + 1);
      const auto len = rng.below(points.size() - from + 1);
      REQUIRE(text.slice(from, len) == encoded(points.substr(from, len)));
    }
    REQUIRE(text.bytes() == encoded(points));
  });
}
