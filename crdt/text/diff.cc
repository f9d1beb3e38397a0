// Lines first, because a document is long and edits are few; then code points within the passages
// where lines differ. Both by Myers (myers.h).
#include "crdt/text/diff.h"

#include <algorithm>
#include <cstdint>
#include <unordered_map>

#include "crdt/text/myers.h"
#include "crdt/text/utf8.h"

namespace holm::crdt {
namespace {

using text::Match;

// A thousand changed lines in a row, and any number apart, are compared exactly.
constexpr text::AlignBounds kLineBounds{.differences = 1024, .steps = 1 << 25};
// A passage that differs in more code points than this is rewritten rather than edited; the steps
// are some tens of milliseconds.
constexpr text::AlignBounds kPointBounds{.differences = 1024, .steps = 1 << 22};
// Texts this short are compared by code point at once; lines would only hide what they share.
constexpr std::size_t kShortBytes = 2000;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto feed = text.find('\n');
    const auto size = feed == std::string_view::npos ? text.size() : feed + 1;
    out.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return out;
}

/// Lines as numbers, equal ones alike in both texts.
class LineNumbers {
 public:
  std::vector<std::uint32_t> of(const std::vector<std::string_view>& lines) {
    std::vector<std::uint32_t> out;
    out.reserve(lines.size());
    for (auto line : lines) {
      out.push_back(
          numbers_.emplace(line, static_cast<std::uint32_t>(numbers_.size())).first->second);
    }
    return out;
  }

 private:
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
};

std::vector<Match> align_lines(const std::vector<std::string_view>& from,
                               const std::vector<std::string_view>& to) {
  LineNumbers numbers;
  const auto a = numbers.of(from);
  const auto b = numbers.of(to);
  return text::align(a, b, kLineBounds).matches;
}

/// Calls `gap(a, a_end, b, b_end)` for each stretch before, between and after the matches of two
/// sequences of n and m symbols, empty ones left out, and `match(m)` for each match, in order.
template <class OnGap, class OnMatch>
void walk(const std::vector<Match>& matches, std::size_t n, std::size_t m, OnGap gap,
          OnMatch match) {
  std::size_t a = 0, b = 0;
  const auto before = [&](std::size_t a_end, std::size_t b_end) {
    if (a < a_end || b < b_end) gap(a, a_end, b, b_end);
  };
  for (const auto& one : matches) {
    before(one.a, one.b);
    match(one);
    a = one.a + one.len;
    b = one.b + one.len;
  }
  before(n, m);
}

/// Drops matches that are much shorter than the rewriting on both sides of them: letters that two
/// unrelated words happen to share. Ends of the passage are kept, they are where it stops
/// differing.
void drop_scraps(std::vector<Match>& matches, std::size_t n, std::size_t m) {
  const auto gap_before = [&](std::size_t i) {
    const std::size_t a = i == 0 ? 0 : matches[i - 1].a + matches[i - 1].len;
    const std::size_t b = i == 0 ? 0 : matches[i - 1].b + matches[i - 1].len;
    const std::size_t a_end = i == matches.size() ? n : matches[i].a;
    const std::size_t b_end = i == matches.size() ? m : matches[i].b;
    return std::max(a_end - a, b_end - b);
  };
  // Dropping one lengthens the gaps beside its neighbours; a few rounds settle all but oddities.
  for (int round = 0; round < 8; ++round) {
    std::vector<Match> kept;
    for (std::size_t i = 0; i < matches.size(); ++i) {
      if (2 * matches[i].len >= std::min(gap_before(i), gap_before(i + 1)))
        kept.push_back(matches[i]);
    }
    if (kept.size() == matches.size()) return;
    matches = std::move(kept);
  }
}

/// Adds the edits that turn one passage into another; `pos` is where both begin in the new text.
void add_edits(std::vector<TextEdit>& edits, std::uint64_t pos, std::string_view from,
               std::string_view to) {
  std::size_t front = 0;
  const auto least = std::min(from.size(), to.size());
  while (front < least && from[front] == to[front]) ++front;
  // Two code points may share their first bytes.
  const auto inside = [](std::string_view text, std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
  };
  while (front > 0 && (inside(from, front) || inside(to, front))) --front;
  pos += utf8::count(from.substr(0, front));
  from.remove_prefix(front);
  to.remove_prefix(front);
  if (from.empty() && to.empty()) return;

  const auto a = utf8::decode_all(from);
  const auto b = utf8::decode_all(to);
  const auto symbols = [](const std::vector<char32_t>& points) {
    return std::vector<std::uint32_t>(points.begin(), points.end());
  };
  auto found = text::align(symbols(a), symbols(b), kPointBounds);
  auto& matches = found.matches;
  drop_scraps(matches, a.size(), b.size());
  std::size_t shared = 0;
  for (const auto& match : matches) shared += match.len;
  if (4 * shared < std::min(a.size(), b.size())) {
    // Little in common: keep the common end alone.
    const bool ends = !matches.empty() && matches.back().a + matches.back().len == a.size() &&
                      matches.back().b + matches.back().len == b.size();
    if (ends) {
      matches.erase(matches.begin(), std::prev(matches.end()));
    } else {
      matches.clear();
    }
  }
  std::size_t at = 0, at_point = 0;  // how far `to` has been walked
  walk(
      matches, a.size(), b.size(),
      [&](std::size_t a_begin, std::size_t a_end, std::size_t b_begin, std::size_t b_end) {
        at += utf8::offset(to.substr(at), b_begin - at_point);
        const auto size = utf8::offset(to.substr(at), b_end - b_begin);
        edits.push_back({.pos = pos + b_begin,
                         .erased = a_end - a_begin,
                         .inserted = std::string(to.substr(at, size))});
        at += size;
        at_point = b_end;
      },
      [](const Match&) {});
}

/// What lines first .. last - 1 are together.
std::string_view passage(const std::vector<std::string_view>& lines, std::size_t first,
                         std::size_t last) {
  if (first == last) return {};
  const auto& end = lines[last - 1];
  return {lines[first].data(),
          static_cast<std::size_t>(end.data() + end.size() - lines[first].data())};
}

}  // namespace

