#include "work/views/text_diff.h"

#include <algorithm>

#include "crdt/text/diff.h"

namespace holm::work::views {
namespace {

constexpr std::size_t kContextLines = 3;

std::string_view without_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  return line;
}

/// `before_len` lines from `before` on gave way to `after_len` lines from `after` on.
struct Hunk {
  std::size_t before = 0;
  std::size_t before_len = 0;
  std::size_t after = 0;
  std::size_t after_len = 0;
};

std::vector<Hunk> hunks_between(std::string_view before, std::string_view after) {
  std::vector<Hunk> out;
  std::size_t at = 0;
  std::size_t at_after = 0;
  bool open = false;
  for (const auto& line : crdt::diff_lines(before, after)) {
    if (line.kind == crdt::DiffLine::Kind::same) {
      ++at;
      ++at_after;
      open = false;
      continue;
    }
    if (!open) out.push_back({at, 0, at_after, 0});
    open = true;
    if (line.kind == crdt::DiffLine::Kind::removed) {
      ++at;
      ++out.back().before_len;
    } else {
      ++at_after;
      ++out.back().after_len;
    }
  }
  return out;
}

/// "12,3" as diff -u has it: an empty range names the line before it.
std::string range_text(std::size_t begin, std::size_t end) {
  return std::to_string(begin == end ? begin : begin + 1) + "," + std::to_string(end - begin);
}

class Layout {
 public:
  Layout(Shape& shape, const Changes& history, std::string_view before, std::string_view after,
         const Authorship& authorship)
      : shape_(shape),
        history_(history),
        authorship_(authorship),
        hunks_(hunks_between(before, after)),
        before_(split_lines(before)),
        after_(split_lines(after)),
        before_ranges_(line_ranges(before_)),
        after_ranges_(line_ranges(after_)) {}

  Value run() {
    if (hunks_.empty()) return {};
    Value out = Value::array();
    for (std::size_t i = 0; i < hunks_.size();) {
      std::size_t last = i;  // hunks whose contexts would touch are shown as one
      while (last + 1 < hunks_.size() &&
             hunks_[last + 1].before - end_of(hunks_[last]) <= 2 * kContextLines) {
        ++last;
      }
      out.push(together(i, last));
      i = last + 1;
    }
    return Value::object().set("unified", std::move(unified_)).set("hunks", std::move(out));
  }

 private:
  static std::size_t end_of(const Hunk& hunk) { return hunk.before + hunk.before_len; }

  Value together(std::size_t first, std::size_t last) {
    const auto lead = std::min(hunks_[first].before, kContextLines);
    const auto trail = std::min(before_.size() - end_of(hunks_[last]), kContextLines);
    const auto from = hunks_[first].before - lead;
    const auto from_after = hunks_[first].after - lead;
    const auto to = end_of(hunks_[last]) + trail;
    const auto to_after = hunks_[last].after + hunks_[last].after_len + trail;
    unified_ += "@@ -" + range_text(from, to) + " +" + range_text(from_after, to_after) + " @@\n";
    lines_ = Value::array();
    std::size_t at = from;
    for (std::size_t i = first; i <= last; ++i) {
      for (; at < hunks_[i].before; ++at) add(' ', before_[at], {});
      replaced(hunks_[i]);
      at = end_of(hunks_[i]);
    }
    for (; at < to; ++at) add(' ', before_[at], {});
    return Value::object()
        .set("from_line", from + 1)
        .set("to_line", from_after + 1)
        .set("lines", std::move(lines_));
  }

  void replaced(const Hunk& hunk) {
    std::set<std::size_t> removers;
    for (std::size_t i = hunk.before; i < end_of(hunk); ++i) {
      std::set<std::size_t> by;
      if (authorship_.before != nullptr && authorship_.erasers != nullptr) {
        by = authorship_.erasers->of(authorship_.before->stretches(before_ranges_[i]));
      }
      removers.insert(by.begin(), by.end());
      add('-', before_[i], by);
    }
    for (std::size_t i = hunk.after; i < hunk.after + hunk.after_len; ++i) {
      std::set<std::size_t> by;
      if (authorship_.after != nullptr) by = authorship_.after->of(after_ranges_[i]);
      // Words that stood there before are not news; a line that only lost words is its removers'.
      std::erase_if(by, [&](std::size_t change) { return change < authorship_.from; });
      add('+', after_[i], by.empty() ? removers : by);
    }
  }

  void add(char sign, std::string_view line, const std::set<std::size_t>& by) {
    unified_ += sign;
    unified_ += without_end(line);
    unified_ += '\n';
    if (!line.ends_with('\n')) unified_ += "\\ No newline at end of file\n";
    Value entry;
    entry.set("op", std::string(1, sign)).set("text", without_end(line));
    if (sign != ' ') entry.set("by", shape_.people(authors_of(history_, by)));
    lines_.push(std::move(entry));
  }

  Shape& shape_;
  const Changes& history_;
  const Authorship& authorship_;
  std::vector<Hunk> hunks_;
  std::vector<std::string_view> before_;
  std::vector<std::string_view> after_;
  std::vector<LineRange> before_ranges_;
  std::vector<LineRange> after_ranges_;
  std::string unified_;
  Value lines_;
};

}  // namespace

std::vector<MemberId> authors_of(const Changes& history, const std::set<std::size_t>& changes) {
  std::set<MemberId> out;
  for (const auto change : changes) out.insert(history[change].author);
  return {out.begin(), out.end()};
}

Value text_difference_value(Shape& shape, const Changes& history, std::string_view before,
                            std::string_view after, const Authorship& authorship) {
  return Layout(shape, history, before, after, authorship).run();
}

}  // namespace holm::work::views
