// Nodes on loop threads of their own, with real homes, sockets and clocks: what crosses between
// threads. The cases that ThreadSanitizer is run for.
#include "node/local_node.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "node/control.h"
#include "node/home.h"
#include "tests/support/folder.h"
#include "work/exchange/import.h"

namespace holm::node {
namespace {

namespace fs = std::filesystem;

struct Folder : test::Folder {
  std::string home(const std::string& name) {
    auto dir = (path / name).string();
    const auto made =
        init_home({.home = dir, .name = name, .zone = "UTC", .hours = {}, .unlock = {}});
    REQUIRE_MESSAGE(made, (made ? "" : made.error().text()));
    return dir;
  }
};

Value request(const char* what) { return Value::object().set("do", what); }

Value must(Client& client, const Value& asked) {
  auto answer = client.call(asked);
  if (!answer) FAIL(answer.error().text());
  return std::move(*answer);
}

/// A served home with a team, a room and a document.
struct Served {
  Served() : home(folder.home("ana")) {
    auto started = LocalNode::start_serving(home, {}, "127.0.0.1:0", listening);
    REQUIRE_MESSAGE(started, (started ? "" : started.error().text()));
    node = std::move(*started);
    must(*node, request("team.create").set("name", "Crew"));
    must(*node, request("room.new").set("name", "Yard"));
    must(*node, request("doc.new").set("path", "Yard/Log").set("text", "Log\n"));
  }
  Folder folder;
  std::string home;
  std::string listening;
  std::unique_ptr<LocalNode> node;
};

}  // namespace

TEST_CASE("local node: clients on many threads write, one watches, one reads what is published") {
  constexpr int kWriters = 4;
  constexpr int kLines = 20;
  Served served;
  std::atomic<bool> over = false;
  std::atomic<int> refused = 0;
  std::atomic<int> events = 0;
  std::atomic<bool> ascends = true;
  std::vector<std::jthread> threads;
  auto watching = dial_control(Home::socket_path(served.home));
  REQUIRE(watching);
  threads.emplace_back([&] {
    const auto ended = (*watching)->watch(
        request("watch"), [&](const Value&) { return ++events < kWriters * kLines; });
    if (!ended) ++refused;
  });
  threads.emplace_back([&] {
    std::uint64_t last = 0;
    while (!over) {
      const auto snapshot = served.node->latest();
      if (!snapshot || snapshot->version < last) ascends = false;
      if (snapshot) last = snapshot->version;
    }
  });
  {
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < kWriters; ++writer) {
      writers.emplace_back([&, writer] {
        auto client = dial_control(Home::socket_path(served.home));
        for (int line = 0; line < kLines; ++line) {
          const auto text = std::to_string(writer) + "." + std::to_string(line) + "\n";
          if (!client ||
              !(*client)->call(request("doc.append").set("doc", "Yard/Log").set("text", text))) {
            ++refused;
          }
        }
      });
    }
  }
  // Until the watcher has heard of all: its requests and those of the others come in no order.
  for (int i = 0; i < 500 && events < kWriters * kLines; ++i) {
    must(*served.node, request("doc.append").set("doc", "Yard/Log").set("text", "more\n"));
  }
  over = true;
  threads.clear();
  CHECK(refused == 0);
  CHECK(ascends);
  const auto shown = must(*served.node, request("doc.show").set("doc", "Yard/Log"));
  const auto text = "\n" + std::string(shown["text"].text());
  for (int writer = 0; writer < kWriters; ++writer) {
    for (int line = 0; line < kLines; ++line) {
      const auto written = "\n" + std::to_string(writer) + "." + std::to_string(line) + "\n";
      CHECK(text.find(written) != std::string::npos);
    }
  }
}

