// Answers as people read them. Shapes are those of work/views and node.
#include "tools/holm/render.h"

#include <doctest/doctest.h>

#include "tests/tools/fake_host.h"

namespace holm::cli {
namespace {

std::string shown(const std::string& name, std::string_view json,
                  const std::vector<std::string>& words) {
  FakeHost host;
  host.answer_json(name, json);
  const auto ran = host.run(words);
  INFO(ran.err);
  CHECK(ran.code == 0);
  return ran.out;
}

}  // namespace

TEST_CASE("render: a board shows columns, cards in line, and what merging has to say") {
  const auto out = shown("board.show", R"json({
    "path":"Work/Library","columns":[
      {"title":"Next","kind":"queue","limit":null,"archived":false,"cards":[
        {"number":"R-1","title":"Paint the door","assignees":[{"name":"Ana"},{"name":"Ben"}],
         "items":3,"items_done":1,"labels":[{"title":"house"}],"flags":["taken twice"],"also":[]},
        {"number":"R-12","title":"Wire","assignees":[],"due_shown":"Mon 9 Mar 2026, 17:00 (UTC)",
         "priority":"high","flags":[],"also":[{}]}]
},
      {"title":"Doing","kind":"doing","limit":3,"archived":false,"cards":[]}],
    "also":[{"label":"title","others":[{"shown":"Lib","by":{"name":"Ben"}}]}]
})json",
                         {"board", "show", "Work/Library"});
  CHECK(out ==
        "Work/Library\n"
        "! title was also set to \"Lib\" by Ben\n"
        "\n"
        "Next (queue, 2)\n"
        "  R-1   Paint the door  Ana and Ben  1/3  [house]  ! taken twice\n"
        "  R-12  Wire            due Mon 9 Mar 2026, 17:00 (UTC)  high  ! also set\n"
        "\n"
        "Doing (doing, 0 of 3)\n");
}

TEST_CASE("render: a card leaves out what it does not have") {
  const auto out = shown("card.show", R"json({
    "number":"R-1","title":"Paint","board":{"title":"Work"},"column":{"title":"Doing"},
    "assignees":[{"name":"Ana"}],"priority":null,"estimate_minutes":240,"percent":50,
    "created":"2026-03-09T16:00:00Z","created_by":{"name":"Ben"},"id":"c1","text":"Blue.\n",
    "checklists":[{"title":"Steps","items":[
      {"position":1,"text":"sand","done":true},{"position":2,"text":"paint","done":false}]}],
    "updates":[{"at":"2026-03-09T16:00:00Z","by":{"name":"Ana"},"line":"half","percent":50,
                "confidence":"on-track"}]})json",
                         {"card", "show", "R-1"});
  CHECK(out ==
        "R-1  Paint\n"
        "on          Work, Doing\n"
        "assigned    Ana\n"
        "estimate    4 h\n"
        "progress    50 %\n"
        "made        Mon 9 Mar 2026, 16:00 (Europe/Lisbon) by Ben\n"
        "id          c1\n"
        "\n"
        "Blue.\n"
        "\n"
        "Steps\n"
        "  [x] 1. sand\n"
        "  [ ] 2. paint\n"
        "\n"
        "Updates\n"
        "  Mon 9 Mar 2026, 16:00 (Europe/Lisbon)  Ana: half  50 %  on-track\n");
}

TEST_CASE("render: a document on a pipe is its bytes, and nothing is added") {
  CHECK(shown("doc.show", R"json({"text":"no line end\r\n\ttab \u001b[1m","marks":[{}]})json",
              {"doc", "show", "N/P"}) == "no line end\r\n\ttab \033[1m");
}

TEST_CASE("render: on a terminal a document cannot command it, and merging is told beside it") {
  FakeHost host;
  host.host.out.is_terminal = true;
  host.answer_json("doc.look", R"json({"text":"a\u001b[1mb","open_comments":2,"marks":[
    {"kind":"merged","authors":[{"name":"Ana"},{"name":"Ben"}]}]})json");
  const auto ran = host.run({"doc", "show", "N/P"});
  CHECK(ran.out == "a␛[1mb\n");
  CHECK(ran.err ==
        "A paragraph was changed by Ana and Ben at the same time; both changes stand.\n"
        "2 open comments; see holm comment list\n");
}

TEST_CASE("render: a thread tells who said what to whom, and what was taken back") {
  const auto out = shown("thread.show", R"json({
    "path":"Work/Paint","state":"open","id":"t1","followers":[{"name":"Ana"}],"messages":[
      {"id":"m1aaaaaaaaaa","by":{"name":"Ana"},"at":"2026-03-09T16:00:00Z","text":"Blue?",
       "intent":"question","to":[{"name":"Ben"}],"reply_by_shown":"Fri 13 Mar 2026, 17:00 (UTC)",
       "reactions":[{"emoji":"👍","by":[{"name":"Ben"}]}],"answers":["m2"]},
      {"id":"m2bbbbbbbbbb","by":{"name":"Ben"},"at":"2026-03-09T17:00:00Z","text":"",
       "intent":"update","retracted":true,"reply_to":"m1aaaaaaaaaa"}]
})json",
                         {"thread", "show", "Work/Paint"});
  CHECK(out ==
        "Work/Paint\n"
        "state       open\n"
        "followed by Ana\n"
        "id          t1\n"
        "\n"
        "Ana  Mon 9 Mar 2026, 16:00 (Europe/Lisbon)  m1aaaaaa  question\n"
        "  to Ben\n"
        "  an answer is needed by Fri 13 Mar 2026, 17:00 (UTC)\n"
        "  Blue?\n"
        "  👍 Ben\n"
        "  answered\n"
        "\n"
        "Ben  Mon 9 Mar 2026, 17:00 (Europe/Lisbon)  m2bbbbbb\n"
        "  in reply to m1aaaaaa\n"
        "  (retracted)\n");
}

