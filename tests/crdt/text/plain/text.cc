// The public face: live text, versions and questions about places. Merging is in merge.cc, the
// algorithm in walker.cc. Questions about places need merge state from the very beginning; it is
// made at the first such question and carried on from there.
#include "tests/crdt/text/plain/text.h"

#include <algorithm>
#include <utility>

#include "base/ensure.h"
#include "tests/crdt/text/plain/merge.h"
#include "tests/crdt/text/plain/state.h"

namespace holm::plain {
namespace {

using text::LvRange;
using text::Sequence;
using text::Span;

/// Appends a stretch of ids, joining it to the last one where it goes on.
void add_span(std::vector<TextSpan>& spans, const OpId& first, std::uint64_t pos,
              std::uint64_t len) {
  if (!spans.empty()) {
    auto& last = spans.back();
    if (first == OpId{last.first.log, last.first.seq + last.len} && pos == last.pos + last.len) {
      last.len += len;
      return;
    }
  }
  spans.push_back({.first = first, .pos = pos, .len = len});
}

/// Calls `visit(piece, run)` for the parts of `range`, each within one run of the graph.
template <class Visit>
void by_run(const text::Graph& graph, LvRange range, Visit visit) {
  while (range.begin < range.end) {
    const auto& run = graph.run_of(range.begin);
    const auto end = std::min(range.end, run.end());
    visit(LvRange{range.begin, end}, run);
    range.begin = end;
  }
}

/// Calls `visit(part, node, pos)` for the parts of `places`, each within one span, with the
/// position in the text shown where it stands or would stand.
template <class Visit>
void by_span(const Sequence& sequence, LvRange places, Visit visit) {
  while (places.begin < places.end) {
    const auto spot = sequence.find(places.begin);
    ENSURE(spot.node != Sequence::kNone);
    const auto& span = sequence[spot.node];
    const auto end = std::min(places.end, span.end());
    const auto pos = sequence.before(spot.node).visible + (span.visible() ? spot.offset : 0);
    visit(LvRange{places.begin, end}, spot.node, pos);
    places.begin = end;
  }
}

}  // namespace

text::Walker& Text::State::places() {
  if (!walker || walker->start() > 0) {
    walker = std::make_unique<text::Walker>(graph, 0);
    crdt::text::EditList known;
    const LvRange all{0, graph.end()};
    for (const auto& piece : graph.order({&all, 1})) ENSURE(walker->place(piece, known));
  }
  return *walker;
}

Result<text::Version> Text::State::version_of(std::span<const OpId> ids) const {
  text::Version version;
  for (const auto& id : ids) {
    const auto lv = graph.find(id);
    if (!lv) return fail(Code::not_found, "this version of the text is not here");
    version.push_back(*lv);
  }
  std::sort(version.begin(), version.end());
  version.erase(std::unique(version.begin(), version.end()), version.end());
  return version;
}

Text::Text() : state_(std::make_unique<State>()) {}
Text::~Text() = default;
Text::Text(Text&&) noexcept = default;
Text& Text::operator=(Text&&) noexcept = default;

Result<std::vector<TextEdit>> Text::merge(std::span<const TextRun> runs) {
  auto& state = *state_;
  auto merged = TRY(Merge(state).run(runs));
  auto edits = merged.take();
  for (const auto& edit : edits) state.live.replace(edit.pos, edit.erased, edit.inserted);
  state.frontier.clear();
  for (auto head : state.graph.heads()) state.frontier.push_back(state.graph.id_of(head));
  std::sort(state.frontier.begin(), state.frontier.end());
  return edits;
}

const std::string& Text::text() const { return state_->live.bytes(); }
std::uint64_t Text::size() const { return state_->live.size(); }
const std::vector<OpId>& Text::frontier() const { return state_->frontier; }
bool Text::knows(const OpId& id) const { return state_->graph.find(id).has_value(); }

Result<std::string> Text::at(std::span<const OpId> version) const {
  const auto& graph = state_->graph;
  const auto wanted = TRY(state_->version_of(version));
  if (wanted == graph.heads()) return state_->live.bytes();

  text::Walker walker(graph, 0);
  crdt::text::EditList known;
  for (const auto& piece : graph.order(graph.past(wanted))) ENSURE(walker.place(piece, known));
  std::string out;
  const auto& sequence = walker.sequence();
  for (auto node = sequence.first(); node != Sequence::kNone; node = sequence.after(node)) {
    const Span& span = sequence[node];
    if (!span.visible()) continue;
    by_run(graph, {span.begin, span.end()},
           [&](LvRange piece, const auto&) { out += graph.content(piece); });
  }
  return out;
}

std::vector<TextSpan> Text::spans() const {
  const auto& graph = state_->graph;
  const auto& sequence = state_->places().sequence();
  std::vector<TextSpan> out;
  std::uint64_t pos = 0;
  for (auto node = sequence.first(); node != Sequence::kNone; node = sequence.after(node)) {
    const Span& span = sequence[node];
    if (!span.visible()) continue;
    by_run(graph, {span.begin, span.end()}, [&](LvRange piece, const auto&) {
      add_span(out, graph.id_of(piece.begin), pos, piece.end - piece.begin);
      pos += piece.end - piece.begin;
    });
  }
  return out;
}

std::vector<TextSpan> Text::find(const OpId& first, std::uint64_t len) const {
  const auto& graph = state_->graph;
  const auto& sequence = state_->places().sequence();
  std::vector<TextSpan> out;
  for (OpId id = first; len > 0;) {
    const auto stretch = graph.stretch(id, len);
    if (stretch.first && graph.run_of(*stretch.first).shows()) {
      by_span(sequence, {*stretch.first, *stretch.first + stretch.len},
              [&](LvRange part, Sequence::Node node, std::uint64_t pos) {
                if (!sequence[node].visible()) return;
                add_span(out, graph.id_of(part.begin), pos, part.end - part.begin);
              });
    }
    id.seq += stretch.len;
    len -= stretch.len;
  }
  std::sort(out.begin(), out.end(),
            [](const TextSpan& a, const TextSpan& b) { return a.pos < b.pos; });
  return out;
}

std::vector<Removed> Text::removed_by(const OpId& id) const {
  const auto& graph = state_->graph;
  const auto lv = graph.find(id);
  if (!lv) return {};
  const auto& run = graph.run_of(*lv);
  return removed_by(run.id, run.len);
}

std::vector<Removed> Text::removed_by(const OpId& first, std::uint64_t len) const {
  const auto& graph = state_->graph;
  const auto& walker = state_->places();
  const auto& sequence = walker.sequence();
  std::vector<Removed> out;
  OpId next;          // id that would continue the last stretch
  bool bare = false;  // whether the last stretch has no content
  const auto add = [&](LvRange part, Sequence::Node, std::uint64_t pos) {
    const auto& run = graph.run_of(part.begin);
    if (run.is_void) return;
    const auto id = graph.id_of(part.begin);
    if (out.empty() || id != next || pos != out.back().pos || run.wiped != bare) {
      out.push_back({.pos = pos, .first = id, .text = {}});
    }
    if (!run.wiped) out.back().text += graph.content(part);
    bare = run.wiped;
    next = {id.log, id.seq + (part.end - part.begin)};
  };
  for (OpId id = first; len > 0;) {
    const auto stretch = graph.stretch(id, len);
    if (stretch.first) {
      const auto& run = graph.run_of(*stretch.first);
      if (!run.insert && !run.is_void) {
        for (const auto& places :
             walker.erased_by({*stretch.first, *stretch.first + stretch.len})) {
          by_run(graph, places, [&](LvRange piece, const auto&) { by_span(sequence, piece, add); });
        }
      }
    }
    id.seq += stretch.len;
    len -= stretch.len;
  }
  return out;
}

Anchor Text::anchor(std::uint64_t pos, bool after) const {
  ENSURE(pos <= size());
  if (pos == (after ? 0 : size())) return {.id = {}, .after = !after};
  const auto& sequence = state_->places().sequence();
  const auto spot = sequence.visible_at(after ? pos - 1 : pos);
  return {.id = state_->graph.id_of(sequence[spot.node].begin + spot.offset), .after = after};
}

std::optional<std::uint64_t> Text::resolve(const Anchor& anchor) const {
  if (anchor.id.log.is_nil()) return anchor.after ? size() : 0;
  const auto& graph = state_->graph;
  const auto lv = graph.find(anchor.id);
  if (!lv || !graph.run_of(*lv).insert) return std::nullopt;
  const auto& sequence = state_->places().sequence();
  const auto spot = sequence.find(*lv);
  const auto pos = sequence.before(spot.node).visible;
  if (!sequence[spot.node].visible()) return pos;
  return pos + spot.offset + (anchor.after ? 1 : 0);
}

}  // namespace holm::plain