TEST_CASE("local node: an import that was taken back is there again when it is imported again") {
  Served served;
  const auto source = served.folder.path / "notes";
  fs::create_directory(source);
  std::ofstream(source / "a.md") << "# A\n";
  std::ofstream(source / "b.md") << "# B\n";
  const auto import = request("import").set("format", "markdown").set("path", source.string());
  const auto documents = [&] {
    return must(*served.node, request("doc.list"))["documents"].items().size();
  };
  const auto first = must(*served.node, import);
  CHECK(documents() == 3);
  must(*served.node, request("import.undo").set("id", first["import_id"]));
  CHECK(documents() == 1);
  CHECK(must(*served.node, request("room.list"))["rooms"].items().size() == 1);
  auto dry = import;
  CHECK(must(*served.node, dry.set("dry_run", true))["brought_back"].number() == 2);
  CHECK(documents() == 1);
  const auto again = must(*served.node, import);
  CHECK(again["brought_back"].number() == 2);
  CHECK(documents() == 3);
  CHECK(must(*served.node, import)["import_id"].is_null());
  must(*served.node, request("undo"));
  CHECK(documents() == 1);
  must(*served.node, request("redo"));
  // However often it went back and forth, it is known whether it is here.
  must(*served.node, request("import.undo").set("id", again["import_id"]));
  CHECK(documents() == 1);
  CHECK_FALSE(served.node->call(request("import.undo").set("id", again["import_id"])));
  must(*served.node, request("redo"));
  must(*served.node, request("undo"));
  CHECK(must(*served.node, import)["brought_back"].number() == 2);
  CHECK(documents() == 3);
  // What a person put away stays so.
  must(*served.node, request("doc.archive").set("doc", "notes/a"));
  CHECK(must(*served.node, import)["brought_back"].number() == 0);
  CHECK(documents() == 2);
}

TEST_CASE("local node: a board whose making was undone is not listed") {
  Served served;
  const auto boards = [&] {
    return must(*served.node, request("board.list"))["boards"].items().size();
  };
  must(*served.node, request("board.new").set("path", "Yard/Boats").set("key", "B"));
  CHECK(boards() == 1);
  must(*served.node, request("undo"));
  CHECK(boards() == 0);
  must(*served.node, request("redo"));
  CHECK(boards() == 1);
}

TEST_CASE("local node: what was said, remarked or reported is gone once it is undone") {
  Served served;
  auto& node = *served.node;
  must(node, request("board.new").set("path", "Yard/Boats").set("key", "B"));
  must(node, request("card.add").set("board", "Boats").set("title", "Paint"));
  must(node, request("thread.new").set("room", "Yard").set("title", "Bell").set("text", "Who?"));
  const auto comment =
      must(node, request("comment.add").set("target", "Yard/Log").set("text", "long"));
  const auto told = [&] {
    const auto card = must(node, request("card.show").set("card", "B-1"));
    const auto doc = must(node, request("doc.show").set("doc", "Yard/Log"));
    const auto list = must(node, request("comment.list").set("target", "Yard/Log"));
    const auto thread = must(node, request("thread.show").set("thread", "Bell"));
    std::size_t said = 0;
    for (const auto& message : thread["messages"].items())
      if (!message["text"].text().empty()) ++said;
    std::size_t replies = 0;
    for (const auto& one : list["comments"].items()) replies += one["replies"].items().size();
    return std::vector<std::size_t>{
        card["updates"].items().size(), static_cast<std::size_t>(doc["open_comments"].number()),
        static_cast<std::size_t>(doc["comments"].number()), replies, said};
  };
  const auto before = told();
  CHECK(before == std::vector<std::size_t>{0, 1, 1, 0, 1});
  for (const auto& one :
       {request("card.update").set("card", "B-1").set("line", "sanded"),
        request("comment.add").set("target", "Yard/Log").set("text", "short"),
        request("comment.reply").set("comment", comment["id"]).set("text", "true"),
        request("say").set("thread", "Bell").set("text", "Me.")}) {
    must(node, one);
    const auto after = told();
    CHECK(after != before);
    must(node, request("undo"));
    CHECK(told() == before);
    must(node, request("redo"));
    CHECK(told() == after);
    must(node, request("undo"));
  }
}

