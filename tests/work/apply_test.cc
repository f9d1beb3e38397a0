// What each command writes, refuses and says, on one device.
#include "work/apply.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/wire.h"
#include "tests/work/lab.h"
#include "work/read.h"
#include "work/reference.h"
#include "work/rules/life.h"
#include "work/rules/notices.h"
#include "work/schema.h"
#include "work/when.h"

using namespace holm;
using namespace holm::work;
using holm::test::Lab;
using Lines = std::vector<std::string>;

TEST_CASE("apply: only members of the team can do anything") {
  Lab lab;
  SeededRng rng(1);
  const Acting stranger{MemberId{{9}}, DeviceId{{9}}, lab.ana.now, "UTC", rng};
  const auto outcome = apply(lab.ana, stranger, TeamRename{"Mine"});
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().code == Code::denied);
}

TEST_CASE("apply: errors say what happened, what is safe, what to do") {
  Lab lab;
  CHECK(lab.refused(DocNew{"Nowhere/Plan", ""}).text() ==
        "there is no room 'Nowhere' here; nothing was changed; make it with holm room new, or sync "
        "first");
  CHECK(lab.refused(CardSet{"R-1", {{"flavour", "sweet"}}})
            .text()
            .starts_with("a card has no 'flavour' to set; nothing was changed; keys are title, "));
  CHECK(lab.refused(CardSet{"R-1", {{"priority", "hot"}}}).text() ==
        "priority cannot be 'hot'; nothing was changed; choose one of urgent, high, normal, low");
}

TEST_CASE("apply: titles are one line of at most 1000 bytes of UTF-8") {
  Lab lab;
  CHECK(lab.ana.attempt(CardAdd{.board = "R", .title = "x"}).error().code == Code::not_found);
  lab.ana.run(CardAdd{.board = "Roadmap", .title = std::string(1000, 'x')});
  for (const auto& title : {std::string(1001, 'x'), std::string(), std::string("a\nb"),
                            std::string("\xff\xfe"), std::string("a\x7f"), std::string("a\0b", 3)})
    CHECK(lab.refused(CardAdd{.board = "Roadmap", .title = title}).code == Code::usage);
  CHECK(lab.refused(DocNew{"Lab/\xc0\xaf", ""}).code == Code::usage);
  CHECK(lab.refused(DocAppend{"Plan", "\xed\xa0\x80"}).code == Code::usage);
}

TEST_CASE("room: made with a space of its own, a purpose and a kind") {
  Lab lab;
  const auto outcome = lab.ana.attempt(RoomNew{"Pier", "topic", "Boats"});
  REQUIRE(outcome);
  REQUIRE(outcome->open_room);
  const Ref ref{outcome->open_room->space, room_object(outcome->open_room->space)};
  CHECK(outcome->answer["id"].text() == ref.object.text());
  CHECK(words_of(lab.ana.state(ref), field::kTitle) == "Pier");
  CHECK(words_of(lab.ana.state(ref), room::kKind) == "topic");
  CHECK(*lab.ana.text(ref, room::kPurpose) == "Boats");
  lab.ana.run(RoomSet{"Pier", {{"title", "Quay"}, {"purpose", "Boats and nets"}}});
  CHECK(words_of(lab.ana.state(ref), field::kTitle) == "Quay");
  CHECK(*lab.ana.text(ref, room::kPurpose) == "Boats and nets");
}

TEST_CASE("room: a private one is opened for those named, under an id of its author's") {
  Lab lab;
  RoomNew command{"Den", "private", ""};
  command.members = {"bo", "ana"};
  const auto outcome = lab.ana.attempt(command);
  REQUIRE(outcome);
  const auto& open = *outcome->open_room;
  CHECK(open.is_private);
  REQUIRE(open.members.size() == 1);
  CHECK(open.members[0].member == lab.team["bo"].self());
  CHECK(open.members[0].level == members::Level::writer);
  CHECK(open.space == members::room_of(lab.ana.roster().team, lab.ana.self(), open.nonce));
  command = {"Two", "project", ""};
  command.members = {"bo"};
  CHECK(lab.refused(command).code == Code::usage);
  command = {"", "one-to-one", ""};
  CHECK(lab.refused(command).code == Code::usage);
  command.members = {"nobody"};
  CHECK(lab.refused(command).code == Code::not_found);
  command.members = {"bo"};
  const auto pair = lab.ana.attempt(command);
  REQUIRE(pair);
  CHECK(pair->open_room->members[0].level == members::Level::manager);
}

