#include "crdt/text/extract.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/ensure.h"
#include "crdt/text/carets.h"

namespace holm::crdt::text {
namespace {

// A token is one byte a run: how it goes, which caret it starts at, and its length.
constexpr unsigned kPlainInsert = 0, kErase = 1, kErases = 2, kHows = 3;  // kErases: backward
constexpr unsigned kStarts = Carets::kCount + 1;                          // the last: spelled out
constexpr unsigned kLongLen = 256 / (kHows * kStarts) - 1;      // lengths from here on are
constexpr unsigned kMarked = kHows * kStarts * (kLongLen + 1);  // flags and a token follow
static_assert(kMarked <= 0xff);

struct Token {
  std::uint8_t how = 0;
  std::uint8_t caret = 0;
  std::uint8_t short_len = 0;
};
constexpr auto kTokens = [] {
  std::array<Token, kMarked> out{};
  for (unsigned i = 0; i < kMarked; ++i) {
    out[i] = {static_cast<std::uint8_t>(i % kHows), static_cast<std::uint8_t>(i / kHows % kStarts),
              static_cast<std::uint8_t>(i / kHows / kStarts)};
  }
  return out;
}();

constexpr std::size_t kBriefBytes = 4;

tl::unexpected<Error> damaged() { return fail(Code::reject, "a text's history is damaged"); }

/// The columns, in the order in which they stand.
template <class Stream>
struct Streams {
  Stream authors, name_lens, parents, parent_offsets, span_lens, tokens, positions, lens;

  static constexpr std::size_t kCount = 8;
};

// In the table of logs, by agent.
using Places = std::vector<std::uint32_t>;

void put_names(Bytes& authors, Bytes& lens, const Outline& outline, const Places& places) {
  std::vector<std::uint64_t> next(places.size(), 1);
  for (std::size_t i = 0; i < outline.names.size(); ++i) {
    const auto& name = outline.names[i];
    const auto jump = name.seq - next[name.agent];
    put_varint(authors, std::uint64_t{places[name.agent]} * 2 + (jump != 0 ? 1 : 0));
    if (jump != 0) put_varint(authors, zigzag(static_cast<std::int64_t>(jump)));
    if (i + 1 < outline.names.size()) put_varint(lens, name.len - 1);
    next[name.agent] = name.seq + name.len;
  }
}

void put_graph(Bytes& parents, Bytes& offsets, Bytes& lens, const Outline& outline,
               const Places& places) {
  for (std::size_t i = 0; i < outline.spans.size(); ++i) {
    const auto inside = outline.parents_of(i);
    const auto outside = outline.outside_of(i);
    put_varint(parents, inside.size() * 2 + (outside.empty() ? 0 : 1));
    for (const auto& parent : inside) {
      const auto offset = outline.span(parent.span).end - 1 - parent.lv;
      put_varint(parents, (i - 1 - parent.span) * 2 + (offset > 0 ? 1 : 0));
      if (offset > 0) put_varint(offsets, offset - 1);
    }
    if (!outside.empty()) {
      put_varint(parents, outside.size());
      for (const auto& one : outside) {
        put_varint(parents, places[one.agent]);
        put_varint(parents, one.seq);
      }
    }
    if (i + 1 < outline.spans.size()) put_varint(lens, outline.span(i).size() - 1);
  }
}

void put_runs(Bytes& tokens, Bytes& positions, Bytes& lens, const Outline& outline) {
  Carets carets;
  for (const auto& run : outline.runs) {
    const auto len = run.range.size();
    if ((run.flags & (kVoid | kWiped)) != 0) {
      tokens.push_back(kMarked);
      tokens.push_back(static_cast<std::uint8_t>(run.flags));
    }
    const auto start = caret_of(run.flags, run.pos);
    const auto caret = carets.find(start);
    const unsigned how = run.inserts() ? kPlainInsert : (run.flags & kBackward) ? kErases : kErase;
    const auto short_len = std::min<Lv>(len - 1, kLongLen);
    tokens.push_back(static_cast<std::uint8_t>(how + kHows * (caret + kStarts * short_len)));
    if (caret == Carets::kCount) {
      put_varint(positions, zigzag(std::int64_t{start} - std::int64_t{carets[0]}));
    }
    if (short_len == kLongLen) put_varint(lens, len - 1 - kLongLen);
    carets.move(caret, run.flags, run.pos, len);
  }
}

Status take_names(Unpacker& authors, Unpacker& lens, Names& names, std::uint64_t count, Lv total,
                  std::span<const LogId> logs) {
  std::vector<std::uint64_t> next(logs.size(), 1);
  std::vector<std::optional<Agent>> agents(logs.size());
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto head = authors.number();
    const auto folded = (head & 1) != 0 ? authors.number() : 0;
    const auto index = head / 2;
    const std::uint64_t left = total - names.end();
    const auto len = i + 1 < count ? lens.number() + 1 : left;
    if (!authors.ok() || !lens.ok() || index >= logs.size() || len == 0 || len > left ||
        ((head & 1) != 0 && folded == 0)) {
      return damaged();
    }
    const auto seq = next[index] + static_cast<std::uint64_t>(unzigzag(folded));
    if (len > UINT64_MAX - seq) return damaged();
    if (!agents[index]) agents[index] = names.agent_of(logs[index]);
    const auto agent = *agents[index];
    const auto known = names.stretch(agent, seq, len);
    if (known.first || known.len < len) return damaged();
    names.append(agent, seq, static_cast<Lv>(len));
    next[index] = seq + len;
  }
  return names.end() == total ? Status() : damaged();
}

Status take_graph(Unpacker& in, Unpacker& offsets, Unpacker& lens, Extract& out,
                  std::uint64_t count, Lv total, std::span<const LogId> logs) {
  auto& graph = out.history.graph;
  if (count > in.left()) return damaged();
  graph.reserve(count);
  std::vector<Graph::Point> parents;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto head = in.number();
    if (head / 2 > in.left()) return damaged();
    parents.clear();
    for (auto n = head / 2; n > 0; --n) {
      const auto code = in.number();
      const auto offset = (code & 1) != 0 ? offsets.number() + 1 : 0;
      if (!in.ok() || !offsets.ok() || code / 2 >= i) return damaged();
      const auto index = static_cast<std::uint32_t>(i - 1 - code / 2);
      const auto span = graph.span(index);
      if (offset >= span.size() || ((code & 1) != 0 && offset == 0)) return damaged();
      const auto parent = span.end - 1 - static_cast<Lv>(offset);
      if (!parents.empty() && parent <= parents.back().lv) return damaged();
      parents.push_back({parent, index});
    }
    const auto begin = graph.end();
    // Each span but the first starts where the one before is not simply gone on with.
    if ((head & 1) == 0 && parents.size() == 1 && parents[0].lv + 1 == begin) return damaged();
    if ((head & 1) != 0) {
      auto more = in.number();
      if (more == 0 || more > in.left()) return damaged();
      for (; more > 0; --more) {
        const auto index = in.number();
        const auto seq = in.number();
        if (!in.ok() || index >= logs.size()) return damaged();
        out.outside.push_back({static_cast<std::uint32_t>(i), {logs[index], seq}});
      }
    }
    const std::uint64_t left = total - begin;
    const auto len = i + 1 < count ? lens.number() + 1 : left;
    if (!in.ok() || !lens.ok() || len == 0 || len > left) return damaged();
    graph.append(std::span<const Graph::Point>(parents), static_cast<Lv>(len));
  }
  return graph.end() == total ? Status() : damaged();
}

