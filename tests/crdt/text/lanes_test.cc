// Lanes against the graph: what two versions differ in is the same by either.
#include "crdt/text/lanes.h"

#include <doctest/doctest.h>

#include <set>
#include <variant>

#include "base/rng.h"
#include "crdt/text/delta.h"
#include "crdt/text/text.h"
#include "tests/crdt/text/histories.h"
#include "tests/support/seeds.h"

using namespace holm;
using namespace holm::crdt;
using namespace holm::crdt::text;

namespace {

History history_of(const std::vector<TextRun>& runs) {
  Text text;
  REQUIRE(text.merge(runs).has_value());
  const auto bytes = text.delta({}, false).value();
  auto decoded = decode_delta(bytes, Names()).value();
  if (auto* extract = std::get_if<Extract>(&decoded)) return std::move(extract->history);
  return {};
}

void add(std::set<Lv>& out, LvRange range) {
  for (auto lv = range.begin; lv < range.end; ++lv) REQUIRE(out.insert(lv).second);
}

}  // namespace

TEST_CASE("lanes: versions differ in what the graph says they differ in") {
  int with_lanes = 0, from_a_cut = 0;
  test::for_each_seed(60, [&](test::Seed seed) {
    SeededRng rng(seed);
    test::HistoryShape shape;
    shape.writers = static_cast<int>(1 + rng.below(5));
    shape.steps = static_cast<int>(1 + rng.below(80));
    shape.merge_percent = static_cast<unsigned>(rng.below(101));
    const auto history = history_of(test::random_history(rng, shape));
    const auto& graph = history.graph;
    if (history.end() == 0) return;
    const auto start = rng.chance(50) ? 0 : graph.cut(static_cast<Lv>(rng.below(history.end())));
    auto lanes = Lanes::of(history, start);
    if (!lanes) {
      CHECK(history.names.agents() > Lanes::kCount);
      return;
    }
    ++with_lanes;
    from_a_cut += start > 0 ? 1 : 0;
    for (int i = 0; i < 60; ++i) {
      const auto point = [&] {
        const auto lv = start + static_cast<Lv>(rng.below(history.end() - start));
        return Graph::Point{lv, static_cast<std::uint32_t>(graph.index_of(lv))};
      };
      const auto a = point(), b = point();
      Graph::Difference difference;
      graph.difference(std::span(&a, 1), std::span(&b, 1), difference);
      std::set<Lv> by_graph, by_lanes;
      for (const auto& stretch : difference.only_a) add(by_graph, stretch.range);
      for (const auto& stretch : difference.only_b) add(by_graph, stretch.range);
      const auto from = lanes->reach_of(a), to = lanes->reach_of(b);
      for (std::size_t lane = 0; lane < Lanes::kCount; ++lane) {
        if (from[lane] == to[lane]) continue;
        const auto [least, most] = std::minmax(from[lane], to[lane]);
        lanes->each(lane, least, most, [&](LvRange range, std::size_t run) {
          CHECK(history.runs.index_of(range.begin, run) == history.runs.index_of(range.begin));
          add(by_lanes, range);
        });
      }
      REQUIRE(by_lanes == by_graph);
    }
  });
  CHECK(with_lanes > 20);
  CHECK(from_a_cut > 0);
}

TEST_CASE("lanes: a log that does not follow itself has none") {
  const auto one = test::log_of(1), two = test::log_of(2);
  const auto history = history_of({test::insert_run({one, 1}, {}, 0, "ab"),
                                   test::insert_run({two, 1}, {{one, 2}}, 2, "c"),
                                   test::insert_run({one, 3}, {{two, 1}}, 3, "d"),
                                   test::insert_run({one, 4}, {{one, 1}}, 1, "e")});
  CHECK(!Lanes::of(history, 0).has_value());
}