TEST_CASE("room: names are free of slashes and of each other; kinds do not say who is in it") {
  Lab lab;
  CHECK(lab.refused(RoomNew{"a/b", "project", ""}).code == Code::usage);
  CHECK(lab.refused(RoomNew{"LAB", "project", ""}).what.find("already") != std::string::npos);
  CHECK(lab.refused(RoomSet{"Lab", {{"kind", "private"}}}).code == Code::usage);
  CHECK(lab.refused(RoomSet{"Lab", {{"kind", "one-to-one"}}}).code == Code::usage);
  CHECK(lab.refused(RoomNew{"Two", "cave", ""}).code == Code::usage);
}

TEST_CASE("profile: name, zone and hours, each checked") {
  Lab lab;
  lab.ana.run(ProfileSet{{{"zone", "Europe/Lisbon"}, {"hours", "Mon-Fri 09:00-17:00"}}});
  CHECK(lab.refused(ProfileSet{{{"zone", "Lisbon"}}}).code == Code::usage);
  CHECK(lab.refused(ProfileSet{{{"hours", "always"}}}).code == Code::usage);
  CHECK(lab.refused(ProfileSet{{{"shoe", "42"}}}).code == Code::usage);
  CHECK(lab.refused(ProfileSet{}).code == Code::usage);
}

TEST_CASE("document: paths give folder and title; a second one of that name is refused") {
  Lab lab;
  CHECK(words_of(lab.state(lab.doc), document::kFolder) == "notes");
  CHECK(lab.refused(DocNew{"Lab/notes/Plan", ""}).code == Code::usage);
  lab.ana.run(DocNew{"Lab/Plan", ""});
  CHECK(lab.refused(DocNew{"Plan", ""}).code == Code::usage);
  CHECK(lab.refused(DocNew{"Lab/", ""}).code == Code::usage);
  lab.ana.run(DocRename{lab.doc.text(), "Lab/done/Old plan"});
  CHECK(path_of(lab.ana, lab.ana.ref(lab.doc)) == "Lab/done/Old plan");
  lab.ana.run(DocRename{lab.doc.text(), "Older plan"});
  CHECK(path_of(lab.ana, lab.ana.ref(lab.doc)) == "Lab/Older plan");
  CHECK(lab.refused(DocRename{lab.doc.text(), "Plan"}).code == Code::usage);
  lab.ana.run(RoomNew{"Pier", "topic", ""});
  CHECK(lab.refused(DocRename{lab.doc.text(), "Pier/Plan"}).code == Code::unsupported);
}

TEST_CASE("document: writing turns the new text into the smallest set of edits") {
  Lab lab;
  const auto outcome = lab.ana.attempt(DocWrite{"Plan", "one\ntwo!\nthree\n", {}});
  REQUIRE(outcome);
  REQUIRE(outcome->writes.size() == 1);
  const auto& writes = outcome->writes.begin()->second;
  REQUIRE(writes.size() == 1);
  CHECK(writes[0].text == "!");
  CHECK(writes[0].pos == 7);
  CHECK(lab.text(lab.doc, document::kText) == "one\ntwo!\nthree\n");
  // The same text again is no change at all.
  const auto same = lab.ana.attempt(DocWrite{"Plan", "one\ntwo!\nthree\n", {}});
  REQUIRE(same);
  CHECK(same->writes.empty());
}

