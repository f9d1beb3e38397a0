// What merge accepts and refuses, and where runs put there apart end up.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "base/rng.h"
#include "crdt/text/text.h"
#include "crdt/text/utf8.h"
#include "tests/crdt/text/histories.h"
#include "tests/crdt/text/naive_text.h"
#include "tests/support/seeds.h"

using namespace holm;
using namespace holm::crdt;
using test::log_of;
using test::NaiveText;

namespace {

OpId id(std::uint64_t writer, std::uint64_t seq) { return {log_of(writer), seq}; }

TextRun insert(OpId at, std::vector<OpId> parents, std::uint64_t pos, const std::string& text) {
  return {.id = at,
          .parents = std::move(parents),
          .insert = true,
          .pos = pos,
          .len = utf8::count(text),
          .text = text};
}

TextRun erase(OpId at, std::vector<OpId> parents, std::uint64_t pos, std::uint64_t len) {
  return {
      .id = at, .parents = std::move(parents), .insert = false, .pos = pos, .len = len, .text = {}};
}

std::string merged(const std::vector<TextRun>& runs) {
  Text text;
  REQUIRE(text.merge(runs).has_value());
  return text.text();
}

/// Two runs, one on the other and one beside it: state on the fast path and state in a walker.
std::vector<std::vector<TextRun>> starts() {
  const auto base = insert(id(1, 1), {}, 0, "abc");
  const auto next = erase(id(1, 4), {id(1, 3)}, 1, 1);
  const auto beside = insert(id(2, 1), {id(1, 3)}, 1, "X\u00e9");
  auto wiped = insert(id(3, 1), {id(1, 3)}, 3, "!!");
  wiped.wiped = true;
  wiped.text.clear();
  return {{base, next}, {base, next, beside}, {base, next, beside, wiped}};
}

}  // namespace

TEST_CASE("merge: a run that does not fit is refused, and nothing of its batch stays") {
  const auto good = insert(id(4, 1), {id(1, 4)}, 0, "good");
  auto bare = insert(id(5, 1), {id(1, 4)}, 0, "x");
  bare.wiped = true;
  auto loud = erase(id(5, 1), {id(1, 4)}, 0, 1);
  loud.text = "a";
  auto short_by_one = insert(id(5, 1), {id(1, 4)}, 0, "\u00e9\u00e9");
  short_by_one.len = 3;
  auto empty = insert(id(5, 1), {id(1, 4)}, 0, "");
  auto endless = insert(id(5, 1), {id(1, 4)}, 0, "");
  endless.len = ~std::uint64_t{0};
  endless.wiped = true;
  auto last_seq = insert(id(5, ~std::uint64_t{0}), {id(1, 4)}, 0, "xy");
  const std::vector<TextRun> bad{
      insert(id(5, 1), {id(7, 1)}, 0, "x"),            // unknown parent
      insert(id(5, 1), {id(1, 4), id(1, 5)}, 0, "x"),  // one of two unknown
      insert(id(5, 1), {id(5, 1)}, 0, "x"),            // its own parent
      insert(id(5, 1), {id(1, 4)}, 3, "x"),            // beyond the end of that version
      insert(id(5, 1), {}, 1, "x"),                    // beyond the end of nothing
      insert(id(5, 1), {id(1, 3)}, 4, "x"),            // the same on an older version
      insert(id(5, 1), {id(1, 2)}, 3, "x"),            // and in the middle of a run
      insert(id(5, 1), {id(1, 4)}, ~std::uint64_t{0}, "x"),
      erase(id(5, 1), {id(1, 4)}, 1, 2),
      erase(id(5, 1), {id(1, 3)}, 3, 1),
      erase(id(5, 1), {id(1, 4)}, 0, ~std::uint64_t{0}),
      erase(id(5, 1), {}, 0, 1),
      insert(id(5, 1), {id(1, 4)}, 0, "\xc3"),
      insert(id(1, 1), {}, 0, "abd"),         // ids reused: other content,
      insert(id(1, 1), {}, 1, "abc"),         // other position,
      insert(id(1, 2), {id(1, 1)}, 1, "bX"),  // other content in a part,
      erase(id(1, 1), {}, 0, 3),              // another action,
      insert(id(1, 2), {}, 1, "bc"),          // other parents,
      erase(id(1, 4), {id(1, 3), id(1, 2)}, 1, 1),
      insert(id(1, 3), {id(1, 2)}, 2, "cd"),  // continued otherwise
      bare,
      loud,
      short_by_one,
      empty,
      endless,
      last_seq,
  };
  for (const auto& start : starts()) {
    for (const auto& run : bad) {
      INFO("id ", run.id.seq, " pos ", run.pos, " len ", run.len);
      Text text;
      REQUIRE(text.merge(start).has_value());
      const auto before = text.text();
      const auto frontier = text.frontier();
      const auto result = text.merge(std::vector<TextRun>{good, run});
      REQUIRE(!result.has_value());
      CHECK((result.error().code == Code::reject || result.error().code == Code::limit));
      CHECK(text.text() == before);
      CHECK(text.frontier() == frontier);
      CHECK(!text.knows(good.id));
      // What is right goes on as if nothing had happened.
      REQUIRE(text.merge({&good, 1}).has_value());
      auto all = start;
      all.push_back(good);
      CHECK(text.text() == merged(all));
      CHECK(text.spans().size() > 0);
    }
  }
}

