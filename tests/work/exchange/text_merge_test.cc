#include "work/exchange/text_merge.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/rng.h"
#include "crdt/text/utf8.h"
#include "tests/support/seeds.h"

namespace holm::work {
namespace {

std::string random_text(Rng& rng, std::size_t words_max) {
  static const std::vector<std::string> kWords{"ferry", "drill", " ",     "\n", "ö", "工具", "🔧",
                                               "a",     "\r\n",  "clock", "\n", ".", "b"};
  std::string out;
  for (auto left = rng.below(words_max + 1); left > 0; --left) out += kWords[rng.below(13)];
  return out;
}

/// The same text with a few small changes.
std::string changed(Rng& rng, std::string_view text) {
  std::string out(text);
  for (auto left = rng.below(4); left > 0; --left) {
    const auto count = crdt::utf8::count(out);
    const auto from = crdt::utf8::offset(out, rng.below(count + 1));
    const auto to = std::max(from, crdt::utf8::offset(out, rng.below(count + 1)));
    out.replace(from, std::min<std::size_t>(to - from, rng.below(2) * (to - from)),
                random_text(rng, 3));
  }
  return out;
}

TEST_CASE("text merge: applying the changes between two texts gives the other text") {
  test::for_each_seed(300, [](test::Seed seed) {
    SeededRng rng(seed);
    const auto before = random_text(rng, 40);
    const auto after = rng.chance(50) ? changed(rng, before) : random_text(rng, 40);
    CHECK(apply_changes(before, changes_between(before, after)) == after);
  });
}

TEST_CASE("text merge: changes of one side alone come through unchanged") {
  test::for_each_seed(100, [](test::Seed seed) {
    SeededRng rng(seed);
    const auto base = random_text(rng, 30);
    const auto source = changed(rng, base);
    const auto theirs = changes_between(base, source);
    CHECK(apply_changes(base, rebase(base, theirs, {})) == source);
    // Both did the same: nothing is left to do.
    CHECK(rebase(base, theirs, theirs).empty());
  });
}

TEST_CASE("text merge: nothing that either side wrote is lost, and what either removed is gone") {
  test::for_each_seed(300, [](test::Seed seed) {
    SeededRng rng(seed);
    std::string base;
    for (int i = 0; i < 40; ++i) base += static_cast<char>('a' + rng.below(20));
    // Inserted letters tell their side; upper case for one, digits for the other.
    const auto edit = [&](char first, std::uint64_t letters) {
      std::vector<TextChange> out;
      std::size_t at = rng.below(5);
      while (at < base.size()) {
        TextChange change{at, std::min<std::size_t>(rng.below(4), base.size() - at), {}};
        for (auto left = rng.below(3); left > 0; --left) {
          change.inserted += static_cast<char>(first + static_cast<char>(rng.below(letters)));
        }
        if (change.erased > 0 || !change.inserted.empty()) out.push_back(change);
        at += change.erased + 1 + rng.below(9);
      }
      return out;
    };
    const auto ours = edit('A', 26);
    const auto theirs = edit('0', 10);
    const auto local = apply_changes(base, ours);
    const auto merged = apply_changes(local, rebase(base, theirs, ours));
    std::string expected_inserts;
    for (const auto& change : ours) expected_inserts += change.inserted;
    for (const auto& change : theirs) expected_inserts += change.inserted;
    std::vector<bool> gone(base.size(), false);
    for (const auto* side : {&ours, &theirs}) {
      for (const auto& change : *side) {
        for (std::size_t i = 0; i < change.erased; ++i) gone[change.pos + i] = true;
      }
    }
    std::string kept;
    for (std::size_t i = 0; i < base.size(); ++i) {
      if (!gone[i]) kept += base[i];
    }
    std::string small;
    std::string inserts;
    for (const char letter : merged) (letter >= 'a' ? small : inserts) += letter;
    CHECK(small == kept);
    std::sort(inserts.begin(), inserts.end());
    std::sort(expected_inserts.begin(), expected_inserts.end());
    CHECK(inserts == expected_inserts);
  });
}

TEST_CASE("text merge: at one spot ours comes first") {
  const std::vector<TextChange> ours{{1, 0, "our "}};
  const std::vector<TextChange> theirs{{1, 0, "their "}};
  CHECK(apply_changes(apply_changes("a b", ours), rebase("a b", theirs, ours)) == "aour their  b");
}

TEST_CASE("text merge: words written into a line that the other side removed keep their line") {
  const auto merged = [](std::string_view base, std::string_view source, std::string_view local) {
    return apply_changes(local,
                         rebase(base, changes_between(base, source), changes_between(base, local)));
  };
  CHECK(merged("one\ntwo\nthree\n", "one\nthree\n", "one\ntwo and a half\nthree\n") ==
        "one\n and a half\nthree\n");
  CHECK(merged("one\ntwo\nthree\n", "one\n3\n", "one\ntwo\nthree\nfour\n") == "one\n3\nfour\n");
  CHECK(merged("a\nb\n", "b\n", "new\na\nb\n") == "new\nb\n");
  CHECK(merged("one\ntwo\nthree\n", "one\nthree\n", "one\nthree\n") == "one\nthree\n");
}

}  // namespace
}  // namespace holm::work
