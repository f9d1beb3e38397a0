// PRODUCT.md 3.4, "concurrent", for board, card, checklist and progress updates.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/memory_state.h"
#include "tests/support/seeds.h"
#include "work/read.h"
#include "work/reference.h"
#include "work/rules/notices.h"
#include "work/schema.h"
#include "work/when.h"

using namespace holm;
using namespace holm::work;
using holm::test::Device;
using holm::test::Team;

namespace {

/// A board with one card that ana and bo both hold.
struct Desk {
  Team team{{"ana", "bo", "cy"}};
  Device& ana = team["ana"];
  Device& bo = team["bo"];
  ObjectId board;
  ObjectId card;

  Desk() {
    ana.run(RoomNew{"Lab", "project", ""});
    board = ana.run(BoardNew{"Lab/Roadmap", "R"});
    card = ana.run(CardAdd{.board = "Roadmap", .title = "Paint"});
    team.converge();
    bo.now = ana.now;
  }

  std::string id() const { return card.text(); }
  Ref ref(Device& device) { return device.ref(card); }
  crdt::ObjectState state(Device& device) { return device.state(ref(device)); }
  std::string column(Device& device) {
    const auto place = rules::column_of(device, ref(device));
    REQUIRE(place);
    REQUIRE(*place);
    return (*place)->column.title;
  }
  std::vector<std::string> titles(Device& device, std::string_view column_title) {
    std::vector<std::string> out;
    const auto shown = rules::board_of(device, device.ref(board));
    REQUIRE(shown);
    for (const auto& one : *shown)
      if (one.column.title == column_title)
        for (const auto& place : one.cards)
          out.push_back(words_of(device.state(place.card), field::kTitle));
    return out;
  }
  rules::Life life(Device& device) { return *rules::life_of(device, ref(device)); }
  bool tells(Device& device, std::string_view part) {
    const auto all = device.notices(ref(device));
    return std::any_of(all.begin(), all.end(), [&](const std::string& sentence) {
      return sentence.find(part) != std::string::npos;
    });
  }
};

using Titles = std::vector<std::string>;

}  // namespace

TEST_CASE(
    "board: column deleted while a card is moved into it: its other cards were moved to the first "
    "queue column; the late card joins them with a notice") {
  Desk desk;
  desk.ana.run(CardAdd{.board = "Roadmap", .title = "Wash", .column = "Waiting"});
  desk.team.converge();
  desk.ana.run(ColumnRemove{"Roadmap", "Waiting"});
  desk.bo.run(CardMove{desk.id(), "Waiting", {}, false});
  desk.team.converge();
  for (auto* device : {&desk.ana, &desk.bo}) {
    CHECK(desk.titles(*device, "Next") == Titles{"Wash", "Paint"});
    CHECK(desk.titles(*device, "Waiting").empty());
    CHECK(desk.column(*device) == "Next");
    CHECK(device->notices(desk.ref(*device)) ==
          Titles{"the column 'Waiting' was removed: the card stands in 'Next'"});
    CHECK(device->notices(device->ref("Wash")).empty());
  }
  // Moving it anywhere settles the matter.
  desk.ana.run(CardMove{desk.id(), "Doing", {}, false});
  desk.team.converge();
  CHECK(desk.column(desk.bo) == "Doing");
  CHECK(desk.bo.notices(desk.ref(desk.bo)).empty());
}

