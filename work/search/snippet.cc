#include "work/search/snippet.h"

#include <algorithm>

namespace holm::work::search {
namespace {

constexpr std::size_t kPoints = 160;
constexpr std::size_t kPointsBefore = 40;  ///< at most so many before the first find

std::size_t points_in(std::string_view text) { return length_of(text); }

/// Where the window begins that holds most finds; the first of equals.
std::size_t best_start(std::string_view text, const std::vector<Span>& found) {
  std::size_t best = 0;
  std::size_t best_count = 0;
  std::size_t last = 0;
  for (std::size_t first = 0; first < found.size(); ++first) {
    last = std::max(last, first);
    while (last + 1 < found.size() &&
           points_in(text.substr(found[first].begin, found[last + 1].end - found[first].begin)) <
               kPoints - kPointsBefore) {
      ++last;
    }
    if (last - first + 1 > best_count) {
      best = first;
      best_count = last - first + 1;
    }
    if (last + 1 == found.size()) break;
  }
  return best;
}

/// As one line: white space and control characters become single spaces.
void append_line(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F) {
      if (!out.empty() && out.back() != ' ') out += ' ';
    } else {
      out += c;
    }
  }
}

}  // namespace

std::string snippet(std::string_view text, const std::vector<Word>& words,
                    const std::vector<Span>& found) {
  if (words.empty()) return {};
  constexpr std::size_t kFinds = 256;  // enough to choose among
  const std::vector<Span> seen(
      found.begin(), found.begin() + static_cast<std::ptrdiff_t>(std::min(kFinds, found.size())));
  auto first = words.begin();
  if (!seen.empty()) {
    const auto start = seen[best_start(text, seen)].begin;
    first = std::upper_bound(words.begin(), words.end(), start,
                             [](std::size_t at, const Word& word) { return at < word.begin; });
    if (first != words.begin()) --first;
    const auto end = first->begin;
    while (first != words.begin() &&
           points_in(text.substr((first - 1)->begin, end - (first - 1)->begin)) <= kPointsBefore) {
      --first;
    }
  }
  // What stands before the first word belongs to it.
  const std::size_t begin = first == words.begin() ? 0 : first->begin;
  auto last = first;
  while (last + 1 != words.end() &&
         points_in(text.substr(first->begin, (last + 1)->end - first->begin)) <= kPoints) {
    ++last;
  }
  const bool is_whole = last + 1 == words.end();
  auto end = is_whole ? text.size() : last->end;
  // A word cut short at kWordBytesMax may end in the middle of nowhere, a long tail of signs also.
  if (is_whole && end - last->end > kPoints) end = last->end;
  std::string out = begin > 0 ? "…" : "";
  auto at = begin;
  for (const auto& span : found) {
    if (span.begin < begin || span.end > end || span.begin < at) continue;
    append_line(out, text.substr(at, span.begin - at));
    out += "«";
    append_line(out, text.substr(span.begin, span.end - span.begin));
    out += "»";
    at = span.end;
  }
  append_line(out, text.substr(at, end - at));
  while (out.ends_with(' ')) out.pop_back();
  if (end < text.size()) out += "…";
  return out;
}

}  // namespace holm::work::search