TEST_CASE("merge: a refused run leaves nothing, not even the name of its log") {
  Text text;
  const auto base = insert(id(1, 1), {}, 0, "abc");
  REQUIRE(text.merge({&base, 1}).has_value());
  const auto saved = text.save();
  for (const auto& run : {insert(id(2, 1), {id(1, 3)}, 9, "x"), erase(id(2, 1), {id(1, 3)}, 2, 5),
                          insert(id(2, 1), {id(1, 2)}, 9, "x"), insert(id(2, 1), {}, 1, "x")}) {
    CHECK(!text.merge({&run, 1}).has_value());
    CHECK(text.save() == saved);
  }
}

TEST_CASE("merge: an erasure has no content, so to be wiped is nothing to it") {
  Text text;
  auto wiped = erase(id(1, 4), {id(1, 3)}, 1, 1);
  wiped.wiped = true;
  REQUIRE(text.merge(std::vector<TextRun>{insert(id(1, 1), {}, 0, "abc"), wiped}).has_value());
  const auto back = Text::load(text.save());
  REQUIRE(back.has_value());
  CHECK(back->text() == "ac");
  CHECK(back->removed_by(id(1, 4), 1).at(0).text == "b");
  Text other;
  CHECK(other.merge_delta(text.delta({}, false).value()).has_value());
}

TEST_CASE("erase: backspaces stop at the front") {
  Text text;
  REQUIRE(text.insert(id(1, 1), 0, "abc").has_value());
  REQUIRE(text.erase(id(1, 4), 1, 1).has_value());
  REQUIRE(text.erase(id(1, 5), 0, 1).has_value());
  CHECK(!text.erase(id(1, 6), ~std::uint64_t{0}, 1).has_value());
  CHECK(text.text() == "c");
  Text one;
  REQUIRE(one.insert(id(1, 1), 0, "abc").has_value());
  REQUIRE(one.erase(id(1, 4), 0, 1).has_value());
  CHECK(!one.erase(id(1, 5), ~std::uint64_t{0}, 1).has_value());
  CHECK(one.text() == "bc");
}

TEST_CASE("merge: known runs and known parts of runs are skipped") {
  const auto whole = insert(id(1, 1), {}, 0, "ab\u00e9d");
  for (std::uint64_t from = 0; from < 4; ++from) {
    Text text;
    REQUIRE(text.merge({&whole, 1}).has_value());
    auto again = test::part(whole, from, 4 - from);
    CHECK(text.merge({&again, 1}).value().empty());
    again.text += "ef";
    again.len += 2;
    const std::vector<TextEdit> wanted{{.pos = 4, .erased = 0, .inserted = "ef"}};
    CHECK(text.merge({&again, 1}).value() == wanted);
    CHECK(text.frontier() == std::vector<OpId>{id(1, 6)});
  }
  Text text;
  const std::vector<TextRun> twice{whole, whole, erase(id(1, 5), {id(1, 4)}, 0, 2),
                                   erase(id(1, 6), {id(1, 5)}, 0, 2)};
  REQUIRE(text.merge(twice).has_value());
  CHECK(text.text() == "d");
  // The mark of a known run is not taken over; its wiped form is the same run.
  auto wiped = whole;
  wiped.wiped = true;
  wiped.text.clear();
  CHECK(text.merge({&wiped, 1}).value().empty());
  CHECK(text.text() == "d");
}