std::vector<TextEdit> diff(std::string_view from, std::string_view to) {
  std::vector<TextEdit> edits;
  if (from.size() + to.size() <= kShortBytes) {
    add_edits(edits, 0, from, to);
    return edits;
  }
  const auto old_lines = lines_of(from);
  const auto new_lines = lines_of(to);
  std::uint64_t pos = 0;
  walk(
      align_lines(old_lines, new_lines), old_lines.size(), new_lines.size(),
      [&](std::size_t a, std::size_t a_end, std::size_t b, std::size_t b_end) {
        const auto added = passage(new_lines, b, b_end);
        add_edits(edits, pos, passage(old_lines, a, a_end), added);
        pos += utf8::count(added);
      },
      [&](const Match& match) {
        pos += utf8::count(passage(new_lines, match.b, match.b + match.len));
      });
  return edits;
}

std::vector<DiffLine> diff_lines(std::string_view from, std::string_view to) {
  const auto old_lines = lines_of(from);
  const auto new_lines = lines_of(to);
  std::vector<DiffLine> out;
  const auto add = [&](DiffLine::Kind kind, const auto& lines, std::size_t at, std::size_t end) {
    for (; at < end; ++at) out.push_back({.kind = kind, .text = std::string(lines[at])});
  };
  walk(
      align_lines(old_lines, new_lines), old_lines.size(), new_lines.size(),
      [&](std::size_t a, std::size_t a_end, std::size_t b, std::size_t b_end) {
        add(DiffLine::Kind::removed, old_lines, a, a_end);
        add(DiffLine::Kind::added, new_lines, b, b_end);
      },
      [&](const Match& match) {
        add(DiffLine::Kind::same, old_lines, match.a, match.a + match.len);
      });
  return out;
}

}  // namespace holm::crdt
