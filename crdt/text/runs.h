// What was done, run by run: where each insert and erase stood in the version it was written on,
// and the text that came in. Runs of typing, of deleting and of backspacing are one run each.
//
// Value. Threads: one at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/text/lv.h"

namespace holm::crdt::text {

/// How a run goes, as bits.
enum RunFlags : std::uint32_t {
  kInsert = 1,    ///< else an erase
  kBackward = 2,  ///< an erase whose code points were taken last to first
  kVoid = 4,
  kWiped = 8,
};

/// Some consecutive code points of one run. Code point k of an insert has position pos + k; of an
/// erase pos, or pos - k when it went backward.
struct RunPart {
  LvRange range;
  std::uint32_t pos = 0;
  std::uint32_t flags = 0;

  bool inserts() const { return (flags & kInsert) != 0; }
  bool is_void() const { return (flags & kVoid) != 0; }
  bool is_wiped() const { return (flags & kWiped) != 0; }
  bool shows() const { return (flags & (kInsert | kVoid | kWiped)) == kInsert; }
  std::uint32_t pos_at(Lv offset) const {
    return (flags & kInsert) != 0 ? pos + offset : (flags & kBackward) != 0 ? pos - offset : pos;
  }
};

/// Makes `next`, numbered right after it, a part of `last` where the two are told as one; else
/// changes nothing and says so.
inline bool join(RunPart& last, const RunPart& next) {
  const auto last_len = last.range.size(), len = next.range.size();
  if (next.inserts()) {
    if (last.flags != next.flags || next.pos != last.pos + last_len) return false;
    last.range.end = next.range.end;
    return true;
  }
  if (((last.flags ^ next.flags) & ~std::uint32_t{kBackward}) != 0) return false;
  // A single erase goes either way.
  const auto goes = [](const RunPart& part, bool backward) {
    return part.range.size() == 1 || ((part.flags & kBackward) != 0) == backward;
  };
  if (goes(last, false) && goes(next, false) && next.pos == last.pos) {
    last.flags &= ~std::uint32_t{kBackward};
  } else if (goes(last, true) && goes(next, true) && last.pos >= last_len &&
             next.pos == last.pos - last_len) {
    last.flags |= kBackward;
  } else {
    return false;
  }
  last.range.end += len;
  return true;
}

class Runs {
 public:
  /// Bytes of content a history may take in all.
  static constexpr std::uint64_t kContentMax = 0xffffffff;

  Lv end() const { return end_; }
  std::size_t size() const { return runs_.size(); }
  std::uint64_t content_bytes() const { return contents_.size(); }
  /// True when some run is void or wiped, so that positions no longer count the live text.
  bool is_marked() const { return marked_ > 0; }

  /// Requires lv < end(). O(log runs).
  std::size_t index_of(Lv lv) const;
  RunPart run(std::size_t index) const {
    return {{begins_[index], end_of(index)}, runs_[index].pos, runs_[index].flags};
  }
  /// The same, quick when the run at `hint`, the one before it, or one of the next few holds `lv`.
  std::size_t index_of(Lv lv, std::size_t hint) const {
    return index_near(begins_, end_, lv, hint);
  }
  /// The rest of a run from `lv` on, up to `end` at most.
  RunPart part(std::size_t index, LvRange range) const {
    auto out = run(index);
    const auto offset = range.begin - out.range.begin;
    out.pos = out.pos_at(offset);
    out.range = {range.begin, range.end < out.range.end ? range.end : out.range.end};
    return out;
  }
  /// Calls `visit(part)` for the parts of `range`, each within one run.
  template <class Visit>
  void each(LvRange range, Visit visit) const {
    if (range.begin >= range.end) return;
    for (auto i = index_of(range.begin); range.begin < range.end; ++i) {
      const auto one = part(i, range);
      range.begin = one.range.end;
      visit(one);
    }
  }

  /// Content of code points that lie in one run, which shows or is void. A view until the next
  /// append.
  std::string_view content(LvRange range) const { return content(index_of(range.begin), range); }
  std::string_view content(std::size_t index, LvRange range) const;
  /// All content, run by run. A view until the next append.
  std::string_view contents() const { return contents_; }
  /// Appends the content of code points of any runs that have some.
  void append_content(LvRange range, std::string& out) const;

  /// Numbers the next code points. `text`: of an insert that is not wiped, well-formed, else empty.
  /// Joins what goes on. Requires that content_bytes() stays within kContentMax.
  void append(std::uint32_t flags, std::uint32_t pos, Lv len, std::string_view text);
  /// Makes room for `count` runs in all.
  void reserve(std::size_t count) {
    begins_.reserve(count);
    runs_.reserve(count);
  }
  /// Gives all inserts that are not wiped their content, in order, which was left out when they
  /// were appended. False, changing nothing, when `contents`, well-formed, does not have as many
  /// code points. O(bytes).
  bool fill(std::string contents);
  /// The same, told where each run's content starts; 0 <= offsets, ascending. True.
  bool fill(std::string contents, const std::vector<std::uint32_t>& offsets);
  /// Forgets all from `end` on.
  void truncate(Lv end);

 private:
  struct Run {
    std::uint32_t pos = 0;
    std::uint32_t content = 0;  // where it starts in contents_
    std::uint32_t flags = 0;
  };

  Lv end_of(std::size_t index) const {
    return index + 1 < begins_.size() ? begins_[index + 1] : end_;
  }
  void cut_long();
  bool join(std::uint32_t flags, std::uint32_t pos, Lv len, std::string_view text);
  std::uint64_t content_end(std::size_t index) const {
    return index + 1 < runs_.size() ? runs_[index + 1].content : contents_.size();
  }

  friend class RunIndex;

  std::vector<Lv> begins_;
  std::vector<Run> runs_;  // beside begins_
  Lv end_ = 0;
  std::string contents_;
  std::size_t marked_ = 0;
};

/// Finds runs by number for whoever asks for most of them, in no order: the first run of each of
/// some equal stretches. Refers to runs that do not change meanwhile. O(runs) to make.
class RunIndex {
 public:
  explicit RunIndex(const Runs& runs);

  /// Requires lv < end(). O(log runs), mostly O(1).
  std::size_t index_of(Lv lv) const {
    const auto stretch = lv >> shift_;
    const auto first = firsts_[stretch], last = firsts_[stretch + 1];
    return first + index_below(std::span(runs_.begins_).subspan(first, last - first + 1), lv);
  }
  /// Calls `visit(content)` for the content of code points of any runs that have some.
  template <class Visit>
  void each_content(LvRange range, Visit visit) const {
    for (auto i = index_of(range.begin);; ++i) {
      const auto end = range.end < runs_.end_of(i) ? range.end : runs_.end_of(i);
      visit(runs_.content(i, {range.begin, end}));
      if (end == range.end) return;
      range.begin = end;
    }
  }

 private:
  const Runs& runs_;
  unsigned shift_ = 0;
  std::vector<std::uint32_t> firsts_;  // the run that holds the first number of each stretch
};

}  // namespace holm::crdt::text
