#include "crdt/text/saved.h"

#include <algorithm>
#include <vector>

#include "base/ensure.h"
#include "crdt/text/extract.h"
#include "crdt/text/outline.h"
#include "crdt/text/packing.h"
#include "crdt/text/utf8.h"

namespace holm::crdt::text {
namespace {

constexpr std::uint8_t kLayout = 1;  // high half of the first byte
constexpr std::uint8_t kSmall = 1;   // flag: one frame for text and content, columns together
constexpr std::size_t kSmallMax = 2048;

// Stands in a text for a code point that was deleted; no UTF-8 has it.
constexpr char kGone = '\xff';

tl::unexpected<Error> damaged() { return fail(Code::reject, "a saved text is damaged"); }

/// Of one branch without marks: its text tells what still stands of the content.
bool is_plain(std::size_t spans, bool is_marked) { return spans == 1 && !is_marked; }

/// What was inserted and does not show, in the order of the history, which is plain.
std::string deleted_text(const History& history, const Tracker& places) {
  std::vector<LvRange> visible;
  for (auto at = places.is_empty() ? Tracker::end() : places.first(); !Tracker::is_end(at);
       at = places.next(at)) {
    const auto& span = places[at];
    if (span.state.is_visible()) visible.push_back({span.begin, span.end()});
  }
  std::sort(visible.begin(), visible.end(),
            [](const LvRange& a, const LvRange& b) { return a.begin < b.begin; });
  std::string out;
  Lv from = 0;
  const auto take_up_to = [&](Lv to) {
    history.runs.each({from, to}, [&](const RunPart& part) {
      if (part.inserts()) out += history.runs.content(part.range);
    });
  };
  for (const auto& range : visible) {
    take_up_to(range.begin);
    from = range.end;
  }
  take_up_to(history.end());
  return out;
}

/// Content of a history of one branch without marks: undone from the last run to the first, each
/// insert gives up the text that stands in its place by then.
bool fill_backwards(Runs& runs, std::string_view text, std::string_view deleted) {
  std::uint64_t erased = 0, inserted = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto run = runs.run(i);
    (run.inserts() ? inserted : erased) += run.range.size();
  }
  const auto total = text.size() + deleted.size();
  if (erased > deleted.size() || inserted > total || total > Runs::kContentMax) return false;
  Rope rope(text);
  const std::string gone(std::min<std::uint64_t>(erased, 1u << 16), kGone);
  std::string contents(total, '\0'), piece;
  std::vector<std::uint32_t> offsets(runs.size());
  auto begin = total;  // of what is filled in
  for (std::size_t i = runs.size(); i-- > 0;) {
    const auto run = runs.run(i);
    const auto len = run.range.size();
    if (!run.inserts()) {
      offsets[i] = static_cast<std::uint32_t>(begin);
      const auto pos = (run.flags & kBackward) != 0 ? run.pos + 1 - len : run.pos;
      if (pos > rope.size()) return false;
      for (auto left = len; left > 0;) {
        const auto count = std::min<std::uint64_t>(left, gone.size());
        rope.insert(pos, std::string_view(gone).substr(0, count), count);
        left -= static_cast<Lv>(count);
      }
      continue;
    }
    if (run.pos > rope.size() || len > rope.size() - run.pos) return false;
    piece.clear();
    rope.append_to(piece, run.pos, len);
    rope.erase(run.pos, len);
    if (piece.size() > begin) return false;
    if (piece.find(kGone) == std::string::npos) {
      begin -= piece.size();
      piece.copy(contents.data() + begin, piece.size());
      offsets[i] = static_cast<std::uint32_t>(begin);
      continue;
    }
    // From the back, in stretches: text that was there, and what the history deleted later on.
    for (std::string_view rest = piece; !rest.empty();) {
      const bool is_gone = rest.back() == kGone;
      std::size_t count = 1;
      while (count < rest.size() && (rest[rest.size() - 1 - count] == kGone) == is_gone) ++count;
      auto stretch = rest.substr(rest.size() - count);
      rest.remove_suffix(count);
      if (is_gone) {
        if (count > deleted.size()) return false;
        auto from = deleted.size() - count;
        if (utf8::count(deleted.substr(from)) < count) {  // not all ASCII
          from = deleted.size();
          for (; count > 0 && from > 0; --count) from = utf8::previous(deleted, from);
          if (count > 0) return false;
        }
        stretch = deleted.substr(from);
        deleted.remove_suffix(stretch.size());
      }
      if (stretch.size() > begin) return false;
      begin -= stretch.size();
      stretch.copy(contents.data() + begin, stretch.size());
    }
    offsets[i] = static_cast<std::uint32_t>(begin);
  }
  return begin == 0 && rope.empty() && deleted.empty() && runs.fill(std::move(contents), offsets);
}

/// Content of any history, given log by log.
bool fill_by_log(History& history, std::string_view contents) {
  const auto& names = history.names;
  auto& runs = history.runs;
  if (contents.size() > Runs::kContentMax) return false;
  // Parts that have content, each of one run and one log.
  const auto each_part = [&](auto visit) {
    std::size_t n = 0;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const auto run = runs.run(i);
      const bool has_content = run.inserts() && !run.is_wiped();
      for (auto at = run.range.begin; at < run.range.end;) {
        while (names.end_of(n) <= at) ++n;
        const auto end = std::min(names.end_of(n), run.range.end);
        if (has_content) visit(i, names.runs()[n].agent, end - at);
        at = end;
      }
    }
  };
  std::vector<std::uint64_t> points(names.agents());
  each_part([&](std::size_t, Agent agent, Lv len) { points[agent] += len; });
  std::uint64_t total = 0;
  for (const auto count : points) total += count;
  const bool is_ascii = total == contents.size();
  std::vector<std::string_view> rest(points.size());  // of each log
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto bytes = is_ascii ? points[i] : utf8::offset(contents, points[i]);
    rest[i] = contents.substr(0, bytes);
    contents.remove_prefix(bytes);
  }
  if (!contents.empty()) return false;
  std::string in_order;
  each_part([&](std::size_t, Agent agent, Lv len) {
    auto& from = rest[agent];
    const auto bytes = is_ascii ? len : utf8::offset(from, len);
    in_order += from.substr(0, bytes);
    from.remove_prefix(std::min<std::size_t>(bytes, from.size()));
  });
  return runs.fill(std::move(in_order));
}