TEST_CASE("merge: a parent may stand in the middle of a run") {
  const std::vector<TextRun> runs{insert(id(1, 1), {}, 0, "hello world"),
                                  insert(id(2, 1), {id(1, 5)}, 5, ", dear"),
                                  erase(id(3, 1), {id(1, 4)}, 1, 3)};
  // What follows the parent in its own run is concurrent, so the tie goes by id.
  CHECK(merged(runs) == "ho world, dear");
}

TEST_CASE("merge: all orders of three ops by three writers agree with the naive tree") {
  const auto base = insert(id(0, 1), {}, 0, "ab");
  const std::vector<std::vector<OpId>> names{{id(1, 1), id(2, 1), id(3, 1)},
                                             {id(3, 1), id(2, 1), id(1, 1)}};
  std::size_t histories = 0;
  const auto check = [&](const std::vector<TextRun>& ops) {
    NaiveText oracle;
    REQUIRE(oracle.add(base));
    for (const auto& op : ops) REQUIRE(oracle.add(op));
    const auto wanted = oracle.text();
    std::vector<std::size_t> order{0, 1, 2};
    do {
      Text text;
      REQUIRE(text.merge({&base, 1}).has_value());
      bool causal = true;
      for (auto i : order) {
        const auto& parents = ops[i].parents;
        causal = causal && std::all_of(parents.begin(), parents.end(),
                                       [&](const OpId& parent) { return text.knows(parent); });
        if (causal && !text.merge({&ops[i], 1}).has_value()) FAIL("refused");
      }
      if (causal && text.text() != wanted) FAIL_CHECK("got " << text.text() << " not " << wanted);
    } while (std::next_permutation(order.begin(), order.end()));
    ++histories;
  };
  for (const auto& name : names) {
    std::vector<TextRun> ops;
    // Each op on each version there is, at each position, either action.
    const auto extend = [&](const auto& self) -> void {
      if (ops.size() == 3) return check(ops);
      NaiveText seen;
      REQUIRE(seen.add(base));
      for (const auto& op : ops) REQUIRE(seen.add(op));
      std::vector<std::vector<OpId>> versions{{id(0, 2)}};
      for (const auto& op : ops) versions.push_back({op.id});
      if (ops.size() == 2 && ops[1].parents != std::vector<OpId>{ops[0].id}) {
        versions.push_back({ops[0].id, ops[1].id});
      }
      for (const auto& version : versions) {
        const auto size = seen.size_at(version);
        const auto self_id = name[ops.size()];
        for (std::uint64_t pos = 0; pos <= size; ++pos) {
          ops.push_back(
              insert(self_id, version, pos, std::string(1, static_cast<char>('0' + ops.size()))));
          self(self);
          ops.pop_back();
          if (pos == size) continue;
          ops.push_back(erase(self_id, version, pos, 1));
          self(self);
          ops.pop_back();
        }
      }
    };
    extend(extend);
  }
  CHECK(histories > 2000);
}

namespace {

enum class Typing { forward, backward, outward };

/// `text` put between two characters of the base, one at a time in the manner given.
std::vector<TextRun> typed(std::uint64_t writer, const OpId& on, std::uint64_t pos,
                           const std::string& text, Typing typing) {
  std::vector<TextRun> out;
  auto parent = on;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool ahead = typing == Typing::backward || (typing == Typing::outward && i % 2 == 1);
    const auto at = ahead ? pos : pos + i;
    out.push_back(insert(id(writer, i + 1), {parent}, at, text.substr(i, 1)));
    parent = out.back().id;
  }
  return out;
}

}  // namespace

TEST_CASE("merge: what people type at one spot apart never interleaves, in either direction") {
  test::for_each_seed(60, [](test::Seed seed) {
    SeededRng rng(seed);
    // In front of a tombstone, behind one, between two, or none; at an edge or in the middle.
    std::vector<TextRun> base{insert(id(9, 1), {}, 0, "[--]")};
    if (rng.chance(60)) base.push_back(erase(id(9, 5), {id(9, 4)}, 1, 1 + rng.below(2)));
    Text start;
    REQUIRE(start.merge(base).has_value());
    const auto pos = rng.below(start.size() + 1);
    const auto on = start.frontier().front();

    std::vector<std::vector<TextRun>> typists;
    const std::string letters[] = {"aaaa", "bbbb", "cccc"};
    for (std::uint64_t writer = 0; writer < 3; ++writer) {
      typists.push_back(typed(writer, on, pos, letters[writer], static_cast<Typing>(rng.below(3))));
    }
    std::vector<TextRun> all = base;
    for (const auto& runs : typists) all.insert(all.end(), runs.begin(), runs.end());
    const auto text = merged(test::shuffled(rng, all));
    for (const auto& word : letters) {
      INFO(text);
      CHECK(text.find(word) != std::string::npos);
    }
  });
}

