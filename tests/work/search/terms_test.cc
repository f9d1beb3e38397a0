#include "work/search/terms.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/work/lab.h"

namespace holm::work::search {
namespace {

using test::Lab;

std::vector<std::string> terms(Lab& lab, const ObjectId& id) {
  const auto ref = lab.ana.ref(id);
  const auto state = lab.ana.state(ref);
  std::map<std::uint32_t, std::string> texts;
  for (const auto field : text_fields(state.type)) texts[field] = *lab.ana.text(ref, field);
  return terms_of(ref.space, state, texts, lab.ana.self());
}

bool has(const std::vector<std::string>& terms, const std::string& term) {
  return std::binary_search(terms.begin(), terms.end(), term);
}

TEST_CASE("search terms: words, their beginnings, titles and marks") {
  Lab lab;
  const auto found = terms(lab, lab.doc);
  for (const auto* term : {"plan", "=plan", "~pl", "~pla", "three", "~th", "notes", "_k6",
                           "_sdraft", "_m202601", "_y2026"}) {
    CHECK_MESSAGE(has(found, term), term);
  }
  CHECK(has(found, mark::author(lab.ana.self())));
  CHECK_FALSE(has(found, "=three"));
  CHECK_FALSE(has(found, "_x"));
  CHECK(std::is_sorted(found.begin(), found.end()));
}

TEST_CASE("search terms: a phrase of characters asks for pairs") {
  CHECK(terms_of_phrase(words_of_text("東京都")) == std::vector<std::string>{"東京", "京都"});
  CHECK(terms_of_phrase(words_of_text("東")) == std::vector<std::string>{"東"});
  CHECK(terms_of_phrase(words_of_text("東京 tower")) == std::vector<std::string>{"東京", "tower"});
}

TEST_CASE("search terms: nothing but what the index spells") {
  Lab lab;
  lab.ana.run(CardSet{.card = lab.card.text(), .values = {{"title", "½ ① ℡ “x_y” ~z =q Ⅷ ﷺ"}}});
  for (const auto& term : terms(lab, lab.card)) {
    for (const char c : term) {
      const auto byte = static_cast<unsigned char>(c);
      const bool is_fine = byte >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                           c == '_' || c == '~' || c == '=';
      CHECK_MESSAGE(is_fine, term);
    }
  }
}

TEST_CASE("search terms: a clock that says anything gives a month") {
  CHECK(mark::month(WallTime(Millis(INT64_MAX))) == "_m999912");
  CHECK(mark::year(WallTime(Millis(INT64_MIN))) == "_y0");
}

}  // namespace
}  // namespace holm::work::search
