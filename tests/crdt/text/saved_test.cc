// Saved texts and deltas: round trips, small sizes, and bytes that are none.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "base/rng.h"
#include "crdt/text/text.h"
#include "crdt/text/utf8.h"
#include "tests/crdt/text/histories.h"
#include "tests/support/doc_hex.h"
#include "tests/support/seeds.h"

using namespace holm;
using namespace holm::crdt;
using test::HistoryShape;

namespace {

HistoryShape random_shape(Rng& rng) {
  HistoryShape shape;
  shape.writers = static_cast<int>(1 + rng.below(5));
  shape.steps = static_cast<int>(rng.below(rng.chance(10) ? 400 : 60));
  shape.merge_percent = static_cast<unsigned>(rng.below(101));
  shape.erase_percent = static_cast<unsigned>(rng.below(60));
  shape.run_max = 1 + rng.below(rng.chance(20) ? 80 : 8);
  if (rng.chance(40)) {
    shape.void_percent = static_cast<unsigned>(rng.below(40));
    shape.wiped_percent = static_cast<unsigned>(rng.below(30));
  }
  return shape;
}

Text merged(const std::vector<TextRun>& runs) {
  Text text;
  REQUIRE(text.merge(runs).has_value());
  return text;
}

/// All that can be asked of two texts with the same history is answered alike.
void check_alike(const Text& a, const Text& b, const std::vector<TextRun>& runs) {
  REQUIRE(a.text() == b.text());
  REQUIRE(a.frontier() == b.frontier());
  REQUIRE(a.spans() == b.spans());
  for (const auto& run : runs) {
    const OpId version{run.id.log, run.id.seq + run.len - 1};
    REQUIRE(a.at({&version, 1}).value() == b.at({&version, 1}).value());
    if (run.insert) continue;
    const auto gone = a.removed_by(run.id, run.len), same = b.removed_by(run.id, run.len);
    REQUIRE(gone.size() == same.size());
    for (std::size_t i = 0; i < gone.size(); ++i) REQUIRE(gone[i].text == same[i].text);
  }
}

}  // namespace

TEST_CASE("saved: a text comes back with its whole history") {
  test::for_each_seed(60, [](test::Seed seed) {
    SeededRng rng(seed);
    const auto runs = test::random_history(rng, random_shape(rng));
    const auto text = merged(test::shuffled(rng, runs));
    const auto saved = text.save();
    REQUIRE(Text::read(saved).value() == text.text());
    auto back = Text::load(saved);
    REQUIRE(back.has_value());
    check_alike(text, *back, runs);
    // Known runs are known: what arrives again changes nothing.
    CHECK(back->merge(runs).value().empty());
  });
}

TEST_CASE("delta: what a version lacks brings it up to date, whatever it has besides") {
  test::for_each_seed(60, [](test::Seed seed) {
    SeededRng rng(seed);
    const auto runs = test::random_history(rng, random_shape(rng));
    const auto text = merged(runs);
    for (int i = 0; i < 4; ++i) {
      // A reader who has some of it, in his own order.
      auto order = test::shuffled(rng, runs);
      order.resize(rng.below(order.size() + 1));
      auto reader = merged(order);
      const bool brief = std::all_of(runs.begin(), runs.end(), [&](const TextRun& run) {
        return std::any_of(order.begin(), order.end(),
                           [&](const TextRun& one) { return one.id.log == run.id.log; });
      });
      const auto bytes = text.delta(reader.frontier(), brief && rng.chance(70)).value();
      const auto before = reader.text();
      const auto edits = reader.merge_delta(bytes);
      REQUIRE(edits.has_value());
      REQUIRE(test::apply(before, *edits) == reader.text());
      check_alike(text, reader, i == 0 ? runs : std::vector<TextRun>());
      CHECK(reader.merge_delta(bytes).value().empty());
    }
  });
}