TEST_CASE("render: history, newest first, and how much more there is") {
  const auto out = shown("history", R"json({"object":{"path":"N/P"},"total":3,"changes":[
      {"version":"ab12","at":"2026-03-09T16:00:00Z","by":{"name":"Ana"},"counts":true,
       "what":["wrote 5 characters","renamed it"]}]})json",
                         {"history", "N/P"});
  CHECK(out ==
        "N/P\n"
        "ab12  Mon 9 Mar 2026, 16:00 (Europe/Lisbon)  Ana\n"
        "    wrote 5 characters\n"
        "    renamed it\n"
        "and 2 older changes; see --limit\n");
}

TEST_CASE("render: a difference names who wrote and who took away each line") {
  const auto out = shown("diff", R"json({"object":{"path":"N/P"},
    "from":null,"to":{"version":"ab12","at":"2026-03-09T16:00:00Z","by":{"name":"Ana"}},
    "fields":[{"label":"title","from_shown":"","to_shown":"Plan","by":[{"name":"Ana"}]}],
    "texts":[{"label":"text","hunks":[{"from_line":1,"to_line":1,"lines":[
      {"op":" ","text":"same","by":[{"name":"Ben"}]},
      {"op":"-","text":"old","by":[{"name":"Ben"}]},
      {"op":"+","text":"new","by":[{"name":"Ana"},{"name":"Ben"}]}]}]}]})json",
                         {"diff", "N/P"});
  CHECK(out ==
        "N/P\n"
        "from  before the first change\n"
        "to    ab12  Mon 9 Mar 2026, 16:00 (Europe/Lisbon)  Ana\n"
        "title: nothing became \"Plan\"   (Ana)\n"
        "\n"
        "text\n"
        "@ line 1\n"
        "  same\n"
        "- old   (Ben)\n"
        "+ new   (Ana and Ben)\n");
}

TEST_CASE("render: sync says who was met and never more than it knows") {
  CHECK(shown("sync", R"json({"in_sync":true,"peers":[
      {"member":"Ben","sent_bytes":812,"received_bytes":14200,"round_trips":1}]})json",
              {"sync"}) ==
        "Ben  sent 812 B, received 14.2 KB, 1 round trip\n"
        "In sync with 1 device.\n");
  CHECK(shown("sync", R"json({"in_sync":false,"peers":[
      {"member":null,"at":"h:1","error":"nobody answers"}]})json",
              {"sync"}) ==
        "h:1  not met: nobody answers\n"
        "Not everyone was met; your work is safe here and goes on its way next time.\n");
}

TEST_CASE("render: status says since when each device was heard, and what it lacks") {
  const auto out = shown("status", R"json({"name":"Library","unsynced_objects":2,
    "spaces":[{"name":"Team","changes":3,"digest":"00112233445566778899"}],
    "devices":[
      {"member":"Ana","label":"laptop","this_device":true,"last_heard":null,"lacks":0},
      {"member":"Ben","label":"desk","this_device":false,"last_heard":"2026-03-09T16:00:00Z",
       "lacks":2},
      {"member":"Cy","label":"phone","this_device":false,"last_heard":null,"lacks":0}]})json",
                         {"status"});
  CHECK(out ==
        "Library\n"
        "not yet sent  2 things that are only here\n"
        "\n"
        "Rooms and records\n"
        "Team  3 changes  001122334455\n"
        "\n"
        "Devices\n"
        "Ana  laptop  this device\n"
        "Ben  desk    heard Mon 9 Mar 2026, 16:00 (Europe/Lisbon)  lacks 2 changes\n"
        "Cy   phone   never heard from                             has everything\n");
}

TEST_CASE("render: an import says what came, what did not, and how to take it back") {
  CHECK(shown("import", R"json({"room":"Work","created":{"cards":122,"lists":18},"unchanged":0,
    "skipped":1,"skipped_files":["a.jpg: files come later"],"warnings":["1000 actions at most"],
    "import_id":"ab12"})json",
              {"import", "trello", "/b.json"}) ==
        "Brought in 122 cards, 18 lists in the room Work.\n"
        "Did not come: 1 thing\n"
        "  a.jpg: files come later\n"
        "! 1000 actions at most\n"
        "Take it back with: holm import undo ab12\n");
  CHECK(shown("import", R"json({"room":"Work","created":{},"unchanged":5,"skipped":0,"warnings":[],
    "import_id":null})json",
              {"import", "trello", "/b.json"}) ==
        "Nothing new: all of it is here already in the room Work.\n");
}

TEST_CASE("render: an answer with nothing in it is still a sentence") {
  for (const auto& command : std::vector<std::vector<std::string>>{{"room", "list"},
                                                                   {"doc", "list"},
                                                                   {"board", "list"},
                                                                   {"thread", "list"},
                                                                   {"peers"},
                                                                   {"invite", "list"},
                                                                   {"conflicts"},
                                                                   {"comment", "list", "x"},
                                                                   {"blame", "x"},
                                                                   {"diff", "x"}}) {
    FakeHost host;
    for (const auto* name : {"room.list", "doc.list", "board.list", "thread.list", "peers",
                             "invite.list", "conflicts", "comment.list", "blame", "diff"})
      host.answer(name, Value::object());
    const auto ran = host.run(command);
    CHECK(ran.code == 0);
    CHECK(ran.out.size() > 5);
  }
}

}  // namespace holm::cli