TEST_CASE("document: append keeps lines whole; single edits are checked against the text") {
  Lab lab;
  lab.ana.run(DocAppend{"Plan", "four"});
  CHECK(lab.text(lab.doc, document::kText) == "one\ntwo\nthree\nfour\n");
  lab.ana.run(DocEdit{"Plan", 0, 3, "ünö"});
  CHECK(lab.text(lab.doc, document::kText) == "ünö\ntwo\nthree\nfour\n");
  CHECK(lab.refused(DocEdit{"Plan", 20, 0, "x"}).code == Code::usage);
  CHECK(lab.refused(DocEdit{"Plan", 0, UINT64_MAX, ""}).code == Code::usage);
  const auto bare = lab.ana.run(DocNew{"Lab/bare", "no line end"});
  lab.ana.run(DocAppend{bare.text(), "next"});
  CHECK(lab.text(bare, document::kText) == "no line end\nnext\n");
}

TEST_CASE("document: a paste of megabytes goes in whole") {
  Lab lab;
  std::string text;
  while (text.size() < 1'500'000) text += "a line of text that says ünicode\n";
  const auto big = lab.ana.run(DocNew{"Lab/big", text});
  CHECK(lab.text(big, document::kText) == text);
  lab.team.converge();
  CHECK(*lab.team["bo"].text(lab.team["bo"].ref(big), document::kText) == text);
}

TEST_CASE("document: properties, with people as reviewers") {
  Lab lab;
  lab.ana.run(DocSet{"Plan",
                     {{"status", "in-review"},
                      {"reviewers", "ana, bo"},
                      {"review_by", "2026-02-01"},
                      {"owner", "me"},
                      {"tags", "+sea"}}});
  const auto state = lab.state(lab.doc);
  CHECK(words_of(state, document::kStatus) == "in-review");
  CHECK(members_of(state, document::kReviewers).size() == 2);
  CHECK(member_of(state, document::kOwner) == lab.team.member("ana"));
  lab.ana.run(DocSet{"Plan", {{"reviewers", "-ana"}, {"owner", "none"}}});
  CHECK(members_of(lab.state(lab.doc), document::kReviewers) ==
        std::vector<MemberId>{lab.team.member("bo")});
  CHECK(value_of(lab.state(lab.doc), document::kOwner).is_null());
}

TEST_CASE("comment: on quoted words; absent ones are refused, repeated ones said") {
  Lab lab;
  lab.ana.run(CommentAdd{"Plan", "why two?", "two"});
  CHECK(lab.refused(CommentAdd{"Plan", "hm", "twelve"}).code == Code::not_found);
  CHECK(lab.refused(CommentAdd{"Plan", "", {}}).code == Code::usage);
  CHECK(lab.said(CommentAdd{"Plan", "which?", "t"}).size() == 1);
  CHECK(lab.said(CommentAdd{"R-1", "nice", {}}).empty());
}

TEST_CASE("comment: replies hang on the first comment, also replies to replies") {
  Lab lab;
  const auto root = lab.ana.run(CommentAdd{"Plan", "why?", {}});
  const auto first = lab.ana.run(CommentReply{root.text(), "because"});
  const auto second = lab.ana.run(CommentReply{first.text(), "I see"});
  CHECK(object_of(lab.state(second), comment::kReplyTo) == root);
  CHECK(object_of(lab.state(second), field::kParent) == lab.doc);
  lab.ana.run(CommentResolve{second.text(), false});
  CHECK(rules::resolution_of(lab.ana, lab.ana.ref(root))->text() == "resolved");
}

