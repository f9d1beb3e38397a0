// The public face: live text, local edits, versions and questions about places. Merging is in
// merge.cc, the algorithm in walker.cc. Questions about places need merge state from the very
// beginning; it is made at the first such question and carried on from there.
#include "crdt/text/text.h"

#include <algorithm>
#include <utility>

#include "base/ensure.h"
#include "crdt/text/delta.h"
#include "crdt/text/merge.h"
#include "crdt/text/saved.h"
#include "crdt/text/state.h"
#include "crdt/text/utf8.h"

namespace holm::crdt {
namespace {

using text::LvRange;
using text::RunPart;
using text::Tracker;

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

/// Calls `visit(part)` for the parts of `range` whose ids are consecutive.
template <class Visit>
void by_name(const text::Names& names, LvRange range, Visit visit) {
  while (range.begin < range.end) {
    const auto len = names.stretch_of(range.begin, range.size());
    visit(LvRange{range.begin, range.begin + len});
    range.begin += len;
  }
}

/// Calls `visit(part, span, pos)` for the parts of `places`, each within one span, with the
/// position in the text shown where it stands or would stand.
template <class Visit>
void by_span(const Tracker& tracker, LvRange places, Visit visit) {
  while (places.begin < places.end) {
    const auto spot = tracker.find(places.begin);
    const auto& span = tracker[spot];
    const auto end = std::min(places.end, span.end());
    const auto pos = tracker.visible_before(spot) + (span.state.is_visible() ? spot.offset : 0);
    visit(LvRange{places.begin, end}, span, pos);
    places.begin = end;
  }
}

/// Calls `visit(span)` for every span in document order.
template <class Visit>
void each_span(const Tracker& tracker, Visit visit) {
  if (tracker.is_empty()) return;
  for (auto at = tracker.first(); !Tracker::is_end(at); at = tracker.next(at)) visit(tracker[at]);
}

Status outside() { return fail(Code::reject, "an edit lies outside of its text"); }

}  // namespace

void Text::State::settle() {
  if (typing.len == 0) return;
  const auto agent = history.names.agent_of(typing.next.log);
  history.names.append(agent, typing.next.seq - typing.len, typing.len);
  history.graph.append(text::Version(history.graph.heads()), typing.len);
  history.runs.append(typing.flags, typing.pos, typing.len, typing.text);
  if ((typing.flags & text::kInsert) != 0) {
    live.insert(typing.pos, typing.text, typing.len);
  } else {
    live.erase((typing.flags & text::kBackward) != 0 ? typing.pos + 1 - typing.len : typing.pos,
               typing.len);
  }
  typing.len = 0;
  typing.text.clear();
}

std::uint64_t Text::State::size() const {
  return (typing.flags & text::kInsert) != 0 ? live.size() + typing.len : live.size() - typing.len;
}

text::Walker& Text::State::places() {
  settle();
  if (!walker || walker->start() > 0) walker = std::make_unique<text::Walker>(history, 0);
  ENSURE(walker->place_up_to(history.end(), nullptr));
  return *walker;
}

Result<text::Version> Text::State::version_of(std::span<const OpId> ids) const {
  text::Version version;
  for (const auto& id : ids) {
    const auto lv = history.names.find(id);
    if (!lv) return fail(Code::not_found, "this version of the text is not here");
    version.push_back(*lv);
  }
  std::sort(version.begin(), version.end());
  version.erase(std::unique(version.begin(), version.end()), version.end());
  return version;
}

std::vector<OpId> Text::State::ids_of(std::span<const text::Lv> version) const {
  std::vector<OpId> out;
  for (auto lv : version) out.push_back(history.names.id_of(lv));
  std::sort(out.begin(), out.end());
  return out;
}

Text::Text() : state_(std::make_unique<State>()) {}
Text::~Text() = default;
Text::Text(Text&&) noexcept = default;
Text& Text::operator=(Text&&) noexcept = default;

Result<std::vector<TextEdit>> Text::merge(std::span<const TextRun> runs) {
  state_->settle();
  Merge merge(*state_);
  for (const auto& run : runs) {
    if (auto admitted = merge.admit(run); !admitted) {
      merge.take_back();
      return fail(std::move(admitted).error());
    }
  }
  return merge.finish();
}

Status Text::insert(const OpId& id, std::uint64_t pos, std::string_view text) {
  auto& typing = state_->typing;
  const bool is_key = text.size() == 1 && static_cast<unsigned char>(text[0]) < 0x80;
  const bool goes_on = typing.len > 0 && (typing.flags & text::kInsert) != 0 && id == typing.next &&
                       pos == std::uint64_t{typing.pos} + typing.len;
  if (goes_on && is_key && typing.len < typing.len_max) {
    typing.text.push_back(text[0]);
    ++typing.len;
    ++typing.next.seq;
    return {};
  }
  const auto len = is_key ? 1 : utf8::checked_count(text);
  if (!len) return fail(Code::reject, "an edit's text is not UTF-8");
  if (goes_on && *len <= typing.len_max - typing.len) {
    typing.text += text;
    typing.len += static_cast<text::Lv>(*len);
    typing.next.seq += *len;
    return {};
  }
  TRY(begin(id, pos, *len));
  if (pos > state_->size()) return outside();
  typing.flags = text::kInsert;
  typing.text = text;
  typing.len = static_cast<text::Lv>(*len);
  return {};
}

Status Text::erase(const OpId& id, std::uint64_t pos, std::uint64_t len) {
  auto& typing = state_->typing;
  if (typing.len > 0 && (typing.flags & text::kInsert) == 0 && id == typing.next && len > 0 &&
      len <= typing.len_max - typing.len) {
    const bool backward = (typing.flags & text::kBackward) != 0;
    const auto left = state_->live.size() - typing.len;
    if (pos == typing.pos && !backward && pos < left && len <= left - pos) {
      typing.len += static_cast<text::Lv>(len);
      typing.next.seq += len;
      return {};
    }
    if (len == 1 && pos < typing.pos && pos + typing.len == typing.pos &&
        (backward || typing.len == 1)) {
      typing.flags |= text::kBackward;
      ++typing.len;
      ++typing.next.seq;
      return {};
    }
  }
  TRY(begin(id, pos, len));
  if (pos >= state_->size() || len > state_->size() - pos) return outside();
  typing.flags = 0;
  typing.len = static_cast<text::Lv>(len);
  return {};
}

Status Text::begin(const OpId& id, std::uint64_t pos, std::uint64_t len) {
  state_->settle();
  auto& typing = state_->typing;
  const auto& history = state_->history;
  if (len == 0) return fail(Code::reject, "an edit is empty");
  if (state_->is_marked()) {
    return fail(Code::unsupported, "a text with void or wiped places is not edited directly");
  }
  if (len > text::kLvMax - history.end() ||
      len * 4 > text::Runs::kContentMax - history.runs.content_bytes()) {
    return fail(Code::limit, "a text has too long a history");
  }
  std::uint64_t free = UINT64_MAX - id.seq;
  if (const auto agent = history.names.find_agent(id.log)) {
    const auto known = history.names.stretch(*agent, id.seq, free);
    free = known.first ? 0 : known.len;
  }
  if (len > free) return fail(Code::reject, "two text runs have one id");
  if (pos > state_->live.size()) return outside();
  const auto room = std::min<std::uint64_t>(
      text::kLvMax - history.end(), (text::Runs::kContentMax - history.runs.content_bytes()) / 4);
  typing.len_max = static_cast<text::Lv>(std::min(free, room));
  typing.pos = static_cast<std::uint32_t>(pos);
  typing.next = {id.log, id.seq + len};
  return {};
}

Bytes Text::save() const {
  state_->settle();
  // Merge state that was not asked for otherwise is not made.
  const bool has_places = state_->walker && state_->walker->start() == 0;
  return text::save(state_->history, state_->live,
                    has_places ? &state_->places().tracker() : nullptr);
}

Result<Text> Text::load(ByteView saved) {
  auto loaded = TRY(text::load(saved));
  Text out;
  out.state_->history = std::move(loaded.history);
  out.state_->live = text::Rope(loaded.text);
  return out;
}

Result<std::string> Text::read(ByteView saved) { return text::read_text(saved); }

Result<Bytes> Text::delta(std::span<const OpId> since, bool brief) const {
  state_->settle();
  const auto& history = state_->history;
  const auto version = TRY(state_->version_of(since));
  const auto pieces = history.graph.order(history.graph.missing(history.graph.heads(), version));
  if (pieces.empty()) return Bytes();
  return text::encode_delta(history, pieces, brief ? text::LogNames::brief : text::LogNames::whole);
}

Result<std::vector<TextEdit>> Text::merge_delta(ByteView bytes) {
  state_->settle();
  if (bytes.empty()) return std::vector<TextEdit>();
  auto decoded = TRY(text::decode_delta(bytes, state_->history.names));
  Merge merge(*state_);
  auto* single = std::get_if<text::SingleRun>(&decoded);
  auto admitted = single != nullptr ? merge.admit(*single)
                                    : merge.admit(std::move(std::get<text::Extract>(decoded)));
  if (!admitted) {
    merge.take_back();
    return fail(std::move(admitted).error());
  }
  return merge.finish();
}

std::string Text::text() const { return live().str(); }
const text::Rope& Text::live() const {
  state_->settle();
  return state_->live;
}
std::uint64_t Text::size() const { return state_->size(); }
std::vector<OpId> Text::frontier() const {
  state_->settle();
  return state_->ids_of(state_->history.graph.heads());
}
bool Text::knows(const OpId& id) const {
  state_->settle();
  return state_->history.names.find(id).has_value();
}

Result<std::string> Text::at(std::span<const OpId> version) const {
  state_->settle();
  const auto& history = state_->history;
  const auto wanted = TRY(state_->version_of(version));
  if (wanted == history.graph.heads()) return text();
  std::string out;
  const text::RunIndex runs(history.runs);
  const auto add = [&](std::string_view content) { out += content; };
  if (!state_->is_marked()) {
    // The prepared view of a walker is the text at any version.
    auto& walker = state_->places();
    walker.prepare(wanted);
    each_span(walker.tracker(), [&](const text::Span& span) {
      if (span.state.stands()) runs.each_content({span.begin, span.end()}, add);
    });
    return out;
  }
  text::Walker walker(history, 0);
  ENSURE(walker.place(history.graph.order(history.graph.past(wanted)), nullptr));
  each_span(walker.tracker(), [&](const text::Span& span) {
    if (span.state.is_visible()) runs.each_content({span.begin, span.end()}, add);
  });
  return out;
}

std::vector<TextSpan> Text::spans() const {
  const auto& tracker = state_->places().tracker();
  const auto& names = state_->history.names;
  std::vector<TextSpan> out;
  std::uint64_t pos = 0;
  each_span(tracker, [&](const text::Span& span) {
    if (!span.state.is_visible()) return;
    by_name(names, {span.begin, span.end()}, [&](LvRange part) {
      add_span(out, names.id_of(part.begin), pos, part.size());
      pos += part.size();
    });
  });
  return out;
}

std::vector<TextSpan> Text::find(const OpId& first, std::uint64_t len) const {
  const auto& tracker = state_->places().tracker();
  const auto& names = state_->history.names;
  std::vector<TextSpan> out;
  state_->each_known(first, len, [&](LvRange known) {
    state_->history.runs.each(known, [&](const RunPart& part) {
      if (!part.shows()) return;
      by_span(tracker, part.range, [&](LvRange range, const text::Span& span, std::uint64_t pos) {
        if (span.state.is_visible()) add_span(out, names.id_of(range.begin), pos, range.size());
      });
    });
  });
  std::sort(out.begin(), out.end(),
            [](const TextSpan& a, const TextSpan& b) { return a.pos < b.pos; });
  return out;
}

std::vector<Removed> Text::removed_by(const OpId& first, std::uint64_t len) const {
  const auto& walker = state_->places();
  const auto& history = state_->history;
  std::vector<Removed> out;
  OpId next;          // id that would continue the last stretch
  bool bare = false;  // whether the last stretch has no content
  const auto add = [&](LvRange places) {
    by_span(walker.tracker(), places, [&](LvRange range, const text::Span&, std::uint64_t pos) {
      history.runs.each(range, [&](const RunPart& part) {
        if (part.is_void()) return;
        by_name(history.names, part.range, [&](LvRange named) {
          const auto id = history.names.id_of(named.begin);
          if (out.empty() || id != next || pos != out.back().pos || part.is_wiped() != bare) {
            out.push_back({.pos = pos, .first = id, .text = {}});
          }
          if (!part.is_wiped()) history.runs.append_content(named, out.back().text);
          bare = part.is_wiped();
          next = {id.log, id.seq + named.size()};
        });
      });
    });
  };
  state_->each_known(first, len, [&](LvRange known) {
    history.runs.each(known, [&](const RunPart& part) {
      if (part.inserts() || part.is_void()) return;
      for (const auto& erased : walker.erased_by(part.range)) {
        if (!erased.backward) {
          add(erased.places);
          continue;
        }
        for (auto lv = erased.places.end; lv > erased.places.begin; --lv) add({lv - 1, lv});
      }
    });
  });
  return out;
}

Anchor Text::anchor(std::uint64_t pos, bool after) const {
  ENSURE(pos <= size());
  if (pos == (after ? 0 : size())) return {.id = {}, .after = !after};
  const auto& tracker = state_->places().tracker();
  const auto spot = tracker.visible_at(static_cast<std::uint32_t>(after ? pos - 1 : pos));
  return {.id = state_->history.names.id_of(tracker[spot].begin + spot.offset), .after = after};
}

std::optional<std::uint64_t> Text::resolve(const Anchor& anchor) const {
  if (anchor.id.log.is_nil()) return anchor.after ? size() : 0;
  const auto& tracker = state_->places().tracker();
  const auto& history = state_->history;
  const auto lv = history.names.find(anchor.id);
  if (!lv || !history.runs.run(history.runs.index_of(*lv)).inserts()) return std::nullopt;
  const auto spot = tracker.find(*lv);
  const auto pos = tracker.visible_before(spot);
  if (!tracker[spot].state.is_visible()) return pos;
  return pos + spot.offset + (anchor.after ? 1 : 0);
}

}  // namespace holm::crdt
