// Exit codes, errors, purity of JSON, help and what is made from the command table.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/json.h"
#include "tests/tools/fake_host.h"
#include "tools/holm/help.h"
#include "tools/holm/later.h"
#include "tools/holm/page.h"
#include "tools/holm/parse.h"
#include "tools/holm/run.h"

namespace holm::cli {
namespace {

/// One line, beginning with the program's name.
bool is_error_line(const std::string& text) {
  return text.starts_with("holm: ") && text.ends_with("\n") &&
         std::count(text.begin(), text.end(), '\n') == 1;
}

}  // namespace

TEST_CASE("cli: each kind of failure has its exit code and one line on stderr") {
  const std::vector<std::pair<Code, int>> codes = {
      {Code::failed, 1}, {Code::usage, 2},   {Code::not_found, 3},  {Code::denied, 4},
      {Code::busy, 5},   {Code::corrupt, 6}, {Code::timeout, 7},    {Code::reject, 1},
      {Code::limit, 1},  {Code::retry, 1},   {Code::unsupported, 1}};
  for (const auto& [code, number] : codes) {
    FakeHost host;
    host.answer("status", fail(code, "it\nwent \033[31mwrong", "all is safe", "try again"));
    for (const bool json : {false, true}) {
      const auto ran = host.run(json ? std::vector<std::string>{"--json", "status"}
                                     : std::vector<std::string>{"status"});
      CHECK(ran.code == number);
      CHECK(ran.out.empty());
      CHECK(ran.err == "holm: it went ␛[31mwrong; all is safe; try again\n");
    }
  }
}

TEST_CASE("cli: what cannot be understood is wrong usage, says so in a line, and asks nothing") {
  const std::vector<std::vector<std::string>> wrong = {
      {"frobnicate"},
      {"card"},
      {"card", "frob"},
      {"card", "item"},
      {"card", "add", "B"},
      {"card", "add", "B", "T", "extra"},
      {"card", "add", "B", "T", "--wrong"},
      {"card", "add", "B", "T", "--due"},
      {"card", "move", "R-1", "Done", "--top", "--bottom"},
      {"card", "set", "R-1"},
      {"card", "set", "R-1", "title"},
      {"card", "add", "B", "T", "--after", "R-1"},
      {"doc", "show", "N/P", "--html"},
      {"doc", "write", "N/P"},
      {"recover", "--phrase-file", "x"},
      {"recover", "--at", "h:1"},
      {"recover", "--at", "h:1", "--bundle", "x"},
      {"verify-member", "Bo", "--same", "--not-same"},
      {"invite", "--uses", "many"},
      {"sync", "--timeout", "soon"},
      {"say", "T"},
      {"history", "R-1", "--limit", "0"},
      {"completions", "tcsh"},
      {"--wrong", "status"},
      {"--home"},
      {"poll", "new", "R", "Q"},
  };
  for (const auto& words : wrong) {
    FakeHost host;
    const auto ran = host.run(words);
    INFO(ran.err);
    CHECK(ran.code == 2);
    CHECK(is_error_line(ran.err));
    CHECK(ran.out.empty());
    CHECK(host.requests.empty());
  }
}

TEST_CASE("cli: a command of a later version is named as such") {
  FakeHost host;
  CHECK(host.run({"poll"}).err ==
        "holm: \"poll\" is not in this version; nothing was done; \"holm help\" lists what is\n");
  // None of them stands in the table, or the refusal would never be seen.
  for (const auto later : later_commands())
    for (const auto& command : command_table()) {
      CHECK(command.name != later);
      CHECK(!command.name.starts_with(std::string(later) + " "));
    }
}

TEST_CASE("cli: a slip of the finger is answered with the nearest command") {
  FakeHost host;
  CHECK(host.run({"staus"}).err.find("did you mean \"status\"?") != std::string::npos);
}

TEST_CASE("cli: --json prints one document and nothing else, notices apart") {
  FakeHost host;
  host.answer_json("card.set", R"({"id":"c1","notices":["Ben also set the due date."]})");
  const auto ran = host.run({"--json", "card", "set", "R-1", "due=fri"});
  CHECK(ran.out == "{\"id\":\"c1\",\"notices\":[\"Ben also set the due date.\"]}\n");
  CHECK(ran.err == "Ben also set the due date.\n");
  CHECK(host.run({"--json", "--quiet", "card", "set", "R-1", "due=fri"}).err.empty());
}

TEST_CASE("cli: every command prints parseable JSON with --json") {
  TemporaryFolder folder;
  write_whole(folder / "text", "words");
  for (const auto& command : command_table()) {
    if (command.name == "serve") continue;  // its ready line is JSON always
    FakeHost host;
    host.host.environment.temporary_folder = folder.path();
    host.answer_json("doc.show", R"({"id":"d1","text":"one\n"})");
    host.answer("file.read", Value::object()
                                 .set("id", "f1")
                                 .set("name", "plan.txt")
                                 .set("bytes", Bytes{'x'})
                                 .set("end", true));
    std::vector<std::string> words = {"--json"};
    std::string word;
    for (const char c : std::string(command.name) + " ") {
      if (c != ' ') {
        word += c;
        continue;
      }
      words.push_back(word);
      word.clear();
    }
    for (const auto& argument : command.arguments) {
      if (argument.need == Argument::Need::optional || argument.need == Argument::Need::any)
        continue;
      if (argument.name == "FORMAT")
        words.emplace_back("markdown");
      else if (argument.name == "SHELL")
        words.emplace_back("bash");
      else if (argument.name == "DIR")
        words.push_back(folder / "out");
      else
        words.emplace_back(argument.need == Argument::Need::some ? "key=value" : "words");
    }
    host.typed_secrets = {"correct", "correct", "correct"};
    if (command.name == "room new") words.emplace_back("Yard");
    if (command.name == "room member") words.emplace_back("Bo");
    if (command.name == "init") words.insert(words.end(), {"--name", "Ana"});
    if (command.name == "recover") words.insert(words.end(), {"--at", "h:1"});
    if (command.name == "file get") words.insert(words.end(), {"--out", folder / "got"});
    if (command.name == "file quota") words.emplace_back("20G");
    if (command.name == "doc write") words.insert(words.end(), {"--file", folder / "text"});
    const auto ran = host.run(words);
    INFO(command.name << ": " << ran.err);
    CHECK(ran.code == 0);
    if (command.name == "watch" || command.name == "team log") continue;  // a line for each event
    CHECK(ran.out.ends_with("\n"));
    CHECK(std::count(ran.out.begin(), ran.out.end(), '\n') == 1);
    CHECK(parse_json(ran.out).has_value());
  }
}

TEST_CASE("cli: watch prints one document a line, and ends when its reader has gone") {
  FakeHost host;
  host.events({Value::object().set("path", "N/P"), Value::object().set("path", "N/Q")});
  CHECK(host.run({"watch", "--json"}).out == "{\"path\":\"N/P\"}\n{\"path\":\"N/Q\"}\n");
  host.out_error = Error{Code::retry, "", "", ""};
  const auto ran = host.run({"watch", "--quiet"});
  CHECK(ran.code == 0);
  CHECK(ran.err.empty());
}

TEST_CASE("cli: an answer that cannot be written is a failure that says so") {
  FakeHost host;
  host.out_error = Error{Code::failed, "the answer can't be written: No space left on device",
                         "what was asked is done", ""};
  const auto ran = host.run({"card", "done", "R-1"});
  CHECK(ran.code == 1);
  CHECK(is_error_line(ran.err));
}

TEST_CASE("cli: --quiet leaves questions their answers and says nothing else") {
  FakeHost host;
  host.answer_json("room.list", R"({"rooms":[{"title":"Notes"}]})");
  CHECK(host.run({"--quiet", "card", "done", "R-1"}).out.empty());
  CHECK(host.run({"--quiet", "room", "list"}).out.find("Notes") != std::string::npos);
}

TEST_CASE("cli: damage found by verify ends with 6") {
  FakeHost host;
  host.answer("verify", fail(Code::corrupt, "Team: a change does not fit its chain"));
  CHECK(host.run({"verify"}).code == 6);
  host.answer_json("verify", R"({"ok":true,"teams":[]})");
  CHECK(host.run({"verify"}).code == 0);
}

TEST_CASE("cli: help names every command, and knows each of them and its group") {
  FakeHost host;
  const auto overview = host.run({"help"});
  CHECK(overview.code == 0);
  CHECK(host.run({}).out == overview.out);
  CHECK(host.run({"--help"}).out == overview.out);
  for (const auto& command : command_table()) {
    const std::string name(command.name);
    if (command.shown == Command::Shown::listed)
      CHECK(overview.out.find("  " + name + " ") != std::string::npos);
    const auto ran = host.run({"help", name});
    CHECK(ran.code == 0);
    for (const auto& option : command.options)
      CHECK(ran.out.find(option.name) != std::string::npos);
  }
  CHECK(host.run({"help", "card"}).out.find("card item add") != std::string::npos);
  CHECK(host.run({"card", "--help"}).out == host.run({"help", "card"}).out);
  CHECK(host.run({"card", "add", "--help"}).out == host.run({"help", "card", "add"}).out);
  CHECK(host.run({"help", "frob"}).code == 3);
  CHECK(host.run({"help", "poll"}).code == 2);
}

TEST_CASE("cli: the table is in order: names once, summaries of one line, sane options") {
  std::set<std::string_view> names;
  for (const auto& command : command_table()) {
    INFO(command.name);
    CHECK(names.insert(command.name).second);
    CHECK(!command.summary.empty());
    CHECK(command.summary.size() <= 80);
    CHECK(!command.summary.ends_with("."));
    CHECK((command.run != nullptr));
    std::set<std::string_view> options;
    for (const auto& option : command.options) {
      CHECK(options.insert(option.name).second);
      CHECK(option.name.starts_with("--"));
      CHECK(!option.help.empty());
      for (const auto& global : global_options()) CHECK(option.name != global.name);
    }
  }
}

TEST_CASE("cli: the shipped man page is the one the table makes") {
  FakeHost host;
  const auto ran = host.run({"manpage"});
  CHECK(ran.code == 0);
  // To be renewed with: holm manpage > docs/guide/holm.1
  CHECK(ran.out == read_whole("docs/guide/holm.1"));
}

TEST_CASE("cli: words of the interface are those a person knows") {
  for (const auto& command : command_table()) {
    std::string all = std::string(command.summary) + " " + std::string(command.notes);
    for (const auto& option : command.options) all += " " + std::string(option.help);
    for (const auto& argument : command.arguments) all += " " + std::string(argument.help);
    for (const auto* word : {"CRDT", "peer id", "vector", "lamport", "replica", "object"}) {
      INFO(command.name << " says " << word);
      CHECK(all.find(word) == std::string::npos);
    }
  }
}

TEST_CASE("page: control characters are shown and not obeyed") {
  CHECK(visible("a\033[31mb\a\r\nc\xc2\x9b", Lines::replace) == "a␛[31mb␇␍ c�");
  CHECK(visible("a\r\nb\tc", Lines::keep) == "a\r\nb\tc");
  CHECK(visible("safe\xe2\x80\xae"
                "evil",
                Lines::keep) == "safe�evil");
  CHECK(visible("\xff", Lines::keep) == "�");
  CHECK(visible("Grüße 世界 👍", Lines::keep) == "Grüße 世界 👍");
}

TEST_CASE("page: columns line up in every script") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("Grüße") == 5);
  CHECK(display_width("世界") == 4);
  CHECK(display_width("e\xcc\x81") == 1);
  Page page({false, false, 0, {}});
  page.table({}, {{"世界", "x"}, {"abcdef", "y"}});
  CHECK(page.take() == "世界    x\nabcdef  y\n");
}