TEST_CASE("board: keys come from the title and differ; columns are as asked") {
  Lab lab;
  const auto key = [&](const BoardNew& command) {
    return words_of(lab.state(lab.ana.run(command)), board::kKey);
  };
  CHECK(key(BoardNew{"Lab/Pump station", {}}) == "PS");
  CHECK(key(BoardNew{"Lab/Paint shop", {}}) == "PS2");
  CHECK(key(BoardNew{"Lab/\xe6\xb5\xb7", {}}) == "B");
  CHECK(lab.refused(BoardNew{"Lab/Other", "R"}).code == Code::usage);
  CHECK(lab.refused(BoardNew{"Lab/Other", "r2"}).code == Code::usage);
  CHECK(lab.refused(BoardNew{"Lab/Roadmap", "X"}).code == Code::usage);
  CHECK(lab.refused(BoardNew{"Lab/Other", "X", "a:queue,A:doing"}).code == Code::usage);
  CHECK(lab.refused(BoardNew{"Lab/Other", "X", "a:somewhere"}).code == Code::usage);
  CHECK(lab.column_titles() == Lines{"Next", "Doing", "Waiting", "Done"});
}

TEST_CASE("columns: added, moved, renamed, limited and removed") {
  Lab lab;
  lab.ana.run(ColumnAdd{"Roadmap", "Review", "doing", "Done", "1"});
  CHECK(lab.column_titles() == Lines{"Next", "Doing", "Waiting", "Review", "Done"});
  lab.ana.run(ColumnMove{"Roadmap", "review", "Doing"});
  CHECK(lab.column_titles() == Lines{"Next", "Review", "Doing", "Waiting", "Done"});
  lab.ana.run(ColumnSet{"Roadmap", "Review", {{"title", "Check"}}});
  CHECK(lab.refused(ColumnSet{"Roadmap", "Check", {{"title", "done"}}}).code == Code::usage);
  CHECK(lab.refused(ColumnAdd{"Roadmap", "Done", "done", {}, {}}).code == Code::usage);
  lab.ana.run(CardMove{"R-1", "Check", {}, false});
  lab.ana.run(CardAdd{.board = "Roadmap", .title = "Wash"});
  CHECK(lab.said(CardMove{"Wash", "Check", {}, false}) ==
        Lines{"'Check' now holds 2 cards; its limit is 1"});
  CHECK(lab.said(ColumnRemove{"Roadmap", "Check"}) == Lines{"2 cards now stand in 'Next'"});
  CHECK(lab.titles("Next") == Lines{"Paint", "Wash"});
  for (const auto* column : {"Doing", "Waiting", "Done"})
    lab.ana.run(ColumnRemove{"Roadmap", column});
  CHECK(lab.refused(ColumnRemove{"Roadmap", "Next"}).code == Code::usage);
}

TEST_CASE("columns: removing one does not bring back archived cards that stand in it") {
  Lab lab;
  lab.ana.run(CardAdd{.board = "Roadmap", .title = "Wash"});
  lab.ana.run(CardArchive{"R-1", false});
  CHECK(lab.said(ColumnRemove{"Roadmap", "Next"}) ==
        std::vector<std::string>{"1 card now stands in 'Doing'"});
  CHECK(rules::life_of(lab.ana, lab.ana.ref(lab.card))->archived);
  lab.ana.run(CardArchive{"R-1", true});
  CHECK(lab.column(lab.card) == "Doing");
}

TEST_CASE("card: every field that can be given at once") {
  Lab lab;
  lab.ana.zone = "Europe/Lisbon";
  const auto outcome = lab.ana.attempt(CardAdd{.board = "roadmap",
                                               .title = "Wash",
                                               .column = "doing",
                                               .assign = {"ana", "@bo"},
                                               .due = "2026-07-01",
                                               .not_before = "2026-06-01 09:00",
                                               .estimate = "1.5h",
                                               .priority = "high",
                                               .text = "with soap",
                                               .labels = {"clean", "Boat"}});
  REQUIRE(outcome);
  CHECK(outcome->answer["number"].text() == "R-2");
  const auto id = *ObjectId::from_text(outcome->answer["id"].text());
  const auto state = lab.state(id);
  CHECK(lab.column(id) == "Doing");
  CHECK(members_of(state, card::kAssignees).size() == 2);
  const auto due = decode_instant(value_of(state, card::kDue));
  REQUIRE(due);
  CHECK(rfc3339(due->at) == "2026-07-01T16:00:00Z");
  CHECK(due->zone == "Europe/Lisbon");
  CHECK(number_of(state, card::kEstimate) == 90);
  CHECK(words_of(state, card::kPriority) == "high");
  CHECK(lab.text(id, card::kDescription) == "with soap");
  CHECK(values_of(state, card::kLabels).size() == 2);
  CHECK(lab.refused(CardAdd{.board = "Roadmap", .title = "x", .assign = {"zoe"}}).code ==
        Code::not_found);
  CHECK(lab.refused(CardAdd{.board = "Roadmap", .title = "x", .column = "Never"}).text() ==
        "there is no column 'Never'; nothing was changed; there are: Next, Doing, Waiting, Done");
}