Status take_runs(Unpacker& tokens, Unpacker& positions, Unpacker& lens, Runs& runs,
                 std::uint64_t count, Lv total) {
  if (count > tokens.left()) return damaged();
  runs.reserve(count);
  Carets carets;
  for (std::uint64_t i = 0; i < count; ++i) {
    unsigned token = tokens.byte();
    std::uint32_t flags = 0;
    if (token == kMarked) {
      flags = tokens.byte();
      token = tokens.byte();
      if ((flags & (kVoid | kWiped)) == 0 || flags > (kInsert | kBackward | kVoid | kWiped)) {
        return damaged();
      }
    }
    if (token >= kMarked) return damaged();
    const auto [how, caret, short_len] = kTokens[token];
    const std::uint32_t kind = how == kPlainInsert ? +kInsert : how == kErases ? +kBackward : 0;
    if (flags == 0) flags = kind;
    if ((flags & (kInsert | kBackward)) != kind) return damaged();
    if ((flags & kWiped) != 0 && (flags & kInsert) == 0) return damaged();
    std::int64_t start = 0;
    if (caret < Carets::kCount) {
      start = carets[caret];
    } else {
      const auto folded = positions.number();
      if (folded > std::uint64_t{kLvMax} * 4) return damaged();
      start = std::int64_t{carets[0]} + unzigzag(folded);
    }
    std::uint64_t len = short_len + 1;
    if (short_len == kLongLen) {
      const auto more = lens.number();
      if (more > kLvMax) return damaged();
      len += more;
    }
    const auto pos = how == kErases ? start - 1 : start;
    const bool fits = pos >= 0 && pos <= kLvMax && len <= total - runs.end() &&
                      (how != kErases || static_cast<std::int64_t>(len) <= start);
    if (!tokens.ok() || !positions.ok() || !lens.ok() || !fits) return damaged();
    const auto at = static_cast<std::uint32_t>(pos);
    runs.append(flags, at, static_cast<Lv>(len), {});
    carets.move(caret, flags, at, static_cast<std::uint32_t>(len));
  }
  return runs.end() == total ? Status() : damaged();
}

}  // namespace

