#include <doctest/doctest.h>

#include <map>

#include "tests/support/seeds.h"
#include "tests/work/lab.h"
#include "work/read.h"
#include "work/schema.h"

using namespace holm;
using namespace holm::work;
using holm::test::Lab;

TEST_CASE("restore: a document reads as it did, and its history goes on") {
  Lab lab;
  lab.ana.run(DocWrite{"Plan", "one\n2\nthree\n", {}});
  lab.ana.run(DocWrite{"Plan", "1\n2\n3\n", {}});
  lab.ana.run(Restore{"Plan", "-2", {}});
  CHECK(lab.text(lab.doc, document::kText) == "one\ntwo\nthree\n");
  lab.ana.run(Restore{"Plan", "-1", {}});
  CHECK(lab.text(lab.doc, document::kText) == "1\n2\n3\n");
  CHECK(lab.ana.history(lab.ana.ref(lab.doc))->size() == 5);
  CHECK(lab.refused(Restore{"Plan", "-5", {}}).code == Code::not_found);
  CHECK(lab.refused(Restore{"Plan", "-50", {}}).code == Code::not_found);
}

TEST_CASE("restore: part of a document brings back those lines and leaves the rest") {
  Lab lab;
  lab.ana.run(DocWrite{"Plan", "zero\none\n2\nthree!\n", {}});
  lab.ana.run(Restore{"Plan", "-1", "2-2"});
  CHECK(lab.text(lab.doc, document::kText) == "zero\none\ntwo\nthree!\n");
  lab.ana.run(DocWrite{"Plan", "zero\nthree!\n", {}});
  lab.ana.run(Restore{"Plan", "-1", "2-3"});
  CHECK(lab.text(lab.doc, document::kText) == "zero\none\ntwo\nthree!\n");
  for (const auto* range : {"0-1", "3-2", "x", "1-99", "2-"})
    CHECK(lab.refused(Restore{"Plan", "-1", range}).code == Code::usage);
  CHECK(lab.refused(Restore{"R-1", "-0", "1-1"}).code == Code::usage);
}

TEST_CASE("restore: a card's fields, place, people and archiving") {
  Lab lab;
  lab.ana.run(CardSet{"R-1", {{"assignees", "+ana"}, {"priority", "low"}, {"text", "one coat"}}});
  const auto then = lab.ana.history(lab.ana.ref(lab.card))->back().hash.text().substr(0, 12);
  lab.ana.run(CardSet{"R-1", {{"assignees", "bo"}, {"priority", "high"}, {"text", "two coats"}}});
  lab.ana.run(CardMove{"R-1", "Doing", {}, false});
  lab.ana.run(CardArchive{"R-1", false});
  lab.ana.run(Restore{lab.card.text(), then, {}});
  const auto state = lab.state(lab.card);
  CHECK(words_of(state, card::kPriority) == "low");
  CHECK(members_of(state, card::kAssignees) == std::vector<MemberId>{lab.team.member("ana")});
  CHECK(lab.text(lab.card, card::kDescription) == "one coat");
  CHECK(lab.column(lab.card) == "Next");
  CHECK_FALSE(is_archived(state));
  CHECK(lab.ana.notices(lab.ana.ref(lab.card)).empty());
}

TEST_CASE("restore: after any history, every version of a card and a document can come back") {
  test::for_each_seed(15, [](test::Seed seed) {
    SeededRng rng(seed);
    Lab lab;
    const std::vector<std::string> columns{"Next", "Doing", "Waiting", "Done"};
    struct Look {
      std::string text;
      std::string priority;
      std::string column;
      std::vector<MemberId> people;
      bool operator==(const Look&) const = default;
    };
    const auto look = [&] {
      const auto state = lab.state(lab.card);
      return Look{lab.text(lab.card, card::kDescription), words_of(state, card::kPriority),
                  lab.column(lab.card), members_of(state, card::kAssignees)};
    };
    std::map<std::string, Look> versions;
    const auto note = [&] {
      versions[lab.ana.history(lab.ana.ref(lab.card))->back().hash.text()] = look();
    };
    for (int i = 0; i < 12; ++i) {
      const std::string person = rng.chance(50) ? "ana" : "bo";
      switch (rng.below(4)) {
        case 0:
          lab.ana.run(CardSet{"R-1", {{"text", "text " + std::to_string(rng.below(99))}}});
          break;
        case 1: lab.ana.run(CardSet{"R-1", {{"priority", rng.chance(50) ? "high" : "low"}}}); break;
        case 2: lab.ana.run(CardMove{"R-1", columns[rng.below(4)], {}, false}); break;
        default:
          lab.ana.run(CardSet{"R-1", {{"assignees", (rng.chance(50) ? "+" : "-") + person}}});
          break;
      }
      note();
    }
    const auto all = versions;
    for (const auto& [hash, then] : all) {
      lab.ana.run(Restore{"R-1", hash, {}});
      CHECK(look() == then);
    }
  });
}
