#include "work/search/snippet.h"

#include <doctest/doctest.h>

#include "base/rng.h"
#include "base/wire.h"
#include "tests/support/seeds.h"
#include "work/search/rank.h"

namespace holm::work::search {
namespace {

std::string shown(const std::string& text, std::string_view question) {
  const auto words = words_of_text(text);
  const auto asked = parse_question(question, Typing::no);
  REQUIRE(asked);
  return snippet(text, words, find_in(words, asked->clauses).spans);
}

TEST_CASE("search snippet: what was found is marked, in one line") {
  CHECK(shown("The ferry\nleaves  at nine.", "ferry nine") == "The «ferry» leaves at «nine».");
  CHECK(shown("Nothing of it", "ferry") == "Nothing of it");
  CHECK(shown("", "ferry").empty());
  CHECK(shown("half past nine, nine past half", "\"half past nine\"") ==
        "«half past nine», nine past half");
}

TEST_CASE("search snippet: a long text is cut between words around where most is found") {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "filler" + std::to_string(i) + " ";
  text += "the Ferry timetable ";
  for (int i = 0; i < 100; ++i) text += "after" + std::to_string(i) + " ";
  text = "ferry " + text;
  const auto out = shown(text, "ferry timetable");
  CHECK(out.find("«Ferry» «timetable»") != std::string::npos);
  CHECK(out.starts_with("…filler"));
  CHECK(out.ends_with("…"));
  CHECK(length_of(out) < 260);
}

TEST_CASE("search snippet: right-to-left text and characters stand in their order") {
  CHECK(shown("قرأت كِتَابًا جديدا", "كتابا") == "قرأت «كِتَابًا» جديدا");
  CHECK(shown("私は東京都に住む", "東京") == "私は«東京»都に住む");
  std::string text;
  for (int i = 0; i < 300; ++i) text += "山";
  const auto out = shown(text + "東京" + text, "東京");
  CHECK(is_utf8(out));
  CHECK(out.find("«東京»") != std::string::npos);
  CHECK(length_of(out) < 260);
}

TEST_CASE("search: what surely does not stand in a text is never what does") {
  test::for_each_seed(2000, [](test::Seed seed) {
    SeededRng rng(seed);
    const std::string_view pieces[] = {"a", "B", "ab", "ba", " ", ", ", "-", "2", "é", "ba ab"};
    std::string text;
    for (auto left = rng.below(12); left > 0; --left) text += pieces[rng.below(std::size(pieces))];
    std::string question = "\"";
    for (auto left = 1 + rng.below(4); left > 0; --left) {
      question += pieces[rng.below(std::size(pieces))];
    }
    const auto asked = parse_question(question + "\"", Typing::no);
    REQUIRE(asked);
    if (asked->clauses.empty()) return;
    auto phrase = asked->clauses[0].any[0];
    phrase.prefix = rng.below(2) == 0;
    const bool stands = !places_of(words_of_text(text), phrase).empty();
    REQUIRE((may_stand(text, phrase) || !stands));
    const bool is_ascii = text.find("é") == text.npos && question.find("é") == question.npos;
    if (is_ascii) REQUIRE(may_stand(text, phrase) == stands);
  });
}

TEST_CASE(
    "search rank: title before body, new before old, together before apart, mine before theirs") {
  Standing base;
  base.clauses = 2;
  base.age = std::chrono::days(30);
  auto better = [&](auto change) {
    auto other = base;
    change(other);
    return score_of(other) > score_of(base);
  };
  CHECK(better([](Standing& s) { s.in_title = 2; }));
  CHECK(better([](Standing& s) { s.age = std::chrono::days(1); }));
  CHECK(better([](Standing& s) { s.together = true; }));
  CHECK(better([](Standing& s) { s.mine = true; }));
  CHECK(better([](Standing& s) { s.links = 2; }));
  CHECK(better([](Standing& s) { s.density = 0.5; }));
  auto old_title = base;
  old_title.in_title = 2;
  old_title.age = std::chrono::days(3000);
  auto new_body = base;
  new_body.age = Millis{};
  CHECK(score_of(old_title) > score_of(new_body));
}

}  // namespace
}  // namespace holm::work::search
