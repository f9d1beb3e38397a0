#include "crdt/text/lanes.h"

#include <algorithm>

namespace holm::crdt::text {

std::optional<Lanes> Lanes::of(const History& history, Lv start) {
  const auto& [names, graph, runs] = history;
  Lanes out;
  out.start_ = start;
  out.first_span_ = static_cast<std::uint32_t>(graph.index_of(start));
  out.first_links_.reserve(graph.spans() - out.first_span_);
  std::array<Agent, kCount> agents{};
  std::size_t count = 0;
  Reach whole{};  // how much each lane has
  std::vector<Graph::Point> parents;
  auto name = names.index_of(start);
  auto run = runs.index_of(start);
  // A link ends where a span or a name does.
  out.links_.reserve(graph.spans() - out.first_span_ + names.runs().size() - name);
  for (auto s = out.first_span_; s < graph.spans(); ++s) {
    const auto span = graph.span(s);
    Reach before{};
    graph.parents_of({{std::max(span.begin, start), span.end}, s}, parents);
    for (const auto& parent : parents) {
      const auto reach = out.reach_of(parent);
      for (std::size_t i = 0; i < kCount; ++i) before[i] = std::max(before[i], reach[i]);
    }
    out.first_links_.push_back(static_cast<std::uint32_t>(out.links_.size()));
    for (auto at = std::max(span.begin, start); at < span.end;) {
      while (names.end_of(name) <= at) ++name;
      while (runs.run(run).range.end <= at) ++run;
      const auto agent = names.runs()[name].agent;
      const auto lane = static_cast<std::size_t>(
          std::find(agents.begin(), agents.begin() + count, agent) - agents.begin());
      if (lane == count) {
        if (count == kCount) return std::nullopt;
        agents[count++] = agent;
      }
      // What a log writes follows all it has written.
      if (before[lane] != whole[lane]) return std::nullopt;
      const auto len = std::min(span.end, names.end_of(name)) - at;
      out.by_lane_[lane].push_back(static_cast<std::uint32_t>(out.links_.size()));
      out.links_.push_back({at, len, whole[lane], static_cast<std::uint32_t>(lane),
                            static_cast<std::uint32_t>(run), before});
      before[lane] = whole[lane] += len;
      at += len;
    }
  }
  return out;
}

Lanes::Reach Lanes::reach_of(const Graph::Point& point) const {
  if (point.lv < start_) return {};
  auto from = links_.begin() + first_link(point.span);
  if (point.lv - from->begin >= from->len) {
    const auto next = point.span + 1 - first_span_;
    const auto end =
        next < first_links_.size() ? links_.begin() + first_links_[next] : links_.end();
    from = std::prev(std::upper_bound(from, end, point.lv,
                                      [](Lv lv, const Link& link) { return lv < link.begin; }));
  }
  const auto& link = *from;
  auto out = link.before;
  out[link.lane] = link.place + (point.lv - link.begin) + 1;
  return out;
}

}  // namespace holm::crdt::text
