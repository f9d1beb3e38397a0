// The language of the search box: words, "phrases", word*, -without, a OR b, and filters such as
// in:Shop. Pure: text in, a plain value out; what names mean is resolved by filters.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "work/search/words.h"

namespace holm::work::search {

/// Words that stand side by side: one word of a question, or a quoted phrase. Of a word that reads
/// as several ("don't") they all must follow each other.
struct Phrase {
  std::vector<Word> words;
  bool prefix = false;  ///< the last word may go on
  bool quoted = false;

  bool operator==(const Phrase&) const = default;
};

/// One of these must occur, or, of an excluded clause, none.
struct Clause {
  std::vector<Phrase> any;
  bool excluded = false;

  bool operator==(const Clause&) const = default;
};

struct Filter {
  std::string name;   ///< one that filter_names() has
  std::string value;  ///< as it was typed
  bool excluded = false;

  bool operator==(const Filter&) const = default;
};

struct Question {
  std::vector<Clause> clauses;
  std::vector<Filter> filters;

  bool operator==(const Question&) const = default;
};

inline constexpr std::size_t kQuestionBytesMax = 4096;
inline constexpr std::size_t kQuestionWordsMax = 32;

/// Whether the last word may be unfinished.
enum class Typing : bool { no, yes };

/// Understands everything that is UTF-8 and short: what is no operator is a word, a quote that is
/// not closed ends with the text, an OR with nothing beside it is a word. Errors, all usage: too
/// long, too many words, a filter that is unknown or has no value, a word* of fewer than two
/// letters.
Result<Question> parse_question(std::string_view text, Typing typing);

/// "in, by, ...", for messages.
std::string filter_names();

}  // namespace holm::work::search
