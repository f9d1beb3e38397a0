// work/search: any question is understood or refused as usage; words of any text are in order and
// in bounds; folding what was folded changes nothing; snippets are UTF-8 and hold their marks in
// pairs.
//
// Input: a question, byte 0x1e, a text.
#include "base/ensure.h"
#include "base/wire.h"
#include "work/search/query.h"
#include "work/search/rank.h"
#include "work/search/snippet.h"
#include "work/search/terms.h"

namespace holm::fuzz {
namespace {

void check_words(std::string_view text, const std::vector<work::search::Word>& words) {
  std::size_t last = 0;
  for (const auto& word : words) {
    ENSURE(word.begin >= last && word.end > word.begin && word.end <= text.size());
    ENSURE(!word.text.empty() && word.text.size() <= work::search::kWordBytesMax);
    ENSURE(is_utf8(word.text));
    for (const char c : word.text) {
      const auto byte = static_cast<unsigned char>(c);
      ENSURE(byte >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'));
    }
    last = word.begin;
  }
}

std::size_t count(std::string_view text, std::string_view mark) {
  std::size_t out = 0;
  for (auto at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + 1)) ++out;
  return out;
}

}  // namespace
}  // namespace holm::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holm;
  const auto input = as_text({data, size});
  const auto cut = std::min(input.find('\x1e'), input.size());
  const auto question = input.substr(0, cut);
  const auto text = input.substr(std::min(cut + 1, input.size()));
  const auto words = work::search::words_of_text(text);
  fuzz::check_words(text, words);
  for (const auto typing : {work::search::Typing::no, work::search::Typing::yes}) {
    const auto asked = work::search::parse_question(question, typing);
    if (!asked) {
      ENSURE(asked.error().code == Code::usage);
      continue;
    }
    for (const auto& clause : asked->clauses) {
      ENSURE(!clause.any.empty());
      for (const auto& phrase : clause.any) {
        ENSURE(!phrase.words.empty());
        ENSURE(!work::search::terms_of_phrase(phrase.words).empty());
      }
    }
    const auto found = work::search::find_in(words, asked->clauses);
    const auto shown = work::search::snippet(text, words, found.spans);
    if (!is_utf8(text)) continue;
    ENSURE(is_utf8(shown));
    const bool is_marked = text.find("«") != text.npos || text.find("»") != text.npos;
    ENSURE(is_marked || fuzz::count(shown, "«") == fuzz::count(shown, "»"));
  }
  return 0;
}
