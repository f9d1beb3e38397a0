#include "crdt/text/extract.h"

#include <algorithm>
#include <array>
#include <map>
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

constexpr std::size_t kBriefBytes = 4;

tl::unexpected<Error> damaged() { return fail(Code::reject, "a text's history is damaged"); }

struct Streams {
  Bytes names, graph, tokens, positions, lens;
};

void put_names(Bytes& out, const Names& names) {
  std::vector<std::uint64_t> next(names.agents(), 1);
  const auto runs = names.runs();
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto& run = runs[i];
    const Lv len = names.end_of(i) - run.begin;
    put_varint(out, run.agent);
    put_varint(out, zigzag(static_cast<std::int64_t>(run.seq - next[run.agent])));
    if (i + 1 < runs.size()) put_varint(out, len - 1);
    next[run.agent] = run.seq + len;
  }
}

void put_graph(Bytes& out, const Extract& extract, const std::map<LogId, std::size_t>& logs) {
  const auto& graph = extract.history.graph;
  auto outside = extract.outside.begin();
  for (std::size_t i = 0; i < graph.spans(); ++i) {
    const auto span = graph.span(i);
    const auto parents = graph.parents(i);
    const auto end = std::find_if(outside, extract.outside.end(),
                                  [&](const auto& one) { return one.span != i; });
    put_varint(out, parents.size() * 2 + (outside != end ? 1 : 0));
    for (auto parent : parents) put_varint(out, span.begin - 1 - parent);
    if (outside != end) {
      put_varint(out, static_cast<std::uint64_t>(end - outside));
      for (; outside != end; ++outside) {
        put_varint(out, logs.at(outside->id.log));
        put_varint(out, outside->id.seq);
      }
    }
    if (i + 1 < graph.spans()) put_varint(out, span.size() - 1);
  }
}

