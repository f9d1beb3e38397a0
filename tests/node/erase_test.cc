// What is erased and what leaves a home as a file: exports and backups hold nothing of it, and a
// backup from before says what it knows until it meets somebody who knows more.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/rng.h"
#include "crdt/columns.h"
#include "crypto/random.h"
#include "node/backup.h"
#include "node/home.h"
#include "node/local_node.h"
#include "store/page_file.h"
#include "store/salvage.h"
#include "tests/support/folder.h"
#include "tests/support/must.h"
#include "work/schema.h"

namespace holm::node {
namespace {

namespace fs = std::filesystem;

using test::must;

Value request_of(std::string_view what) { return Value::object().set("do", what); }

bool holds(ByteView bytes, std::string_view word) {
  return std::search(bytes.begin(), bytes.end(), word.begin(), word.end()) != bytes.end();
}

const std::vector<std::string> kWords{"zanzibarquux", "vexillumhorn", "cromlechtide", "quoinfalcon",
                                      "ostlerpike",   "flummoxgate",  "tarantasswain"};

/// A served home with a thing of each kind in which one of the words stands.
struct Desk : test::Folder {
  Desk() {
    must(init_home({at("home"), "Ana", "UTC", "", {}}));
    open();
    must(call(request_of("team.create").set("name", "Crew")));
    must(call(request_of("room.new").set("name", "Yard")));
    doc = id_of(request_of("doc.new").set("path", "Yard/Plan").set("text", "zanzibarquux\n"));
    const auto thread = id_of(
        request_of("thread.new").set("room", "Yard").set("title", "Bells").set("text", "hello"));
    things.push_back(id_of(request_of("say").set("thread", thread).set("text", "vexillumhorn")));
    must(call(request_of("comment.add").set("target", doc).set("text", "cromlechtide")));
    must(call(request_of("board.new").set("path", "Yard/Jobs").set("key", "J")));
    const auto card =
        id_of(request_of("card.add").set("board", "Jobs").set("title", "quoinfalcon"));
    must(write_file(at("flummoxgate"), to_bytes(std::string(100'000, 'x') + "ostlerpike"), 0600));
    things.push_back(id_of(request_of("file.add")
                               .set("room", "Yard")
                               .set("paths", Value::array().push(at("flummoxgate")))));
    must(call(request_of("doc.append").set("doc", doc).set("text", "tarantasswain\n")));
    things.push_back(card);
    things.push_back(doc);
  }
  std::string at(const char* name) const { return (path / name).string(); }
  void open() {
    node.reset();
    node = must(LocalNode::start_serving(at("home"), {}, "127.0.0.1:0", listening));
  }
  Result<Value> call(const Value& request) { return node->call(request); }
  std::string id_of(const Value& request) { return std::string(must(call(request))["id"].text()); }
  void erase() {
    for (const auto& id : things) must(call(request_of("erase").set("object", id)));
  }
  /// Everything that a store and the files beside it hold, in as plain a form as there is.
  static std::vector<Bytes> content(const std::string& dir) {
    std::vector<Bytes> out;
    crypto::SystemRng rng;
    const auto home = must(Home::open(dir, {}, rng));
    for (const auto& team : home->teams()) {
      const auto key = home->store_key(team);
      const store::StoreOptions options{home->store_path(team), {}, {}, {}, &key, &rng};
      const auto file = must(store::PageFile::open(options.path, {}, &key, &rng));
      for (std::uint32_t page = 1; page <= file->count(); ++page) {
        const auto bytes = must(file->page(page));
        REQUIRE(bytes.has_value());
        out.push_back(to_bytes(ByteView(*bytes)));
      }
      // Logs are packed.
      const auto found = must(store::salvage(options, work::kMembershipOp));
      for (const auto& [log, parts] : found.parts) {
        for (const auto& [seq, part] : parts) {
          for (const auto& change : must(crdt::decode_columns(part.body))) {
            for (const auto& op : change.ops) out.push_back(op.content);
          }
        }
      }
    }
    return out;
  }
  std::string words_in(const std::vector<Bytes>& all) {
    std::string out;
    for (const auto& word : kWords) {
      const bool is_there = std::any_of(all.begin(), all.end(),
                                        [&](const Bytes& bytes) { return holds(bytes, word); });
      if (is_there) out += word + " ";
    }
    return out;
  }
  std::vector<Bytes> exported() {
    std::vector<Bytes> out;
    for (const auto* format : {"markdown", "json"}) {
      const auto made = must(call(request_of("export").set("format", format)));
      for (const auto& file : made["files"].items()) {
        out.push_back(to_bytes(file["path"].text()));
        if (const auto* bytes = file["bytes"].as_bytes()) out.push_back(*bytes);
        if (const auto id = file["file"].text(); !id.empty()) {
          out.push_back(*must(call(request_of("file.read").set("file", id)))["bytes"].as_bytes());
        }
      }
    }
    return out;
  }
  void back_up(const char* name) { must(call(request_of("backup").set("path", at(name)))); }
  static std::size_t segments(const std::string& dir) {
    std::size_t out = 0;
    for (const auto& entry : fs::recursive_directory_iterator(dir)) {
      out += entry.path().extension() == ".seg" ? 1 : 0;
    }
    return out;
  }

  std::string listening;
  std::unique_ptr<LocalNode> node;
  std::string doc;
  std::vector<std::string> things;
};

}  // namespace

TEST_CASE("erase: exports and backups made afterwards hold nothing of it") {
  Desk desk;
  // What is looked for is found while it is there.
  for (const auto& word : kWords) {
    CAPTURE(word);
    CHECK(desk.words_in(desk.exported()).find(word) != std::string::npos);
  }
  desk.back_up("before");
  must(restore_home(desk.at("before"), desk.at("old"), {}));
  CHECK(desk.words_in(Desk::content(desk.at("old"))).find("tarantasswain") != std::string::npos);
  CHECK(Desk::segments(desk.at("old")) == 1);
  desk.erase();
  CHECK(desk.words_in(desk.exported()) == "");
  desk.back_up("after");
  must(restore_home(desk.at("after"), desk.at("new"), {}));
  CHECK(desk.words_in(Desk::content(desk.at("new"))) == "");
  CHECK(Desk::segments(desk.at("new")) == 0);
  desk.node.reset();
  CHECK(desk.words_in(Desk::content(desk.at("home"))) == "");
  CHECK(Desk::segments(desk.at("home")) == 0);
  // It says of each thing that it was erased, and is whole.
  auto restored = must(LocalNode::start(desk.at("new"), {}));
  const auto shown = restored->call(request_of("doc.show").set("doc", desk.doc));
  REQUIRE_FALSE(shown.has_value());
  CHECK(shown.error().what.find("was erased by Ana on ") != std::string::npos);
  const auto checked = must(restored->call(request_of("verify").set("deep", true)));
  CHECK(checked["teams"].items()[0]["problems"].items().empty());
}

TEST_CASE(
    "erase: a backup from before it says what it knows, and is wiped when it meets somebody") {
  Desk desk;
  // Somebody else is in the team, so that the two homes of Ana need not meet each other.
  must(init_home({desk.at("bo"), "Bo", "UTC", "", {}}));
  const auto invite = must(desk.call(request_of("invite.create").set("role", "member")));
  {
    auto bo = must(LocalNode::start(desk.at("bo"), {}));
    must(bo->call(request_of("join")
                      .set("code", invite["code"])
                      .set("at", desk.listening)
                      .set("timeout_ms", 20'000)));
    must(bo->call(request_of("sync").set("timeout_ms", 20'000)));
    desk.back_up("before");
    desk.erase();
    must(bo->call(request_of("sync").set("timeout_ms", 20'000)));
  }
  CHECK(desk.words_in(Desk::content(desk.at("bo"))) == "");
  desk.node.reset();
  must(restore_home(desk.at("before"), desk.at("old"), {}));
  std::string listening;
  auto old = must(LocalNode::start_serving(desk.at("old"), {}, "127.0.0.1:0", listening));
  // Alone: all of it is there, and nobody says that it was erased.
  CHECK(must(old->call(request_of("doc.show").set("doc", desk.doc)))["text"].text() ==
        "zanzibarquux\ntarantasswain\n");
  CHECK(must(old->call(request_of("file.list").set("room", "Yard")))["files"].items().size() == 1);
  auto checked = must(old->call(request_of("verify").set("deep", true)));
  CHECK(checked["teams"].items()[0]["problems"].items().empty());
  // More is written on what others know to be gone.
  must(old->call(request_of("doc.append").set("doc", desk.doc).set("text", "flummoxgate again\n")));
  {
    auto bo = must(LocalNode::start(desk.at("bo"), {}));
    must(bo->call(request_of("sync").set("with", listening).set("timeout_ms", 20'000)));
    must(bo->call(request_of("sync").set("with", listening).set("timeout_ms", 20'000)));
  }
  const auto shown = old->call(request_of("doc.show").set("doc", desk.doc));
  REQUIRE_FALSE(shown.has_value());
  CHECK(shown.error().what.find("was erased by Ana on ") != std::string::npos);
  CHECK(must(old->call(request_of("file.list").set("room", "Yard")))["files"].items().empty());
  checked = must(old->call(request_of("verify").set("deep", true)));
  CHECK(checked["teams"].items()[0]["problems"].items().empty());
  old.reset();
  for (const auto* home : {"old", "bo"}) {
    CAPTURE(home);
    CHECK(desk.words_in(Desk::content(desk.at(home))) == "");
    CHECK(Desk::segments(desk.at(home)) == 0);
  }
}

}  // namespace holm::node
