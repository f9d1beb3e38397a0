#include "crdt/text/saved.h"

#include <algorithm>
#include <vector>

#include "crdt/text/extract.h"
#include "crdt/text/packing.h"
#include "crdt/text/utf8.h"

namespace holm::crdt::text {
namespace {

constexpr std::uint8_t kLayout = 1;  // high half of the first byte
constexpr std::uint8_t kSmall = 1;   // flag: one frame for text and deleted text, columns together
constexpr std::size_t kSmallMax = 2048;

// Stands in a text for a code point that was deleted; no UTF-8 has it.
constexpr char kGone = '\xff';

tl::unexpected<Error> damaged() { return fail(Code::reject, "a saved text is damaged"); }

/// What was inserted and neither shows nor was wiped, in order of `pieces`.
std::string deleted_text(const History& history, std::span<const Graph::Piece> pieces,
                         const Tracker& places) {
  std::vector<LvRange> visible;
  for (auto at = places.is_empty() ? Tracker::end() : places.first(); !Tracker::is_end(at);
       at = places.next(at)) {
    const auto& span = places[at];
    if (span.state.is_visible()) visible.push_back({span.begin, span.end()});
  }
  std::sort(visible.begin(), visible.end(),
            [](const LvRange& a, const LvRange& b) { return a.begin < b.begin; });
  std::string out;
  const auto take = [&](LvRange range) {
    history.runs.each(range, [&](const RunPart& part) {
      if (part.inserts() && !part.is_wiped()) out += history.runs.content(part.range);
    });
  };
  for (const auto& piece : pieces) {
    auto from = piece.range.begin;
    auto next = std::partition_point(visible.begin(), visible.end(),
                                     [&](const LvRange& one) { return one.end <= from; });
    for (; next != visible.end() && next->begin < piece.range.end; ++next) {
      take({from, std::max(from, next->begin)});
      from = std::min(next->end, piece.range.end);
    }
    take({from, piece.range.end});
  }
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

/// The same for any history, by placing all of it.
bool fill_by_places(History& history, std::string_view text, std::string_view deleted) {
  Walker walker(history, 0);
  if (!walker.place_up_to(history.end(), nullptr)) return false;
  const auto& places = walker.tracker();
  const auto points = utf8::count(text);
  if (places.total().visible != points) return false;
  struct Shown {
    LvRange range;
    std::string_view text;
  };
  std::vector<Shown> shown;
  for (auto at = places.is_empty() ? Tracker::end() : places.first(); !Tracker::is_end(at);
       at = places.next(at)) {
    const auto& span = places[at];
    if (!span.state.is_visible()) continue;
    const auto bytes = utf8::offset(text, span.len);
    shown.push_back({{span.begin, span.end()}, text.substr(0, bytes)});
    text.remove_prefix(bytes);
  }
  std::sort(shown.begin(), shown.end(),
            [](const Shown& a, const Shown& b) { return a.range.begin < b.range.begin; });
  std::string contents;
  bool fits = true;
  Lv from = 0;
  const auto take_deleted = [&](Lv to) {
    if (from >= to) return;
    std::uint64_t len = 0;
    history.runs.each({from, to}, [&](const RunPart& part) {
      if (part.inserts() && !part.is_wiped()) len += part.range.size();
    });
    const auto bytes = utf8::offset(deleted, len);
    fits = fits && (bytes < deleted.size() || utf8::count(deleted) == len);
    contents += deleted.substr(0, bytes);
    deleted.remove_prefix(bytes);
  };
  for (const auto& one : shown) {
    take_deleted(one.range.begin);
    contents += one.text;
    from = one.range.end;
  }
  take_deleted(history.end());
  return fits && deleted.empty() && contents.size() <= Runs::kContentMax &&
         history.runs.fill(std::move(contents));
}

/// The front of a saved text: what it says, and what follows.
struct Front {
  std::string text;  // small: and deleted text behind it
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

Bytes save(const History& history, const Tracker& places, const Rope& live) {
  const auto text = live.str();
  const LvRange all{0, history.end()};
  const auto pieces = history.graph.order({&all, 1});
  const bool in_order =
      std::is_sorted(pieces.begin(), pieces.end(),
                     [](const auto& a, const auto& b) { return a.range.begin < b.range.begin; });
  const auto deleted = deleted_text(history, pieces, places);
  const auto whole = in_order ? Extract{history, {}} : extract(history, pieces);
  Bytes out{kLayout << 4};
  if (text.size() + deleted.size() <= kSmallMax) {
    out[0] |= kSmall;
    put_varint(out, text.size());
    put_section(out, as_bytes(text + deleted));
    if (history.end() > 0) put_structure(out, whole, LogNames::whole, Columns::together);
    return out;
  }
  put_section(out, as_bytes(text));
  put_section(out, as_bytes(deleted), as_bytes(text));
  put_structure(out, whole, LogNames::whole, Columns::apart);
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
  std::string_view deleted;
  if (front.is_small) {
    buffer = front.text.substr(front.text_bytes);
    front.text.resize(front.text_bytes);
    deleted = buffer;
  } else {
    deleted = as_text(TRY(take_section(in, buffer, as_bytes(front.text))));
  }
  if (!utf8::checked_count(front.text) || !utf8::checked_count(deleted)) return damaged();
  Loaded out;
  if (in.is_empty() && front.text.empty() && deleted.empty()) return out;
  auto extract = TRY(take_structure(in, LogNames::whole,
                                    front.is_small ? Columns::together : Columns::apart, Names()));
  if (!in.ok() || !in.is_empty() || !extract.outside.empty()) return damaged();
  out.history = std::move(extract.history);
  const bool is_plain = out.history.graph.spans() == 1 && !out.history.runs.is_marked();
  if (is_plain ? !fill_backwards(out.history.runs, front.text, deleted)
               : !fill_by_places(out.history, front.text, deleted)) {
    return damaged();
  }
  out.text = std::move(front.text);
  return out;
}

}  // namespace holm::crdt::text
