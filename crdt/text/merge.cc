// Runs arrive in any causal order, joined or split as their encoder liked, some of them known. Each
// is compared code point by code point with what is known (as stretches), and only the rest is
// added. While every addition follows the whole history, its position is an index into the live
// text and no merge state is needed. From the first one that does not, a walker takes over; it
// starts at the last cut below, and places what is new branch by branch, so that two long branches
// that arrive interleaved do not cost a change of branches per run. It stays for what comes next:
// peers who type at the same time send runs one by one.
#include "crdt/text/merge.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "crdt/text/utf8.h"

namespace holm::crdt {
namespace {

constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
// Merge state beyond this is given up where history passes through one point; making it again from
// there costs next to nothing.
constexpr std::size_t kWalkerBytesMax = 256u << 10;
constexpr text::Lv kStraightMax = 4096;  // code points

Status check(const TextRun& run) {
  if (run.len == 0 || run.len > kMax - run.pos || run.len > kMax - run.id.seq) {
    return fail(Code::reject, "a text run has an impossible length or position");
  }
  if (!run.insert || run.wiped) {
    if (!run.text.empty()) return fail(Code::reject, "a text run has content it cannot have");
    return {};
  }
  const auto count = utf8::checked_count(run.text);
  if (!count) return fail(Code::reject, "a text run is not UTF-8");
  if (*count != run.len)
    return fail(Code::reject, "a text run's length is not that of its content");
  return {};
}

/// `len` code points of `text` from `offset` on.
std::string_view slice(std::string_view text, std::uint64_t count, std::uint64_t offset,
                       std::uint64_t len) {
  if (text.empty()) return text;
  if (text.size() == count) return text.substr(offset, len);
  const auto tail = text.substr(utf8::offset(text, offset));
  return tail.substr(0, utf8::offset(tail, len));
}

tl::unexpected<Error> outside() {
  return fail(Code::reject, "a text run lies outside of its text");
}

}  // namespace

Text::Merge::Merge(State& state)
    : state_(state),
      begin_(state.history.end()),
      heads_(state.history.graph.heads()),
      done_(begin_),
      size_(state.live.size()),
      is_anew_(begin_ == 0),
      edits_(is_anew_ ? text::EditList(state.live) : text::EditList()) {}

Status Text::Merge::admit(const TextRun& run) {
  TRY(check(run));
  TRY(find_parents(run.parents));
  if (run.pos > text::kLvMax) return outside();
  if (run.len > text::kLvMax) return fail(Code::limit, "a text has too long a history");
  text::RunPart part{.range = {0, static_cast<text::Lv>(run.len)},
                     .pos = static_cast<std::uint32_t>(run.pos),
                     .flags = (run.insert ? text::kInsert : 0U) | (run.is_void ? text::kVoid : 0U) |
                              (run.insert && run.wiped ? text::kWiped : 0U)};
  return admit(state_.history.names.agent_of(run.id.log), run.id.seq, parents_, part, run.text);
}

Status Text::Merge::find_parents(std::span<const OpId> ids) {
  parents_.clear();
  for (const auto& id : ids) {
    const auto lv = state_.history.names.find(id);
    if (!lv) return fail(Code::reject, "a text run follows one that is not here");
    parents_.push_back(*lv);
  }
  if (parents_.size() > 1) {
    std::sort(parents_.begin(), parents_.end());
    parents_.erase(std::unique(parents_.begin(), parents_.end()), parents_.end());
  }
  return {};
}

Status Text::Merge::admit(const text::SingleRun& run) {
  auto& names = state_.history.names;
  if (run.follows_own) {
    const OpId last{run.log, run.seq - 1};
    TRY(find_parents({&last, 1}));
  } else {
    TRY(find_parents(run.parents));
  }
  return admit(names.agent_of(run.log), run.seq, parents_, run.part, run.text);
}

Status Text::Merge::admit(text::Extract extract) {
  auto& history = state_.history;
  if (history.end() == 0 && extract.outside.empty()) {
    // All there is: it is taken over as it stands.
    history = std::move(extract.history);
    return {};
  }
  auto outside = extract.outside.begin();
  std::vector<OpId> parents;
  for (std::size_t i = 0; i < extract.history.graph.spans(); ++i) {
    parents.clear();
    for (auto parent : extract.history.graph.parents(i)) {
      parents.push_back(extract.history.names.id_of(parent));
    }
    for (; outside != extract.outside.end() && outside->span == i; ++outside) {
      parents.push_back(outside->id);
    }
    Status status;
    for (auto rest = extract.history.graph.span(i); rest.begin < rest.end;) {
      const auto id = extract.history.names.id_of(rest.begin);
      const auto len = extract.history.names.stretch_of(rest.begin, rest.size());
      auto seq = id.seq;
      extract.history.runs.each({rest.begin, rest.begin + len}, [&](const text::RunPart& part) {
        if (status) status = find_parents(parents);
        if (!status) return;
        const bool has_content = part.inserts() && !part.is_wiped();
        const auto count = part.range.size();
        status =
            admit(history.names.agent_of(id.log), seq, parents_, {{0, count}, part.pos, part.flags},
                  has_content ? extract.history.runs.content(part.range) : std::string_view());
        seq += count;
        parents.assign(1, {id.log, seq - 1});
      });
      TRY(std::move(status));
      rest.begin += len;
    }
  }
  return {};
}

Status Text::Merge::admit(text::Agent agent, std::uint64_t seq, std::span<const text::Lv> parents,
                          text::RunPart part, std::string_view text) {
  auto& history = state_.history;
  const auto count = part.range.size();
  text::Lv last = 0;
  for (text::Lv offset = 0; offset < count;) {
    const auto known = history.names.stretch(agent, seq + offset, count - offset);
    auto one = part;
    one.range = {0, static_cast<text::Lv>(known.len)};
    one.pos = part.pos_at(offset);
    const auto content = slice(text, count, offset, known.len);
    const auto after = offset == 0 ? parents : std::span<const text::Lv>(&last, 1);
    if (known.first) {
      if (!is_same(*known.first, after, one, content)) {
        return fail(Code::reject, "two text runs have one id");
      }
      last = *known.first + one.range.size() - 1;
    } else {
      TRY(add(agent, seq + offset, after, one, content));
      last = history.end() - 1;
    }
    offset += one.range.size();
  }
  return {};
}

bool Text::Merge::is_same(text::Lv known, std::span<const text::Lv> parents,
                          const text::RunPart& part, std::string_view text) const {
  const auto& history = state_.history;
  text::Version own;
  history.graph.parents_of(known, own);
  if (!std::equal(own.begin(), own.end(), parents.begin(), parents.end())) return false;
  bool same = true;
  text::Lv offset = 0;
  const text::LvRange range{known, known + part.range.size()};
  for (text::Lv lv = known + 1; same && lv < range.end; ++lv) {
    // Within a stretch of ids each follows the last, but for logs that went back on themselves.
    const auto span = history.graph.span(history.graph.index_of(lv));
    if (span.begin == lv) same = history.graph.follows_last(lv);
    lv = span.end - 1;
  }
  history.runs.each(range, [&](const text::RunPart& one) {
    const auto len = one.range.size();
    if (!same || one.inserts() != part.inserts()) {
      same = false;
      return;
    }
    // Two arithmetic progressions are alike when their ends are.
    same = one.pos == part.pos_at(offset) && one.pos_at(len - 1) == part.pos_at(offset + len - 1);
    if (same && one.inserts() && !one.is_wiped() && !part.is_wiped()) {
      same = history.runs.content(one.range) == slice(text, part.range.size(), offset, len);
    }
    offset += len;
  });
  return same;
}

Status Text::Merge::add(text::Agent agent, std::uint64_t seq, std::span<const text::Lv> parents,
                        const text::RunPart& part, std::string_view text) {
  auto& history = state_.history;
  const auto len = part.range.size();
  if (len > text::kLvMax - history.end() ||
      text.size() > text::Runs::kContentMax - history.runs.content_bytes()) {
    return fail(Code::limit, "a text has too long a history");
  }
  const auto& heads = history.graph.heads();
  const bool marked = state_.is_marked() || part.is_void() || part.is_wiped();
  if (done_ == history.end() && !marked &&
      std::equal(parents.begin(), parents.end(), heads.begin(), heads.end())) {
    if (!apply(part, text)) return outside();
    done_ += len;
  }
  history.names.append(agent, seq, len);
  history.graph.append(parents, len);
  history.runs.append(part.flags, part.pos, len, text);
  return {};
}

bool Text::Merge::apply(const text::RunPart& part, std::string_view text) {
  const auto len = part.range.size();
  if (part.inserts()) {
    if (part.pos > size_ || len > text::kLvMax - size_) return false;
    edits_.insert(part.pos, len, text);
    size_ += len;
    return true;
  }
  const bool backward = (part.flags & text::kBackward) != 0;
  if (part.pos >= size_ || len > (backward ? std::uint64_t{part.pos} + 1 : size_ - part.pos)) {
    return false;
  }
  edits_.erase(backward ? part.pos + 1 - len : part.pos, len);
  size_ -= len;
  return true;
}

Result<std::vector<TextEdit>> Text::Merge::finish() {
  if (auto placed = place_rest(); !placed) {
    take_back();
    return fail(std::move(placed).error());
  }
  if (is_anew_) {
    if (state_.live.empty()) return std::vector<TextEdit>();
    return std::vector<TextEdit>{{.pos = 0, .erased = 0, .inserted = state_.live.str()}};
  }
  auto edits = edits_.take();
  for (const auto& edit : edits) {
    if (edit.erased > 0) state_.live.erase(edit.pos, edit.erased);
    if (!edit.inserted.empty()) {
      state_.live.insert(edit.pos, edit.inserted, utf8::count(edit.inserted));
    }
  }
  return edits;
}

Status Text::Merge::place_rest() {
  const auto& graph = state_.history.graph;
  auto& walker = state_.walker;
  const auto end = graph.end();
  if (state_.is_marked()) {
    if (done_ < end && !place_up_to(end)) return outside();
    return {};
  }
  // Stretches that all pass through one point after the other need no merge state.
  while (done_ < end) {
    const auto cuts = graph.cuts_from(done_);
    if (!(cuts.begin == done_ && cuts.end > done_
              ? apply_straight(cuts.end)
              : place_up_to(cuts.begin > done_ ? cuts.begin : end))) {
      return outside();
    }
  }
  if (walker && walker->start() > 0) {
    // Nobody has written beside the others for a while, or whoever does will need little of it.
    const bool is_left = end - walker->placed() > kStraightMax;
    const bool is_large = graph.is_linear() && walker->memory() > kWalkerBytesMax;
    if (is_left || is_large) walker.reset();
  }
  return {};
}

bool Text::Merge::apply_straight(text::Lv end) {
  const auto& runs = state_.history.runs;
  auto i = runs.index_of(done_);
  for (; done_ < end; ++i) {
    const auto part = runs.part(i, {done_, end});
    const auto text = part.inserts() ? runs.content(i, part.range) : std::string_view();
    if (!apply(part, text)) return false;
    done_ = part.range.end;
  }
  return true;
}

bool Text::Merge::place_up_to(text::Lv end) {
  const auto& history = state_.history;
  auto& walker = state_.walker;
  const auto cut = state_.is_marked() ? 0 : history.graph.cut(done_);
  if (!walker || walker->start() > cut || (walker->start() > 0 && walker->placed() < cut)) {
    walker = std::make_unique<text::Walker>(history, cut);
    walker->place_up_to(done_, nullptr);
    if (cut > 0) walker->set_size(size_);
  } else {
    walker->place_up_to(done_, nullptr);
  }
  // Where much is new, reading the text off the places is quicker than editing it. The walker knows
  // no content from before its start, so that has to be the text as it stands.
  const bool is_read_off =
      is_anew_ && (walker->start() == 0 || (walker->start() == done_ && end - done_ > size_ / 8));
  if (!walker->place_up_to(end, is_read_off ? nullptr : &edits_)) return false;
  if (is_read_off) show(walker->tracker());
  size_ = walker->tracker().total().visible;
  done_ = end;
  return true;
}

void Text::Merge::show(const text::Tracker& places) {
  const text::RunIndex runs(state_.history.runs);
  // Most of it are a few bytes each, which are copied in blocks beyond their end.
  constexpr std::size_t kBlock = 16;
  std::string shown(places.total().visible + kBlock, '\0');
  std::size_t bytes = 0;
  const auto room = [&](std::size_t more) {
    if (shown.size() - bytes < more + kBlock) shown.resize(shown.size() * 2 + more);
    return shown.data() + std::exchange(bytes, bytes + more);
  };
  const auto add = [&](std::string_view text) { text.copy(room(text.size()), text.size()); };
  const auto* end = state_.history.runs.contents().data() + state_.history.runs.content_bytes();
  const auto add_content = [&](std::string_view content) {
    if (content.size() > kBlock || static_cast<std::size_t>(end - content.data()) < kBlock) {
      return add(content);
    }
    std::memcpy(room(content.size()), content.data(), kBlock);
  };
  const auto before = state_.live.str();
  const bool is_ascii = before.size() == state_.live.size();
  for (auto at = places.is_empty() ? text::Tracker::end() : places.first();
       !text::Tracker::is_end(at); at = places.next(at)) {
    const auto& span = places[at];
    if (!span.state.is_visible()) continue;
    if (span.begin <= text::kLvMax) {
      runs.each_content({span.begin, span.end()}, add_content);
      continue;
    }
    const auto from = text::Walker::base_offset(span.begin);
    if (is_ascii) {
      add(std::string_view(before).substr(from, span.len));
    } else {
      state_.live.for_each_chunk(from, span.len, add);
    }
  }
  shown.resize(bytes);
  state_.live = text::Rope(shown);
}

void Text::Merge::take_back() {
  auto& history = state_.history;
  history.names.truncate(begin_);
  if (history.end() == begin_) return;
  state_.walker.reset();
  if (is_anew_) state_.live.clear();
  history.graph.truncate(begin_, heads_);
  history.runs.truncate(begin_);
}

}  // namespace holm::crdt