TEST_CASE("delta: typing sent key by key arrives as it was typed") {
  test::for_each_seed(10, [](test::Seed seed) {
    SeededRng rng(seed);
    Text writer, reader;
    std::uint64_t seq = 1;
    const auto log = test::log_of(3);
    for (int i = 0; i < 200; ++i) {
      const auto known = writer.frontier();
      const auto size = writer.size();
      if (size > 0 && rng.chance(30)) {
        const auto pos = rng.below(size);
        REQUIRE(writer.erase({log, seq}, pos, 1).has_value());
      } else {
        REQUIRE(writer.insert({log, seq}, rng.below(size + 1), "x").has_value());
      }
      ++seq;
      const auto bytes = writer.delta(known, i > 0).value();
      CHECK(bytes.size() <= (i > 0 ? 12 : 24));
      REQUIRE(reader.merge_delta(bytes).has_value());
      REQUIRE(reader.text() == writer.text());
    }
    CHECK(reader.frontier() == writer.frontier());
  });
}

TEST_CASE("text: local edits and the runs they make are one history") {
  test::for_each_seed(40, [](test::Seed seed) {
    SeededRng rng(seed);
    Text typed;
    std::u32string oracle;
    std::uint64_t seq = 1, caret = 0;
    const auto log = test::log_of(1);
    for (int i = 0; i < 300; ++i) {
      if (rng.chance(15)) caret = rng.below(oracle.size() + 1);
      const auto how = rng.below(10);
      const auto old = oracle;
      Status done;
      if (how < 6) {
        static const char32_t kPoints[] = {U'a', U'b', U'\u00e9', U'\U0001F469', U'\n', U'\0'};
        std::u32string more(1 + rng.below(3), kPoints[rng.below(6)]);
        std::string bytes;
        for (auto point : more) utf8::append(bytes, point);
        done = typed.insert({log, seq}, caret, bytes);
        oracle.insert(caret, more);
        caret += more.size();
        seq += more.size();
      } else if (how < 8 && caret > 0) {
        done = typed.erase({log, seq}, caret - 1, 1);
        oracle.erase(--caret, 1);
        ++seq;
      } else if (caret < oracle.size()) {
        const auto len = 1 + rng.below(std::min<std::uint64_t>(3, oracle.size() - caret));
        done = typed.erase({log, seq}, caret, len);
        oracle.erase(caret, len);
        seq += len;
      }
      REQUIRE(done.has_value());
      if (rng.chance(80)) REQUIRE(typed.size() == oracle.size());
      if (rng.chance(10)) {
        const auto bad = rng.below(4);
        CHECK(!(bad == 0   ? typed.insert({log, seq}, oracle.size() + 1, "x")
                : bad == 1 ? typed.insert({log, seq - 1}, 0, "x")
                : bad == 2 ? typed.erase({log, seq}, oracle.size(), 1)
                           : typed.insert({log, seq}, 0, "\xff"))
                   .has_value());
      }
      if (rng.chance(10)) {
        std::string bytes;
        for (auto point : oracle) utf8::append(bytes, point);
        REQUIRE(typed.text() == bytes);
      }
    }
    auto back = Text::load(typed.save());
    REQUIRE(back.has_value());
    REQUIRE(back->text() == typed.text());
    REQUIRE(back->spans() == typed.spans());
    for (std::uint64_t at = 1; at < seq; at += 1 + rng.below(9)) {
      const OpId version{log, at};
      REQUIRE(back->at({&version, 1}).value() == typed.at({&version, 1}).value());
    }
  });
}

TEST_CASE("saved, delta: damaged bytes are refused or read, never worse") {
  test::for_each_seed(40, [](test::Seed seed) {
    SeededRng rng(seed);
    const auto runs = test::random_history(rng, random_shape(rng));
    const auto text = merged(runs);
    auto reader =
        merged({runs.begin(), runs.begin() + static_cast<std::ptrdiff_t>(runs.size() / 2)});
    const auto before = reader.text();
    for (const bool is_saved : {true, false}) {
      const auto good = is_saved ? text.save() : text.delta(reader.frontier(), false).value();
      for (int i = 0; i < 60 && !good.empty(); ++i) {
        auto bad = good;
        if (rng.chance(30)) {
          bad.resize(rng.below(bad.size()));
        } else {
          for (auto n = 1 + rng.below(3); n > 0; --n) {
            bad[rng.below(bad.size())] = static_cast<std::uint8_t>(rng.below(256));
          }
        }
        if (is_saved) {
          if (auto back = Text::load(bad)) {
            // Whatever it is, it is whole.
            CHECK(utf8::checked_count(back->text()).has_value());
            CHECK(back->save().size() > 0);
          }
        } else if (auto fresh = merged(
                       {runs.begin(), runs.begin() + static_cast<std::ptrdiff_t>(runs.size() / 2)});
                   !fresh.merge_delta(bad)) {
          CHECK(fresh.text() == before);
          CHECK(fresh.frontier() == reader.frontier());
        }
      }
    }
  });
}