TEST_CASE("board: same short number twice: earlier keeps it, other gets the next") {
  Desk desk;
  const auto early = desk.ana.run(CardAdd{.board = "Roadmap", .title = "Early"});
  desk.ana.run(CardAdd{.board = "Roadmap", .title = "Follower"});
  desk.bo.now += Millis{60'000};
  const auto late = desk.bo.run(CardAdd{.board = "Roadmap", .title = "Late"});
  CHECK(desk.bo.ref("R-2").object == late);
  desk.team.converge();
  for (auto* device : {&desk.ana, &desk.bo}) {
    CHECK(*short_number(*device, device->ref(early)) == "R-2");
    CHECK(*short_number(*device, device->ref("Follower")) == "R-3");
    CHECK(*short_number(*device, device->ref(late)) == "R-4");
    CHECK(device->ref("R-2").object == early);
    CHECK(device->ref("R-4").object == late);
    CHECK(device->notices(device->ref(late)) == Titles{"now R-4: R-2 was given twice"});
    CHECK(device->notices(device->ref(early)).empty());
  }
  // The next card takes a number that nobody has, and moves nobody's.
  desk.bo.run(CardAdd{.board = "Roadmap", .title = "Next"});
  desk.team.converge();
  CHECK(*short_number(desk.ana, desk.ana.ref("Next")) == "R-5");
  CHECK(*short_number(desk.ana, desk.ana.ref(late)) == "R-4");
}

TEST_CASE("board: numbers stay unique whoever adds cards where and when") {
  test::for_each_seed(20, [](test::Seed seed) {
    SeededRng rng(seed);
    Team team({"ana", "bo", "cy"}, seed);
    team["ana"].run(RoomNew{"Lab", "project", ""});
    team["ana"].run(BoardNew{"Lab/Roadmap", "R"});
    team.converge();
    for (int i = 0; i < 20; ++i) {
      auto& device = team[std::vector<std::string>{"ana", "bo", "cy"}[rng.below(3)]];
      device.now += Millis{rng.below(5000)};
      device.run(CardAdd{.board = "Roadmap", .title = "card " + std::to_string(i)});
      if (rng.chance(20)) Team::meet(team["ana"], device);
    }
    team.converge();
    const auto numbers = *card_numbers(team["bo"], team["bo"].ref("Roadmap"));
    REQUIRE(numbers.size() == 20);
    for (std::size_t i = 1; i < numbers.size(); ++i)
      CHECK(numbers[i].number > numbers[i - 1].number);
    // Who asked first for a number holds it.
    for (const auto& one : numbers)
      if (one.alias == 0)
        CHECK(number_of(team["bo"].state(team["bo"].ref(one.card)), card::kNumber) ==
              static_cast<std::int64_t>(one.number));
  });
}

TEST_CASE("card: two moves: later wins, one place only") {
  Desk desk;
  desk.ana.run(CardMove{desk.id(), "Doing", {}, false});
  desk.bo.now += Millis{60'000};
  desk.bo.run(CardMove{desk.id(), "Waiting", {}, false});
  desk.team.converge();
  for (auto* device : {&desk.ana, &desk.bo}) {
    CHECK(desk.column(*device) == "Waiting");
    CHECK(desk.titles(*device, "Waiting") == Titles{"Paint"});
    CHECK(desk.titles(*device, "Doing").empty());
    CHECK(desk.titles(*device, "Next").empty());
    CHECK(device->notices(desk.ref(*device)).empty());
  }
}

TEST_CASE("card: runs of cards that two people add at one spot apart do not interleave") {
  Desk desk;
  for (const auto* title : {"a1", "a2", "a3"})
    desk.ana.run(CardAdd{.board = "Roadmap", .title = title});
  for (const auto* title : {"b1", "b2", "b3"})
    desk.bo.run(CardAdd{.board = "Roadmap", .title = title});
  desk.team.converge();
  const auto order = desk.titles(desk.ana, "Next");
  const auto a_first = Titles{"Paint", "a1", "a2", "a3", "b1", "b2", "b3"};
  const auto b_first = Titles{"Paint", "b1", "b2", "b3", "a1", "a2", "a3"};
  CHECK((order == a_first || order == b_first));
}

TEST_CASE("card: two people take it: both assigned, flagged \"taken twice\"") {
  Desk desk;
  desk.ana.run(CardSet{desk.id(), {{"assignees", "+ana"}}});
  desk.bo.run(CardSet{desk.id(), {{"assignees", "+bo"}}});
  desk.team.converge();
  for (auto* device : {&desk.ana, &desk.bo}) {
    const auto state = desk.state(*device);
    CHECK(members_of(state, card::kAssignees).size() == 2);
    auto both = std::vector<MemberId>{desk.team.member("ana"), desk.team.member("bo")};
    std::sort(both.begin(), both.end());
    CHECK(rules::taken_twice(state) == both);
    CHECK(desk.tells(*device, "taken twice"));
  }
  SUBCASE("one steps back") {
    desk.bo.run(CardSet{desk.id(), {{"assignees", "-bo"}}});
    desk.team.converge();
    CHECK_FALSE(desk.tells(desk.ana, "taken twice"));
    CHECK(members_of(desk.state(desk.ana), card::kAssignees) ==
          std::vector<MemberId>{desk.team.member("ana")});
  }
  SUBCASE("both stay, and say so") {
    desk.ana.run(KeepValue{desk.id(), "assignees"});
    desk.team.converge();
    CHECK_FALSE(desk.tells(desk.bo, "taken twice"));
    CHECK(members_of(desk.state(desk.bo), card::kAssignees).size() == 2);
  }
}

TEST_CASE("card: a second person who joins knowingly, or both taking the same, is not twice") {
  Desk desk;
  desk.ana.run(CardSet{desk.id(), {{"assignees", "+ana"}}});
  desk.team.converge();
  desk.bo.run(CardSet{desk.id(), {{"assignees", "+bo"}}});
  desk.team.converge();
  CHECK(rules::taken_twice(desk.state(desk.ana)).empty());

  Desk same;
  same.ana.run(CardSet{same.id(), {{"assignees", "cy"}}});
  same.bo.run(CardSet{same.id(), {{"assignees", "cy"}}});
  same.team.converge();
  CHECK(rules::taken_twice(same.state(same.bo)).empty());
}

TEST_CASE("card: two due dates: later wins + chip") {
  Desk desk;
  desk.ana.run(CardSet{desk.id(), {{"due", "2026-02-01"}}});
  desk.bo.now += Millis{60'000};
  desk.bo.run(CardSet{desk.id(), {{"due", "2026-02-03 09:00"}}});
  desk.team.converge();
  for (auto* device : {&desk.ana, &desk.bo}) {
    const auto state = desk.state(*device);
    CHECK(rfc3339(decode_instant(value_of(state, card::kDue))->at) == "2026-02-03T09:00:00Z");
    CHECK(device->notices(desk.ref(*device)) ==
          Titles{"due also set to 'Sun 1 Feb 2026, 17:00 (UTC)' by ana"});
  }
  // Taking the other value settles it for everyone.
  desk.bo.run(TakeValue{desk.id(), "due", "2026-02-01"});
  desk.team.converge();
  CHECK(rfc3339(decode_instant(value_of(desk.state(desk.ana), card::kDue))->at) ==
        "2026-02-01T17:00:00Z");
  CHECK(desk.ana.notices(desk.ref(desk.ana)).empty());
}

TEST_CASE("card: deleted here, edited there: lives, with notice") {
  const std::vector<std::pair<std::string, std::function<void(Desk&)>>> edits = {
      {"a field",
       [](Desk& desk) {
         desk.bo.run(CardSet{desk.id(), {{"priority", "high"}}});
       }},
      {"the description",
       [](Desk& desk) {
         desk.bo.run(CardSet{desk.id(), {{"text", "two coats"}}});
       }},
      {"a new item",
       [](Desk& desk) {
         desk.bo.run(ItemAdd{desk.id(), "primer", {}, {}, {}});
       }},
      {"a progress update",
       [](Desk& desk) {
         desk.bo.run(CardUpdate{desk.id(), "half done", {}, {}});
       }},
      {"a comment",
       [](Desk& desk) {
         desk.bo.run(CommentAdd{desk.id(), "which colour?", {}});
       }},
      {"a move",
       [](Desk& desk) {
         desk.bo.run(CardMove{desk.id(), "Doing", {}, false});
       }},
  };
  for (const auto& entry : edits) {
    const auto& edit = entry.second;
    for (const int lead : {-60'000, 60'000}) {
      INFO(entry.first, " ", lead);
      Desk desk;
      desk.bo.now += Millis{lead};
      desk.ana.run(CardArchive{desk.id(), false});
      CHECK(desk.life(desk.ana).archived);
      edit(desk);
      desk.team.converge();
      for (auto* device : {&desk.ana, &desk.bo}) {
        CHECK_FALSE(desk.life(*device).archived);
        CHECK(desk.tells(*device, "ana archived this while bo was working on it: it lives on"));
      }
      // Confirming it ends the notice; archiving it again holds.
      desk.ana.run(KeepValue{desk.id(), "archived"});
      desk.team.converge();
      CHECK_FALSE(desk.tells(desk.bo, "lives on"));
      desk.ana.run(CardArchive{desk.id(), false});
      desk.team.converge();
      CHECK(desk.life(desk.bo).archived);
    }
  }
}

TEST_CASE("card: deleted with nothing new stays deleted, also when both delete it") {
  Desk desk;
  desk.bo.run(CardSet{desk.id(), {{"priority", "low"}}});
  desk.bo.run(ItemAdd{desk.id(), "primer", {}, {}, {}});
  desk.team.converge();
  desk.ana.run(CardArchive{desk.id(), false});
  desk.bo.run(CardArchive{desk.id(), false});
  desk.team.converge();
  CHECK(desk.life(desk.ana).archived);
  CHECK(desk.life(desk.bo).archived);
  // A change elsewhere on the board is no edit of this card.
  desk.bo.run(CardAdd{.board = "Roadmap", .title = "Other"});
  desk.team.converge();
  CHECK(desk.life(desk.ana).archived);
}

TEST_CASE("card: writing on it knowingly brings it back and says so") {
  Desk desk;
  desk.ana.run(CardArchive{desk.id(), false});
  desk.team.converge();
  const auto outcome = desk.bo.attempt(CardSet{desk.id(), {{"priority", "high"}}});
  REQUIRE(outcome);
  CHECK(outcome->notices == Titles{"'R-1 Paint' was archived: writing on it brought it back"});
  desk.team.converge();
  CHECK_FALSE(desk.life(desk.ana).archived);
  CHECK_FALSE(desk.life(desk.ana).lives);
}

TEST_CASE("card: done here, commented there: stays done, comment shown") {
  Desk desk;
  desk.ana.run(CardDone{desk.id(), false});
  const auto comment = desk.bo.run(CommentAdd{desk.id(), "one more spot", {}});
  desk.team.converge();
  for (auto* device : {&desk.ana, &desk.bo}) {
    CHECK_FALSE(value_of(desk.state(*device), card::kClosed).is_null());
    CHECK(desk.column(*device) == "Done");
    const auto state = device->state(device->ref(comment));
    CHECK(object_of(state, field::kParent) == desk.card);
    CHECK(*device->text(device->ref(comment), comment::kBody) == "one more spot");
  }
}

TEST_CASE("checklist: item ticked and unticked: later wins") {
  for (const bool tick_later : {true, false}) {
    Desk desk;
    const auto item = desk.ana.run(ItemAdd{desk.id(), "primer", {}, {}, {}});
    desk.ana.run(ItemCheck{desk.id(), "1", false});
    desk.team.converge();
    desk.bo.now = desk.ana.now;
    desk.ana.run(ItemCheck{desk.id(), "primer", true});
    desk.bo.run(ItemCheck{desk.id(), "primer", true});
    desk.bo.now += Millis{tick_later ? 60'000 : -50};
    desk.bo.run(ItemCheck{desk.id(), "primer", false});
    if (!tick_later) desk.ana.run(ItemCheck{desk.id(), "primer", false});
    if (!tick_later) desk.ana.run(ItemCheck{desk.id(), "primer", true});
    desk.team.converge();
    for (auto* device : {&desk.ana, &desk.bo}) {
      CHECK(value_of(device->state(device->ref(item)), item::kDone).flag() == tick_later);
      CHECK(device->notices(device->ref(item)).empty());
    }
  }
}

TEST_CASE("checklist: two people who start it apart write into one list") {
  Desk desk;
  desk.ana.run(ItemAdd{desk.id(), "primer", {}, {}, {}});
  desk.bo.run(ItemAdd{desk.id(), "varnish", {}, {}, {}});
  desk.team.converge();
  const auto lists = *desk.ana.find({.type = kChecklist});
  REQUIRE(lists.size() == 1);
  CHECK(desk.ana.find({.type = kItem, .where = {{field::kPlace, id_value(lists[0].object)}}})
            ->size() == 2);
}

TEST_CASE("checklist: item removed here, ticked there: it stays, with notice") {
  Desk desk;
  const auto item = desk.ana.run(ItemAdd{desk.id(), "primer", {}, {}, {}});
  desk.team.converge();
  desk.ana.run(ItemRemove{desk.id(), "primer"});
  desk.bo.run(ItemCheck{desk.id(), "primer", false});
  desk.team.converge();
  const auto life = *rules::life_of(desk.ana, desk.ana.ref(item));
  CHECK_FALSE(life.archived);
  CHECK(life.lives);
}

TEST_CASE("progress updates: log: all kept, in causal order") {
  Desk desk;
  // bo's clock is an hour behind; causality still orders what answers what.
  desk.bo.now -= Millis{3'600'000};
  desk.ana.run(CardUpdate{desk.id(), "sanded", "10", "on-track"});
  desk.team.converge();
  desk.bo.run(CardUpdate{desk.id(), "primed", "40", {}});
  desk.ana.run(CardUpdate{desk.id(), "paint is out", {}, "off-track"});
  desk.team.converge();
  desk.bo.run(CardUpdate{desk.id(), "bought paint", "40", "on-track"});
  desk.team.converge();
  for (auto* device : {&desk.ana, &desk.bo}) {
    Titles lines;
    const auto found =
        device->find({.type = kProgress, .where = {{field::kParent, id_value(desk.card)}}});
    for (const auto& ref : *found) lines.push_back(words_of(device->state(ref), progress::kLine));
    REQUIRE(lines.size() == 4);
    CHECK(lines.front() == "sanded");
    CHECK(lines.back() == "bought paint");
  }
}

TEST_CASE("labels: one made twice apart under the same name is one label") {
  Desk desk;
  desk.ana.run(CardSet{desk.id(), {{"labels", "+urgent care"}}});
  desk.bo.run(CardSet{desk.id(), {{"labels", "+Urgent Care"}}});
  desk.team.converge();
  CHECK(desk.ana.find({.type = kLabel})->size() == 1);
  CHECK(values_of(desk.state(desk.ana), card::kLabels).size() == 1);
}

TEST_CASE("board: any order of delivery gives the same board") {
  test::for_each_seed(15, [](test::Seed seed) {
    SeededRng rng(seed);
    Team team({"ana", "bo", "cy"}, seed);
    const std::vector<std::string> names{"ana", "bo", "cy"};
    const std::vector<std::string> columns{"Next", "Doing", "Waiting", "Done"};
    team["ana"].run(RoomNew{"Lab", "project", ""});
    team["ana"].run(BoardNew{"Lab/Roadmap", "R"});
    for (int i = 0; i < 3; ++i)
      team["ana"].run(CardAdd{.board = "Roadmap", .title = "card " + std::to_string(i)});
    team.converge();
    for (int i = 0; i < 40; ++i) {
      auto& device = team[names[rng.below(3)]];
      const auto card = "card " + std::to_string(rng.below(3));
      switch (rng.below(7)) {
        case 0:
          (void)device.attempt(CardMove{card, columns[rng.below(4)], {}, rng.chance(50)});
          break;
        case 1:
          (void)device.attempt(CardSet{card, {{"assignees", "+" + names[rng.below(3)]}}});
          break;
        case 2: (void)device.attempt(CardArchive{card, rng.chance(50)}); break;
        case 3: (void)device.attempt(ItemAdd{card, "item " + std::to_string(i), {}, {}, {}}); break;
        case 4: (void)device.attempt(ItemCheck{card, "1", rng.chance(50)}); break;
        case 5: (void)device.attempt(ColumnRemove{"Roadmap", columns[rng.below(4)]}); break;
        default: (void)device.attempt(CardDone{card, rng.chance(50)}); break;
      }
      if (rng.chance(15)) team[names[rng.below(3)]].pull_shuffled(device, rng);
    }
    for (int round = 0; round < 3; ++round)
      for (const auto& a : names)
        for (const auto& b : names)
          if (a != b) team[a].pull_shuffled(team[b], rng);
    team.converge();
    const auto all = *rules::board_of(team["ana"], team["ana"].ref("Roadmap"));
    const auto same = *rules::board_of(team["cy"], team["cy"].ref("Roadmap"));
    std::size_t count = 0;
    REQUIRE(all.size() == same.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      REQUIRE(all[i].cards.size() == same[i].cards.size());
      count += all[i].cards.size();
      for (std::size_t k = 0; k < all[i].cards.size(); ++k)
        CHECK(all[i].cards[k].card == same[i].cards[k].card);
    }
    CHECK(count == 3);  // every card is in exactly one column
  });
}
