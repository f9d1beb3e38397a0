// The laws of merging: any order, any grouping, any cut gives what the naive tree gives.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "base/rng.h"
#include "crdt/text/text.h"
#include "crdt/text/utf8.h"
#include "tests/crdt/text/histories.h"
#include "tests/crdt/text/naive_text.h"
#include "tests/support/seeds.h"

using namespace holm;
using namespace holm::crdt;
using test::HistoryShape;
using test::NaiveText;

namespace {

HistoryShape random_shape(Rng& rng) {
  HistoryShape shape;
  shape.writers = static_cast<int>(1 + rng.below(8));
  shape.steps = static_cast<int>(5 + rng.below(40));
  shape.merge_percent = static_cast<unsigned>(rng.below(101));
  shape.erase_percent = static_cast<unsigned>(rng.below(60));
  shape.run_max = 1 + rng.below(8);
  return shape;
}

HistoryShape random_marked_shape(Rng& rng) {
  auto shape = random_shape(rng);
  shape.void_percent = static_cast<unsigned>(rng.below(40));
  shape.wiped_percent = static_cast<unsigned>(rng.below(30));
  return shape;
}

NaiveText oracle_of(const std::vector<TextRun>& runs) {
  NaiveText oracle;
  for (const auto& run : runs) REQUIRE(oracle.add(run));
  return oracle;
}

/// Merges in random batches; the edits of each batch must lead to its text.
Text merge_in_batches(Rng& rng, const std::vector<TextRun>& runs) {
  Text text;
  for (std::size_t at = 0; at < runs.size();) {
    const auto count =
        std::min<std::size_t>(runs.size() - at, 1 + rng.below(rng.chance(50) ? 3 : 40));
    const std::string before = text.text();
    auto edits = text.merge({&runs[at], count});
    REQUIRE(edits.has_value());
    REQUIRE(test::apply(before, *edits) == text.text());
    REQUIRE(text.size() == utf8::count(text.text()));
    // Questions about places bring up the other kind of merge state.
    if (rng.chance(5)) (void)text.spans();
    at += count;
  }
  return text;
}

void check_questions(Rng& rng, const Text& text, const NaiveText& oracle,
                     const std::vector<TextRun>& runs) {
  CHECK(text.frontier() == oracle.frontier());
  const auto order = oracle.ids_in_order();
  std::vector<OpId> spanned;
  for (const auto& span : text.spans()) {
    CHECK(span.pos == spanned.size());
    for (std::uint64_t k = 0; k < span.len; ++k)
      spanned.push_back({span.first.log, span.first.seq + k});
  }
  CHECK(spanned == order);

  for (const auto& run : runs) {
    // Places of the run's code points that are visible.
    std::map<OpId, std::uint64_t> places;
    for (std::size_t i = 0; i < order.size(); ++i) places[order[i]] = i;
    std::map<OpId, std::uint64_t> wanted, found;
    for (std::uint64_t k = 0; k < run.len; ++k) {
      const OpId id{run.id.log, run.id.seq + k};
      if (places.count(id)) wanted[id] = places[id];
      for (bool after : {false, true}) {
        const Anchor anchor{.id = id, .after = after};
        CHECK(text.resolve(anchor) == oracle.resolve(anchor));
      }
    }
    for (const auto& span : text.find(run.id, run.len)) {
      for (std::uint64_t k = 0; k < span.len; ++k) {
        found[{span.first.log, span.first.seq + k}] = span.pos + k;
      }
    }
    CHECK(found == wanted);

    std::vector<NaiveText::Gone> gone;
    for (std::uint64_t k = 0; k < run.len; ++k) {
      if (auto one = oracle.removed_by({run.id.log, run.id.seq + k})) gone.push_back(*one);
    }
    std::vector<Removed> stretches;
    for (const auto& one : gone) {
      const bool joins = !stretches.empty() && &one != &gone.front() &&
                         (&one)[-1].id == OpId{one.id.log, one.id.seq - 1} &&
                         (&one)[-1].wiped == one.wiped && stretches.back().pos == one.pos;
      if (!joins) stretches.push_back({.pos = one.pos, .first = one.id, .text = {}});
      stretches.back().text += one.content;
    }
    const auto removed = text.removed_by(run.id, run.len);
    REQUIRE(removed.size() == stretches.size());
    for (std::size_t i = 0; i < removed.size(); ++i) {
      CHECK(removed[i].pos == stretches[i].pos);
      CHECK(removed[i].first == stretches[i].first);
      CHECK(removed[i].text == stretches[i].text);
    }
  }

  for (int i = 0; i < 4; ++i) {
    std::vector<OpId> version;
    for (auto n = rng.below(3); n > 0 || i == 0; --n) {
      const auto& run = runs[rng.below(runs.size())];
      version.push_back({run.id.log, run.id.seq + rng.below(run.len)});
      if (i == 0) break;
    }
    CHECK(text.at(version).value() == oracle.at(version));
  }
  CHECK(text.at(text.frontier()).value() == text.text());

  for (bool after : {false, true}) {
    const auto pos = rng.below(text.size() + 1);
    CHECK(text.resolve(text.anchor(pos, after)) == pos);
  }
}

}  // namespace

TEST_CASE("text: any order, grouping and cut of a history gives what the naive tree gives") {
  test::for_each_seed(60, [](test::Seed seed) {
    SeededRng rng(seed);
    const auto runs = test::random_history(rng, random_shape(rng));
    const auto oracle = oracle_of(runs);
    for (int i = 0; i < 4; ++i) {
      const auto text = merge_in_batches(rng, test::recut(rng, test::shuffled(rng, runs)));
      REQUIRE(text.text() == oracle.text());
      REQUIRE(text.frontier() == oracle.frontier());
    }
  });
}
TEST_CASE("text: void and wiped runs keep their places and show nothing") {
  test::for_each_seed(40, [](test::Seed seed) {
    SeededRng rng(seed);
    const auto runs = test::random_history(rng, random_marked_shape(rng));
    const auto oracle = oracle_of(runs);
    for (int i = 0; i < 3; ++i) {
      const auto text = merge_in_batches(rng, test::recut(rng, test::shuffled(rng, runs)));
      REQUIRE(text.text() == oracle.text());
    }
  });
}

TEST_CASE("text: spans, find, removed_by, anchors and versions are those of the naive tree") {
  test::for_each_seed(40, [](test::Seed seed) {
    SeededRng rng(seed);
    const auto shape = rng.chance(50) ? random_shape(rng) : random_marked_shape(rng);
    const auto runs = test::random_history(rng, shape);
    const auto oracle = oracle_of(runs);
    const auto text = merge_in_batches(rng, test::shuffled(rng, runs));
    check_questions(rng, text, oracle, runs);
  });
}