TEST_CASE("merge: a run put before another's by one who saw it stays beside it") {
  // Alice types a word, Bob concurrently types one and then, in front of his own, another: Bob's
  // two words stay together though the second was typed backwards.
  const auto base = insert(id(9, 1), {}, 0, "()");
  const std::vector<TextRun> runs{base, insert(id(1, 1), {id(9, 2)}, 1, "alice"),
                                  insert(id(2, 1), {id(9, 2)}, 1, "world"),
                                  insert(id(2, 6), {id(2, 5)}, 1, "hello ")};
  test::for_each_seed(6, [&](test::Seed seed) {
    SeededRng rng(seed);
    const auto text = merged(test::shuffled(rng, runs));
    CHECK((text == "(alicehello world)" || text == "(hello worldalice)"));
  });
}

TEST_CASE("anchors: they stick to a neighbour, outlive it, and know the edges") {
  Text text;
  REQUIRE(text.merge(std::vector<TextRun>{insert(id(1, 1), {}, 0, "abcd")}).has_value());
  const auto before_c = text.anchor(2, false);
  const auto after_b = text.anchor(2, true);
  CHECK(before_c == Anchor{.id = id(1, 3), .after = false});
  CHECK(after_b == Anchor{.id = id(1, 2), .after = true});
  const auto start = text.anchor(0, true);
  const auto end = text.anchor(4, false);
  REQUIRE(text.merge(std::vector<TextRun>{insert(id(2, 1), {id(1, 4)}, 2, "XY"),
                                          insert(id(2, 3), {id(2, 2)}, 0, ">"),
                                          insert(id(2, 4), {id(2, 3)}, 7, "<")})
              .has_value());
  CHECK(text.text() == ">abXYcd<");
  CHECK(text.resolve(before_c) == 5);
  CHECK(text.resolve(after_b) == 3);
  CHECK(text.resolve(start) == 0);
  CHECK(text.resolve(end) == 8);
  REQUIRE(text.merge(std::vector<TextRun>{erase(id(2, 5), {id(2, 4)}, 1, 6)}).has_value());
  CHECK(text.text() == "><");
  CHECK(text.resolve(before_c) == 1);
  CHECK(text.resolve(after_b) == 1);
  CHECK(!text.resolve({.id = id(5, 5), .after = false}).has_value());
  CHECK(!text.resolve({.id = id(2, 5), .after = false}).has_value());
}

TEST_CASE("removed_by: what an erase took, in stretches where it would stand now") {
  Text text;
  REQUIRE(text.merge(std::vector<TextRun>{insert(id(1, 1), {}, 0, "abcdef"),
                                          erase(id(2, 1), {id(1, 6)}, 1, 4),
                                          insert(id(3, 1), {id(1, 6)}, 3, "--")})
              .has_value());
  CHECK(text.text() == "a--f");
  const auto removed = text.removed_by(id(2, 1), 4);
  REQUIRE(removed.size() == 2);
  CHECK(removed[0].pos == 1);
  CHECK(removed[0].first == id(1, 2));
  CHECK(removed[0].text == "bc");
  CHECK(removed[1].pos == 3);
  CHECK(removed[1].text == "de");
  CHECK(text.removed_by(id(1, 1), 6).empty());
  CHECK(text.removed_by(id(8, 1), 1).empty());
  CHECK(text.removed_by(id(2, 1), 1).front().text == "b");
}

TEST_CASE("merge: a paste of ten million code points, and edits beside it") {
  std::string paste(10'000'000, 'x');
  Text text;
  REQUIRE(text.merge(std::vector<TextRun>{
                         insert(id(1, 1), {}, 0, paste), insert(id(2, 1), {id(1, 10)}, 10, "y"),
                         erase(id(1, 10'000'001), {id(1, 10'000'000)}, 5, 9'999'990)})
              .has_value());
  CHECK(text.text() == "xxxxxxxxxxy");
}
