#include <doctest/doctest.h>

#include "base/wire.h"
#include "tests/work/lab.h"
#include "work/answer.h"
#include "work/exchange/import.h"
#include "work/file_content.h"

namespace holm::work {
namespace {

using holm::test::Lab;

FileContent content(std::uint8_t n, std::uint64_t bytes = 10) {
  FileContent out;
  out.root.bytes.fill(n);
  out.bytes = bytes;
  out.hash.bytes.fill(n);
  return out;
}

FileNew make(const std::string& name, std::uint8_t n = 1) {
  return {"Lab", name, {}, to_text(content(n)), "text/plain"};
}

Value ask(const Lab& lab, const Query& query) {
  auto out = answer(lab.ana, {.now = {}, .zone = "UTC"}, query);
  REQUIRE_MESSAGE(out, (out ? "" : out.error().text()));
  return std::move(*out);
}

TEST_CASE("file: content crosses as a value and as text, and nothing else reads as one") {
  const auto one = content(3, 1ull << 40);
  CHECK(file_content_from(to_value(one)) == one);
  CHECK(file_content_from_text(to_text(one)).value() == one);
  CHECK_FALSE(file_content_from(Value("x")));
  CHECK_FALSE(
      file_content_from(Value(Value::Array{Value(0), Value(Bytes(31)), Value(1), Value()})));
  CHECK_FALSE(file_content_from(
      Value(Value::Array{Value(-1), Value(Bytes(32)), Value(1), Value(Bytes(32))})));
  CHECK(file_content_from_text("xyz").error().code == Code::usage);
  CHECK(file_content_from_text("").error().code == Code::usage);
}

TEST_CASE("file: named, listed, shown, renamed, pinned, put away and brought back") {
  Lab lab;
  auto command = make("plan.pdf");
  command.folder = "Plans/2026";
  const auto id = lab.ana.run(command);
  CHECK(lab.ana.ref("Lab/Plans/2026/plan.pdf", {kFile}).object == id);
  auto shown = ask(lab, FileShow{"Lab/Plans/2026/plan.pdf"});
  CHECK(shown["bytes"].number() == 10);
  CHECK(shown["media"].text() == "text/plain");
  CHECK(shown["versions"].items().size() == 1);
  lab.ana.run(FileRename{"Lab/Plans/2026/plan.pdf", "map.pdf"});
  lab.ana.run(FilePin{id.text(), false});
  shown = ask(lab, FileShow{id.text()});
  CHECK(shown["name"].text() == "map.pdf");
  CHECK(shown["pinned"].flag());
  CHECK(shown["pinned_by"].items().size() == 1);
  lab.ana.run(FilePin{id.text(), true});
  CHECK_FALSE(ask(lab, FileShow{id.text()})["pinned"].flag());
  lab.ana.run(FileArchive{id.text(), false});
  CHECK(ask(lab, FileList{})["files"].items().empty());
  CHECK(ask(lab, FileList{{}, true})["files"].items().size() == 1);
  lab.ana.run(FileArchive{id.text(), true});
  CHECK(ask(lab, FileList{"Lab"})["files"].items().size() == 1);
}

TEST_CASE("file: every version stays known, and the same content again is no version") {
  Lab lab;
  const auto id = lab.ana.run(make("a.txt", 1));
  lab.ana.run(FileVersion{id.text(), to_text(content(2)), "text/plain"});
  CHECK(lab.said(FileVersion{id.text(), to_text(content(2)), "text/plain"}) ==
        std::vector<std::string>{"the file holds exactly this already"});
  const auto shown = ask(lab, FileShow{id.text()});
  REQUIRE(shown["versions"].items().size() == 2);
  CHECK(shown["hash"].text() == content(2).hash.text());
  const auto history = lab.ana.history(lab.ana.ref(id));
  REQUIRE(history);
  CHECK(contents_in(id, *history) == std::vector<FileContent>{content(1), content(2)});
}

TEST_CASE("file: names that are none are refused, strange ones are not") {
  Lab lab;
  for (const std::string& name :
       {std::string(), std::string("a/b"), std::string("."), std::string(".."), std::string("a\nb"),
        std::string("a\0b", 3), std::string(1001, 'n'), std::string("bad \xff")})
    CHECK(lab.refused(make(name)).code == Code::usage);
  for (const auto* folder : {"/", "a//b", "..", "a/../b", "/etc", "a/"}) {
    auto command = make("x");
    command.folder = folder;
    CHECK(lab.refused(command).code == Code::usage);
  }
  for (const std::string& name : {std::string(1000, 'n'), std::string("شكرا 🚲.txt"),
                                  std::string("-rf *"), std::string("...")})
    lab.ana.run(make(name));
}

TEST_CASE("file: found by its name and folder, and what it is attached to by has:file") {
  Lab lab;
  auto command = make("Boat-plan 2026.pdf");
  command.folder = "winter work";
  const auto id = lab.ana.run(command);
  lab.ana.run(ThreadNew{"Lab", "First", "hello"});
  Say say;
  say.thread = "Lab/First";
  say.text = "hello with a plan";
  say.attachments = {id.text()};
  const auto message = lab.ana.run(say);
  const auto found = [&](const char* query) {
    std::vector<std::string> out;
    const auto answer = ask(lab, Search{.query = query});
    for (const auto& hit : answer["hits"].items()) {
      out.emplace_back(hit["id"].text());
    }
    return out;
  };
  CHECK(found("boat") == std::vector{id.text()});
  CHECK(found("winter kind:file") == std::vector{id.text()});
  CHECK(found("pdf") == std::vector{id.text()});
  CHECK(found("hello has:file") == std::vector{message.text()});
  lab.ana.run(FileArchive{id.text(), false});
  CHECK(found("boat").empty());
  CHECK(found("boat state:archived") == std::vector{id.text()});
}

TEST_CASE("file: attached to a message and a comment, of the same room only") {
  Lab lab;
  const auto id = lab.ana.run(make("a.txt"));
  lab.ana.run(ThreadNew{"Lab", "First", "hello"});
  Say say;
  say.thread = "Lab/First";
  say.text = "see this";
  say.attachments = {id.text()};
  lab.ana.run(say);
  const auto thread = ask(lab, ThreadShow{"Lab/First"});
  const auto& attached = thread["messages"].items().back()["attachments"].items();
  REQUIRE(attached.size() == 1);
  CHECK(attached[0]["name"].text() == "a.txt");
  lab.ana.run(CommentAdd{"Lab/notes/Plan", "and here", {}, {id.text()}});
  const auto comments = ask(lab, CommentList{"Lab/notes/Plan"});
  CHECK(comments["comments"].items().front()["attachments"].items().size() == 1);
  lab.ana.run(RoomNew{"Other", "project", ""});
  auto far = make("b.txt");
  far.room = "Other";
  say.attachments = {lab.ana.run(far).text()};
  CHECK(lab.refused(say).code == Code::usage);
}

TEST_CASE("file: an export names each once, without regard to case, inside its folder") {
  Lab lab;
  for (const auto* name : {"Plan.txt", "plan.TXT", "con", "tail. ", "x"}) lab.ana.run(make(name));
  lab.ana.run(FileArchive{"Lab/x", false});
  const auto files =
      export_markdown(lab.ana, {.now = {}, .zone = "UTC"}, {lab.ana.ref(lab.room).space});
  REQUIRE(files);
  std::vector<std::string> paths;
  for (const auto& file : *files)
    if (file.file) paths.push_back(file.path);
  CHECK(paths == std::vector<std::string>{"Lab/Files/Plan.txt", "Lab/Files/-con",
                                          "Lab/Files/plan (2).TXT", "Lab/Files/tail"});
}

}  // namespace
}  // namespace holm::work
