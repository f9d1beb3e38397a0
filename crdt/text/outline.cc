#include "crdt/text/outline.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace holm::crdt::text {
namespace {

constexpr auto kNone = std::numeric_limits<std::uint32_t>::max();

/// Where pieces went, to be asked for the parents of later ones.
class Moves {
 public:
  struct Move {
    LvRange from;
    Lv to = 0;
    std::uint32_t span = 0;      // of the outline, which holds where it went
    std::uint32_t next = kNone;  // another piece of the same span of the history
  };

  explicit Moves(std::span<const Graph::Piece> pieces) {
    if (pieces.empty()) return;
    const auto [least, most] = std::minmax_element(
        pieces.begin(), pieces.end(), [](const auto& a, const auto& b) { return a.span < b.span; });
    lowest_ = least->span;
    first_.assign(most->span - lowest_ + 1, kNone);
    moves_.reserve(pieces.size());
    for (const auto& piece : pieces) {
      auto& first = first_[piece.span - lowest_];
      const auto index = static_cast<std::uint32_t>(moves_.size());
      moves_.push_back({.from = piece.range, .next = std::exchange(first, index)});
    }
  }
  Move& operator[](std::size_t piece) { return moves_[piece]; }
  const Move* find(const Graph::Point& point) const {
    if (point.span < lowest_ || point.span - lowest_ >= first_.size()) return nullptr;
    auto at = first_[point.span - lowest_];
    while (at != kNone && point.lv - moves_[at].from.begin >= moves_[at].from.size()) {
      at = moves_[at].next;
    }
    return at != kNone ? &moves_[at] : nullptr;
  }
  /// Calls `visit(piece)` for the indexes of all, span by span as in the history.
  template <class Visit>
  void each(Visit visit) const {
    for (auto at : first_) {
      for (; at != kNone; at = moves_[at].next) visit(at);
    }
  }

 private:
  std::uint32_t lowest_ = 0;
  std::vector<std::uint32_t> first_;  // by span of the history from lowest_ on
  std::vector<Move> moves_;           // by piece
};

}  // namespace

Outline::Outline(const History& history, std::span<const Graph::Piece> pieces) {
  Moves moves(pieces);
  std::vector<bool> is_told(history.names.agents());
  const auto tell = [&](Agent agent) {
    if (!is_told[agent]) logs.push_back(agent);
    is_told[agent] = true;
  };
  spans.reserve(pieces.size());
  parents.reserve(pieces.size() * 2);
  runs.reserve(pieces.size());
  content.reserve(pieces.size());
  // Where pieces start: in the order of the history each is found beside the last.
  struct Start {
    std::size_t run = 0;
    std::size_t name = 0;
  };
  std::vector<Start> starts(pieces.size());
  Start start;
  moves.each([&](std::uint32_t i) {
    const auto begin = pieces[i].range.begin;
    start = {history.runs.index_of(begin, start.run), history.names.index_of(begin, start.name)};
    starts[i] = start;
  });
  std::vector<Graph::Point> before;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const auto& piece = pieces[i];
    // What it follows.
    history.graph.parents_of(piece, before);
    const auto first_parent = parents.size();
    const auto first_outside = outside.size();
    for (const auto& parent : before) {
      if (const auto* move = moves.find(parent)) {
        parents.push_back({move->to + (parent.lv - move->from.begin), move->span});
      } else {
        const auto& by = history.names.runs()[history.names.index_of(parent.lv)];
        outside.push_back({by.agent, by.seq + (parent.lv - by.begin)});
      }
    }
    const auto inside = parents.size() - first_parent;
    if (end > 0 && inside == 1 && before.size() == 1 && parents.back().lv == end - 1) {
      parents.pop_back();  // it goes on with the last span
    } else {
      std::sort(parents.begin() + static_cast<std::ptrdiff_t>(first_parent), parents.end(),
                [](const auto& a, const auto& b) { return a.lv < b.lv; });
      spans.push_back({end, static_cast<std::uint32_t>(first_parent),
                       static_cast<std::uint32_t>(first_outside)});
    }
    moves[i].to = end;
    moves[i].span = static_cast<std::uint32_t>(spans.size() - 1);
    // Who wrote it, and what it does.
    auto [r, n] = starts[i];
    for (auto rest = piece.range; rest.begin < rest.end; ++n) {
      const auto& by = history.names.runs()[n];
      const LvRange named{rest.begin, std::min(rest.end, history.names.end_of(n))};
      const auto seq = by.seq + (named.begin - by.begin);
      if (!names.empty() && names.back().agent == by.agent &&
          names.back().seq + names.back().len == seq) {
        names.back().len += named.size();
      } else {
        tell(by.agent);
        names.push_back({by.agent, seq, named.size()});
      }
      while (rest.begin < named.end) {
        auto part = history.runs.part(r, {rest.begin, named.end});
        rest.begin = part.range.end;
        if (part.inserts() && !part.is_wiped()) content.push_back({part.range, r, by.agent});
        if (rest.begin == history.runs.run(r).range.end) ++r;
        const auto len = part.range.size();
        part.range = {end, end + len};
        end += len;
        if (runs.empty() || !join(runs.back(), part)) runs.push_back(part);
      }
    }
  }
  for (const auto& one : outside) tell(one.agent);
}

bool Outline::is_marked() const {
  return std::any_of(runs.begin(), runs.end(),
                     [](const RunPart& run) { return run.is_void() || run.is_wiped(); });
}

std::string Outline::content_of(const Runs& from) const {
  std::string out;
  for (const auto& part : content) out += from.content(part.run, part.range);
  return out;
}

std::string Outline::content_by_log(const Runs& from) const {
  // Twice over the parts: how much each log has, then where it belongs.
  std::vector<std::size_t> ends;
  for (const auto& part : content) {
    if (part.agent >= ends.size()) ends.resize(part.agent + 1);
    ends[part.agent] += from.content(part.run, part.range).size();
  }
  std::size_t total = 0;
  for (const auto agent : logs) {
    if (agent >= ends.size()) continue;
    const auto begin = total;
    total += ends[agent];
    ends[agent] = begin;
  }
  std::string out(total, '\0');
  for (const auto& part : content) {
    const auto bytes = from.content(part.run, part.range);
    bytes.copy(out.data() + ends[part.agent], bytes.size());
    ends[part.agent] += bytes.size();
  }
  return out;
}

}  // namespace holm::crdt::text