void put_log(Bytes& out, const LogId& log, LogNames names) {
  append(out, names == LogNames::brief ? log.view().first(kBriefBytes) : log.view());
}

Result<LogId> take_log(Unpacker& in, LogNames names, const Names& known) {
  const auto bytes = in.take(names == LogNames::brief ? kBriefBytes : LogId::kBytes);
  if (!in.ok()) return damaged();
  if (names == LogNames::whole) return *LogId::from(bytes);
  LogId start;
  std::copy(bytes.begin(), bytes.end(), start.bytes.begin());
  const auto agent = known.find_brief(Names::brief(start));
  if (!agent) return fail(Code::not_found, "an edit of a text names a writer who is not known");
  return known.log_of(*agent);
}

void put_structure(Bytes& out, const Outline& outline, const Names& names, LogNames log_names,
                   Columns columns) {
  ENSURE(outline.end > 0);
  Places places(names.agents());
  put_varint(out, outline.logs.size());
  for (std::size_t i = 0; i < outline.logs.size(); ++i) {
    places[outline.logs[i]] = static_cast<std::uint32_t>(i);
    put_log(out, names.log_of(outline.logs[i]), log_names);
  }
  put_varint(out, outline.end);
  put_varint(out, outline.names.size());
  put_varint(out, outline.spans.size());
  put_varint(out, outline.runs.size());
  if (columns == Columns::together) {
    put_names(out, out, outline, places);
    put_graph(out, out, out, outline, places);
    put_runs(out, out, out, outline);
    return;
  }
  Streams<Bytes> to;
  put_names(to.authors, to.name_lens, outline, places);
  put_graph(to.parents, to.parent_offsets, to.span_lens, outline, places);
  put_runs(to.tokens, to.positions, to.lens, outline);
  for (const auto* stream : {&to.authors, &to.name_lens, &to.parents, &to.parent_offsets,
                             &to.span_lens, &to.tokens, &to.positions, &to.lens}) {
    put_section(out, *stream, Effort::quick);
  }
}

Result<Extract> take_structure(Unpacker& in, LogNames log_names, Columns columns,
                               const Names& known) {
  const auto log_count = in.number();
  const std::size_t log_bytes = log_names == LogNames::brief ? kBriefBytes : LogId::kBytes;
  if (log_count == 0 || log_count > in.left() / log_bytes) return damaged();
  std::vector<LogId> logs;
  for (std::uint64_t i = 0; i < log_count; ++i) {
    logs.push_back(TRY(take_log(in, log_names, known)));
  }
  const auto total = in.number();
  const auto name_count = in.number();
  const auto span_count = in.number();
  const auto run_count = in.number();
  if (!in.ok() || total == 0 || total > kLvMax) return damaged();
  Extract out;
  const auto whole = static_cast<Lv>(total);
  auto& history = out.history;
  if (columns == Columns::together) {
    TRY(take_names(in, in, history.names, name_count, whole, logs));
    TRY(take_graph(in, in, in, out, span_count, whole, logs));
    TRY(take_runs(in, in, in, history.runs, run_count, whole));
    return out;
  }
  std::array<std::string, Streams<Unpacker>::kCount> buffers;
  std::size_t next = 0;
  const auto section = [&] { return take_section(in, buffers[next++]); };
  Streams<Unpacker> from{Unpacker(TRY(section())), Unpacker(TRY(section())),
                         Unpacker(TRY(section())), Unpacker(TRY(section())),
                         Unpacker(TRY(section())), Unpacker(TRY(section())),
                         Unpacker(TRY(section())), Unpacker(TRY(section()))};
  TRY(take_names(from.authors, from.name_lens, history.names, name_count, whole, logs));
  TRY(take_graph(from.parents, from.parent_offsets, from.span_lens, out, span_count, whole, logs));
  TRY(take_runs(from.tokens, from.positions, from.lens, history.runs, run_count, whole));
  for (const auto* stream : {&from.authors, &from.name_lens, &from.parents, &from.parent_offsets,
                             &from.span_lens, &from.tokens, &from.positions, &from.lens}) {
    if (!stream->ok() || !stream->is_empty()) return damaged();
  }
  return out;
}

}  // namespace holm::crdt::text