/// Whether a history makes this text.
bool makes(const History& history, std::string_view text) {
  Walker walker(history, 0);
  if (!walker.place_up_to(history.end(), nullptr)) return false;
  const auto& places = walker.tracker();
  const RunIndex runs(history.runs);
  bool fits = true;
  const auto take = [&](std::string_view content) {
    fits = fits && text.starts_with(content);
    if (fits) text.remove_prefix(content.size());
  };
  for (auto at = places.is_empty() ? Tracker::end() : places.first(); !Tracker::is_end(at);
       at = places.next(at)) {
    const auto& span = places[at];
    if (span.state.is_visible()) runs.each_content({span.begin, span.end()}, take);
  }
  return fits && text.empty();
}

/// The front of a saved text: what it says, and what follows.
struct Front {
  std::string text;  // small: and content behind it
  std::uint64_t text_bytes = 0;
  bool is_small = false;
};

Result<Front> take_front(Unpacker& in) {
  const auto lead = in.byte();
  if (!in.ok()) return damaged();
  if (lead >> 4 != kLayout || (lead & 0xf & ~kSmall) != 0) {
    return fail(Code::unsupported, "a text was saved by a newer version");
  }
  Front out;
  out.is_small = (lead & kSmall) != 0;
  if (out.is_small) out.text_bytes = in.number();
  std::string buffer;
  const auto text = TRY(take_section(in, buffer));
  out.text = buffer.empty() ? std::string(as_text(text)) : std::move(buffer);
  if (!out.is_small) out.text_bytes = out.text.size();
  if (out.text_bytes > out.text.size()) return damaged();
  return out;
}

}  // namespace

Bytes save(const History& history, const Rope& live, const Tracker* places) {
  const auto text = live.str();
  const LvRange all{0, history.end()};
  const auto pieces = history.graph.order({&all, 1});
  const Outline outline(history, pieces);
  std::string content;
  if (!is_plain(outline.spans.size(), outline.is_marked())) {
    content = outline.content_by_log(history.runs);
  } else if (places != nullptr) {
    content = deleted_text(history, *places);
  } else {
    Walker walker(history, 0);
    ENSURE(walker.place_up_to(history.end(), nullptr));
    content = deleted_text(history, walker.tracker());
  }
  Bytes out{kLayout << 4};
  if (text.size() + content.size() <= kSmallMax) {
    out[0] |= kSmall;
    put_varint(out, text.size());
    put_section(out, as_bytes(text + content), Effort::thorough);
    if (outline.end > 0) {
      put_structure(out, outline, history.names, LogNames::whole, Columns::together);
    }
    return out;
  }
  put_section(out, as_bytes(text), Effort::thorough);
  const auto effort =
      is_plain(outline.spans.size(), outline.is_marked()) ? Effort::thorough : Effort::quick;
  put_section(out, as_bytes(content), effort, as_bytes(text));
  put_structure(out, outline, history.names, LogNames::whole, Columns::apart);
  return out;
}

Result<std::string> read_text(ByteView saved) {
  Unpacker in(saved);
  auto front = TRY(take_front(in));
  front.text.resize(front.text_bytes);
  if (!utf8::checked_count(front.text)) return damaged();
  return std::move(front.text);
}

Result<Loaded> load(ByteView saved) {
  Unpacker in(saved);
  auto front = TRY(take_front(in));
  std::string buffer;
  std::string_view content;
  if (front.is_small) {
    buffer = front.text.substr(front.text_bytes);
    front.text.resize(front.text_bytes);
    content = buffer;
  } else {
    content = as_text(TRY(take_section(in, buffer, as_bytes(front.text))));
  }
  if (!utf8::checked_count(front.text) || !utf8::checked_count(content)) return damaged();
  Loaded out;
  if (in.is_empty() && front.text.empty() && content.empty()) return out;
  auto extract = TRY(take_structure(in, LogNames::whole,
                                    front.is_small ? Columns::together : Columns::apart, Names()));
  if (!in.ok() || !in.is_empty() || !extract.outside.empty()) return damaged();
  out.history = std::move(extract.history);
  auto& history = out.history;
  const bool fits = is_plain(history.graph.spans(), history.runs.is_marked())
                        ? fill_backwards(history.runs, front.text, content)
                        : fill_by_log(history, content) && makes(history, front.text);
  if (!fits) return damaged();
  out.text = std::move(front.text);
  return out;
}

}  // namespace holm::crdt::text
