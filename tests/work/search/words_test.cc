#include "work/search/words.h"

#include <doctest/doctest.h>

#include "base/rng.h"
#include "base/wire.h"
#include "tests/support/seeds.h"

namespace holm::work::search {
namespace {

std::string folded(std::string_view text) {
  std::string out;
  for (const auto& word : words_of_text(text)) {
    if (!out.empty()) out += word.joined ? '+' : ' ';
    out += word.text;
  }
  return out;
}

TEST_CASE("search words: case, accents and widths do not matter") {
  CHECK(folded("The FERRY, at half-past nine!") == "the ferry at half past nine");
  CHECK(folded("Café CAFÉ cafe\xCC\x81") == "cafe cafe cafe");
  CHECK(folded("Straße STRASSE") == "strasse strasse");
  CHECK(folded("ＦＵＬＬ ｗｉｄｔｈ １２") == "full width 12");
  CHECK(folded("Łódź Ørsted Œuvre Þór") == "lodz orsted oeuvre thor");
  CHECK(folded("ΟΔΟΣ οδός") == "οδοσ οδοσ");
  CHECK(folded("Ёлка елка") == "елка елка");
  CHECK(folded("мой мои") == "мой мои");
}

TEST_CASE("search words: all i of Turkish are one letter") {
  CHECK(folded("İSTANBUL istanbul ISTANBUL ıstanbul") == "istanbul istanbul istanbul istanbul");
}

TEST_CASE("search words: Arabic with and without harakat, Hebrew with and without points") {
  CHECK(folded("كِتَابٌ") == folded("كتاب"));
  CHECK(folded("أحمد إحمد آحمد") == "احمد احمد احمد");
  CHECK(folded("كـــتاب") == folded("كتاب"));
  CHECK(folded("٢٠٢٦ ۲۰۲۶") == "2026 2026");
  CHECK(folded("שָׁלוֹם") == folded("שלום"));
}

TEST_CASE("search words: scripts without spaces are read by characters") {
  CHECK(folded("東京都に住む") == "東+京+都+に+住+む");
  CHECK(folded("東京。大阪") == "東+京 大+阪");
  CHECK(folded("한국어 공부") == "한+국+어 공+부");
  CHECK(folded("ｶﾞｷﾞ") == "ガ+ギ");
  CHECK(folded("か\xE3\x82\x99") == "が");
  CHECK(folded("กินข้าว") == "กิ+น+ข้+า+ว");
  CHECK(folded("東京tower 2号") == "東+京 tower 2 号");
}

TEST_CASE("search words: emoji are words, their colours are not") {
  CHECK(folded("ship it 🚀🚀 done") == "ship it 🚀+🚀 done");
  CHECK(folded("👍🏽") == folded("👍"));
}

TEST_CASE("search words: Devanagari keeps its vowel signs") { CHECK(folded("हिन्दी") == "हिन्दी"); }

TEST_CASE("search words: places are those of the source") {
  const std::string text = "Der große Bär";
  const auto words = words_of_text(text);
  REQUIRE(words.size() == 3);
  CHECK(text.substr(words[1].begin, words[1].end - words[1].begin) == "große");
  CHECK(words[1].text == "grosse");
  CHECK(text.substr(words[2].begin, words[2].end - words[2].begin) == "Bär");
}

TEST_CASE("search words: any bytes give words in order, in bounds, short, and of UTF-8") {
  test::for_each_seed(300, [](test::Seed seed) {
    SeededRng rng(seed);
    const std::string_view pieces[] = {"a", "Z9", " ",        "é",    "e\xCC\x81", "東",
                                       "ก็", "ß",  "\xFF",     "\xE3", "🚀",         "\xCC\x81",
                                       "İ", "ﬁ",  "\xF0\x9F", "_"};
    std::string text;
    for (auto left = rng.below(60); left > 0; --left) text += pieces[rng.below(std::size(pieces))];
    std::size_t last = 0;
    for (const auto& word : words_of_text(text)) {
      REQUIRE(word.begin >= last);
      REQUIRE(word.end > word.begin);
      REQUIRE(word.end <= text.size());
      REQUIRE_FALSE(word.text.empty());
      REQUIRE(word.text.size() <= kWordBytesMax);
      REQUIRE(is_utf8(word.text));
      last = word.begin;
    }
  });
}

TEST_CASE("search words: long words are cut") {
  const auto words = words_of_text(std::string(5000, 'A') + " b");
  REQUIRE(words.size() == 2);
  CHECK(words[0].text == std::string(kWordBytesMax, 'a'));
  CHECK(words[0].end == 5000);
}

}  // namespace
}  // namespace holm::work::search