TEST_CASE("saved: a text that its history does not give is refused") {
  const auto log = test::log_of(1), other = test::log_of(2);
  Text text;
  REQUIRE(text.insert({log, 1}, 0, "abc").has_value());
  REQUIRE(text.merge(std::vector{test::insert_run({other, 1}, {{log, 2}}, 2, "xy")}).has_value());
  const auto good = text.save();
  // Small and as it is: lead, size of the text, size of the section, 0, the text, the content.
  REQUIRE(Text::load(good).value().text() == "abcxy");
  for (std::size_t i = 4; i < 14; ++i) {
    for (const auto byte : {'z', 'a', 'c', '\xff'}) {
      auto bad = good;
      bad[i] = static_cast<std::uint8_t>(byte);
      if (bad != good) CHECK(!Text::load(bad).has_value());
    }
  }
  // Without branches, text and content do not overlap.
  Text typed;
  REQUIRE(typed.insert({log, 1}, 0, "abc").has_value());
  REQUIRE(typed.erase({log, 4}, 1, 1).has_value());
  auto bytes = typed.save();
  REQUIRE(Text::load(bytes).value().text() == "ac");
  --bytes[1];  // of the text
  CHECK(!Text::load(bytes).has_value());
}

TEST_CASE("saved: the same bytes for the same history, whatever else was asked of it") {
  test::for_each_seed(30, [](test::Seed seed) {
    SeededRng rng(seed);
    const auto runs = test::random_history(rng, random_shape(rng));
    const auto text = merged(runs), asked = merged(runs);
    (void)asked.spans();
    const auto frontier = asked.frontier();
    REQUIRE(asked.at(std::span(frontier).first(frontier.empty() ? 0 : 1)).has_value());
    const auto saved = text.save();
    CHECK(asked.save() == saved);
    CHECK(text.save() == saved);
  });
}

TEST_CASE("delta, at: an empty text has one version, and nothing to tell") {
  const Text text;
  CHECK(text.delta({}, false).value().empty());
  CHECK(text.delta({}, true).value().empty());
  CHECK(text.at({}).value().empty());
  CHECK(Text::load(text.save()).value().delta({}, false).value().empty());
}

TEST_CASE("golden: a saved text, a delta and a key are the bytes of docs/formats/text.md") {
  LogId a, b;
  a.bytes.fill(0xaa);
  b.bytes.fill(0xbb);
  Text text;
  REQUIRE(text.insert({a, 1}, 0, "H\u00e9llo").has_value());
  const auto typed = text.frontier();
  Text reader = Text::load(text.save()).value();
  REQUIRE(text.erase({a, 6}, 4, 1).has_value());
  REQUIRE(text.erase({a, 7}, 3, 1).has_value());
  TextRun beside;
  beside.id = {b, 1};
  beside.parents = {{a, 5}};
  beside.pos = 5;
  beside.len = 1;
  beside.text = "!";
  REQUIRE(text.merge({&beside, 1}).has_value());
  const auto saved = test::doc_hex("text.md", "saved");
  CHECK(hex(text.save()) == hex(saved));
  CHECK(Text::load(saved).value().text() == "H\u00e9l!");
  CHECK(Text::load(saved).value().spans() == text.spans());

  const auto delta = test::doc_hex("text.md", "delta");
  CHECK(hex(text.delta(typed, false).value()) == hex(delta));
  REQUIRE(reader.merge_delta(delta).has_value());
  CHECK(reader.frontier() == text.frontier());

  const auto before = text.frontier();
  REQUIRE(text.insert({b, 2}, 4, "?").has_value());
  const auto key = test::doc_hex("text.md", "key");
  CHECK(hex(text.delta(before, true).value()) == hex(key));
  REQUIRE(reader.merge_delta(key).has_value());
  CHECK(reader.text() == "H\u00e9l!?");
}
