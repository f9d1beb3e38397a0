// Runs arrive in any causal order, joined or split as their encoder liked, some of them known. Each
// is compared code point by code point with what is known (as stretches), and only the rest is
// added. While every addition follows the whole history, its position is an index into the live
// text and no merge state is needed. From the first one that does not, a walker takes over; it
// starts at the last cut below, and places what is new branch by branch, so that two long branches
// that arrive interleaved do not cost a change of branches per run.
#include "tests/crdt/text/plain/merge.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "crdt/text/utf8.h"

namespace holm::plain {
namespace {

constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();

Status check(const TextRun& run) {
  if (run.len == 0 || run.len > kMax - run.pos || run.len > kMax - run.id.seq) {
    return fail(Code::reject, "a text run has an impossible length or position");
  }
  if (!run.insert || run.wiped) {
    if (!run.text.empty()) return fail(Code::reject, "a text run has content it cannot have");
    return {};
  }
  const auto count = crdt::utf8::checked_count(run.text);
  if (!count) return fail(Code::reject, "a text run is not UTF-8");
  if (*count != run.len)
    return fail(Code::reject, "a text run's length is not that of its content");
  return {};
}

/// Whether `len` code points of `known` from `lv` on are those of `run` from `offset` on. Parents
/// within the stretch are alike by construction.
bool same_content(const text::GraphRun& known, text::Lv lv, const TextRun& run,
                  std::uint64_t offset, std::uint64_t len) {
  if (known.insert != run.insert) return false;
  if (known.pos_at(lv - known.begin) != (run.insert ? run.pos + offset : run.pos)) return false;
  if (!run.insert || known.wiped || run.wiped) return true;
  const auto from = crdt::utf8::offset(run.text, offset);
  const auto size = crdt::utf8::offset(std::string_view(run.text).substr(from), len);
  return known.content.slice(lv - known.begin, len) ==
         std::string_view(run.text).substr(from, size);
}

text::IndexedText content_of(const TextRun& run, std::uint64_t offset, std::uint64_t len) {
  if (len == run.len) return text::IndexedText(run.text);
  const auto from = crdt::utf8::offset(run.text, offset);
  const auto size = crdt::utf8::offset(std::string_view(run.text).substr(from), len);
  return text::IndexedText(run.text.substr(from, size));
}

}  // namespace

Text::Merge::Merge(State& state)
    : state_(state),
      begin_(state.graph.end()),
      heads_(state.graph.heads()),
      done_(begin_),
      size_(state.live.size()) {}

Result<crdt::text::EditList> Text::Merge::run(std::span<const TextRun> runs) {
  Status status;
  for (const auto& run : runs) {
    status = admit(run);
    if (!status) break;
  }
  if (status) status = place_rest();
  if (!status) {
    take_back();
    return fail(std::move(status).error());
  }
  return std::move(edits_);
}

Status Text::Merge::admit(const TextRun& run) {
  TRY(check(run));
  auto& graph = state_.graph;
  text::Version parents;
  for (const auto& id : run.parents) {
    const auto lv = graph.find(id);
    if (!lv) return fail(Code::reject, "a text run follows one that is not here");
    parents.push_back(*lv);
  }
  std::sort(parents.begin(), parents.end());
  parents.erase(std::unique(parents.begin(), parents.end()), parents.end());

  for (std::uint64_t offset = 0; offset < run.len;) {
    const OpId id{run.id.log, run.id.seq + offset};
    const auto known = graph.stretch(id, run.len - offset);
    text::Lv last = graph.end() + known.len - 1;
    if (known.first) {
      const bool same =
          graph.parents_of(*known.first) == parents &&
          same_content(graph.run_of(*known.first), *known.first, run, offset, known.len);
      if (!same) return fail(Code::reject, "two text runs have one id");
      last = *known.first + known.len - 1;
    } else {
      TRY(add({.begin = 0,
               .len = known.len,
               .id = id,
               .parents = parents,
               .pos = run.insert ? run.pos + offset : run.pos,
               .insert = run.insert,
               .is_void = run.is_void,
               .wiped = run.wiped,
               .content = content_of(run, offset, known.len)}));
    }
    offset += known.len;
    parents = {last};
  }
  return {};
}

Status Text::Merge::add(text::GraphRun piece) {
  auto& graph = state_.graph;
  if (piece.len > text::kLvMax - graph.end()) {
    return fail(Code::limit, "a text has too long a history");
  }
  const bool marked = graph.marked() || piece.is_void || piece.wiped;
  const bool unplaced = !state_.walker || state_.walker->start() > 0;
  if (done_ == graph.end() && piece.parents == graph.heads() && !marked && unplaced) {
    TRY(add_directly(piece));
  }
  graph.append(std::move(piece));
  return {};
}

Status Text::Merge::add_directly(const text::GraphRun& piece) {
  if (piece.pos > size_ || (!piece.insert && piece.len > size_ - piece.pos)) {
    return fail(Code::reject, "a text run lies outside of its text");
  }
  if (piece.insert) {
    edits_.insert(piece.pos, piece.len, piece.content.bytes());
    size_ += piece.len;
  } else {
    edits_.erase(piece.pos, piece.len);
    size_ -= piece.len;
  }
  done_ += piece.len;
  // Its cut is passed: branches that start below it need a walker that starts below them.
  state_.walker.reset();
  return {};
}

Status Text::Merge::place_rest() {
  auto& graph = state_.graph;
  auto& walker = state_.walker;
  if (done_ == graph.end()) return {};

  const auto cut = graph.marked() ? 0 : graph.cut(done_);
  if (!walker || walker->start() > cut) {
    walker = std::make_unique<text::Walker>(graph, cut);
    crdt::text::EditList known;
    const text::LvRange placed{cut, done_};
    for (const auto& piece : graph.order({&placed, 1})) walker->place(piece, known);
    if (cut > 0) walker->set_size(size_);
  }
  const text::LvRange rest{done_, graph.end()};
  for (const auto& piece : graph.order({&rest, 1})) {
    if (!walker->place(piece, edits_)) {
      return fail(Code::reject, "a text run lies outside of its text");
    }
  }
  // One head: whoever writes on follows all, until a branch from below arrives.
  if (walker->start() > 0 && graph.heads().size() == 1) walker.reset();
  return {};
}

void Text::Merge::take_back() {
  if (state_.graph.end() == begin_) return;
  state_.walker.reset();
  state_.graph.truncate(begin_, heads_);
}

}  // namespace holm::plain
