// Bringing the changes of one side of a text to the other side. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "crdt/text/text.h"

namespace holm::work {

/// One change of a text, in code points of the text as it was before all of them.
struct TextChange {
  std::uint64_t pos = 0;
  std::uint64_t erased = 0;
  std::string inserted;

  bool operator==(const TextChange&) const = default;
};

/// From `before` to `after`, both UTF-8; ascending, none touching the next.
std::vector<TextChange> changes_between(std::string_view before, std::string_view after);

/// `theirs`, written against a `common` text that has since been changed by `ours`, for the changed
/// text: nothing of ours is taken back; what both did alike happens once; text put at one spot by
/// both stays, ours first; words of ours in a line that theirs removed stay on a line of their own.
/// Both ascending; so is the result, in code points of the changed text. O(n log m), and O(common)
/// for each removal that ours wrote into.
std::vector<TextChange> rebase(std::string_view common, const std::vector<TextChange>& theirs,
                               const std::vector<TextChange>& ours);

/// Applies ascending changes to a text.
std::string apply_changes(std::string_view text, const std::vector<TextChange>& changes);

}  // namespace holm::work
