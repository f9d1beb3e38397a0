// What changed between two sequences: of lines, of code points. Pure.
// Source: Myers, "An O(ND) difference algorithm and its variations" (1986).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holm::work {

/// `before_len` things from `before` on gave way to `after_len` things from `after` on.
struct Hunk {
  std::size_t before = 0;
  std::size_t before_len = 0;
  std::size_t after = 0;
  std::size_t after_len = 0;

  bool operator==(const Hunk&) const = default;
};

/// Hunks in order, none touching the next. Smallest up to `cost_max` inserted and removed things
/// apart from common ends; beyond, what is left is one hunk. O((n + m) * cost), cost_max^2 memory.
std::vector<Hunk> difference(std::span<const std::uint32_t> before,
                             std::span<const std::uint32_t> after, std::size_t cost_max = 2000);

/// The lines of a text, each with its line end; views into it.
std::vector<std::string_view> split_lines(std::string_view text);
/// Hunks of lines.
std::vector<Hunk> line_difference(const std::vector<std::string_view>& before,
                                  const std::vector<std::string_view>& after);

/// One change of a text, in code points of the text as it was before all of them.
struct TextChange {
  std::size_t pos = 0;
  std::size_t erased = 0;
  std::string inserted;

  bool operator==(const TextChange&) const = default;
};
/// From `before` to `after`, both UTF-8: by lines first, by code points within changed lines.
std::vector<TextChange> text_difference(std::string_view before, std::string_view after);

/// `theirs`, written against a text that has since been changed by `ours`, for the changed text:
/// nothing of ours is taken back; what both did alike happens once; text put at one spot by both
/// stays, ours first. Both ascending; so is the result, in code points of the changed text.
std::vector<TextChange> rebase(const std::vector<TextChange>& theirs,
                               const std::vector<TextChange>& ours);
/// Applies ascending changes to a text.
std::string apply_changes(std::string_view text, const std::vector<TextChange>& changes);

}  // namespace holm::work