TEST_CASE("card: set takes single steps and whole lists, and clears with none") {
  Lab lab;
  lab.ana.run(CardSet{"R-1",
                      {{"assignees", "ana,bo"},
                       {"labels", "+a,+b"},
                       {"due", "tomorrow"},
                       {"percent", "40%"},
                       {"waiting_on", "bo"},
                       {"tags", "x, y"},
                       {"repeats", "RRULE:FREQ=WEEKLY"},
                       {"text", "two coats"},
                       {"blocked_reason", "no paint"},
                       {"card_type", "chore"}}});
  auto state = lab.state(lab.card);
  CHECK(members_of(state, card::kAssignees).size() == 2);
  CHECK(values_of(state, card::kLabels).size() == 2);
  CHECK(number_of(state, card::kPercent) == 40);
  CHECK(words_of(state, card::kRepeats) == "FREQ=WEEKLY");
  CHECK(lab.text(lab.card, card::kDescription) == "two coats");
  CHECK(values_of(state, field::kTags).size() == 2);
  lab.ana.run(CardSet{
      "R-1",
      {{"assignees", "bo"}, {"labels", "b"}, {"due", "none"}, {"tags", "none"}, {"percent", ""}}});
  state = lab.state(lab.card);
  CHECK(members_of(state, card::kAssignees) == std::vector<MemberId>{lab.team.member("bo")});
  CHECK(values_of(state, card::kLabels).size() == 1);
  CHECK(value_of(state, card::kDue).is_null());
  CHECK(value_of(state, card::kPercent).is_null());
  CHECK(values_of(state, field::kTags).empty());
  for (const auto& [key, value] : Pairs{{"percent", "101"},
                                        {"percent", "-1"},
                                        {"estimate", "soon"},
                                        {"title", ""},
                                        {"repeats", "weekly"},
                                        {"number", "7"},
                                        {"due", "someday"}})
    CHECK(lab.refused(CardSet{"R-1", {{key, value}}}).code == Code::usage);
  CHECK(lab.refused(CardSet{"R-1", {}}).code == Code::usage);
}

TEST_CASE("card: a field set twice in one command is refused") {
  Lab lab;
  lab.ana.run(CardSet{"R-1", {{"text", "one coat"}}});
  for (const Pairs& values :
       {Pairs{{"text", "red"}, {"text", "blue"}}, Pairs{{"text", "red"}, {"description", "blue"}},
        Pairs{{"assignees", "ana"}, {"assignees", "bo"}}, Pairs{{"labels", "a"}, {"labels", "b"}},
        Pairs{{"repeats", "FREQ=DAILY"}, {"repeats", "none"}}})
    CHECK(lab.refused(CardSet{"R-1", values}).code == Code::usage);
  CHECK(lab.text(lab.card, card::kDescription) == "one coat");
}

TEST_CASE("card: taking away a label that is not there makes none") {
  Lab lab;
  CHECK(lab.refused(CardSet{"R-1", {{"labels", "-typo"}}}).code == Code::not_found);
  CHECK(lab.ana.find({.type = kLabel})->empty());
}

