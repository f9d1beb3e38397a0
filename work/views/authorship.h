// Who wrote and who took away each line of a text: shared by difference and blame.
#pragma once

#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "crdt/text/text.h"
#include "work/views/version.h"

namespace holm::work::views {

/// The lines of a text, each with its line end; views into it.
std::vector<std::string_view> split_lines(std::string_view text);

/// A line by its code points in a text.
struct LineRange {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
};
std::vector<LineRange> line_ranges(const std::vector<std::string_view>& lines);

/// Which changes wrote the visible code points of a text.
class Writers {
 public:
  Writers(const crdt::Text& text, const OpIndex& index);

  /// Indexes of the changes that wrote some of `range`, ascending.
  std::set<std::size_t> of(const LineRange& range) const;

  struct Stretch {
    crdt::TextSpan span;
    std::size_t change = 0;
  };
  /// The stretches that reach into `range`.
  std::vector<Stretch> stretches(const LineRange& range) const;

 private:
  std::vector<Stretch> stretches_;  // by position
};

/// Which of some changes took which code points of a text away.
class Erasers {
 public:
  /// Of the changes from index `from` up to before `to`; `text` is one that has them all.
  Erasers(const Ref& ref, std::uint32_t field, const crdt::Text& text, const Changes& history,
          std::size_t from, std::size_t to);

  /// Indexes of the changes that took some of the stretches away.
  std::set<std::size_t> of(const std::vector<Writers::Stretch>& stretches) const;

 private:
  struct Gone {
    std::uint64_t len = 0;
    std::size_t change = 0;
  };
  std::multimap<crdt::OpId, Gone> gone_;
};

}  // namespace holm::work::views
