// Runs of the text are given version vectors over the logs that wrote them. For each paragraph the
// last run of each log that touched it is enough: if two of them do not know of each other, the
// paragraph was changed apart, and it is settled once a last run knows both. (An earlier pair that
// nobody knew of both would make the last runs of those two logs such a pair as well.)
#include "work/rules/merged.h"

#include <algorithm>
#include <map>
#include <set>

#include "crdt/replay.h"
#include "crdt/text/utf8.h"

namespace holm::work::rules {
namespace {

constexpr std::size_t kRunsMax = 4096;

struct Range {
  std::uint64_t from = 0;
  std::uint64_t to = 0;  ///< exclusive
};

/// Stretches between blank lines, in code points.
std::vector<Range> paragraphs_of(std::string_view text) {
  std::vector<Range> out;
  std::uint64_t line_start = 0;
  std::uint64_t at = 0;
  bool open = false;
  const auto end_line = [&](std::uint64_t end, bool blank) {
    if (blank) {
      open = false;
    } else if (open) {
      out.back().to = end;
    } else {
      out.push_back({line_start, end});
      open = true;
    }
  };
  bool blank = true;
  for (std::size_t byte = 0; byte < text.size(); byte = crdt::utf8::next(text, byte), ++at) {
    const char c = text[byte];
    if (c == '\n') {
      end_line(at, blank);
      line_start = at + 1;
      blank = true;
    } else if (c != ' ' && c != '\t' && c != '\r') {
      blank = false;
    }
  }
  end_line(at, blank);
  return out;
}

/// Who knew of what, among the last runs of a text.
class Knowledge {
 public:
  explicit Knowledge(const std::vector<crdt::TextRun>& runs) : runs_(runs) {
    std::map<LogId, std::size_t> logs;
    for (const auto& run : runs) logs.try_emplace(run.id.log, logs.size());
    logs_ = logs;
    past_.reserve(runs.size());
    for (std::size_t i = 0; i < runs.size(); ++i) {
      std::vector<std::uint64_t> past(logs.size(), 0);
      for (const auto& parent : runs[i].parents) {
        const auto log = logs.find(parent.log);
        if (log == logs.end()) continue;
        if (const auto at = index_of(parent); at < i)
          for (std::size_t k = 0; k < past.size(); ++k) past[k] = std::max(past[k], past_[at][k]);
        past[log->second] = std::max(past[log->second], parent.seq + 1);
      }
      past_.push_back(std::move(past));
      starts_[runs[i].id.log].emplace(runs[i].id.seq, i);
    }
  }

  /// Whether the author of run `later` had seen run `earlier`.
  bool knows(std::size_t later, std::size_t earlier) const {
    const auto& id = runs_[earlier].id;
    return past_[later][logs_.at(id.log)] > id.seq;
  }
  bool apart(std::size_t a, std::size_t b) const { return !knows(a, b) && !knows(b, a); }

 private:
  /// Index of the run that holds `id`; SIZE_MAX when it is none of these.
  std::size_t index_of(const crdt::OpId& id) const {
    const auto log = starts_.find(id.log);
    if (log == starts_.end()) return SIZE_MAX;
    const auto after = log->second.upper_bound(id.seq);
    return after == log->second.begin() ? SIZE_MAX : std::prev(after)->second;
  }

  const std::vector<crdt::TextRun>& runs_;
  std::map<LogId, std::size_t> logs_;
  std::vector<std::vector<std::uint64_t>> past_;  ///< per run and log: known below this seq
  std::map<LogId, std::map<std::uint64_t, std::size_t>> starts_;
};

/// What one run has to do with the live text.
struct Footprint {
  std::vector<Range> shows;             ///< insert: what of it is visible
  std::vector<std::uint64_t> taken_at;  ///< erase: where what it took would stand
};

Footprint footprint(const crdt::Text& text, const crdt::TextRun& run) {
  Footprint out;
  if (run.insert) {
    for (const auto& span : text.find(run.id, run.len))
      out.shows.push_back({span.pos, span.pos + span.len});
  } else {
    for (const auto& removed : text.removed_by(run.id, run.len))
      out.taken_at.push_back(removed.pos);
  }
  return out;
}

bool touches(const Footprint& print, const Range& paragraph) {
  return std::any_of(
             print.shows.begin(), print.shows.end(),
             [&](const Range& r) { return r.from < paragraph.to && r.to > paragraph.from; }) ||
         std::any_of(print.taken_at.begin(), print.taken_at.end(),
                     [&](auto pos) { return pos >= paragraph.from && pos <= paragraph.to; });
}

class Marks {
 public:
  Marks(const State& state, const std::vector<crdt::TextRun>& runs, const crdt::Text& text,
        std::map<LogId, std::uint64_t> seen)
      : state_(state), runs_(runs), text_(text), knowledge_(runs), seen_(std::move(seen)) {}