TEST_CASE("card: moved to the top, the bottom, or before another") {
  Lab lab;
  for (const auto* title : {"b", "c", "d"})
    lab.ana.run(CardAdd{.board = "Roadmap", .title = title});
  lab.ana.run(CardMove{"d", "Next", {}, true});
  CHECK(lab.titles("Next") == Lines{"d", "Paint", "b", "c"});
  lab.ana.run(CardMove{"d", "Next", "c", false});
  CHECK(lab.titles("Next") == Lines{"Paint", "b", "d", "c"});
  lab.ana.run(CardMove{"Paint", "next", {}, false});
  CHECK(lab.titles("Next") == Lines{"b", "d", "c", "Paint"});
  CHECK(lab.refused(CardMove{"b", "Doing", "c", false}).code == Code::not_found);
  CHECK(lab.refused(CardMove{"b", "Next", "b", false}).code == Code::usage);
}

TEST_CASE("card: done closes it and moves it; what is still open is said; reopen undoes both") {
  Lab lab;
  lab.ana.run(ItemAdd{"R-1", "primer", {}, {}, {}});
  CHECK(lab.said(CardDone{"R-1", false}) == Lines{"1 checklist item is still open"});
  CHECK(lab.column(lab.card) == "Done");
  CHECK_FALSE(value_of(lab.state(lab.card), card::kClosed).is_null());
  lab.ana.run(CardDone{"R-1", true});
  CHECK(lab.column(lab.card) == "Next");
  CHECK(value_of(lab.state(lab.card), card::kClosed).is_null());
  lab.ana.run(CardMove{"R-1", "Done", {}, false});
  CHECK_FALSE(value_of(lab.state(lab.card), card::kClosed).is_null());
  lab.ana.run(CardMove{"R-1", "Doing", {}, false});
  CHECK(value_of(lab.state(lab.card), card::kClosed).is_null());
}

TEST_CASE("card: updates are checked and kept as they were") {
  Lab lab;
  const auto update = lab.ana.run(CardUpdate{"R-1", "first coat", "50", "at"});
  const auto state = lab.state(update);
  CHECK(words_of(state, progress::kConfidence) == "at-risk");
  CHECK(number_of(state, progress::kPercent) == 50);
  CHECK(object_of(state, field::kParent) == lab.card);
  CHECK(lab.refused(CardUpdate{"R-1", "", {}, {}}).code == Code::usage);
  CHECK(lab.refused(CardUpdate{"R-1", "x", "200", {}}).code == Code::usage);
  CHECK(lab.refused(CardUpdate{"R-1", "x", {}, "maybe"}).code == Code::usage);
}

TEST_CASE("checklist: items by position, text and id; moved, changed and removed") {
  Lab lab;
  const auto order = [&] {
    Lines out;
    const auto lists = *lab.ana.find({.type = kChecklist, .order = Lookup::By::place});
    for (const auto& list : lists) {
      const auto items = *lab.ana.find({.type = kItem,
                                        .where = {{field::kPlace, id_value(list.object)}},
                                        .order = Lookup::By::place});
      for (const auto& item : items)
        if (!rules::life_of(lab.ana, item)->archived)
          out.push_back(*lab.ana.text(item, item::kText));
    }
    return out;
  };
  const auto primer = lab.ana.run(ItemAdd{"R-1", "primer", {}, "bo", "fri"});
  lab.ana.run(ItemAdd{"R-1", "paint", {}, {}, {}});
  lab.ana.run(ItemAdd{"R-1", "varnish", {}, {}, {}});
  lab.ana.run(ItemAdd{"R-1", "brush", "Tools", {}, {}});
  CHECK(order() == Lines{"primer", "paint", "varnish", "brush"});
  lab.ana.run(ItemMove{"R-1", "3", "primer"});
  CHECK(order() == Lines{"varnish", "primer", "paint", "brush"});
  lab.ana.run(ItemMove{"R-1", "varnish", {}});
  CHECK(order() == Lines{"primer", "paint", "varnish", "brush"});
  lab.ana.run(ItemSet{"R-1", "PAINT", {{"text", "two coats"}, {"assignee", "ana"}}});
  lab.ana.run(ItemCheck{"R-1", primer.text().substr(0, 10), false});
  CHECK(value_of(lab.state(primer), item::kDone).flag());
  lab.ana.run(ItemRemove{"R-1", "1"});
  CHECK(order() == Lines{"two coats", "varnish", "brush"});
  CHECK(lab.refused(ItemCheck{"R-1", "primer", false}).code == Code::not_found);
  CHECK(lab.refused(ItemCheck{"R-1", "9", false}).code == Code::not_found);
}

