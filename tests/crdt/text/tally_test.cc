#include "crdt/text/tally.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/rng.h"
#include "crdt/text/utf8.h"
#include "tests/support/seeds.h"

using namespace holm;
using namespace holm::crdt;

namespace {

char32_t random_point(Rng& rng, unsigned ascii_percent) {
  static constexpr char32_t kEdges[] = {0x00,   0x0A,   0x80,    0x8A,    0x7FF,    0x800, 0xD7FF,
                                        0xE000, 0xFFFF, 0x10000, 0x1F468, 0x10FFFF, 0x10A, 0xA0A};
  if (!rng.chance(ascii_percent)) return kEdges[rng.below(std::size(kEdges))];
  return rng.chance(15) ? U'\n' : static_cast<char32_t>(rng.below(128));
}

}  // namespace

TEST_CASE("tally: counts and places are those of a walk over the code points") {
  test::for_each_seed(300, [](test::Seed seed) {
    SeededRng rng(seed);
    const unsigned ascii_percent = rng.chance(30) ? 100 : static_cast<unsigned>(rng.below(100));
    std::string all;
    std::vector<std::size_t> offsets;
    std::vector<std::uint64_t> point_of_units;
    std::vector<std::size_t> behind_breaks;
    // Past 255 rounds of lanes now and then.
    const auto size = rng.chance(5) ? 6'000 : rng.below(250);
    for (std::uint64_t i = 0; i < size; ++i) {
      const auto point = random_point(rng, ascii_percent);
      offsets.push_back(all.size());
      point_of_units.push_back(i);
      if (point > 0xFFFF) point_of_units.push_back(i);
      utf8::append(all, point);
      if (point == '\n') behind_breaks.push_back(all.size());
    }
    offsets.push_back(all.size());
    point_of_units.push_back(size);
    // Exactly as long as it is, for a sanitizer to see what is read behind it.
    const std::vector<char> exact(all.begin(), all.end());
    const std::string_view text(exact.data(), exact.size());

    const text::Tally found = text::tally(text);
    CHECK(found.points == size);
    CHECK(found.bytes() == text.size());
    CHECK(found.utf16() == point_of_units.size() - 1);
    CHECK(found.breaks == behind_breaks.size());
    CHECK(text::count_breaks(text) == behind_breaks.size());

    std::uint64_t wrong = 0;
    for (int i = 0; i < 400; ++i) {
      const auto first = rng.below(size + 1);
      const auto last = first + rng.below(size - first + 1);
      wrong += text::offset_after(text, offsets[first], last - first) == offsets[last] ? 0 : 1;
      wrong += text::offset_before(text, offsets[last], last - first) == offsets[first] ? 0 : 1;
    }
    for (std::size_t i = 0; i < point_of_units.size(); ++i) {
      wrong += text::point_of_unit(text, i) == point_of_units[i] ? 0 : 1;
    }
    for (std::size_t i = 0; i < behind_breaks.size(); ++i) {
      wrong += text::offset_after_break(text, i) == behind_breaks[i] ? 0 : 1;
    }
    for (std::size_t i = 0, point = 0; i <= text.size(); ++i) {
      if (point < size && i == offsets[point + 1]) ++point;
      wrong += text::round_down(text, i) == offsets[point] ? 0 : 1;
    }
    CHECK(wrong == 0);
  });
}
