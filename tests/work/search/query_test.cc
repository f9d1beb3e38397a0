#include "work/search/query.h"

#include <doctest/doctest.h>

#include "base/rng.h"
#include "tests/support/seeds.h"

namespace holm::work::search {
namespace {

/// "+a|b -c", phrases in quotes, beginnings with a star, filters as they are.
std::string shown(std::string_view text, Typing typing = Typing::no) {
  const auto question = parse_question(text, typing);
  if (!question) return "error: " + question.error().what;
  std::string out;
  for (const auto& clause : question->clauses) {
    if (!out.empty()) out += ' ';
    if (clause.excluded) out += '-';
    for (std::size_t i = 0; i < clause.any.size(); ++i) {
      if (i > 0) out += '|';
      const auto& phrase = clause.any[i];
      for (std::size_t j = 0; j < phrase.words.size(); ++j) {
        if (j > 0) out += '_';
        out += phrase.words[j].text;
      }
      if (phrase.prefix) out += '*';
    }
  }
  for (const auto& filter : question->filters) {
    if (!out.empty()) out += ' ';
    out += (filter.excluded ? "-" : "") + filter.name + "=" + filter.value;
  }
  return out;
}

TEST_CASE("search query: words, phrases, beginnings, without, or") {
  CHECK(shown("Ferry timetable") == "ferry timetable");
  CHECK(shown("\"half past nine\"") == "half_past_nine");
  CHECK(shown("ferr* -late") == "ferr* -late");
  CHECK(shown("boat OR ferry timetable") == "boat|ferry timetable");
  CHECK(shown("a OR b OR \"c d\"") == "a|b|c_d");
  CHECK(shown("boat | ferry") == "boat|ferry");
  CHECK(shown("don't") == "don_t");
  CHECK(shown("R-42") == "r_42");
  CHECK(shown("東京都") == "東_京_都");
  CHECK(shown("-\"not this\"") == "-not_this");
}

TEST_CASE("search query: the last word may go on while typing") {
  CHECK(shown("the ferr", Typing::yes) == "the ferr*");
  CHECK(shown("the ferr ", Typing::yes) == "the ferr");
  CHECK(shown("the \"ferr", Typing::yes) == "the ferr");
  CHECK(shown("f", Typing::yes) == "f");
  CHECK(shown("東", Typing::yes) == "東");
}

TEST_CASE("search query: filters") {
  CHECK(shown("ferry in:Shop by:\"Ana Lima\"") == "ferry in=Shop by=Ana Lima");
  CHECK(shown("IN:Shop -kind:message") == "in=Shop -kind=message");
  CHECK(shown("https://example.org") == "https_example_org");
  CHECK(shown("12:30") == "12_30");
  CHECK(shown("\"in:Shop\"") == "in_shop");
  CHECK(shown("note: bring rope") == "note bring rope");
}

TEST_CASE("search query: what cannot be is said, in words") {
  CHECK(shown("colour:red").find("no filter is called \"colour:\"") != std::string::npos);
  CHECK(shown("in: x").find("says nothing") != std::string::npos);
  CHECK(shown("-before:2026-01-01").find("cannot be left out") != std::string::npos);
  CHECK(shown("a*").find("too short a beginning") != std::string::npos);
  CHECK(shown(std::string(1u << 20, 'x')).find("longer than") != std::string::npos);
  std::string many;
  for (int i = 0; i < 40; ++i) many += "word ";
  CHECK(shown(many).find("more than 32 words") != std::string::npos);
  CHECK(shown("\xFF\xFE").find("not UTF-8") != std::string::npos);
}

TEST_CASE("search query: signs that mean nothing here are no trouble") {
  CHECK(shown("\"open quote") == "open_quote");
  CHECK(shown("OR") == "or");
  CHECK(shown("OR boat OR") == "or boat or");
  CHECK(shown("a OR OR b") == "a|or b");
  CHECK(shown("- * \" ( ) ^ : + NEAR AND NOT") == "near_and_not");
  CHECK(shown("- * ( ) ^ : +") == "");
  CHECK(shown("terms : x") == "terms x");
  CHECK(shown(std::string_view("fer\0ry", 6)) == "fer_ry");
  CHECK(shown("'; DROP TABLE search; --") == "drop table search");
  CHECK(shown("") == "");
}

TEST_CASE("search query: any text is understood or refused as usage") {
  test::for_each_seed(500, [](test::Seed seed) {
    SeededRng rng(seed);
    const std::string_view pieces[] = {"a", "in:", "\"", " ",   "OR",   "-",  "*", "東京", "by:x",
                                       ":", "|",   "é",  "is:", "mine", "\n", "(", "~",    "_"};
    std::string text;
    for (auto left = rng.below(30); left > 0; --left) text += pieces[rng.below(std::size(pieces))];
    for (const auto typing : {Typing::no, Typing::yes}) {
      const auto question = parse_question(text, typing);
      if (!question) {
        REQUIRE(question.error().code == Code::usage);
        continue;
      }
      for (const auto& clause : question->clauses) {
        REQUIRE_FALSE(clause.any.empty());
        for (const auto& phrase : clause.any) REQUIRE_FALSE(phrase.words.empty());
      }
    }
  });
}

}  // namespace
}  // namespace holm::work::search