TEST_CASE("page: colour only where it is wanted, long words wrapped at the terminal's width") {
  Page plain({false, false, 0, {}});
  plain.line("calm", Style::warn);
  CHECK(plain.take() == "calm\n");
  Page coloured({true, true, 40, {}});
  coloured.line("calm", Style::warn);
  CHECK(coloured.take() == "\033[33mcalm\033[0m\n");
  Page narrow({false, true, 30, {}});
  narrow.paragraph("one two three four five six seven eight nine", 2);
  CHECK(narrow.take() == "  one two three four five six\n  seven eight nine\n");
}

TEST_CASE("page: moments are shown in the zone of the reader") {
  Page page({false, false, 0, [] { return std::string("Europe/Lisbon"); }});
  CHECK(page.when("2026-07-09T16:00:00Z") == "Thu 9 Jul 2026, 17:00 (Europe/Lisbon)");
  CHECK(page.when(Value()).empty());
  CHECK(page.when("someday") == "someday");
}

TEST_CASE("cli: moments are shown in the zone of one's own profile") {
  FakeHost host;
  host.answer_json("doc.list",
                   R"({"documents":[{"path":"N/P","changed":"2026-07-09T16:00:00Z"}]})");
  host.answer_json("profile.show", R"({"zone":"Asia/Tokyo"})");
  CHECK(host.run({"doc", "list"}).out.find("Fri 10 Jul 2026, 01:00 (Asia/Tokyo)") !=
        std::string::npos);
  host.answer_json("profile.show", R"({"zone":null})");
  CHECK(host.run({"doc", "list"}).out.find("17:00 (Europe/Lisbon)") != std::string::npos);
  CHECK(host.request({"doc", "list", "--json"}) == R"({"do":"doc.list","archived":false})");
}

}  // namespace holm::cli
