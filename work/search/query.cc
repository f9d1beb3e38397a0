// Reads left to right: an item is an optional '-', then a filter name with its colon, and a word or
// a quoted phrase. ORs are joined afterwards, so that one without a neighbour can become a word.
#include "work/search/query.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/wire.h"

namespace holm::work::search {
namespace {

constexpr std::array<std::string_view, 9> kFilters = {"in",    "by",  "to",     "kind", "tag",
                                                      "state", "has", "before", "after"};
constexpr std::string_view kIs = "is";

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

struct Item {
  std::string filter;  ///< empty: words
  std::string text;
  bool excluded = false;
  bool quoted = false;
  bool ends_text = false;  ///< nothing stands behind it, not even a space
};

class Items {
 public:
  explicit Items(std::string_view text) : text_(text) {}

  std::optional<Item> next() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    if (at_ == text_.size()) return std::nullopt;
    Item out;
    if (text_[at_] == '-' && at_ + 1 < text_.size() && !is_space(text_[at_ + 1])) {
      out.excluded = true;
      ++at_;
    }
    out.filter = filter_name();
    if (at_ < text_.size() && text_[at_] == '"') {
      const auto end = std::min(text_.find('"', at_ + 1), text_.size());
      out.text = text_.substr(at_ + 1, end - at_ - 1);
      out.quoted = true;
      at_ = std::min(end + 1, text_.size());
      return out;
    }
    const auto first = at_;
    while (at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != '"') ++at_;
    out.text = text_.substr(first, at_ - first);
    out.ends_text = at_ == text_.size();
    return out;
  }

 private:
  /// The letters before a colon, and moves past it: of "in:Shop" and "in:\"Big Shop\"", not of
  /// "https://" or "12:30".
  std::string filter_name() {
    auto end = at_;
    while (end < text_.size() && is_letter(text_[end])) ++end;
    if (end == at_ || end == text_.size() || text_[end] != ':') return {};
    if (text_.substr(end + 1).starts_with('/')) return {};
    std::string out(text_.substr(at_, end - at_));
    for (auto& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool has_value = end + 1 < text_.size() && !is_space(text_[end + 1]);
    const bool is_known =
        out == kIs || std::find(kFilters.begin(), kFilters.end(), out) != kFilters.end();
    if (!has_value && !is_known) return {};  // "note:" is a word
    at_ = end + 1;
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

bool is_filter(std::string_view name) {
  return name == kIs || std::find(kFilters.begin(), kFilters.end(), name) != kFilters.end();
}

Status check(const Item& item) {
  if (item.filter.empty()) return {};
  if (!is_filter(item.filter)) {
    return fail(Code::usage, "no filter is called \"" + item.filter + ":\"", {},
                "use one of " + filter_names() + ", or put the words in quotes");
  }
  if (item.text.empty()) {
    return fail(Code::usage, "\"" + item.filter + ":\" says nothing to filter by", {},
                "write it like in:Shop or in:\"Boat house\"");
  }
  if (item.excluded && (item.filter == "before" || item.filter == "after")) {
    return fail(Code::usage, "\"-" + item.filter + ":\" cannot be left out", {},
                "use before: or after: the other way round");
  }
  return {};
}

/// The phrase of a word or quote; nothing when it holds no word.
Result<std::optional<Phrase>> phrase_of(const Item& item, Typing typing) {
  Phrase out;
  out.quoted = item.quoted;
  std::string_view text = item.text;
  const bool is_starred = !item.quoted && text.ends_with('*');
  out.words = words_of_text(text);
  if (out.words.empty()) return std::optional<Phrase>();
  const auto& last = out.words.back();
  const bool goes_on =
      typing == Typing::yes && item.ends_text && !item.quoted && last.end == text.size();
  if (last.character || (!is_starred && !goes_on)) return std::optional(std::move(out));
  if (length_of(last.text) >= 2) {
    out.prefix = true;
  } else if (is_starred) {
    return fail(Code::usage, "\"" + item.text + "\" is too short a beginning", {},
                "give at least two letters before the *");
  }
  return std::optional(std::move(out));
}

}  // namespace

std::string filter_names() {
  std::string out;
  for (const auto name : kFilters) out.append(name).append(":, ");
  return out + "is:mine, is:waiting";
}

Result<Question> parse_question(std::string_view text, Typing typing) {
  if (text.size() > kQuestionBytesMax) {
    return fail(Code::usage,
                "the question is longer than " + std::to_string(kQuestionBytesMax) + " bytes", {},
                "look for a few of its words");
  }
  if (!is_utf8(text)) return fail(Code::usage, "the question is not UTF-8 text");
  Question out;
  Items items(text);
  std::size_t words = 0;
  std::optional<Item> pending_or;  // an OR that waits for its right side
  const auto add = [&](const Item& item, Phrase phrase) {
    words += phrase.words.size();
    if (pending_or && !item.excluded) {
      out.clauses.back().any.push_back(std::move(phrase));
    } else {
      out.clauses.push_back({{std::move(phrase)}, item.excluded});
    }
    pending_or.reset();
  };
  const auto add_word = [&](const Item& item) -> Status {
    auto phrase = TRY(phrase_of(item, typing));
    if (phrase) add(item, std::move(*phrase));
    return {};
  };
  const auto or_is_word = [&]() -> Status {
    if (!pending_or) return {};
    const auto item = *pending_or;
    pending_or.reset();
    return add_word(item);
  };
  bool follows_word = false;
  while (auto item = items.next()) {
    TRY(check(*item));
    if (!item->filter.empty()) {
      TRY(or_is_word());
      if (out.filters.size() == kQuestionWordsMax) {
        return fail(Code::usage, "the question has too many filters", {}, "leave some out");
      }
      out.filters.push_back({item->filter, item->text, item->excluded});
      follows_word = false;
      continue;
    }
    const bool is_or =
        !item->quoted && !item->excluded && (item->text == "OR" || item->text == "|");
    if (is_or && follows_word && !pending_or) {
      pending_or = std::move(item);
      continue;
    }
    if (item->excluded) TRY(or_is_word());
    const auto before = out.clauses.size() + words;
    TRY(add_word(*item));
    follows_word = out.clauses.size() + words != before && !item->excluded;
    if (words > kQuestionWordsMax) {
      return fail(Code::usage,
                  "the question has more than " + std::to_string(kQuestionWordsMax) + " words", {},
                  "leave some out");
    }
  }
  TRY(or_is_word());
  return out;
}

}  // namespace holm::work::search