TEST_CASE("local node: an import names everything in a folder that does not come") {
  Served served;
  const auto source = served.folder.path / "vault";
  fs::create_directories(source / ".git" / "objects");
  fs::create_directories(source / "sub");
  fs::create_directories(source / ".obsidian");
  std::ofstream(source / ".obsidian" / "app.json") << "{}";
  std::ofstream(source / ".git" / "objects" / "a.md") << "x";
  std::ofstream(source / "sub" / "note.md") << "# N\n";
  std::ofstream(source / "sub" / "photo.jpg") << "x";
  std::ofstream(source / "huge.md") << std::string(work::kNoteBytesMax + 1, 'x');
  fs::create_symlink(source / "sub" / "note.md", source / "link.md");
  fs::create_directory_symlink(source / "sub", source / "again");
  REQUIRE(mkfifo((source / "pipe.md").c_str(), 0600) == 0);
  const auto report = must(*served.node, request("import")
                                             .set("format", "markdown")
                                             .set("path", source.string())
                                             .set("room", "Vault"));
  CHECK(report["created"]["documents"].number() == 1);
  std::vector<std::string> skipped;
  for (const auto& item : report["skipped_files"].items()) skipped.emplace_back(item.text());
  CHECK(skipped == std::vector<std::string>{
                       ".git: old versions that git keeps",
                       ".obsidian/app.json: hidden: settings of another program",
                       "again: a link; links are not followed", "huge.md: larger than 16 MiB",
                       "link.md: a link; links are not followed", "pipe.md: no regular file"});
  CHECK(report["created"]["files"].number() == 1);
  const auto photo = must(*served.node, request("file.show").set("file", "Vault/sub/photo.jpg"));
  CHECK(photo["bytes"].number() == 1);
  CHECK(photo["here"].flag());
}

TEST_CASE("local node: it ends while others wait for answers, and they hear of it") {
  for (int round = 0; round < 5; ++round) {
    Served served;
    std::atomic<int> ended = 0;
    std::atomic<int> started = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] {
        auto client = dial_control(Home::socket_path(served.home));
        ++started;
        for (int n = 0; client && n < 10'000; ++n) {
          if (!(*client)->call(request("doc.show").set("doc", "Yard/Log"))) break;
        }
        ++ended;
      });
    }
    while (started < 3) std::this_thread::yield();
    served.node.reset();
    threads.clear();
    CHECK(ended == 3);
    // What was there is there, for the next owner of the home.
    auto again = open_client(served.home, {});
    REQUIRE(again);
    CHECK(must(**again, request("doc.show").set("doc", "Yard/Log"))["text"].text() == "Log\n");
  }
}

TEST_CASE("local node: two in one process join, sync over real sockets, and agree") {
  Served ana;
  const auto invite = must(*ana.node, request("invite.create").set("role", "member"));
  const auto home = ana.folder.home("bo");
  auto started = LocalNode::start(home, {});
  REQUIRE(started);
  auto& bo = **started;
  must(bo, request("join")
               .set("code", invite["code"])
               .set("at", ana.listening)
               .set("timeout_ms", 20'000));
  must(bo, request("sync").set("timeout_ms", 20'000));
  std::jthread typing([&] {
    for (int i = 0; i < 20; ++i) {
      (void)ana.node->call(request("doc.append").set("doc", "Yard/Log").set("text", "ana\n"));
    }
  });
  for (int i = 0; i < 20; ++i) {
    must(bo, request("doc.append").set("doc", "Yard/Log").set("text", "bo\n"));
  }
  typing.join();
  must(bo, request("sync").set("timeout_ms", 20'000));
  must(bo, request("sync").set("timeout_ms", 20'000));
  CHECK(must(*ana.node, request("audit"))["digest"] == must(bo, request("audit"))["digest"]);
}

}  // namespace holm::node
