#include "work/exchange/text_merge.h"

#include <algorithm>

#include "base/ensure.h"
#include "crdt/text/diff.h"
#include "crdt/text/utf8.h"

namespace holm::work {

std::vector<TextChange> changes_between(std::string_view before, std::string_view after) {
  // Whole lines come and go as such, so that two sides' changes of neighbouring lines stay apart;
  // only a line that gave way to another is looked into.
  std::vector<TextChange> out;
  std::uint64_t at = 0;  // code points of `before` behind us
  std::string removed;
  std::string added;
  const auto close = [&] {
    const auto count = crdt::utf8::count(removed);
    if (removed.empty() || added.empty()) {
      if (count > 0 || !added.empty()) out.push_back({at, count, added});
    } else {
      std::uint64_t put = 0;  // an edit counts its place after all edits before it
      std::uint64_t taken = 0;
      for (auto& edit : crdt::diff(removed, added)) {
        const auto inserted = crdt::utf8::count(edit.inserted);
        out.push_back({at + edit.pos + taken - put, edit.erased, std::move(edit.inserted)});
        put += inserted;
        taken += edit.erased;
      }
    }
    at += count;
    removed.clear();
    added.clear();
  };
  for (const auto& line : crdt::diff_lines(before, after)) {
    switch (line.kind) {
      case crdt::DiffLine::Kind::removed: removed += line.text; break;
      case crdt::DiffLine::Kind::added: added += line.text; break;
      case crdt::DiffLine::Kind::same: close(); at += crdt::utf8::count(line.text);
    }
  }
  close();
  return out;
}

namespace {

/// Where a removal ends: before the line end when words of ours are left on that line.
std::uint64_t end_to_erase(std::string_view common, const TextChange& change,
                           const std::vector<TextChange>& ours) {
  const auto end = change.pos + change.erased;
  if (change.erased == 0 || change.inserted.ends_with('\n')) return end;
  const auto first =
      std::lower_bound(ours.begin(), ours.end(), change.pos,
                       [](const TextChange& one, std::uint64_t pos) { return one.pos < pos; });
  for (auto at = first; at != ours.end() && at->pos < end; ++at) {
    if (at->inserted.empty() || at->inserted.ends_with('\n')) continue;
    return common[crdt::utf8::offset(common, end - 1)] == '\n' ? end - 1 : end;
  }
  return end;
}

}  // namespace

std::vector<TextChange> rebase(std::string_view common, const std::vector<TextChange>& theirs,
                               const std::vector<TextChange>& ours) {
  // Sums over ours, so that a place of the common text is found in the changed one.
  std::vector<std::uint64_t> inserted{0};
  std::vector<std::uint64_t> erased{0};
  for (const auto& change : ours) {
    inserted.push_back(inserted.back() + crdt::utf8::count(change.inserted));
    erased.push_back(erased.back() + change.erased);
  }
  const auto count_up_to = [&](std::uint64_t pos) {  // how many of ours begin at or before `pos`
    const auto end =
        std::upper_bound(ours.begin(), ours.end(), pos,
                         [](std::uint64_t at, const TextChange& c) { return at < c.pos; });
    return static_cast<std::size_t>(end - ours.begin());
  };
  /// Where `pos` stands in the changed text, behind what ours put there.
  const auto moved = [&](std::uint64_t pos) {
    const auto count = count_up_to(pos);
    std::uint64_t gone = erased[count];
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
    const std::uint64_t end = end_to_erase(common, change, ours);
    TextChange next{moved(change.pos), 0, change.inserted};
    std::uint64_t from = change.pos;
    while (from < end) {
      const auto count = count_up_to(from);
      if (count > 0 && ours[count - 1].pos + ours[count - 1].erased > from) {
        from = ours[count - 1].pos + ours[count - 1].erased;  // taken away already
        continue;
      }
      const std::uint64_t stop = count < ours.size() ? std::min(end, ours[count].pos) : end;
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
  std::uint64_t point = 0;
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
