#include "work/views/difference.h"

#include <algorithm>
#include <unordered_map>

#include "base/ensure.h"
#include "crdt/text/utf8.h"

namespace holm::work {
namespace {

using Sequence = std::span<const std::uint32_t>;

/// Appends a step, joining it to the hunk it touches.
void add_step(std::vector<Hunk>& out, const Hunk& step) {
  if (!out.empty()) {
    Hunk& last = out.back();
    if (last.before + last.before_len == step.before && last.after + last.after_len == step.after) {
      last.before_len += step.before_len;
      last.after_len += step.after_len;
      return;
    }
  }
  out.push_back(step);
}

/// The greedy forward search. The furthest-reaching ends of every cost are kept, so that the path
/// can be walked back; `cost_max` bounds them.
std::vector<Hunk> search(Sequence a, Sequence b, std::size_t cost_max) {
  const auto n = static_cast<std::int64_t>(a.size());
  const auto m = static_cast<std::int64_t>(b.size());
  if (n == 0 && m == 0) return {};
  if (n == 0 || m == 0) return {{0, a.size(), 0, b.size()}};
  const auto limit = static_cast<std::int64_t>(std::min(cost_max, a.size() + b.size()));

  std::vector<std::vector<std::int64_t>> rounds;  // rounds[d][k + d]: end x on diagonal k
  std::int64_t cost = -1;
  for (std::int64_t d = 0; d <= limit && cost < 0; ++d) {
    std::vector<std::int64_t> ends(static_cast<std::size_t>(2 * d + 1), -1);
    for (std::int64_t k = -d; k <= d; k += 2) {
      std::int64_t x = 0;
      if (d > 0) {
        const auto& before = rounds.back();
        const auto end = [&](std::int64_t diagonal) {
          const auto at = diagonal + d - 1;
          return at >= 0 && at < 2 * d - 1 ? before[static_cast<std::size_t>(at)]
                                           : std::int64_t{-1};
        };
        const bool down = k == -d || (k != d && end(k - 1) < end(k + 1));
        x = down ? end(k + 1) : end(k - 1) + 1;
      }
      std::int64_t y = x - k;  // ends beyond a or b are kept: no path comes back from there
      while (x < n && y < m && a[static_cast<std::size_t>(x)] == b[static_cast<std::size_t>(y)]) {
        ++x;
        ++y;
      }
      ends[static_cast<std::size_t>(k + d)] = x;
      if (x == n && y == m) {
        cost = d;
        break;
      }
    }
    rounds.push_back(std::move(ends));
  }
  if (cost < 0) return {{0, a.size(), 0, b.size()}};

  std::vector<Hunk> steps;
  std::int64_t x = n;
  std::int64_t y = m;
  for (std::int64_t d = cost; d > 0; --d) {
    const auto& before = rounds[static_cast<std::size_t>(d - 1)];
    const auto end = [&](std::int64_t diagonal) {
      const auto at = diagonal + d - 1;
      return at >= 0 && at < 2 * d - 1 ? before[static_cast<std::size_t>(at)] : std::int64_t{-1};
    };
    const std::int64_t k = x - y;
    const bool down = k == -d || (k != d && end(k - 1) < end(k + 1));
    const std::int64_t from_k = down ? k + 1 : k - 1;
    const std::int64_t from_x = end(from_k);
    const std::int64_t from_y = from_x - from_k;
    if (down) {
      steps.push_back({static_cast<std::size_t>(from_x), 0, static_cast<std::size_t>(from_y), 1});
    } else {
      steps.push_back({static_cast<std::size_t>(from_x), 1, static_cast<std::size_t>(from_y), 0});
    }
    x = from_x;
    y = from_y;
  }
  std::reverse(steps.begin(), steps.end());
  std::vector<Hunk> out;
  for (const auto& step : steps) add_step(out, step);
  return out;
}

/// Numbers things by first appearance, so that sequences of them can be compared by number.
class Numbering {
 public:
  std::vector<std::uint32_t> operator()(const std::vector<std::string_view>& things) {
    std::vector<std::uint32_t> out;
    out.reserve(things.size());
    for (const auto& thing : things) {
      out.push_back(numbers_.try_emplace(thing, static_cast<std::uint32_t>(numbers_.size()))
                        .first->second);
    }
    return out;
  }

