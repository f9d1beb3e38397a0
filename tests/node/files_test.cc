// Files through a whole node with a real home: in, out, shared pieces, what is freed, what is found
// damaged.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>

#include "base/rng.h"
#include "node/client.h"
#include "node/control.h"
#include "node/home.h"
#include "node/local_node.h"
#include "node/runtime.h"
#include "tests/support/folder.h"
#include "tests/support/seeds.h"

namespace holm::node {
namespace {

namespace fs = std::filesystem;

Value request(const char* what) { return Value::object().set("do", what); }

struct Desk {
  explicit Desk(std::uint64_t seed = 1) : rng(seed) {
    home = (folder.path / "home").string();
    REQUIRE(init_home({.home = home, .name = "Ana", .zone = "UTC", .hours = {}, .unlock = {}}));
    open();
    must(request("team.create").set("name", "Crew"));
    must(request("room.new").set("name", "Yard"));
  }
  void open() {
    client.reset();
    auto opened = open_client(home, {});
    REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().text()));
    client = std::move(*opened);
  }
  Value must(const Value& asked) {
    auto answer = client->call(asked);
    if (!answer) FAIL(answer.error().text());
    return std::move(*answer);
  }
  Error refused(const Value& asked) {
    auto answer = client->call(asked);
    REQUIRE_FALSE(answer);
    return answer.error();
  }
  std::string write(const std::string& name, const std::string& bytes) {
    const auto path = (folder.path / name).string();
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  Value adding(const std::string& path) {
    return request("file.add").set("room", "Yard").set("paths", Value(Value::Array{Value(path)}));
  }
  std::string add(const std::string& name, const std::string& bytes) {
    return std::string(must(adding(write(name, bytes)))["id"].text());
  }
  std::string read(const std::string& file, std::uint64_t count = 1 << 20) {
    std::string out;
    for (;;) {
      const auto part =
          must(request("file.read").set("file", file).set("at", out.size()).set("count", count));
      out += as_text(*part["bytes"].as_bytes());
      if (part["end"].flag()) return out;
    }
  }
  std::string noise(std::size_t count) {
    std::string out(count, '\0');
    rng.fill({reinterpret_cast<std::uint8_t*>(out.data()), out.size()});
    return out;
  }
  fs::path segments() {
    for (const auto& entry : fs::directory_iterator(home + "/teams"))
      if (entry.is_directory()) return entry.path();
    return {};
  }

  holm::test::Folder folder;
  SeededRng rng;
  std::string home;
  std::unique_ptr<Client> client;
};

TEST_CASE("files: come out as they went in, of any size, after a restart too") {
  Desk desk;
  std::map<std::string, std::string> all;
  for (const std::size_t size : {0u, 1u, 16383u, 16384u, 65536u, 262145u, 5'000'001u}) {
    auto bytes = desk.noise(size);
    all[desk.add("f" + std::to_string(size), bytes)] = bytes;
  }
  desk.open();
  for (const auto& [id, bytes] : all) {
    CHECK(desk.read(id) == bytes);
    CHECK(desk.read(id, 100'000) == bytes);
  }
  CHECK(desk.must(request("verify").set("deep", true))["teams"].items()[0]["pieces"].number() > 80);
}

TEST_CASE("files: a second process adds and reads through the one that owns the home") {
  Desk desk;
  desk.client.reset();
  std::string listening;
  auto owner = LocalNode::start_serving(desk.home, {}, "127.0.0.1:0", listening);
  REQUIRE(owner);
  auto second = dial_control(Home::socket_path(desk.home));
  REQUIRE(second);
  desk.client = std::move(*second);
  const auto bytes = desk.noise(6'000'000);
  const auto path = desk.write("big", bytes);
  // While a large file comes in, others are answered.
  std::atomic<bool> is_answered = false;
  std::jthread other([&] {
    const auto list = (*owner)->call(request("room.list"));
    is_answered = list.has_value();
  });
  const auto id = std::string(desk.must(desk.adding(path))["id"].text());
  other.join();
  CHECK(is_answered);
  CHECK(desk.read(id) == bytes);
  desk.client.reset();
}

TEST_CASE("files: what two of them share is kept once") {
  Desk desk;
  auto bytes = desk.noise(4'000'000);
  desk.add("one", bytes);
  const auto before = desk.must(request("file.quota"))["disk_bytes"].number();
  desk.add("two", bytes);
  CHECK(desk.must(request("file.quota"))["disk_bytes"].number() == before);
  bytes.insert(2'000'000, "a few words in the middle");
  const auto id = desk.add("three", bytes);
  CHECK(desk.must(request("file.quota"))["disk_bytes"].number() - before < 600'000);
  CHECK(desk.read(id) == bytes);
}

TEST_CASE("files: versions are read by their hash, and each stays") {
  Desk desk;
  const auto old = desk.noise(100'000);
  const auto id = desk.add("plan", old);
  const auto next = desk.noise(50'000);
  desk.must(desk.adding(desk.write("plan2", next)).set("version_of", id));
  CHECK(desk.read(id) == next);
  const auto shown = desk.must(request("file.show").set("file", id));
  const auto first = std::string(shown["versions"].items()[0]["hash"].text());
  const auto part = desk.must(
      request("file.read").set("file", id).set("at", 0).set("version", first.substr(0, 10)));
  CHECK(as_text(*part["bytes"].as_bytes()) == old);
  desk.must(request("file.gc"));
  CHECK(desk.must(request("file.show").set("file", id))["here"].flag());
  CHECK(
      as_text(
          *desk.must(
                   request("file.read").set("file", id).set("at", 0).set("version", first))["bytes"]
               .as_bytes()) == old);
}

TEST_CASE("files: folders, links that lead nowhere, pipes and missing files are refused in words") {
  Desk desk;
  const auto at = [&](const char* name) { return (desk.folder.path / name).string(); };
  fs::create_symlink(at("two"), at("one"));
  fs::create_symlink(at("one"), at("two"));
  CHECK(desk.refused(desk.adding(at("nothing"))).code == Code::not_found);
  CHECK(desk.refused(desk.adding(desk.folder.path.string())).code == Code::usage);
  CHECK(desk.refused(desk.adding(at("one"))).code == Code::usage);
  CHECK(desk.refused(desk.adding("/dev/null")).code == Code::usage);
  CHECK(desk.refused(desk.adding("")).code == Code::usage);
  CHECK(desk.refused(desk.adding(desk.write("name\nline", "x"))).code == Code::usage);
  CHECK(desk.must(request("file.list"))["files"].items().empty());
  fs::create_symlink(desk.write("real", "words"), at("link"));
  CHECK(desk.read(std::string(desk.must(desk.adding(at("link")))["id"].text())) == "words");
}

TEST_CASE("files: several at once come together or not at all") {
  Desk desk;
  auto asked = request("file.add").set("room", "Yard");
  asked.set("paths", Value(Value::Array{Value(desk.write("a", "one")), Value("/none")}));
  CHECK(desk.refused(asked).code == Code::not_found);
  CHECK(desk.must(request("file.list"))["files"].items().empty());
  asked.set("paths",
            Value(Value::Array{Value(desk.write("a", "one")), Value(desk.write("b", "2"))}));
  CHECK(desk.must(asked)["files"].items().size() == 2);
  desk.must(request("undo"));
  CHECK(desk.must(request("file.list"))["files"].items().empty());
}

TEST_CASE("files: a message and what is attached to it are one step") {
  Desk desk;
  desk.must(request("thread.new").set("room", "Yard").set("title", "T").set("text", "hello"));
  auto say = request("say").set("thread", "Yard/T").set("text", "look");
  const auto path = desk.write("a.txt", "some words");
  CHECK(desk.refused(Value(say).set("attach", Value(Value::Array{Value(path), Value("/none")})))
            .code == Code::not_found);
  CHECK(desk.must(request("thread.show").set("thread", "Yard/T"))["messages"].items().size() == 1);
  desk.must(Value(say).set("attach", Value(Value::Array{Value(path)})));
  const auto shown = desk.must(request("thread.show").set("thread", "Yard/T"));
  const auto& file = shown["messages"].items().back()["attachments"].items().at(0);
  CHECK(desk.read(std::string(file["id"].text())) == "some words");
}

TEST_CASE("files: the limit of a device, pins, and the only copy") {
  Desk desk;
  const auto id = desk.add("a", desk.noise(300'000));
  desk.must(request("file.quota").set("bytes", 400'000));
  CHECK(desk.refused(desk.adding(desk.write("b", desk.noise(200'000)))).code == Code::limit);
  const auto evict = request("file.evict").set("files", Value(Value::Array{Value(id)}));
  CHECK(desk.refused(evict).code == Code::failed);
  CHECK(desk.refused(request("file.evict")).code == Code::failed);
  desk.must(request("file.pin").set("file", id));
  CHECK(desk.refused(Value(evict).set("force", true)).code == Code::denied);
  desk.must(request("file.pin").set("file", id).set("off", true));
  const auto freed = desk.must(Value(evict).set("force", true));
  CHECK(freed["freed"]["bytes"].number() > 300'000);
  CHECK(freed["disk_after"].number() == 0);
  CHECK_FALSE(desk.must(request("file.show").set("file", id))["here"].flag());
  CHECK(desk.refused(request("file.read").set("file", id).set("at", 0)).code == Code::not_found);
  desk.add("b", desk.noise(200'000));
}

TEST_CASE("files: damage on the disk is found at reading and by verify, and costs no other file") {
  Desk desk;
  const auto bytes = desk.noise(500'000);
  const auto hurt = desk.add("hurt", bytes);
  const auto whole = desk.add("whole", "whole words");
  const auto segment = desk.segments() / "00000001.seg";
  desk.client.reset();
  {
    std::fstream file(segment, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(200'000);
    file.put('x').put('y');
  }
  desk.open();
  const auto broken = [&] {
    for (std::uint64_t at = 0; at < bytes.size();) {
      auto part =
          desk.client->call(request("file.read").set("file", hurt).set("at", at).set("count", 1));
      if (!part) return part.error().code;
      at += (*part)["bytes"].as_bytes()->size();
    }
    return Code::failed;
  };
  CHECK(broken() == Code::corrupt);
  CHECK(desk.read(whole) == "whole words");
  CHECK(desk.refused(request("verify").set("deep", true)).code == Code::corrupt);
  fs::remove(segment);
  desk.open();
  CHECK(desk.refused(request("verify").set("deep", true)).code == Code::corrupt);
  CHECK(desk.must(request("file.list"))["files"].items().size() == 2);
}

TEST_CASE("files: no word of them lies on the disk in the clear") {
  Desk desk;
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "the third flower pot ";
  desk.add("note", text);
  desk.client.reset();
  for (const auto& entry : fs::recursive_directory_iterator(desk.home)) {
    if (entry.path().extension() != ".seg") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    CHECK(bytes.size() > 10'000);
    CHECK(bytes.find("flower") == std::string::npos);
  }
}

TEST_CASE("files: collection keeps what any file needs and frees the rest, over many seeds") {
  holm::test::for_each_seed(4, [](std::uint64_t seed) {
    Desk desk(seed);
    std::map<std::string, std::string> here;
    std::vector<std::string> known{desk.noise(150'000)};
    for (int step = 0; step < 25; ++step) {
      switch (desk.rng.below(7)) {
        case 0:
        case 1:
        case 2: {  // something new, or something known with a change in it
          auto bytes = known[desk.rng.below(known.size())];
          if (desk.rng.chance(40)) bytes = desk.noise(desk.rng.below(300'000));
          if (desk.rng.chance(50)) bytes.insert(desk.rng.below(bytes.size() + 1), "more");
          known.push_back(bytes);
          here[desk.add("f" + std::to_string(step), bytes)] = bytes;
          break;
        }
        case 3: {  // an add that fails leaves garbage
          auto asked = request("file.add").set("room", "Yard");
          const auto path = desk.write("g", desk.noise(100'000));
          asked.set("paths", Value(Value::Array{Value(path), Value("/none")}));
          (void)desk.refused(asked);
          break;
        }
        case 4: {
          if (here.empty()) break;
          const auto id = here.begin()->first;
          desk.must(request("file.evict")
                        .set("files", Value(Value::Array{Value(id)}))
                        .set("force", true));
          here.erase(id);
          break;
        }
        case 5:
          if (!here.empty()) {
            desk.must(request("file.archive").set("file", here.begin()->first));
          }
          break;
        default: desk.open();
      }
      if (step % 6 != 5) continue;
      const auto freed = desk.must(request("file.gc"));
      const auto again = desk.must(request("file.gc"));
      CHECK(again["freed"]["pieces"].number() == 0);
      CHECK(again["kept"] == freed["kept"]);
      for (const auto& [id, bytes] : here) CHECK(desk.read(id) == bytes);
      if (here.empty()) CHECK(freed["disk_after"].number() == 0);
    }
    desk.must(request("verify").set("deep", true));
    for (const auto& [id, bytes] : here) {
      desk.must(
          request("file.evict").set("files", Value(Value::Array{Value(id)})).set("force", true));
    }
    CHECK(desk.must(request("file.gc"))["disk_after"].number() == 0);
  });
}

}  // namespace
}  // namespace holm::node
