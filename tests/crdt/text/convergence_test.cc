// Small histories, all of them: delivered in every order that causes allow, cut into batches in
// every way, as runs and as deltas. And the cases of non-interleaving in Weidner & Kleppmann, "The
// Art of the Fugue" (2023), each character typed on its own.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "crdt/text/text.h"
#include "tests/crdt/text/histories.h"
#include "tests/crdt/text/naive_text.h"

using namespace holm;
using namespace holm::crdt;
using test::log_of;
using test::NaiveText;

namespace {

/// Ops on a base, each with the set of those in its past as bits.
struct History {
  TextRun base;
  std::vector<TextRun> ops;
  std::vector<unsigned> past;

  std::vector<OpId> parents(unsigned heads) const {
    std::vector<OpId> out;
    for (std::size_t i = 0; i < ops.size(); ++i) {
      if ((heads >> i & 1) != 0) out.push_back(ops[i].id);
    }
    if (out.empty()) out.push_back({base.id.log, base.len});
    return out;
  }
  /// The past of a version that consists of `heads`, which are concurrent to each other, or
  /// nothing.
  std::optional<unsigned> past_of(unsigned heads) const {
    unsigned out = 0;
    for (std::size_t i = 0; i < ops.size(); ++i) {
      if ((heads >> i & 1) != 0) out |= past[i];
    }
    if ((out & heads) != 0) return std::nullopt;
    return out | heads;
  }
};

void check_cut(const History& history, const std::vector<std::size_t>& order, unsigned cuts,
               bool as_deltas, const NaiveText& oracle) {
  Text sender, text;
  REQUIRE(sender.merge({&history.base, 1}).has_value());
  REQUIRE(text.merge({&history.base, 1}).has_value());
  std::vector<TextRun> batch;
  for (std::size_t i = 0; i < order.size(); ++i) {
    batch.push_back(history.ops[order[i]]);
    if ((cuts >> i & 1) == 0 && i + 1 < order.size()) continue;
    const auto before = text.text();
    Result<std::vector<TextEdit>> edits;
    if (as_deltas) {
      REQUIRE(sender.merge(batch).has_value());
      edits = text.merge_delta(sender.delta(text.frontier(), i % 2 == 0 && i > 2).value());
    } else {
      edits = text.merge(batch);
    }
    if (!edits || test::apply(before, *edits) != text.text()) FAIL("not led from before to after");
    batch.clear();
  }
  if (text.text() != oracle.text()) FAIL("got " << text.text() << " not " << oracle.text());
  if (text.frontier() != oracle.frontier()) FAIL("another frontier");
}

void check_all_deliveries(const History& history) {
  NaiveText oracle;
  REQUIRE(oracle.add(history.base));
  for (const auto& op : history.ops) REQUIRE(oracle.add(op));
  std::vector<std::size_t> order(history.ops.size());
  std::iota(order.begin(), order.end(), 0);
  do {
    unsigned known = 0;
    bool is_causal = true;
    for (auto i : order) {
      is_causal = is_causal && (history.past[i] & ~known) == 0;
      known |= 1U << i;
    }
    if (!is_causal) continue;
    for (unsigned cuts = 0; cuts < 1U << (order.size() - 1); ++cuts) {
      check_cut(history, order, cuts, false, oracle);
      check_cut(history, order, cuts, true, oracle);
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

/// Calls `visit` for every history of `count` ops by as many writers: each on every version there
/// is, at each position, either action.
template <class Visit>
void each_history(History& history, std::size_t count, const std::vector<LogId>& logs,
                  const Visit& visit) {
  const auto number = history.ops.size();
  if (number == count) return visit(history);
  NaiveText seen;
  REQUIRE(seen.add(history.base));
  for (const auto& op : history.ops) REQUIRE(seen.add(op));
  for (unsigned heads = 0; heads < 1U << number; ++heads) {
    const auto past = history.past_of(heads);
    if (!past) continue;
    const auto parents = history.parents(heads);
    const auto size = seen.size_at(parents);
    for (std::uint64_t pos = 0; pos <= size; ++pos) {
      for (const bool inserts : {true, false}) {
        if (!inserts && pos == size) continue;
        const OpId id{logs[number], 1};
        history.ops.push_back(
            inserts ? test::insert_run(id, parents, pos,
                                       std::string(1, static_cast<char>('0' + number)))
                    : test::erase_run(id, parents, pos, 1));
        history.past.push_back(*past);
        each_history(history, count, logs, visit);
        history.ops.pop_back();
        history.past.pop_back();
      }
    }
  }
}

std::size_t check_every(std::size_t count, const std::string& base, std::size_t one_in) {
  std::size_t checked = 0, seen = 0;
  std::vector<LogId> logs;
  for (std::size_t i = 0; i < count; ++i) logs.push_back(log_of(i + 1));
  std::sort(logs.begin(), logs.end());
  for (const bool descends : {false, true}) {
    if (descends) std::reverse(logs.begin(), logs.end());
    History history{test::insert_run({log_of(0), 1}, {}, 0, base), {}, {}};
    each_history(history, count, logs, [&](const History& one) {
      if (seen++ % one_in != 0) return;
      check_all_deliveries(one);
      ++checked;
    });
  }
  return checked;
}

}  // namespace

TEST_CASE("merge: three ops, in all orders, cut in all ways, as runs and as deltas") {
  CHECK(check_every(3, "ab", 1) > 1'000);
}

TEST_CASE("merge: four ops, in all orders, cut in all ways, as runs and as deltas") {
  // All of them with HOLM_SEEDS=1; else one in a prime number, which goes through every kind.
  CHECK(check_every(4, "a", std::getenv("HOLM_SEEDS") != nullptr ? 1 : 23) > 500);
}

TEST_CASE("fugue: two people type forwards at one spot, a character at a time") {
  for (const bool swapped : {false, true}) {
    const auto a = log_of(swapped ? 2 : 1), b = log_of(swapped ? 1 : 2);
    std::vector<TextRun> runs;
    for (const auto& [log, word] : {std::pair{a, std::string("milk")}, {b, std::string("eggs")}}) {
      for (std::size_t i = 0; i < word.size(); ++i) {
        runs.push_back(test::insert_run({log, i + 1},
                                        i == 0 ? std::vector<OpId>() : std::vector<OpId>{{log, i}},
                                        i, word.substr(i, 1)));
      }
    }
    Text text;
    REQUIRE(text.merge(runs).has_value());
    CHECK(text.text() == (a < b ? "milkeggs" : "eggsmilk"));
  }
}

TEST_CASE("fugue: two people type backwards at one spot, a character at a time") {
  for (const bool swapped : {false, true}) {
    const auto a = log_of(swapped ? 2 : 1), b = log_of(swapped ? 1 : 2);
    std::vector<TextRun> runs;
    for (const auto& [log, word] : {std::pair{a, std::string("milk")}, {b, std::string("eggs")}}) {
      for (std::size_t i = 0; i < word.size(); ++i) {
        runs.push_back(test::insert_run({log, i + 1},
                                        i == 0 ? std::vector<OpId>() : std::vector<OpId>{{log, i}},
                                        0, word.substr(word.size() - 1 - i, 1)));
      }
    }
    Text text;
    REQUIRE(text.merge(runs).has_value());
    CHECK(text.text() == (a < b ? "milkeggs" : "eggsmilk"));
  }
}

TEST_CASE("fugue: several replicas; who inserts in front of what he saw stays beside it") {
  // "R" first; L in front of it, and beside L, by somebody who had not seen it, q. One who knows L
  // and R alone puts `a` between them; one who knows all three puts `b` between L and q. Both are
  // right children of L; ordered by their ids, as in Fugue, `a` may fall between `b` and the q it
  // was put in front of. By right origins, as in FugueMax, never.
  std::vector<std::uint64_t> writers{1, 2, 3, 4, 5};
  std::size_t seen = 0;
  do {
    const auto id = [&](std::size_t i) { return OpId{log_of(writers[i]), 1}; };
    if (id(2) < id(1)) continue;  // q before L: then b has no q to its right
    const std::vector<TextRun> runs{
        test::insert_run(id(0), {}, 0, "R"), test::insert_run(id(1), {id(0)}, 0, "L"),
        test::insert_run(id(2), {id(0)}, 0, "q"), test::insert_run(id(3), {id(1)}, 1, "a"),
        test::insert_run(id(4), {id(1), id(2)}, 1, "b")};
    NaiveText oracle;
    for (const auto& run : runs) REQUIRE(oracle.add(run));
    CHECK(oracle.text() == "LabqR");
    for (const auto& order : {std::vector<std::size_t>{0, 1, 2, 3, 4},
                              {0, 1, 2, 4, 3},
                              {0, 2, 1, 4, 3},
                              {0, 1, 3, 2, 4}}) {
      Text text;
      for (auto i : order) REQUIRE(text.merge({&runs[i], 1}).has_value());
      CHECK(text.text() == "LabqR");
    }
    ++seen;
  } while (std::next_permutation(writers.begin(), writers.end()));
  CHECK(seen == 60);
}