  std::vector<ParagraphMark> find() {
    // Runs that everybody after them knew of cannot be part of a mark.
    std::size_t first = runs_.size();
    for (std::size_t i = 1; i < runs_.size() && first == runs_.size(); ++i)
      if (!knowledge_.knows(i, i - 1)) first = i - 1;
    if (first == runs_.size()) return {};
    while (first > 0 && !all_know(first)) --first;
    for (std::size_t i = first; i < runs_.size(); ++i)
      prints_.emplace(i, footprint(text_, runs_[i]));
    for (const auto& paragraph : paragraphs_of(text_.text())) look_at(paragraph);
    return std::move(out_);
  }

 private:
  bool all_know(std::size_t run) const {
    for (std::size_t i = run + 1; i < runs_.size(); ++i)
      if (!knowledge_.knows(i, run)) return false;
    return true;
  }
  std::optional<MemberId> author(std::size_t run) const { return state_.author(runs_[run].id.log); }

  /// Whether these two came together, and nobody here has looked since.
  bool news(std::size_t a, std::size_t b) const {
    return knowledge_.apart(a, b) && !(seen(a) && seen(b));
  }
  bool seen(std::size_t run) const {
    const auto at = seen_.find(runs_[run].id.log);
    return at != seen_.end() && at->second >= runs_[run].id.seq + runs_[run].len - 1;
  }

  void look_at(const Range& paragraph) {
    std::map<LogId, std::size_t> last;
    std::vector<std::size_t> here;
    for (const auto& [index, print] : prints_) {
      if (runs_[index].is_void || !touches(print, paragraph)) continue;
      last[runs_[index].id.log] = index;
      here.push_back(index);
    }
    std::set<MemberId> authors;
    for (auto a = last.begin(); a != last.end(); ++a) {
      for (auto b = std::next(a); b != last.end(); ++b) {
        if (!news(a->second, b->second)) continue;
        const bool settled = std::any_of(last.begin(), last.end(), [&](const auto& c) {
          return knowledge_.knows(c.second, a->second) && knowledge_.knows(c.second, b->second);
        });
        const auto by_a = author(a->second);
        const auto by_b = author(b->second);
        if (settled || !by_a || !by_b || *by_a == *by_b) continue;
        authors.insert({*by_a, *by_b});
      }
    }
    if (authors.empty() || survivors(here)) return;
    out_.push_back({ParagraphMark::Kind::merged,
                    paragraph.from,
                    paragraph.to,
                    {authors.begin(), authors.end()},
                    {}});
  }

  /// Words that stand where somebody who did not know of them took away the text on both sides.
  bool survivors(const std::vector<std::size_t>& here) {
    bool any = false;
    for (const auto erase : here) {
      const auto& taken = prints_.at(erase).taken_at;
      if (taken.size() < 2) continue;
      std::vector<std::pair<Range, MemberId>> words;
      for (const auto insert : here) {
        if (!runs_[insert].insert || !news(erase, insert)) continue;
        const auto by = author(insert);
        if (!by || by == author(erase)) continue;
        for (const auto& range : prints_.at(insert).shows) words.emplace_back(range, *by);
      }
      std::sort(words.begin(), words.end(),
                [](const auto& a, const auto& b) { return a.first.from < b.first.from; });
      for (std::size_t i = 0; i < words.size();) {
        auto range = words[i].first;
        std::set<MemberId> by{words[i].second};
        for (++i; i < words.size() && words[i].first.from == range.to; ++i) {
          range.to = words[i].first.to;
          by.insert(words[i].second);
        }
        const auto taken_from = [&](std::uint64_t pos) {
          return std::find(taken.begin(), taken.end(), pos) != taken.end();
        };
        if (!taken_from(range.from) || !taken_from(range.to)) continue;
        any = true;
        out_.push_back({ParagraphMark::Kind::survived,
                        range.from,
                        range.to,
                        {by.begin(), by.end()},
                        author(erase).value_or(MemberId{})});
      }
    }
    return any;
  }

  const State& state_;
  const std::vector<crdt::TextRun>& runs_;
  const crdt::Text& text_;
  Knowledge knowledge_;
  std::map<LogId, std::uint64_t> seen_;
  std::map<std::size_t, Footprint> prints_;
  std::vector<ParagraphMark> out_;
};

}  // namespace

Result<std::vector<ParagraphMark>> paragraph_marks(const State& state, const Ref& ref,
                                                   std::uint32_t field) {
  const auto history = TRY(state.history(ref));
  std::map<LogId, crdt::OpId> last_own;
  auto runs = TRY(crdt::text_runs(ref.object, field, history, last_own));
  if (last_own.size() < 2) return std::vector<ParagraphMark>{};
  if (runs.size() > kRunsMax)
    runs.erase(runs.begin(), runs.end() - static_cast<std::ptrdiff_t>(kRunsMax));
  const auto text = TRY(state.full_text(ref, field));
  return Marks(state, runs, text, TRY(state.seen(ref))).find();
}

}  // namespace holm::work::rules
