#include "work/search/rank.h"

#include <algorithm>
#include <cmath>

namespace holm::work::search {
namespace {

bool is_at(const Word& word, const Phrase& phrase, std::size_t index) {
  const auto& wanted = phrase.words[index].text;
  if (index + 1 == phrase.words.size() && phrase.prefix) return word.text.starts_with(wanted);
  return word.text == wanted;
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Bytes of ASCII against a folded word of as many.
bool is_same(std::string_view text, std::string_view word) {
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != word[i]) return false;
  }
  return true;
}

}  // namespace

std::vector<std::pair<std::size_t, std::size_t>> places_of(const std::vector<Word>& words,
                                                           const Phrase& phrase) {
  std::vector<std::pair<std::size_t, std::size_t>> out;
  const auto count = phrase.words.size();
  if (count == 0) return out;
  for (std::size_t i = 0; i + count <= words.size(); ++i) {
    std::size_t fits = 0;
    while (fits < count && is_at(words[i + fits], phrase, fits)) ++fits;
    if (fits == count) out.emplace_back(i, i + count - 1);
  }
  return out;
}

bool may_stand(std::string_view text, const Phrase& phrase) {
  const auto is_ascii = [](std::string_view bytes) {
    unsigned char all = 0;
    for (const char c : bytes) all |= static_cast<unsigned char>(c);
    return all < 0x80;
  };
  for (const auto& word : phrase.words) {
    if (!is_ascii(word.text) || word.text.size() >= kWordBytesMax) return true;
  }
  if (!is_ascii(text)) return true;
  const auto& first = phrase.words.front().text;
  const auto upper = first[0] >= 'a' && first[0] <= 'z' ? first[0] - 'a' + 'A' : first[0];
  for (std::size_t i = 0; i + first.size() <= text.size(); ++i) {
    if ((text[i] != first[0] && text[i] != upper) || (i > 0 && is_plain(text[i - 1]))) continue;
    std::size_t at = i;
    std::size_t fits = 0;
    while (fits < phrase.words.size()) {
      while (fits > 0 && at < text.size() && !is_plain(text[at])) ++at;
      const auto& wanted = phrase.words[fits].text;
      if (text.size() - at < wanted.size() || !is_same(text.substr(at, wanted.size()), wanted))
        break;
      at += wanted.size();
      ++fits;
      const bool may_go_on = phrase.prefix && fits == phrase.words.size();
      if (!may_go_on && at < text.size() && is_plain(text[at])) break;
      if (fits == phrase.words.size()) return true;
    }
  }
  return false;
}

Findings find_in(const std::vector<Word>& words, const std::vector<Clause>& clauses) {
  Findings out;
  for (std::size_t i = 0; i < clauses.size(); ++i) {
    if (clauses[i].excluded) continue;
    for (const auto& phrase : clauses[i].any) {
      for (const auto& [first, last] : places_of(words, phrase)) {
        out.spans.push_back({words[first].begin, words[last].end});
        out.each[i] += 1;
      }
    }
  }
  std::sort(out.spans.begin(), out.spans.end());
  // Overlapping finds are one.
  std::vector<Span> apart;
  for (const auto& span : out.spans) {
    if (!apart.empty() && span.begin < apart.back().end) {
      apart.back().end = std::max(apart.back().end, span.end);
    } else {
      apart.push_back(span);
    }
  }
  out.spans = std::move(apart);
  return out;
}

double score_of(const Standing& standing) {
  constexpr double kDayMs = 86'400'000.0;
  constexpr double kHalfLifeDays = 90;
  double out = 0;
  if (standing.clauses > 0) {
    const auto share =
        static_cast<double>(standing.in_title) / static_cast<double>(standing.clauses);
    out += 3 * share + (standing.title_whole && share == 1 ? 1 : 0);
  }
  out += standing.density;
  if (standing.together) out += 1;
  const auto days = std::max(0.0, static_cast<double>(standing.age.count()) / kDayMs);
  out += 2 * std::exp2(-days / kHalfLifeDays);
  if (standing.mine) out += 0.5;
  out += 0.5 * (1 - 1 / (1 + static_cast<double>(standing.links)));
  return out;
}

}  // namespace holm::work::search
