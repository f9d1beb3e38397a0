// The index says what merged state says, after any writes, rolled back turns and restarts.
#include "store/search.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "store/sqlite.h"
#include "tests/store/fixtures.h"
#include "tests/support/seeds.h"

namespace holm::store::test {
namespace {

const SpaceId kSpace = id_of<SpaceId>(0x51);

std::vector<std::string> words_in(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> out;
  for (std::string word; in >> word;) out.push_back(word);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

/// Terms are the words of the title and of the text.
Indexer plain_words(std::uint32_t version = 1) {
  return {.terms_of =
              [](const Indexed& object) {
                std::string all;
                if (const auto* title = object.state.value(kTitle)) {
                  all = std::string(must(decode_value(*title)).text());
                }
                for (const auto& [field, text] : object.texts) all += " " + text;
                return words_in(all);
              },
          .version = version};
}

struct Library {
  explicit Library(std::uint64_t seed = 1) : bench(seed) { open(); }

  void open(std::uint32_t version = 1) {
    bench.store.reset();
    auto options = bench.options();
    options.indexer = plain_words(version);
    bench.store = must(Store::open(options));
  }
  Store& store() { return *bench.store; }
  Search& search() { return store().search(); }
  void title(const ObjectId& id, const std::string& words) {
    auto state = object_state(id, kCard, 100);
    add_entry(state, kTitle, 200, encode(Value(words)));
    must(store().objects().save(kSpace, {state}));
  }
  void text(const ObjectId& id, const std::string& words) {
    must(store().objects().save_text(kSpace, {id, kBody}, {words, words.size(), {}, {}}));
  }
  std::vector<ObjectId> find(const Match& match) {
    if (!must(search().is_settled())) bench.turn([&] { must(search().settle()); });
    std::vector<ObjectId> out;
    for (const auto& row : must(search().matching(match, UINT64_MAX, 1000))) {
      out.push_back(row.object);
    }
    std::sort(out.begin(), out.end());
    return out;
  }
  std::vector<ObjectId> find(const std::string& word) { return find(Match::of_term(word)); }
  void check() {
    if (!must(search().is_settled())) bench.turn([&] { must(search().settle()); });
    CHECK(must(search().check(5)) == std::vector<std::string>{});
  }

  Bench bench;
};

const auto kOne = id_of<ObjectId>(1);
const auto kTwo = id_of<ObjectId>(2);
using Ids = std::vector<ObjectId>;

TEST_CASE("search: a change and what finds it are one transaction") {
  Library at;
  at.bench.turn([&] { at.title(kOne, "red boat"); });
  CHECK(at.find("boat") == Ids{kOne});
  at.bench.turn([&] { at.title(kOne, "red oar"); });
  CHECK(at.find("boat").empty());
  CHECK(at.find("red") == Ids{kOne});
  must(at.store().begin());
  at.title(kOne, "blue mast");
  at.title(kTwo, "red mast");
  at.store().rollback();
  CHECK(at.find("mast").empty());
  CHECK(at.find("oar") == Ids{kOne});
  CHECK(must(at.search().words_like("masta", 3)).empty());
  at.check();
}

TEST_CASE("search: long texts are indexed when a question comes, from the turn that changed them") {
  Library at;
  std::string text;
  for (int i = 0; i < 300; ++i) text += "word" + std::to_string(i) + " ";
  at.bench.turn([&] {
    at.title(kOne, "long");
    at.text(kOne, text);
  });
  CHECK(must(at.search().is_settled()));
  at.bench.turn([&] { at.text(kOne, text + "keel"); });
  CHECK_FALSE(must(at.search().is_settled()));
  at.bench.turn([&] { at.text(kOne, text + "rudder"); });
  at.open();  // what is late is known after a restart
  CHECK_FALSE(must(at.search().is_settled()));
  CHECK(at.find("rudder") == Ids{kOne});
  CHECK(at.find("keel").empty());
  CHECK(at.find("word7") == Ids{kOne});
  at.check();
  // What is taken away does not wait, and leaves the list of words.
  at.bench.turn([&] { at.text(kOne, text + "anchor"); });
  at.bench.turn([&] { must(at.store().objects().remove(kSpace, kOne)); });
  CHECK(must(at.search().is_settled()));
  CHECK(at.find("rudder").empty());
  CHECK(must(at.search().words_like("ruder", 3)).empty());
  at.check();
}

TEST_CASE("search: an exchange of many objects is indexed in steps, and no question misses any") {
  Library at;
  const auto id = [](std::size_t i) {
    ObjectId out;
    out.bytes[0] = static_cast<std::uint8_t>(1 + i / 256);
    out.bytes[1] = static_cast<std::uint8_t>(i);
    return out;
  };
  at.bench.turn([&] { at.title(id(0), "early boat"); });
  CHECK(must(at.search().is_settled()));
  at.bench.turn([&] {
    for (std::size_t i = 0; i < 300; ++i) at.title(id(i), "many" + std::to_string(i % 10) + " oar");
  });
  CHECK(at.search().has_backlog());
  CHECK(at.store().is_untidy());
  // What goes meanwhile does not wait.
  at.bench.turn([&] { must(at.store().objects().remove(kSpace, id(7))); });
  // A few more in a turn of their own do not wait for all the rest.
  at.bench.turn([&] { at.title(id(9), "later mast"); });
  CHECK(at.search().has_backlog());
  SUBCASE("asked at once") {}
  SUBCASE("asked after a restart") { at.open(); }
  SUBCASE("asked after some steps") {
    for (int i = 0; i < 3; ++i) must(at.store().tidy());
    CHECK(at.search().has_backlog());
    CHECK_FALSE(at.store().in_turn());
  }
  SUBCASE("asked when all was brought up to date while nobody waited") {
    for (int i = 0; i < 100 && at.store().is_untidy(); ++i) must(at.store().tidy());
    CHECK_FALSE(at.search().has_backlog());
  }
  CHECK(at.find("boat").empty());
  CHECK(at.find("mast") == Ids{id(9)});
  CHECK(at.find("many7").size() == 29);
  CHECK(at.find("oar").size() == 298);
  CHECK(must(at.search().words_like("boats", 3)).empty());
  at.check();
}

TEST_CASE("search: more than may be late is indexed by the turn that brings it") {
  Library at;
  for (std::size_t turn = 0; turn < 3; ++turn) {
    at.bench.turn([&] {
      for (std::size_t i = 0; i < 1000; ++i) {
        ObjectId id;
        id.bytes[0] = static_cast<std::uint8_t>(1 + i % 4);
        id.bytes[1] = static_cast<std::uint8_t>(i / 4);
        id.bytes[2] = static_cast<std::uint8_t>(turn);
        at.title(id, "word" + std::to_string(turn));
      }
    });
    CHECK(at.search().has_backlog() == (turn < 2));
  }
  CHECK(must(at.search().is_settled()));
  for (std::size_t turn = 0; turn < 3; ++turn) {
    CHECK(at.find("word" + std::to_string(turn)).size() == 1000);
  }
  at.check();
}

TEST_CASE("search: what was taken away can be taken out of the file") {
  Library at;
  for (std::uint8_t i = 1; i < 20; ++i) {
    at.bench.turn([&] { at.title(id_of<ObjectId>(i), "boat" + std::to_string(i)); });
  }
  at.bench.turn([&] { at.title(kOne, "gardenwall"); });
  at.bench.turn([&] { at.title(kTwo, "boat"); });
  at.bench.turn([&] { must(at.store().objects().remove(kSpace, kOne)); });
  at.bench.turn([&] { must(at.search().scrub()); });
  at.check();
  at.bench.store.reset();
  const auto db = at.bench.db();
  for (const auto* table : {"search_data WHERE instr(block,", "search_word WHERE instr(word,"}) {
    const auto sql = "SELECT count(*) FROM " + std::string(table);
    CHECK(must(db->number(sql + " 'gardenwall')")) == 0);
    CHECK(must(db->number(sql + " 'boat')")) > 0);
  }
}

TEST_CASE("search: nothing in a question is SQL or a language of its own") {
  Library at;
  at.bench.turn([&] { at.title(kOne, "red boat"); });
  for (const std::string term :
       {"\"", "\" OR \"red", "red\" AND", "*", "", "NEAR(", "terms:red", "'", "^red", "-", ")"}) {
    const auto begins = at.search().matching(Match::of_prefix(term), 10, 10);
    CHECK_MESSAGE(begins, (begins ? "" : begins.error().text() + term));
    const auto found =
        at.search().matching(Match::of_all({Match::of_term(term), Match::of_term("boat")}), 10, 10);
    CHECK(found);
  }
}

TEST_CASE("search: near words by one or two letters") {
  Library at;
  at.bench.turn([&] { at.title(kOne, "ferry timetable boat straße 42 x1y"); });
  const auto like = [&](std::string_view word) { return must(at.search().words_like(word, 3)); };
  using Words = std::vector<std::string>;
  CHECK(like("fery") == Words{"ferry"});
  CHECK(like("frery") == Words{"ferry"});
  CHECK(like("timtabel") == Words{"timetable"});
  CHECK(like("strase") == Words{"straße"});
  CHECK(like("ferry").empty());
  CHECK(like("bot").empty());
  CHECK(like("fe").empty());
  CHECK(like("x2y").empty());
}

TEST_CASE("search: another version of the indexer makes the index anew") {
  Library at;
  at.bench.turn([&] { at.title(kOne, "red boat"); });
  {
    at.bench.store.reset();
    const auto db = at.bench.db();
    must(db->make_durable());
    must(db->run_script("INSERT INTO search (search, rowid, terms) VALUES ('delete', 1, 'boat')"));
  }
  at.open();
  CHECK(at.find("boat").empty());
  CHECK(must(at.search().check(5)).size() == 2);  // nor is it in the list of words
  at.open(2);
  CHECK(at.find("boat") == Ids{kOne});
  at.check();
}

TEST_CASE("search: damage to the index is found by check and mended by rebuild") {
  for (const auto* harm :
       {"INSERT INTO search (rowid, terms) VALUES (1, 'ghost')",
        "INSERT INTO search (rowid, terms) VALUES (99, 'ghost')",
        "INSERT INTO search_word (word) VALUES ('ghost')", "DELETE FROM search_word"}) {
    Library at;
    at.bench.turn([&] { at.title(kOne, "red boat"); });
    at.bench.store.reset();
    {
      const auto db = at.bench.db();
      must(db->make_durable());
      must(db->run_script(harm));
    }
    at.open();
    CHECK_MESSAGE(must(at.search().check(5)).size() >= 1, harm);
    at.bench.turn([&] { must(at.search().rebuild()); });
    at.check();
  }
}

/// The meaning of a Match, word for word.
bool fits(const Match& match, const std::vector<std::string>& terms) {
  const auto fit = [&](const Match& part) { return fits(part, terms); };
  switch (match.kind) {
    case Match::Kind::term: return std::binary_search(terms.begin(), terms.end(), match.term);
    case Match::Kind::prefix:
      return std::any_of(terms.begin(), terms.end(),
                         [&](const auto& term) { return term.starts_with(match.term); });
    case Match::Kind::all:
      return std::all_of(match.parts.begin(), match.parts.end(), fit) &&
             std::none_of(match.without.begin(), match.without.end(), fit);
    case Match::Kind::any: return std::any_of(match.parts.begin(), match.parts.end(), fit);
  }
  return false;
}

std::string any_word(Rng& rng) {
  return std::string(1, static_cast<char>('a' + rng.below(6))) +
         std::string(1, static_cast<char>('a' + rng.below(6))) + "ll";
}

Match any_match(Rng& rng, int depth) {
  const auto draw = depth == 0 ? rng.below(2) : rng.below(4);
  if (draw == 0) return Match::of_term(any_word(rng));
  if (draw == 1) return Match::of_prefix(any_word(rng).substr(0, 1 + rng.below(2)));
  std::vector<Match> parts;
  for (auto left = 1 + rng.below(3); left > 0; --left) parts.push_back(any_match(rng, depth - 1));
  if (draw == 2) return Match::of_any(std::move(parts));
  auto out = Match::of_all(std::move(parts));
  for (auto left = rng.below(2); left > 0; --left) out.without.push_back(any_match(rng, 0));
  return out;
}

TEST_CASE("search: any writes, rollbacks and restarts, and the index agrees with a scan") {
  holm::test::for_each_seed(30, [](holm::test::Seed seed) {
    SeededRng rng(seed);
    Library at(seed);
    std::map<ObjectId, std::pair<std::string, std::string>> truth;  // title, text
    for (int turn = 0; turn < 40; ++turn) {
      auto next = truth;
      must(at.store().begin());
      for (auto left = 1 + rng.below(5); left > 0; --left) {
        const auto id = id_of<ObjectId>(static_cast<std::uint8_t>(1 + rng.below(30)));
        const auto draw = rng.below(10);
        if (draw == 0) {
          must(at.store().objects().remove(kSpace, id));
          next.erase(id);
          continue;
        }
        std::string words;
        for (auto more = rng.below(draw == 1 ? 600 : 6); more > 0; --more) {
          words += any_word(rng) + " ";
        }
        if (draw < 5 && next.contains(id)) {
          at.text(id, words);
          next[id].second = words;
        } else {
          at.title(id, words);
          next[id].first = words;
        }
      }
      if (rng.below(6) == 0) {
        at.store().rollback();
      } else {
        must(at.store().commit());
        truth = std::move(next);
      }
      if (rng.below(12) == 0) at.open();
      if (rng.below(3) != 0) continue;
      const auto match = any_match(rng, 2);
      Ids scan;
      for (const auto& [id, words] : truth) {
        if (fits(match, words_in(words.first + " " + words.second))) scan.push_back(id);
      }
      REQUIRE(at.find(match) == scan);
    }
    at.check();
  });
}

}  // namespace
}  // namespace holm::store::test