void put_runs(Bytes& tokens, Bytes& positions, Bytes& lens, const Runs& runs) {
  Carets carets;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto run = runs.run(i);
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

Status take_names(Unpacker& in, Names& names, std::uint64_t count, Lv total,
                  std::span<const LogId> logs) {
  std::vector<std::uint64_t> next(logs.size(), 1);
  std::vector<std::optional<Agent>> agents(logs.size());
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto index = in.number();
    const auto folded = in.number();
    const std::uint64_t left = total - names.end();
    const auto len = i + 1 < count ? in.number() + 1 : left;
    if (!in.ok() || index >= logs.size() || len == 0 || len > left) return damaged();
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

Status take_graph(Unpacker& in, Extract& out, std::uint64_t count, Lv total,
                  std::span<const LogId> logs) {
  auto& graph = out.history.graph;
  Version parents;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto begin = graph.end();
    const auto head = in.number();
    if (head / 2 > in.left()) return damaged();
    parents.clear();
    for (auto n = head / 2; n > 0; --n) {
      const auto back = in.number();
      if (!in.ok() || back >= begin) return damaged();
      const auto parent = begin - 1 - static_cast<Lv>(back);
      if (!parents.empty() && parent <= parents.back()) return damaged();
      parents.push_back(parent);
    }
    // Each span but the first starts where the one before is not simply gone on with.
    if ((head & 1) == 0 && parents.size() == 1 && parents[0] + 1 == begin) return damaged();
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
    const auto len = i + 1 < count ? in.number() + 1 : left;
    if (!in.ok() || len == 0 || len > left) return damaged();
    graph.append(parents, static_cast<Lv>(len), Graph::Joins::no);
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
    const auto how = token % kHows;
    const auto caret = token / kHows % kStarts;
    const auto short_len = token / kHows / kStarts;
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

Extract extract(const History& history, std::span<const Graph::Piece> pieces) {
  Extract out;
  // Where pieces went: first number there -> first number here, ascending.
  struct Moved {
    LvRange from;
    Lv to;
  };
  std::vector<Moved> moved;
  Lv end = 0;
  for (const auto& piece : pieces) {
    moved.push_back({piece.range, end});
    end += piece.range.size();
  }
  std::sort(moved.begin(), moved.end(),
            [](const Moved& a, const Moved& b) { return a.from.begin < b.from.begin; });
  const auto find = [&](Lv lv) -> std::optional<Lv> {
    const auto after =
        std::upper_bound(moved.begin(), moved.end(), lv,
                         [](Lv at, const Moved& one) { return at < one.from.begin; });
    if (after == moved.begin() || lv >= std::prev(after)->from.end) return std::nullopt;
    return std::prev(after)->to + (lv - std::prev(after)->from.begin);
  };
  std::vector<Graph::Point> parents;
  Version here;
  std::vector<OpId> outside;
  for (const auto& piece : pieces) {
    history.graph.parents_of(piece, parents);
    here.clear();
    outside.clear();
    for (const auto& [parent, span] : parents) {
      if (const auto lv = find(parent)) {
        here.push_back(*lv);
      } else {
        outside.push_back(history.names.id_of(parent));
      }
    }
    std::sort(here.begin(), here.end());
    auto& graph = out.history.graph;
    graph.append(here, piece.range.size(), outside.empty() ? Graph::Joins::yes : Graph::Joins::no);
    for (const auto& id : outside) {
      out.outside.push_back({static_cast<std::uint32_t>(graph.spans() - 1), id});
    }
    for (auto rest = piece.range; rest.begin < rest.end;) {
      const auto id = history.names.id_of(rest.begin);
      const auto len = history.names.stretch_of(rest.begin, rest.size());
      out.history.names.append(out.history.names.agent_of(id.log), id.seq, len);
      rest.begin += len;
    }
    history.runs.each(piece.range, [&](const RunPart& part) {
      const bool has_content = part.inserts() && !part.is_wiped();
      out.history.runs.append(part.flags, part.pos, part.range.size(),
                              has_content ? history.runs.content(part.range) : std::string_view());
    });
  }
  return out;
}

void put_structure(Bytes& out, const Extract& extract, LogNames names, Columns columns) {
  const auto& history = extract.history;
  ENSURE(history.end() > 0);
  std::map<LogId, std::size_t> logs;  // to places in the table
  Bytes table;
  const auto name = [&](const LogId& log) {
    if (logs.emplace(log, logs.size()).second) put_log(table, log, names);
  };
  for (Agent i = 0; i < history.names.agents(); ++i) name(history.names.log_of(i));
  for (const auto& outside : extract.outside) name(outside.id.log);
  put_varint(out, logs.size());
  append(out, table);
  put_varint(out, history.end());
  put_varint(out, history.names.runs().size());
  put_varint(out, history.graph.spans());
  put_varint(out, history.runs.size());
  if (columns == Columns::together) {
    put_names(out, history.names);
    put_graph(out, extract, logs);
    put_runs(out, out, out, history.runs);
    return;
  }
  Streams streams;
  put_names(streams.names, history.names);
  put_graph(streams.graph, extract, logs);
  put_runs(streams.tokens, streams.positions, streams.lens, history.runs);
  for (const auto* stream :
       {&streams.names, &streams.graph, &streams.tokens, &streams.positions, &streams.lens}) {
    put_section(out, *stream);
  }
}

Result<Extract> take_structure(Unpacker& in, LogNames names, Columns columns, const Names& known) {
  const auto log_count = in.number();
  const std::size_t log_bytes = names == LogNames::brief ? kBriefBytes : LogId::kBytes;
  if (log_count == 0 || log_count > in.left() / log_bytes) return damaged();
  std::vector<LogId> logs;
  for (std::uint64_t i = 0; i < log_count; ++i) {
    logs.push_back(TRY(take_log(in, names, known)));
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
    TRY(take_names(in, history.names, name_count, whole, logs));
    TRY(take_graph(in, out, span_count, whole, logs));
    TRY(take_runs(in, in, in, history.runs, run_count, whole));
    return out;
  }
  std::array<std::string, 5> buffers;
  const auto section = [&](std::size_t i) { return take_section(in, buffers[i]); };
  Unpacker name_bytes(TRY(section(0))), graph_bytes(TRY(section(1))), tokens(TRY(section(2))),
      positions(TRY(section(3))), lens(TRY(section(4)));
  TRY(take_names(name_bytes, history.names, name_count, whole, logs));
  TRY(take_graph(graph_bytes, out, span_count, whole, logs));
  TRY(take_runs(tokens, positions, lens, history.runs, run_count, whole));
  for (const auto* stream : {&name_bytes, &graph_bytes, &tokens, &positions, &lens}) {
    if (!stream->ok() || !stream->is_empty()) return damaged();
  }
  return out;
}

}  // namespace holm::crdt::text
