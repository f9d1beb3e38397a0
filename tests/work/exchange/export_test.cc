#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "base/json.h"
#include "tests/work/exchange/source.h"
#include "work/exchange/export_path.h"
#include "work/reference.h"
#include "work/schema.h"

namespace holm::work {
namespace {

using test::Device;
using test::Team;

std::map<std::string, std::string> files_of(const Result<std::vector<ExportFile>>& exported) {
  REQUIRE_MESSAGE(exported, (exported ? "" : exported.error().text()));
  std::map<std::string, std::string> out;
  for (const auto& file : *exported) {
    CHECK(out.emplace(file.path, to_text(file.bytes)).second);
  }
  return out;
}

std::map<std::string, std::string> markdown(Device& device, const std::vector<SpaceId>& rooms) {
  return files_of(export_markdown(device, {device.now, device.zone}, rooms));
}

TEST_CASE("export names: safe on any file system") {
  CHECK(safe_name("a/b\\c:d*e?f\"g<h>i|j") == "a-b-c-d-e-f-g-h-i-j");
  CHECK(safe_name("") == "Untitled");
  CHECK(safe_name("...") == "Untitled");
  CHECK(safe_name(".hidden") == "-hidden");
  CHECK(safe_name("..") == "Untitled");
  CHECK(safe_name("CON") == "-CON");
  CHECK(safe_name("lpt1.txt") == "-lpt1.txt");
  CHECK(safe_name("console") == "console");
  CHECK(safe_name(" ends in dot. ") == "ends in dot");
  CHECK(safe_name("line\nbreak") == "line-break");
  CHECK(safe_name("工具 🔧") == "工具 🔧");
  CHECK(safe_name(std::string(100, 'a') + std::string("ööööööööööööööööö")).size() <= 120);
}

TEST_CASE("export names: unique without regard to case") {
  ExportPaths paths;
  CHECK(paths.take("Room/a", "Title", ".md") == "Room/a/Title.md");
  CHECK(paths.take("Room/a", "title", ".md") == "Room/a/title (2).md");
  CHECK(paths.take("Room/a", "TITLE", ".md") == "Room/a/TITLE (3).md");
  CHECK(paths.take("Room//../x", "T", ".md") == "Room/Untitled/x/T.md");
  CHECK(paths.take("", "team", ".json") == "team.json");
}

TEST_CASE("export names: no file takes the place of a folder, nor a folder that of a file") {
  ExportPaths paths;
  CHECK(paths.take("Room/x.md", "inner", ".md") == "Room/x.md/inner.md");
  CHECK(paths.take("Room", "X", ".md") == "Room/X (2).md");
  CHECK(paths.take("Room", "y", ".md") == "Room/y.md");
  CHECK(paths.take("Room/Y.md/z", "inner", ".md") == "Room/Y.md (2)/z/inner.md");
  CHECK(paths.take("Room/Y.md", "other", ".md") == "Room/Y.md (2)/other.md");
}

TEST_CASE("export: a vault goes out as it came in, byte for byte") {
  Team team({"ana", "bo"});
  auto& ana = team["ana"];
  const auto room = test::new_room(ana, "Slipway");
  const auto files = test::read_folder(test::own_sample("vault"));
  test::bring_markdown(ana, room, files);
  team.meet();
  const auto out = markdown(team["bo"], {room});
  std::size_t notes = 0;
  for (const auto& file : files) {
    if (!file.path.ends_with(".md")) continue;
    ++notes;
    const auto at = out.find("Slipway/" + file.path);
    REQUIRE_MESSAGE(at != out.end(), file.path);
    CHECK(at->second == as_text(file.bytes));
  }
  CHECK(out.size() == notes);
}

TEST_CASE("export: the shared vault goes out byte for byte") {
  const auto shared = test::shared_samples();
  if (!shared) return;
  Team team({"ana"});
  auto& ana = team["ana"];
  const auto room = test::new_room(ana, "Vault");
  const auto files = test::read_folder(*shared / "markdown/personal-vault");
  test::bring_markdown(ana, room, files);
  const auto out = markdown(ana, {room});
  for (const auto& file : files) {
    if (file.path.ends_with(".md")) CHECK(out.at("Vault/" + file.path) == as_text(file.bytes));
  }
}

TEST_CASE("export: boards and threads can be read without Holm") {
  Team team({"ana", "bo"});
  auto& ana = team["ana"];
  const auto room = test::new_room(ana, "Slipway");
  test::bring_trello(ana, room, to_text(test::read_bytes(test::own_sample("board.json"))));
  ana.run(ThreadNew{.room = "Slipway", .title = "Bell", .text = "# Who rings it?\n\nOnce."});
  const auto thread = ana.ref("Slipway/Bell", {kThread});
  ana.run(Say{.thread = "Slipway/Bell",
              .text = "Sakura",
              .intent = "question",
              .to = {"bo"},
              .reply_by = "2026-05-01",
              .needs_from = {},
              .show_after = {}});
  ana.run(DocNew{.path = "Slipway/Plan", .text = "ring the bell once\n"});
  ana.run(CommentAdd{.target = "Slipway/Plan", .text = "twice!", .on = "once"});
  ana.run(CommentAdd{.target = "Slipway/Slipway Tools", .text = "tools only", .on = {}});
  const auto out = markdown(ana, {room});
  const auto& board = out.at("Slipway/Slipway Tools (board).md");
  CHECK(board.find("> tools only") != std::string::npos);
  CHECK(board.find("## In progress") != std::string::npos);
  CHECK(board.find("## Winter 2025 (archived)") != std::string::npos);
  CHECK(board.find("### ST-16 Open the doors") != std::string::npos);
  CHECK(board.find("- [x] Order the coffee") != std::string::npos);
  CHECK(board.find("- [ ] Wind the clock") != std::string::npos);
  CHECK(board.find("**مريم حداد**, 2026-03-24T19:30:00Z") != std::string::npos);
  const auto& said = out.at("Slipway/Bell (thread).md");
  CHECK(said.find("> # Who rings it?") != std::string::npos);
  CHECK(said.find("question · to bo · reply by") != std::string::npos);
  const auto& comments = out.at("Slipway/Plan (comments).md");
  CHECK(comments.find("about “once”") != std::string::npos);
  CHECK(comments.find("> twice!") != std::string::npos);
  CHECK(out.at("Slipway/Plan.md") == "ring the bell once\n");
  static_cast<void>(thread);
}

TEST_CASE("export: documents of one name keep apart") {
  Team team({"ana"});
  auto& ana = team["ana"];
  const auto room = test::new_room(ana, "Quay");
  ana.run(DocNew{.path = "Quay/x/Same", .text = "one"});
  ana.run(DocNew{.path = "Quay/x/SAME", .text = "two"});
  const auto out = markdown(ana, {room});
  CHECK(out.size() == 2);
  CHECK(out.count("Quay/x/SAME.md") + out.count("Quay/x/Same.md") == 1);
}

TEST_CASE("export: JSON holds every object with its history, and every character ever typed") {
  Team team({"ana", "bo"});
  auto& ana = team["ana"];
  auto& bo = team["bo"];
  const auto room = test::new_room(ana, "Quay");
  ana.run(DocNew{.path = "Quay/Note", .text = "first words\n"});
  team.meet();
  ana.run(DocWrite{.doc = "Quay/Note", .text = "words\n", .base = {}});
  ana.run(DocSet{.doc = "Quay/Note", .values = {{"status", "agreed"}}});
  bo.run(DocSet{.doc = "Quay/Note", .values = {{"status", "stale"}}});
  team.converge();
  const auto files = files_of(export_json(ana, {ana.now, ana.zone}, {room}));
  REQUIRE(files.count("Quay.json") == 1);
  REQUIRE(files.count("team.json") == 1);
  const auto tree = *parse_json(files.at("Quay.json"));
  CHECK(tree["format"].text() == "holm");
  const Value* note = nullptr;
  for (const auto& object : tree["objects"].items()) {
    if (object["type"].text() == "document") note = &object;
  }
  REQUIRE(note != nullptr);
  CHECK((*note)["fields"]["text"].text() == "words\n");
  CHECK((*note)["also_set"]["status"].items().size() == 1);
  CHECK(files.at("Quay.json").find("first words") != std::string::npos);
  CHECK((*note)["history"].items().size() == 4);
  CHECK(tree["people"][team.member("bo").text()].text() == "bo");
  CHECK((*parse_json(files.at("team.json")))["team"]["members"].items().size() == 2);
  // The same state gives the same bytes, on every device.
  CHECK(files_of(export_json(bo, {ana.now, ana.zone}, {room})).at("Quay.json") ==
        files.at("Quay.json"));
}

TEST_CASE("export: the query names its formats") {
  Team team({"ana"});
  auto& ana = team["ana"];
  test::new_room(ana, "Quay");
  ana.run(DocNew{.path = "Quay/Note", .text = "x"});
  CHECK(test::ask(ana, ExportTree{.room = "Quay"})["files"].items().size() == 1);
  CHECK(test::ask(ana, ExportTree{.room = {}, .format = "all"})["files"].items().size() == 3);
  const auto wrong = answer(ana, {ana.now, ana.zone}, ExportTree{.room = {}, .format = "pdf"});
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == Code::usage);
}

}  // namespace
}  // namespace holm::work