 private:
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
};

std::vector<std::uint32_t> code_points(std::string_view text) {
  const auto points = crdt::utf8::decode_all(text);
  return {points.begin(), points.end()};
}

std::string to_utf8(Sequence points) {
  std::string out;
  for (const auto point : points) crdt::utf8::append(out, static_cast<char32_t>(point));
  return out;
}

std::string_view joined(const std::vector<std::string_view>& lines, std::size_t from,
                        std::size_t count) {
  if (count == 0) return {};
  const char* begin = lines[from].data();
  const auto& last = lines[from + count - 1];
  return {begin, static_cast<std::size_t>(last.data() + last.size() - begin)};
}

}  // namespace

std::vector<Hunk> difference(Sequence before, Sequence after, std::size_t cost_max) {
  const auto head = static_cast<std::size_t>(
      std::mismatch(before.begin(), before.end(), after.begin(), after.end()).first -
      before.begin());
  before = before.subspan(head);
  after = after.subspan(head);
  const auto tail = static_cast<std::size_t>(
      std::mismatch(before.rbegin(), before.rend(), after.rbegin(), after.rend()).first -
      before.rbegin());
  auto out = search(before.first(before.size() - tail), after.first(after.size() - tail), cost_max);
  for (auto& hunk : out) {
    hunk.before += head;
    hunk.after += head;
  }
  return out;
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto size = end == std::string_view::npos ? text.size() : end + 1;
    out.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return out;
}

std::vector<Hunk> line_difference(const std::vector<std::string_view>& before,
                                  const std::vector<std::string_view>& after) {
  Numbering number;
  const auto a = number(before);
  const auto b = number(after);
  return difference(a, b);
}

std::vector<TextChange> text_difference(std::string_view before, std::string_view after) {
  const auto a = split_lines(before);
  const auto b = split_lines(after);
  std::vector<TextChange> out;
  std::size_t line = 0;   // of `before`, up to which `point` counts
  std::size_t point = 0;
  for (const auto& hunk : line_difference(a, b)) {
    point += crdt::utf8::count(joined(a, line, hunk.before - line));
    const auto old_points = code_points(joined(a, hunk.before, hunk.before_len));
    const auto new_points = code_points(joined(b, hunk.after, hunk.after_len));
    for (const auto& inner : difference(old_points, new_points)) {
      const auto inserted = Sequence(new_points).subspan(inner.after, inner.after_len);
      out.push_back({point + inner.before, inner.before_len, to_utf8(inserted)});
    }
    point += old_points.size();
    line = hunk.before + hunk.before_len;
  }
  return out;
}

std::vector<TextChange> rebase(const std::vector<TextChange>& theirs,
                               const std::vector<TextChange>& ours) {
  // Sums over ours, so that a place of the common text is found in the changed one.
  std::vector<std::size_t> inserted{0};
  std::vector<std::size_t> erased{0};
  for (const auto& change : ours) {
    inserted.push_back(inserted.back() + crdt::utf8::count(change.inserted));
    erased.push_back(erased.back() + change.erased);
  }
  const auto count_up_to = [&](std::size_t pos) {  // how many of ours begin at or before `pos`
    const auto end = std::upper_bound(ours.begin(), ours.end(), pos,
                                      [](std::size_t at, const TextChange& c) { return at < c.pos; });
    return static_cast<std::size_t>(end - ours.begin());
  };
  /// Where `pos` stands in the changed text, behind what ours put there.
  const auto moved = [&](std::size_t pos) {
    const auto count = count_up_to(pos);
    std::size_t gone = erased[count];
    if (count > 0) {
      const auto& last = ours[count - 1];
      if (last.pos + last.erased > pos) gone -= last.pos + last.erased - pos;
    }
    return pos + inserted[count] - gone;
  };

  const auto starts_before = [](const TextChange& a, const TextChange& b) { return a.pos < b.pos; };
  std::vector<TextChange> out;
  for (const auto& change : theirs) {
    if (std::binary_search(ours.begin(), ours.end(), change, starts_before) &&
        ours[count_up_to(change.pos) - 1] == change) {
      continue;  // both did the same
    }
    const std::size_t end = change.pos + change.erased;
    TextChange next{moved(change.pos), 0, change.inserted};
    std::size_t from = change.pos;
    while (from < end) {
      const auto count = count_up_to(from);
      if (count > 0 && ours[count - 1].pos + ours[count - 1].erased > from) {
        from = ours[count - 1].pos + ours[count - 1].erased;  // taken away already
        continue;
      }
      const std::size_t stop = count < ours.size() ? std::min(end, ours[count].pos) : end;
      if (moved(from) != next.pos + next.erased) {
        if (next.erased > 0 || !next.inserted.empty()) out.push_back(next);
        next = {moved(from), 0, {}};
      }
      next.erased += stop - from;
      from = stop;
    }
    if (next.erased > 0 || !next.inserted.empty()) out.push_back(std::move(next));
  }
  return out;
}

std::string apply_changes(std::string_view text, const std::vector<TextChange>& changes) {
  std::string out;
  std::size_t point = 0;
  for (const auto& change : changes) {
    ENSURE(change.pos >= point);
    const auto keep = crdt::utf8::offset(text, change.pos - point);
    out.append(text.substr(0, keep));
    text.remove_prefix(keep);
    text.remove_prefix(crdt::utf8::offset(text, change.erased));
    out.append(change.inserted);
    point = change.pos + change.erased;
  }
  out.append(text);
  return out;
}

}  // namespace holm::work
