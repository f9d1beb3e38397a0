// The engine against the one it replaced, at scale: writers with both in step, who edit on their
// own for long, hand each other what they lack in every form there is, put their texts away and
// load them again, and ask questions in between. HOLM_SEEDS=n runs more histories; the number of
// operations is then told.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/rng.h"
#include "crdt/text/text.h"
#include "crdt/text/utf8.h"
#include "tests/crdt/text/histories.h"
#include "tests/crdt/text/plain/text.h"
#include "tests/support/seeds.h"

using namespace holm;
using namespace holm::crdt;
using test::log_of;

namespace {

struct Shape {
  std::size_t writers = 3;
  std::size_t steps = 200;
  unsigned sync_percent = 10;
  unsigned question_percent = 10;
  unsigned save_percent = 3;
  unsigned paste_percent = 2;
  std::uint64_t paste_max = 60;
  unsigned mark_percent = 0;
  bool is_ascii = false;
};

Shape random_shape(Rng& rng) {
  Shape out;
  out.writers = 1 + rng.below(8);
  out.steps = rng.chance(85) ? 20 + rng.below(200) : 500 + rng.below(2'000);
  const unsigned syncs[] = {1, 3, 10, 30, 60};
  out.sync_percent = syncs[rng.below(5)];
  out.question_percent = static_cast<unsigned>(out.steps > 300 ? 1 : rng.below(30));
  out.save_percent = static_cast<unsigned>(out.steps > 300 ? 1 : rng.below(8));
  out.paste_max = rng.chance(20) ? 5'000 : 60;
  if (rng.chance(25)) out.mark_percent = static_cast<unsigned>(1 + rng.below(20));
  out.is_ascii = rng.chance(30);
  return out;
}

struct Writer {
  Text text;
  plain::Text plain;
  std::uint64_t seq = 1;
  std::uint64_t caret = 0;
  std::vector<bool> has;  // by index in World::runs
};

class World {
 public:
  World(Rng& rng, const Shape& shape) : rng_(rng), shape_(shape), writers_(shape.writers) {}

  void run() {
    for (std::size_t i = 0; i < shape_.steps; ++i) {
      auto& writer = writers_[rng_.below(writers_.size())];
      if (rng_.chance(shape_.sync_percent)) {
        sync(writers_[rng_.below(writers_.size())], writer, Extent::any);
      } else if (rng_.chance(shape_.question_percent)) {
        ask(writer);
      } else if (rng_.chance(shape_.save_percent)) {
        put_away(writer);
      } else {
        write(writer);
      }
      compare(writer);
    }
    for (auto& writer : writers_) sync(writer, writers_[0], Extent::all);
    for (auto& writer : writers_) sync(writers_[0], writer, Extent::all);
    for (auto& writer : writers_) {
      compare(writer);
      REQUIRE((writer.text.text() == writers_[0].text.text()));
      REQUIRE(writer.text.frontier() == writers_[0].text.frontier());
    }
    ask_all(writers_[rng_.below(writers_.size())]);
    put_away(writers_[0]);
    ask_all(writers_[0]);
  }

  std::uint64_t operations() const { return operations_; }

 private:
  std::string content(std::uint64_t len) {
    static const char32_t kOdd[] = {U'\r',         U'\n',         U'\0',         U'\u0301',
                                    U'\u0308',     U'\u05D0',     U'\u0639',     U'\u200F',
                                    U'\u202E',     U'\u20AC',     U'\U0001F469', U'\u200D',
                                    U'\U0001F4BB', U'\U0010FFFF', U'\uFEFF',     U'\u00E9'};
    std::string out;
    const bool is_ascii = shape_.is_ascii || (len > 100 && rng_.chance(50));
    for (; len > 0; --len) {
      if (is_ascii || rng_.chance(70)) {
        out.push_back(static_cast<char>('a' + rng_.below(26)));
      } else if (rng_.chance(10) && len > 1) {
        out += "\r\n";
        --len;
      } else {
        utf8::append(out, kOdd[rng_.below(std::size(kOdd))]);
      }
    }
    return out;
  }

  LogId log(const Writer& writer) const {
    return log_of(static_cast<std::uint64_t>(&writer - writers_.data()));
  }

  /// Some edits in a row, as people make them.
  void write(Writer& writer) {
    const bool is_marked = shape_.mark_percent > 0;
    const auto manner = rng_.below(10);
    const auto size = writer.text.size();
    if (rng_.chance(30)) writer.caret = rng_.chance(30) ? rng_.below(3) : rng_.below(size + 1);
    writer.caret = std::min(writer.caret, size);
    if (is_marked && rng_.chance(30)) return compose(writer);
    for (auto n = manner < 8 ? 1 + rng_.below(8) : 1; n > 0; --n) {
      TextRun run;
      const auto now = writer.text.size();
      run.id = {log(writer), writer.seq};
      run.parents = writer.text.frontier();
      if (manner < 5 || now == 0) {  // typing; a paste now and then
        run.len = rng_.chance(shape_.paste_percent) ? 1 + rng_.below(shape_.paste_max)
                                                    : 1 + rng_.below(rng_.chance(50) ? 1 : 5);
        run.pos = std::min(writer.caret, now);
        run.text = content(run.len);
        if (manner != 4) writer.caret = run.pos + run.len;  // 4: backwards
      } else if (manner < 8) {                              // deleting, backspacing
        run.insert = false;
        run.len = 1;
        if (manner == 5) {
          run.len = 1 + rng_.below(std::min<std::uint64_t>(now, 5));
          run.pos = std::min(writer.caret, now - run.len);
        } else {
          if (writer.caret == 0) writer.caret = now;
          run.pos = --writer.caret;
          if (run.pos >= now) return;
        }
      } else {  // across a stretch, or everything
        run.insert = false;
        run.pos = rng_.chance(10) ? 0 : rng_.below(now);
        run.len = run.pos == 0 ? now : 1 + rng_.below(std::min<std::uint64_t>(now - run.pos, 40));
      }
      if (is_marked && rng_.chance(shape_.mark_percent)) run.is_void = true;
      if (is_marked && run.insert && rng_.chance(shape_.mark_percent)) {
        run.wiped = true;
        run.text.clear();
      }
      if (!add(writer, run, !is_marked && rng_.chance(70))) return;
    }
    if (rng_.chance(10)) ++writer.seq;
  }

  /// One run of a writer's own, as a local edit or as a run.
  bool add(Writer& writer, const TextRun& run, bool is_local) {
    const auto known = writer.plain.merge({&run, 1});
    ++operations_;
    if (is_local) {
      const auto done = run.insert ? writer.text.insert(run.id, run.pos, run.text)
                                   : writer.text.erase(run.id, run.pos, run.len);
      REQUIRE(done.has_value() == known.has_value());
    } else {
      REQUIRE(writer.text.merge({&run, 1}).has_value() == known.has_value());
    }
    if (!known) return false;
    writer.seq = run.id.seq + run.len;
    runs_.push_back(run);
    writer.has.resize(runs_.size());
    writer.has.back() = true;
    return true;
  }

  void compose(Writer& writer) {
    std::vector<TextEdit> edits;
    const auto size = writer.text.size();
    for (std::uint64_t n = 1 + rng_.below(3), at = 0, left = size; n > 0; --n) {
      TextEdit edit;
      edit.pos = at + rng_.below(left - at + 1);
      edit.erased = rng_.below(std::min<std::uint64_t>(left - edit.pos, 6) + 1);
      const auto len = rng_.below(4);
      edit.inserted = content(len);
      left = left - edit.erased + len;
      at = edit.pos + len;
      if (edit.erased + len > 0) edits.push_back(edit);
    }
    const OpId first{log(writer), writer.seq};
    const auto composed = writer.text.compose(first, edits);
    REQUIRE(composed.has_value());
    const auto before = writer.text.text();
    for (const auto& run : *composed) REQUIRE(add(writer, run, false));
    REQUIRE(writer.text.text() == test::apply(before, edits));
  }

  /// What `from` has and `to` lacks, in one of the ways it may come.
  enum class Extent : bool { any, all };
  void sync(Writer& from, Writer& to, Extent extent) {
    if (&from == &to) return;
    from.has.resize(runs_.size());
    to.has.resize(runs_.size());
    std::vector<TextRun> lacking;
    std::vector<std::size_t> indexes;
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      if (!from.has[i] || to.has[i]) continue;
      lacking.push_back(runs_[i]);
      indexes.push_back(i);
    }
    operations_ += lacking.size();
    const auto before = to.text.text();
    const auto way = rng_.below(5);
    if (way == 0) {  // a delta from what both know, or from something older
      std::vector<OpId> since;
      for (const auto& head : to.plain.frontier()) {
        if (from.text.knows(head) && rng_.chance(90)) since.push_back(head);
      }
      const auto delta = from.text.delta(since, false).value();
      const auto edits = to.text.merge_delta(delta);
      REQUIRE(edits.has_value());
      check_edits(before, *edits, to.text);
      REQUIRE(to.plain.merge(lacking).has_value());
    } else if (way == 1 && rng_.chance(20)) {  // all of it
      auto copy = Text::load(from.text.save());
      REQUIRE(copy.has_value());
      const auto edits = to.text.merge_delta(copy->delta({}, false).value());
      REQUIRE(edits.has_value());
      check_edits(before, *edits, to.text);
      REQUIRE(to.plain.merge(lacking).has_value());
    } else {
      if (lacking.size() < 200 && rng_.chance(50)) lacking = test::shuffled(rng_, lacking);
      // Only a part of it, now and then: branches that end anywhere.
      std::size_t count = lacking.size();
      const bool is_whole = extent == Extent::all || way != 2 || !in_order(lacking, indexes);
      if (!is_whole) {
        count = rng_.below(lacking.size() + 1);
        lacking.resize(count);
        indexes.resize(count);
      }
      const auto cut = test::recut(rng_, lacking);
      const auto batch_max = way == 3 ? 1 : way == 4 ? cut.size() + 1 : 1 + rng_.below(50);
      for (std::size_t at = 0; at < cut.size();) {
        const auto size = std::min<std::size_t>(cut.size() - at, 1 + rng_.below(batch_max));
        const auto was = to.text.text();
        const auto edits = to.text.merge({&cut[at], size});
        REQUIRE(edits.has_value());
        check_edits(was, *edits, to.text);
        if (rng_.chance(shape_.question_percent) && rng_.chance(10)) (void)to.text.spans();
        at += size;
      }
      REQUIRE(to.plain.merge(cut).has_value());
    }
    for (auto i : indexes) to.has[i] = true;
  }

  /// Whether `runs` still are those at `indexes`, one by one.
  bool in_order(const std::vector<TextRun>& runs, const std::vector<std::size_t>& indexes) const {
    for (std::size_t i = 0; i < runs.size(); ++i) {
      if (runs[i].id != runs_[indexes[i]].id) return false;
    }
    return true;
  }

  void check_edits(const std::string& before, const std::vector<TextEdit>& edits,
                   const Text& after) {
    if (edits.size() * (before.size() + 1) > 20'000'000) return;
    REQUIRE(test::apply(before, edits) == after.text());
  }

  void put_away(Writer& writer) {
    ++operations_;
    const auto saved = writer.text.save();
    REQUIRE(Text::read(saved).value() == writer.plain.text());
    auto back = Text::load(saved);
    REQUIRE(back.has_value());
    REQUIRE(back->frontier() == writer.plain.frontier());
    if (rng_.chance(20)) REQUIRE(Text::load(back->save()).value().text() == writer.plain.text());
    if (rng_.chance(70)) writer.text = std::move(*back);
  }

  void compare(Writer& writer) {
    REQUIRE(writer.text.size() == writer.plain.size());
    if (writer.text.size() > 2'000 && !rng_.chance(20)) return;
    REQUIRE((writer.text.text() == writer.plain.text()));
    REQUIRE(writer.text.frontier() == writer.plain.frontier());
  }

  OpId random_id(const Writer& writer) {
    const auto& run = runs_[rng_.below(runs_.size())];
    const OpId id{run.id.log, run.id.seq + rng_.below(run.len)};
    REQUIRE(writer.text.knows(id) == writer.plain.knows(id));
    return id;
  }

  void ask(Writer& writer) {
    ++operations_;
    if (runs_.empty()) return;
    const auto& text = writer.text;
    const auto& plain = writer.plain;
    switch (rng_.below(6)) {
      case 0: return ask_version(writer);
      case 1: REQUIRE(text.spans() == plain.spans()); return;
      case 2: {
        const auto id = random_id(writer);
        const auto len = 1 + rng_.below(20);
        REQUIRE(text.find(id, len) == plain.find(id, len));
        return;
      }
      case 3: return ask_removed(writer, runs_[rng_.below(runs_.size())].id, 1 + rng_.below(30));
      case 4: return ask_anchors(writer);
      default: (void)text.save();
    }
  }

  void ask_version(const Writer& writer) {
    std::vector<OpId> version;
    for (auto n = rng_.below(4); n > 0; --n) {
      const auto id = random_id(writer);
      if (writer.text.knows(id)) version.push_back(id);
    }
    REQUIRE(writer.text.at(version).value() == writer.plain.at(version).value());
  }

  void ask_removed(const Writer& writer, const OpId& first, std::uint64_t len) {
    const auto removed = writer.text.removed_by(first, len);
    const auto wanted = writer.plain.removed_by(first, len);
    REQUIRE(removed.size() == wanted.size());
    for (std::size_t i = 0; i < removed.size(); ++i) {
      REQUIRE(removed[i].pos == wanted[i].pos);
      REQUIRE(removed[i].first == wanted[i].first);
      REQUIRE(removed[i].text == wanted[i].text);
    }
  }

  void ask_anchors(const Writer& writer) {
    const bool after = rng_.chance(50);
    const auto pos = rng_.below(writer.text.size() + 1);
    const auto anchor = writer.text.anchor(pos, after);
    REQUIRE(anchor == writer.plain.anchor(pos, after));
    REQUIRE(writer.text.resolve(anchor) == pos);
    const Anchor any{random_id(writer), after};
    REQUIRE(writer.text.resolve(any) == writer.plain.resolve(any));
  }

  void ask_all(const Writer& writer) {
    if (runs_.empty()) return;
    REQUIRE(writer.text.spans() == writer.plain.spans());
    for (int i = 0; i < 20; ++i) {
      ask_anchors(writer);
      const auto& run = runs_[rng_.below(runs_.size())];
      ask_removed(writer, run.id, run.len);
      REQUIRE(writer.text.find(run.id, run.len) == writer.plain.find(run.id, run.len));
    }
    for (int i = 0; i < 3; ++i) ask_version(writer);
  }

  Rng& rng_;
  Shape shape_;
  std::vector<Writer> writers_;
  std::vector<TextRun> runs_;  // in a causal order
  std::uint64_t operations_ = 0;
};

}  // namespace

TEST_CASE("text: the engine and the one before it go the same way through random histories") {
  std::uint64_t operations = 0;
  test::for_each_seed(25, [&](test::Seed seed) {
    SeededRng rng(seed);
    World world(rng, random_shape(rng));
    world.run();
    operations += world.operations();
  });
  if (std::getenv("HOLM_SEEDS") != nullptr)
    std::printf("%llu operations\n", static_cast<unsigned long long>(operations));
}

TEST_CASE("text: thousands of runs by eight writers, apart for long") {
  std::uint64_t operations = 0;
  test::for_each_seed(1, [&](test::Seed seed) {
    SeededRng rng(seed ^ 0x5eed);
    Shape shape;
    shape.writers = 8;
    shape.steps = 1'200;
    shape.sync_percent = 2;
    shape.question_percent = 1;
    shape.save_percent = 1;
    shape.paste_max = 3'000;
    World world(rng, shape);
    world.run();
    operations += world.operations();
  });
  if (std::getenv("HOLM_SEEDS") != nullptr)
    std::printf("%llu operations\n", static_cast<unsigned long long>(operations));
}

TEST_CASE("text: crowds at a few spots stand in the same order, however they come") {
  test::for_each_seed(8, [](test::Seed seed) {
    SeededRng rng(seed);
    test::HistoryShape shape;
    shape.writers = static_cast<int>(2 + rng.below(rng.chance(50) ? 4 : 80));
    shape.steps = static_cast<int>(100 + rng.below(500));
    shape.merge_percent = static_cast<unsigned>(rng.below(6));
    shape.erase_percent = static_cast<unsigned>(rng.below(20));
    shape.run_max = 1 + rng.below(3);
    const auto runs = test::random_history(rng, shape);
    plain::Text plain;
    REQUIRE(plain.merge(runs).has_value());
    for (int i = 0; i < 3; ++i) {
      const auto order = test::shuffled(rng, runs);
      Text text;
      for (std::size_t at = 0; at < order.size();) {
        const auto count = std::min<std::size_t>(order.size() - at, 1 + rng.below(i == 0 ? 1 : 90));
        const auto before = text.text();
        const auto edits = text.merge({&order[at], count});
        REQUIRE(edits.has_value());
        REQUIRE((test::apply(before, *edits) == text.text()));
        if (rng.chance(2)) (void)text.spans();
        at += count;
      }
      REQUIRE((text.text() == plain.text()));
      REQUIRE((Text::load(text.save()).value().text() == plain.text()));
    }
  });
}

TEST_CASE("text: a paste of ten megabytes, and edits in and around it from two sides") {
  for (const std::string piece : {"x", "\xf0\x9f\x98\x80"}) {
    SeededRng rng(1);
    const std::uint64_t len = 10'000'000 / piece.size();
    const auto base = test::insert_run({log_of(9), 1}, {}, 0, "[]");
    std::string pasted;
    for (std::uint64_t i = 0; i < len; ++i) pasted += piece;
    const auto paste = test::insert_run({log_of(1), 1}, {{log_of(9), 2}}, 1, pasted);
    std::vector<TextRun> runs{base, paste};
    std::vector<OpId> heads{{log_of(1), len}};
    // One side edits in the paste, in turns with another that only has half of it, and with one
    // that has none.
    std::uint64_t sizes[] = {len + 2, 2, len / 2 + 2};
    std::uint64_t seqs[] = {len + 1, 1, 1};
    std::vector<OpId> fronts[] = {{{log_of(1), len}}, {{log_of(9), 2}}, {{log_of(1), len / 2}}};
    for (int i = 0; i < 240; ++i) {
      const auto side = rng.below(3);
      TextRun run;
      run.id = {log_of(side + 1), seqs[side]};
      run.parents = fronts[side];
      run.insert = sizes[side] < 10 || rng.chance(60);
      run.pos = rng.below(sizes[side]);
      run.len = 1 + rng.below(run.insert ? 3 : std::min<std::uint64_t>(5, sizes[side] - run.pos));
      if (run.insert) run.text = std::string(run.len, 'y');
      sizes[side] += run.insert ? run.len : -run.len;
      seqs[side] += run.len;
      fronts[side] = {{run.id.log, seqs[side] - 1}};
      runs.push_back(run);
    }
    plain::Text plain;
    REQUIRE(plain.merge(runs).has_value());
    Text text;
    REQUIRE(text.merge({runs.data(), 2}).has_value());
    for (std::size_t at = 2; at < runs.size(); at += 40) {
      REQUIRE(text.merge({&runs[at], std::min<std::size_t>(40, runs.size() - at)}).has_value());
    }
    REQUIRE(text.text() == plain.text());
    REQUIRE(text.spans() == plain.spans());
    auto back = Text::load(text.save());
    REQUIRE(back.has_value());
    REQUIRE(back->text() == plain.text());
    Text fresh;
    REQUIRE(fresh.merge({&base, 1}).has_value());
    const OpId since{log_of(9), 2};
    REQUIRE(fresh.merge_delta(back->delta({&since, 1}, false).value()).has_value());
    REQUIRE(fresh.text() == plain.text());
    for (const auto& front : fronts) {
      REQUIRE(fresh.at(front).value() == plain.at(front).value());
      REQUIRE(back->at(front).value() == plain.at(front).value());
    }
  }
}
