// Edits of the live text become runs that do exactly that, whatever is void or wiped.
#include <doctest/doctest.h>

#include "base/rng.h"
#include "crdt/text/diff.h"
#include "crdt/text/text.h"
#include "crdt/text/utf8.h"
#include "tests/crdt/text/histories.h"
#include "tests/support/seeds.h"

using namespace holm;
using namespace holm::crdt;

namespace {

std::vector<TextEdit> random_edits(Rng& rng, std::uint64_t size) {
  std::vector<TextEdit> out;
  std::uint64_t least = 0;
  for (auto n = 1 + rng.below(4); n > 0; --n) {
    TextEdit edit;
    edit.pos = least + rng.below(size - least + 1);
    edit.erased = rng.below(std::min<std::uint64_t>(size - edit.pos, 5) + 1);
    edit.inserted = std::string(rng.below(4), static_cast<char>('A' + rng.below(26)));
    size += edit.inserted.size() - edit.erased;
    least = edit.pos + edit.inserted.size();
    out.push_back(edit);
  }
  return out;
}

}  // namespace

TEST_CASE("compose: the runs make exactly the edits, void and wiped places notwithstanding") {
  test::for_each_seed(50, [](test::Seed seed) {
    SeededRng rng(seed);
    test::HistoryShape shape;
    shape.steps = static_cast<int>(rng.below(40));
    shape.writers = static_cast<int>(1 + rng.below(4));
    shape.erase_percent = 45;
    if (rng.chance(75)) {
      shape.void_percent = 30;
      shape.wiped_percent = 15;
    }
    auto runs = test::random_history(rng, shape);
    Text text;
    REQUIRE(text.merge(runs).has_value());
    OpId next{test::log_of(0), 1000};
    for (int i = 0; i < 5; ++i) {
      const auto edits = random_edits(rng, text.size());
      const auto wanted = test::apply(text.text(), edits);
      const auto composed = text.compose(next, edits);
      REQUIRE(composed.has_value());
      REQUIRE(text.merge(*composed).has_value());
      REQUIRE(text.text() == wanted);
      for (const auto& run : *composed) {
        CHECK(run.id == next);
        next.seq += run.len;
        runs.push_back(run);
      }
      Text other;
      REQUIRE(other.merge(test::shuffled(rng, runs)).has_value());
      REQUIRE(other.text() == wanted);
    }
  });
}

TEST_CASE("compose: one edit is an erase and an insert on the frontier") {
  Text text;
  const OpId first{test::log_of(1), 1};
  const auto hello = text.compose(first, std::vector<TextEdit>{{.inserted = "h\u00e9llo"}});
  REQUIRE(hello.has_value());
  REQUIRE(text.merge(*hello).has_value());
  const auto edit = text.compose({test::log_of(2), 7}, diff(text.text(), "hello"));
  REQUIRE(edit.has_value());
  REQUIRE(edit->size() == 2);
  CHECK((*edit)[0] == TextRun{.id = {test::log_of(2), 7},
                              .parents = {{test::log_of(1), 5}},
                              .insert = false,
                              .pos = 1,
                              .len = 1,
                              .text = {}});
  CHECK((*edit)[1] == TextRun{.id = {test::log_of(2), 8},
                              .parents = {{test::log_of(2), 7}},
                              .insert = true,
                              .pos = 1,
                              .len = 1,
                              .text = "e"});
}

TEST_CASE("compose: edits outside, out of order or not UTF-8 are refused") {
  Text text;
  REQUIRE(text.merge(text.compose({test::log_of(1), 1}, std::vector<TextEdit>{{.inserted = "abc"}})
                         .value())
              .has_value());
  const auto refused = [&](std::vector<TextEdit> edits) {
    const auto runs = text.compose({test::log_of(1), 9}, edits);
    return !runs.has_value() && runs.error().code == Code::reject;
  };
  CHECK(refused({{.pos = 4, .erased = 0, .inserted = "x"}}));
  CHECK(refused({{.pos = 2, .erased = 2, .inserted = ""}}));
  CHECK(refused({{.pos = 2, .erased = ~std::uint64_t{0}, .inserted = ""}}));
  CHECK(
      refused({{.pos = 2, .erased = 0, .inserted = "x"}, {.pos = 2, .erased = 1, .inserted = ""}}));
  CHECK(refused({{.pos = 0, .erased = 0, .inserted = "\xff"}}));
  CHECK(text.compose({test::log_of(1), 9}, {}).value().empty());
}

TEST_CASE("compose: what a void run of backspaces took still shows, and goes as one edit says") {
  Text text;
  const auto log = test::log_of(1);
  const auto erase = [&](std::uint64_t seq, std::uint64_t pos) {
    TextRun run;
    run.id = {log, seq};
    run.parents = {{log, seq - 1}};
    run.insert = false;
    run.pos = pos;
    run.len = 1;
    run.is_void = true;
    REQUIRE(text.merge({&run, 1}).has_value());
  };
  REQUIRE(text.insert({log, 1}, 0, "abcdef").has_value());
  erase(7, 4);
  erase(8, 3);
  erase(9, 2);
  CHECK(text.text() == "abcdef");
  const TextEdit edit{.pos = 1, .erased = 4, .inserted = "-"};
  const auto runs = text.compose({test::log_of(2), 1}, {&edit, 1});
  REQUIRE(runs.has_value());
  REQUIRE(text.merge(*runs).has_value());
  CHECK(text.text() == "a-f");
}