TEST_CASE("checklist: put away by undo, it is there for whatever item stands in it") {
  Lab lab;
  const auto first = lab.ana.run(ItemAdd{.card = "R-1", .text = "sand"});
  const auto list = lab.ana.ref(*object_of(lab.state(first), field::kParent));
  // Undoing the command puts away both that it made.
  for (const auto& [ref, type] :
       {std::pair(list, kChecklist), std::pair(lab.ana.ref(first), kItem)}) {
    crdt::Write away;
    away.object = ref.object;
    away.type = type;
    away.field = field::kArchived;
    away.value = encode(Value(lab.ana.now.time_since_epoch().count()));
    lab.ana.write(ref.space, {away});
  }
  CHECK(rules::life_of(lab.ana, list)->archived);
  const auto second = lab.ana.run(ItemAdd{.card = "R-1", .text = "varnish"});
  CHECK_FALSE(rules::life_of(lab.ana, list)->archived);
  CHECK(lab.ana.run(ItemCheck{"R-1", "1", false}) == second);
}

TEST_CASE("message: intent, receivers and dates; whoever writes follows the thread") {
  Lab lab;
  const auto thread = lab.ana.run(ThreadNew{"Lab", "Tides", "hello"});
  const auto message = lab.ana.run(Say{.thread = "Tides",
                                       .text = "When?",
                                       .intent = "question",
                                       .to = {"bo", "room"},
                                       .reply_by = "fri 12:00",
                                       .needs_from = "any"});
  const auto state = lab.state(message);
  CHECK(words_of(state, message::kIntent) == "question");
  CHECK(members_of(state, message::kTo) == std::vector<MemberId>{lab.team.member("bo")});
  CHECK(decode_instant(value_of(state, message::kNeedsReplyBy)));
  CHECK(members_of(lab.state(thread), thread::kFollowers) ==
        std::vector<MemberId>{lab.team.member("ana")});
  lab.ana.run(ThreadFollow{"Tides", true});
  CHECK(members_of(lab.state(thread), thread::kFollowers).empty());
  lab.ana.run(ThreadMute{"Tides", false});
  CHECK(value_of(lab.state(thread), thread::kMuted, lab.ana.self().view()).flag());
  CHECK(lab.refused(Say{.thread = "Tides", .text = ""}).code == Code::usage);
  CHECK(lab.refused(Say{.thread = "Tides", .text = "x", .intent = "shout"}).code == Code::usage);
  CHECK(lab.refused(Say{.thread = "Tides", .text = "x", .reply_by = "later"}).code == Code::usage);
}

TEST_CASE("reactions: short, one line") {
  Lab lab;
  lab.ana.run(ThreadNew{"Lab", "Tides", "hello"});
  const auto message = (*lab.ana.find({.type = kMessage}))[0].object.text();
  lab.ana.run(React{message, "👩‍👩‍👧‍👦", false});
  CHECK(lab.refused(React{message, std::string(65, 'x'), false}).code == Code::usage);
  CHECK(lab.refused(React{message, "", false}).code == Code::usage);
}

TEST_CASE("take and keep: what is not set apart is refused") {
  Lab lab;
  CHECK(lab.refused(TakeValue{"R-1", "due", "fri"}).code == Code::usage);
  CHECK(lab.refused(TakeValue{"R-1", "colour", "red"}).code == Code::usage);
  CHECK(lab.refused(KeepValue{"R-1", "labels"}).code == Code::usage);
}
