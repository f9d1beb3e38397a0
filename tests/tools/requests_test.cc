// What each command asks of the node.
#include <doctest/doctest.h>

#include "base/json.h"
#include "tests/tools/fake_host.h"

namespace holm::cli {
namespace {

using Words = std::vector<std::string>;

struct Asked {
  Words words;
  const char* request;
};

void check(const std::vector<Asked>& table) {
  for (const auto& [words, request] : table) {
    FakeHost host;
    CHECK(host.request(words) == request);
  }
}

}  // namespace

TEST_CASE("cli: team, invite and join reach the node as given") {
  check({
      {{"team", "create", "Tool library"}, R"({"do":"team.create","name":"Tool library"})"},
      {{"team", "members"}, R"({"do":"team.show","members":true})"},
      {{"team", "rename", "New"}, R"({"do":"team.rename","title":"New"})"},
      {{"invite", "--role", "admin", "--uses", "3", "--expires", "2d"},
       R"({"do":"invite.create","role":"admin","uses":3,"expires":"2d"})"},
      {{"invite", "list"}, R"({"do":"invite.list","all":false})"},
      {{"invite", "cancel", "ab12"}, R"({"do":"invite.cancel","id":"ab12"})"},
      {{"join", "K7QF-2M8D", "--at", "10.0.0.1:4000", "--timeout", "5s"},
       R"({"do":"join","code":"K7QF-2M8D","at":"10.0.0.1:4000","timeout_ms":5000})"},
      {{"device", "list", "Ana"}, R"({"do":"device.list","member":"Ana"})"},
      {{"profile", "set", "zone=Europe/Lisbon", "name=Ana=B"},
       R"({"do":"profile.set","values":[["zone","Europe/Lisbon"],["name","Ana=B"]]})"},
  });
}

TEST_CASE("cli: sync, peers, status and verify reach the node as given") {
  check({
      {{"sync"}, R"({"do":"sync","timeout_ms":30000})"},
      {{"sync", "--with", "Ben", "--timeout", "500ms"},
       R"({"do":"sync","with":"Ben","timeout_ms":500})"},
      {{"peers"}, R"({"do":"peers"})"},
      {{"peers", "add", "127.0.0.1:4000"}, R"({"do":"peers.add","at":"127.0.0.1:4000"})"},
      {{"peers", "remove", "127.0.0.1:4000"}, R"({"do":"peers.remove","at":"127.0.0.1:4000"})"},
      {{"status"}, R"({"do":"status"})"},
      {{"verify", "--deep"}, R"({"do":"verify","deep":true})"},
  });
}

TEST_CASE("cli: watch asks once for the zone, then for the room's events") {
  FakeHost host;
  host.run({"watch", "--room", "Notes"});
  REQUIRE(host.requests.size() == 2);
  CHECK(host.requests[0]["do"].text() == "profile.show");
  CHECK(to_json(host.requests[1]) == R"({"do":"watch","room":"Notes"})");
}

TEST_CASE("cli: rooms, documents and comments reach the node as given") {
  check({
      {{"room", "new", "Notes", "--purpose", "To think"},
       R"({"do":"room.new","name":"Notes","kind":"project","purpose":"To think","members":[]})"},
      {{"room", "archive", "Notes", "--off"}, R"({"do":"room.archive","room":"Notes","off":true})"},
      {{"doc", "new", "Notes/a/Plan", "# Plan\n"},
       R"({"do":"doc.new","path":"Notes/a/Plan","text":"# Plan\n"})"},
      {{"doc", "list", "Notes"}, R"({"do":"doc.list","room":"Notes","archived":false})"},
      {{"doc", "show", "Notes/Plan", "--at", "-3"},
       R"({"do":"doc.show","doc":"Notes/Plan","version":"-3"})"},
      {{"doc", "append", "Notes/Plan", "more"},
       R"({"do":"doc.append","doc":"Notes/Plan","text":"more"})"},
      {{"doc", "rename", "Notes/Plan", "Notes/b/Plan"},
       R"({"do":"doc.rename","doc":"Notes/Plan","path":"Notes/b/Plan"})"},
      {{"comment", "add", "Notes/Plan", "why?", "--on", "the plan"},
       R"({"do":"comment.add","target":"Notes/Plan","text":"why?","on":"the plan","attachments":[]})"},
      {{"comment", "list", "Notes/Plan", "--all"},
       R"({"do":"comment.list","target":"Notes/Plan","resolved":true})"},
      {{"comment", "reply", "ab12", "so"},
       R"({"do":"comment.reply","comment":"ab12","text":"so"})"},
      {{"comment", "resolve", "ab12"}, R"({"do":"comment.resolve","comment":"ab12","off":false})"},
  });
}

TEST_CASE("cli: history and choices reach the node as given, versions like -3 among them") {
  check({
      {{"history", "R-42", "--limit", "5"}, R"({"do":"history","object":"R-42","limit":5})"},
      {{"diff", "Notes/Plan", "-3", "-1"},
       R"({"do":"diff","object":"Notes/Plan","from":"-3","to":"-1"})"},
      {{"diff", "Notes/Plan"}, R"({"do":"diff","object":"Notes/Plan"})"},
      {{"restore", "Notes/Plan", "-2", "--part", "3-5"},
       R"({"do":"restore","object":"Notes/Plan","version":"-2","part":"3-5"})"},
      {{"undo"}, R"({"do":"undo"})"},
      {{"redo", "R-42"}, R"({"do":"redo","object":"R-42"})"},
      {{"blame", "Notes/Plan"}, R"({"do":"blame","object":"Notes/Plan"})"},
      {{"conflicts"}, R"({"do":"conflicts"})"},
      {{"conflicts", "R-42"}, R"({"do":"conflicts","object":"R-42"})"},
      {{"conflicts", "take", "R-42", "due", "fri"},
       R"({"do":"take","object":"R-42","field":"due","value":"fri"})"},
      {{"take", "R-42", "due", "fri"},
       R"({"do":"take","object":"R-42","field":"due","value":"fri"})"},
      {{"keep", "R-42", "due"}, R"({"do":"keep","object":"R-42","field":"due"})"},
  });
}

TEST_CASE("cli: boards and cards reach the node as given") {
  check({
      {{"board", "new", "Notes/Work", "--key", "R"},
       R"({"do":"board.new","path":"Notes/Work","key":"R",)"
       R"("columns":"Next:queue,Doing:doing,Waiting:waiting,Done:done"})"},
      {{"board", "column", "add", "Notes/Work", "Review", "--before", "Done", "--limit", "3"},
       R"({"do":"column.add","board":"Notes/Work","title":"Review","kind":"queue",)"
       R"("before":"Done","limit":"3"})"},
      {{"board", "column", "rename", "Notes/Work", "Next", "Soon"},
       R"({"do":"column.set","board":"Notes/Work","column":"Next","values":[["title","Soon"]]})"},
      {{"card", "move", "R-42", "Done", "--top"},
       R"({"do":"card.move","card":"R-42","column":"Done","top":true})"},
      {{"card", "move", "R-42", "done", "--before", "R-1"},
       R"({"do":"card.move","card":"R-42","column":"done","before":"R-1","top":false})"},
      {{"card", "set", "R-42", "assignees=-Ben", "due=+3d"},
       R"({"do":"card.set","card":"R-42","values":[["assignees","-Ben"],["due","+3d"]]})"},
      {{"card", "check", "R-42", "2", "--off"},
       R"({"do":"item.check","card":"R-42","item":"2","off":true})"},
      {{"card", "item", "add", "R-42", "buy paint", "--assign", "Ana"},
       R"({"do":"item.add","card":"R-42","text":"buy paint","assign":"Ana"})"},
      {{"card", "update", "R-42", "half way", "--percent", "50", "--confidence", "on-track"},
       R"({"do":"card.update","card":"R-42","line":"half way","percent":"50",)"
       R"("confidence":"on-track"})"},
      {{"card", "done", "R-42"}, R"({"do":"card.done","card":"R-42","reopen":false})"},
      {{"card", "reopen", "R-42"}, R"({"do":"card.done","card":"R-42","reopen":true})"},
  });
}

TEST_CASE("cli: threads and messages reach the node as given, whatever the words are") {
  check({
      {{"thread", "new", "Notes", "Paint", "Which?"},
       R"({"do":"thread.new","room":"Notes","title":"Paint","text":"Which?"})"},
      {{"thread", "resolve", "Notes/Paint", "--summary", "Blue"},
       R"({"do":"thread.resolve","thread":"Notes/Paint","summary":"Blue","off":false})"},
      {{"say", "Notes/Paint", "Blue?", "--intent", "question", "--to", "Ana", "Ben", "--reply-by",
        "fri"},
       R"({"do":"say","thread":"Notes/Paint","text":"Blue?","intent":"question",)"
       R"("to":["Ana","Ben"],"reply_by":"fri","attachments":[]})"},
      {{"say", "--to", "Ana", "Notes/Paint", "list"},
       R"({"do":"say","thread":"Notes/Paint","text":"list","to":["Ana"],"attachments":[]})"},
      {{"say", "Notes/Paint", "x", "--to", "Ana,Ben"},
       R"({"do":"say","thread":"Notes/Paint","text":"x","to":["Ana","Ben"],"attachments":[]})"},
      {{"say", "Notes/Paint", "--", "--really"},
       R"({"do":"say","thread":"Notes/Paint","text":"--really","to":[],"attachments":[]})"},
      {{"say", "Notes/Paint", "- a list item"},
       R"({"do":"say","thread":"Notes/Paint","text":"- a list item","to":[],"attachments":[]})"},
      {{"reply", "ab12", "yes", "--answer"},
       R"({"do":"reply","message":"ab12","text":"yes","answer":true})"},
      {{"react", "ab12", "👍"}, R"({"do":"react","message":"ab12","emoji":"👍","off":false})"},
      {{"retract", "ab12"}, R"({"do":"retract","message":"ab12"})"},
  });
}

TEST_CASE("cli: a new card is asked back for its number") {
  FakeHost host;
  host.answer_json("card.show", R"({"number":"R-7","column":{"title":"Next"}})");
  const auto ran = host.run({"card", "add", "Notes/Work", "Paint", "--assign", "Ana", "--label",
                             "home", "--due", "2026-12-01", "--estimate", "4h"});
  CHECK(ran.code == 0);
  REQUIRE(host.requests.size() == 2);
  CHECK(to_json(host.requests[0]) ==
        R"({"do":"card.add","board":"Notes/Work","title":"Paint","assign":["Ana"],)"
        R"("due":"2026-12-01","estimate":"4h","labels":["home"]})");
  CHECK(ran.out == "R-7 \"Paint\" is made, in Next (01234567)\n");
}

TEST_CASE("cli: --team goes with every request about a team, wherever it stands") {
  FakeHost host;
  CHECK(host.request({"--team", "T1", "status"}) == R"({"do":"status","team":"T1"})");
  CHECK(host.request({"room", "list", "--team", "T1"}) ==
        R"({"do":"room.list","archived":false,"team":"T1"})");
}

TEST_CASE("cli: the home is --home, else the environment's") {
  FakeHost host;
  host.run({"status"});
  host.run({"--home", "/homes/b", "status"});
  host.run({"status", "--home", "/homes/c"});
  CHECK(host.opened == std::vector<std::string>{"/homes/default", "/homes/b", "/homes/c"});
}

TEST_CASE("cli: words come from a file, from stdin by - and by --file -") {
  TemporaryFolder folder;
  write_whole(folder / "text.md", "from a file\n");
  FakeHost host;
  host.stdin_text = "from stdin\n";
  CHECK(host.request({"doc", "append", "N/P", "--file", folder / "text.md"}) ==
        R"({"do":"doc.append","doc":"N/P","text":"from a file\n"})");
  CHECK(host.request({"doc", "append", "N/P", "-"}) ==
        R"({"do":"doc.append","doc":"N/P","text":"from stdin\n"})");
  CHECK(host.request({"doc", "write", "N/P", "--file", "-"}) ==
        R"({"do":"doc.write","doc":"N/P","text":"from stdin\n"})");
  CHECK(host.run({"doc", "append", "N/P", "x", "--file", folder / "text.md"}).code == 2);
  CHECK(host.run({"doc", "append", "N/P", "--file", folder / "none.md"}).code == 3);
}

TEST_CASE("cli: a megabyte pasted through stdin arrives whole") {
  FakeHost host;
  while (host.stdin_text.size() < 1'000'000) host.stdin_text += "Grüße, 世界! ";
  const auto ran = host.run({"doc", "append", "N/P", "-"});
  CHECK(ran.code == 0);
  REQUIRE(host.requests.size() == 1);
  CHECK(host.requests[0]["text"].text() == host.stdin_text);
}

TEST_CASE("cli: text that is not UTF-8 is refused before anything is asked") {
  FakeHost host;
  host.stdin_text = "\xff\xfe";
  const auto ran = host.run({"doc", "append", "N/P", "-"});
  CHECK(ran.code == 2);
  CHECK(host.requests.empty());
}

TEST_CASE("cli: doc edit writes what the editor left, against the text it began with") {
  TemporaryFolder folder;
  FakeHost host;
  host.host.environment.temporary_folder = folder.path();
  host.answer_json("doc.show", R"({"id":"d1","text":"one\n"})");
  std::string seen;
  std::string path;
  host.editor = [&](const std::string& at) {
    path = at;
    seen = read_whole(at);
    write_whole(at, "one\ntwo\n");
  };
  auto ran = host.run({"doc", "edit", "N/P"});
  CHECK(ran.code == 0);
  CHECK(seen == "one\n");
  REQUIRE(host.requests.size() == 2);
  CHECK(to_json(host.requests[1]) ==
        R"({"do":"doc.write","doc":"d1","text":"one\ntwo\n","base":"one\n"})");
  CHECK(read_whole(path).empty());  // gone
  CHECK(host.opened.size() == 2);   // the home was free meanwhile

  SUBCASE("an editor that changes nothing writes nothing") {
    host.editor = nullptr;
    ran = host.run({"doc", "edit", "N/P"});
    CHECK(ran.code == 0);
    CHECK(host.requests.size() == 1);
  }
  SUBCASE("when writing fails the text is kept and its place told") {
    host.answer("doc.write", fail(Code::busy, "the home is in use"));
    ran = host.run({"doc", "edit", "N/P"});
    CHECK(ran.code == 5);
    CHECK(ran.err.find(path) != std::string::npos);
    CHECK(read_whole(path) == "one\ntwo\n");
  }
}

TEST_CASE("cli: an invite goes into a file, and joining reads it from there") {
  TemporaryFolder folder;
  FakeHost host;
  host.answer_json("invite.create", R"({"code":"AAAA-BBBB","id":"i1","uses":1})");
  CHECK(host.run({"invite", "--file", folder / "code"}).code == 0);
  CHECK(read_whole(folder / "code") == "AAAA-BBBB\n");
  CHECK(host.request({"join", folder / "code", "--at", "h:1"}) ==
        R"({"do":"join","code":"AAAA-BBBB","at":"h:1","timeout_ms":60000})");
}

TEST_CASE("cli: a code is drawn as a picture, and joining takes its link") {
  TemporaryFolder folder;
  FakeHost host;
  host.answer_json("invite.create", R"({"code":"AAAA-BBBB","id":"i1","uses":1})");
  host.answer_json("device.add", R"({"code":"CCCC-DDDD","expires":"2026-03-09T17:00:00Z"})");
  CHECK(host.run({"invite", "--qr", folder / "invite.png"}).code == 0);
  CHECK(read_whole(folder / "invite.png").starts_with("\x89PNG\r\n"));
  CHECK(host.run({"device", "add", "--qr", folder / "d.png", "--file", folder / "d"}).code == 0);
  CHECK(read_whole(folder / "d.png") != read_whole(folder / "invite.png"));
  CHECK(read_whole(folder / "d") == "CCCC-DDDD\n");
  const auto ran = host.run({"invite", "--qr", folder / "no/such/folder.png"});
  CHECK(ran.code == 1);
  CHECK(ran.err.find("the invite stands") != std::string::npos);
  CHECK(host.request({"join", "holm://join/AAAA-BBBB", "--at", "h:1"}) ==
        R"({"do":"join","code":"AAAA-BBBB","at":"h:1","timeout_ms":60000})");
}

TEST_CASE("cli: recover takes the phrase from a file or the terminal, and makes a home if needed") {
  TemporaryFolder folder;
  write_whole(folder / "phrase", "one two three\n");
  FakeHost host;
  CHECK(host.request({"recover", "--phrase-file", folder / "phrase", "--at", "h:1"}) ==
        R"({"do":"recover","phrase":"one two three\n","at":"h:1","timeout_ms":60000})");
  CHECK(host.inits.empty());
  host.typed_secrets = {"four five"};
  CHECK(host.request({"recover", "--at", "h:1", "--timeout", "5s"}) ==
        R"({"do":"recover","phrase":"four five","at":"h:1","timeout_ms":5000})");
  host.has_no_home = true;
  host.typed_secrets = {"six seven", ""};
  (void)host.request({"recover", "--at", "h:1", "--name", "Ana"});
  REQUIRE(host.inits.size() == 1);
  CHECK(host.inits[0].phrase == "six seven");
  CHECK(host.inits[0].name == "Ana");
}

TEST_CASE("cli: devices and safety words reach the node as given") {
  check({
      {{"device", "rename", "ab12", "Old phone"},
       R"({"do":"device.rename","device":"ab12","label":"Old phone"})"},
      {{"verify-member", "Bo"}, R"({"do":"member.verify","member":"Bo"})"},
      {{"verify-member", "Bo", "--same"},
       R"({"do":"member.verify","member":"Bo","outcome":"same"})"},
      {{"verify-member", "Bo", "--not-same"},
       R"({"do":"member.verify","member":"Bo","outcome":"different"})"},
  });
}

TEST_CASE("cli: import names the source absolutely and carries the people map") {
  TemporaryFolder folder;
  write_whole(folder / "lines", "# people\nana_d = Ana\r\n\nBo L = Bo\n");
  write_whole(folder / "tree", R"({"ana_d":"Ana"})");
  FakeHost host;
  host.answer_json("import", R"({"created":{"cards":2},"skipped":0,"warnings":[]})");
  CHECK(host.request({"import", "trello", "/x/b.json", "--room", "W", "--map", folder / "lines",
                      "--dry-run"}) ==
        R"({"do":"import","format":"trello","path":"/x/b.json","room":"W",)"
        R"("map":{"ana_d":"Ana","Bo L":"Bo"},"dry_run":true})");
  CHECK(host.request({"import", "markdown", "/x/vault/", "--map", folder / "tree"}) ==
        R"({"do":"import","format":"markdown","path":"/x/vault/","map":{"ana_d":"Ana"}})");
  CHECK(host.request({"import", "undo", "ab12"}) == R"({"do":"import.undo","id":"ab12"})");
  CHECK(host.run({"import", "slack", "/x"}).code == 2);
  host.run({"import", "markdown", "vault"});
  REQUIRE(host.requests.size() == 1);
  CHECK(host.requests[0]["path"].text().substr(0, 1) == "/");
}

TEST_CASE("cli: export writes the files it is given, and none outside its folder") {
  TemporaryFolder folder;
  FakeHost host;
  const auto file = [](const char* path, const char* text) {
    const auto bytes = as_bytes(text);
    return Value::object().set("path", path).set("bytes", to_bytes(bytes));
  };
  host.answer("export", Value::object().set("files", Value(Value::Array{file("Room/a.md", "A\r\n"),
                                                                        file("Room/b/c.md", "")})));
  auto ran = host.run({"export", folder / "out", "--room", "Room"});
  CHECK(ran.code == 0);
  CHECK(to_json(host.requests[0]) == R"({"do":"export","format":"markdown","room":"Room"})");
  CHECK(read_whole(folder / "out/Room/a.md") == "A\r\n");
  CHECK(read_whole(folder / "out/Room/b/c.md").empty());

  for (const auto* path : {"../x", "/etc/x", "a/../../x", ""}) {
    host.answer("export", Value::object().set("files", Value(Value::Array{file(path, "evil")})));
    ran = host.run({"export", folder / "out"});
    CHECK(ran.code == 6);
  }
  CHECK(read_whole(folder / "x").empty());
  CHECK(host.run({"export", folder / "out", "--format", "csv"}).code == 2);
}

TEST_CASE("cli: init takes a passphrase from a file, the environment or the terminal") {
  TemporaryFolder folder;
  write_whole(folder / "pass", "from file\n");
  FakeHost host;
  CHECK(host.run({"init", "--name", "Ana", "--passphrase-file", folder / "pass"}).code == 0);
  host.typed_secrets = {"typed", "typed"};
  CHECK(host.run({"init", "--name", "Ana"}).code == 0);
  host.typed_secrets = {"typed", "other"};
  CHECK(host.run({"init", "--name", "Ana"}).code == 2);
  host.typed_secrets = {"unused"};
  CHECK(host.run({"init", "--name", "Ana", "--no-passphrase"}).code == 0);
  host.host.environment.passphrase = "from environment";
  CHECK(host.run({"init", "--name", "Ana"}).code == 0);
  REQUIRE(host.inits.size() == 4);
  CHECK(host.inits[0].passphrase == "from file");
  CHECK(host.inits[1].passphrase == "typed");
  CHECK(host.inits[2].passphrase == std::nullopt);
  CHECK(host.inits[3].passphrase == "from environment");
  CHECK(host.run({"init"}).code == 2);
}

TEST_CASE("cli: init takes the desktop's keyring instead, and says what each way is good for") {
  TemporaryFolder folder;
  write_whole(folder / "pass", "from file\n");
  FakeHost host;
  host.typed_secrets = {"unused"};
  host.host.environment.passphrase = "from environment";
  const auto ran = host.run({"init", "--name", "Ana", "--keyring"});
  CHECK(ran.code == 0);
  REQUIRE(host.inits.size() == 1);
  CHECK(host.inits[0].in_keyring);
  CHECK(host.inits[0].passphrase == std::nullopt);
  for (const auto* way : {"A key file", "The desktop's keyring", "A passphrase"})
    CHECK(ran.err.find(way) != std::string::npos);
  CHECK(host.run({"--quiet", "init", "--name", "Ana", "--keyring"}).err.empty());
  CHECK(host.run({"init", "--name", "Ana", "--keyring", "--no-passphrase"}).code == 2);
  CHECK(
      host.run({"init", "--name", "Ana", "--keyring", "--passphrase-file", folder / "pass"}).code ==
      2);
  CHECK(host.inits.size() == 2);
}

TEST_CASE("cli: a home moves between key file, passphrase and keyring") {
  TemporaryFolder folder;
  write_whole(folder / "next", "next words\n");
  FakeHost host;
  CHECK(host.run({"passphrase", "keyring"}).code == 0);
  CHECK(host.run({"passphrase", "set", "--new-passphrase-file", folder / "next"}).code == 0);
  CHECK(host.run({"passphrase", "remove"}).code == 0);
  REQUIRE(host.relocks.size() == 3);
  CHECK(host.relocks[0].in_keyring);
  CHECK(host.relocks[0].next == std::nullopt);
  CHECK(host.relocks[1].next == "next words");
  CHECK_FALSE(host.relocks[1].in_keyring);
  CHECK(host.relocks[2].next == std::nullopt);
  CHECK_FALSE(host.relocks[2].in_keyring);
  // The passphrase so far is asked for where the home turns out to have one.
  host.typed_secrets = {"typed"};
  host.host.relock = [&](const Relock& relock) -> Result<Value> {
    host.relocks.push_back(relock);
    if (!relock.current) return fail(Code::denied, "this home is locked with a passphrase");
    return Value::object().set("passphrase", false).set("left_in_keyring", true);
  };
  const auto ran = host.run({"passphrase", "keyring"});
  CHECK(ran.code == 0);
  REQUIRE(host.relocks.size() == 5);
  CHECK(host.relocks[4].current == "typed");
  CHECK(host.relocks[4].in_keyring);
  CHECK(ran.err.find("remove the entry") != std::string::npos);
  CHECK(host.run({"passphrase", "remove"}).code == 4);
}

TEST_CASE("cli: a locked home asks at the terminal when no passphrase was given") {
  FakeHost host;
  host.open_error = Error{Code::denied, "the passphrase is missing", "", ""};
  host.typed_secrets = {"typed"};
  CHECK(host.run({"status"}).code == 4);
  CHECK(host.passphrases == std::vector<std::optional<std::string>>{std::nullopt, "typed"});
}

TEST_CASE("cli: serve prints one ready line and writes it to --ready-fd") {
  FakeHost host;
  const auto ran = host.run({"serve", "--listen", "127.0.0.1:0", "--no-lan", "--ready-fd", "5"});
  CHECK(ran.code == 0);
  CHECK(ran.out == "{\"listening\":\"127.0.0.1:40123\"}\n");
  CHECK(host.signalled == ran.out);
  REQUIRE(host.serves.size() == 1);
  CHECK(host.serves[0].listen == "127.0.0.1:0");
}

TEST_CASE("cli: demo tells its story on stdout, or on stderr beside JSON") {
  FakeHost host;
  auto ran = host.run({"demo", "--keep", "/tmp/x"});
  CHECK(ran.out == "Ana makes a team.\n");
  CHECK(host.demos[0].dir == "/tmp/x");
  ran = host.run({"demo", "--json"});
  CHECK(ran.out == "{\"agree\":true}\n");
  CHECK(ran.err == "Ana makes a team.\n");
}

}  // namespace holm::cli
