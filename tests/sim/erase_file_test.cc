// A file that is erased: its pieces go from every device that held them, unless another file is
// made of them too, whoever had what when the order came and wherever it was cut short.
#include <doctest/doctest.h>

#include <algorithm>

#include "base/json.h"
#include "tests/sim/world.h"
#include "tests/support/must.h"
#include "tests/support/seeds.h"

namespace holm::sim {

using namespace std::chrono_literals;
namespace {

using test::must;

Value erase(const std::string& id) { return request_of("erase").set("object", id); }

/// Three people in a room with a thread.
struct Room {
  explicit Room(std::uint64_t seed) : world(seed, {"ana", "bo", "cy"}), rng(seed) {
    must(world.found_team("ana"));
    for (const auto* name : {"bo", "cy"}) must(world.join(name, "ana"));
    must(world.connect("bo", "cy"));
    must(ana().run(request_of("room.new").set("name", "Yard")));
    must(world.converge(60s));
    thread = id_of(ana().run(
        request_of("thread.new").set("room", "Yard").set("title", "Bells").set("text", "hello")));
    must(world.converge(60s));
  }
  static std::string id_of(Result<Value> made) {
    return std::string(must(std::move(made))["id"].text());
  }
  Host& ana() { return world["ana"]; }
  Host& bo() { return world["bo"]; }
  Host& cy() { return world["cy"]; }
  Bytes noise(std::size_t count) {
    Bytes out(count);
    rng.fill(out);
    return out;
  }
  static Value paths(const std::string& path) { return Value(Value::Array{Value(path)}); }
  static std::string add(Host& host, const std::string& path, const Bytes& content) {
    host.desk()[path] = content;
    return id_of(host.run(request_of("file.add").set("room", "Yard").set("paths", paths(path))));
  }
  static Result<Value> add_version(Host& host, const std::string& file, const Bytes& content) {
    host.desk()["version"] = content;
    return host.run(request_of("file.add").set("version_of", file).set("paths", paths("version")));
  }
  static std::uint64_t pieces(Host& host) {
    const auto said = must(host.run(request_of("file.quota")));
    return static_cast<std::uint64_t>(said["held"]["pieces"].number());
  }
  /// Bytes that are not zero in the segments of a host.
  static std::size_t written(Host& host) {
    std::size_t out = 0;
    for (const auto& [team, segments] : host.segments()) {
      for (const auto& [number, file] : segments.files) {
        out += file.now.size() -
               static_cast<std::size_t>(std::count(file.now.begin(), file.now.end(), 0));
      }
    }
    return out;
  }
  void verify() {
    for (auto* host : world.hosts()) {
      CAPTURE(host->name());
      const auto said = must(host->run(request_of("verify").set("deep", true)));
      CAPTURE(to_json(said));
      CHECK(said["teams"].items()[0]["problems"].items().empty());
      CHECK(said["teams"].items()[0]["mended"].items().empty());
    }
  }

  World world;
  SeededRng rng;
  std::string thread;
};

}  // namespace

TEST_CASE("erase: the pieces of a file go from every device, but for those of other files") {
  test::for_each_seed(10, [](std::uint64_t seed) {
    SeededRng rng(seed);
    Room room(seed);
    const auto shared = room.noise(400'000);
    auto doomed = shared;
    append(doomed, room.noise(300'000));
    auto kept = shared;
    append(kept, room.noise(100'000));
    // Attached to a message here, added as a version there.
    room.ana().desk()["doomed.bin"] = doomed;
    const auto said = must(room.ana().run(request_of("say")
                                              .set("thread", room.thread)
                                              .set("text", "see this")
                                              .set("attach", Room::paths("doomed.bin"))));
    const std::string file(said["attached"].items()[0]["id"].text());
    must(room.world.converge(60s));
    must(Room::add_version(room.bo(), file, doomed));
    std::string other;
    for (auto* host : {&room.ana(), &room.bo()}) other = Room::add(*host, "kept.bin", kept);
    must(room.world.converge(60s));
    const auto before = Room::pieces(room.bo());
    const auto written = Room::written(room.bo());
    const bool is_apart = rng.chance(60);
    if (is_apart) {
      room.world.split({{"ana", "cy"}, {"bo"}});
      // A version that nobody who erases knows of.
      if (rng.chance(60)) must(Room::add_version(room.bo(), file, room.noise(120'000)));
    }
    // The order may be cut short at whatever write.
    if (rng.chance(50)) {
      room.ana().disk().crash_at_change(1 + rng.below(12));
      if (!room.ana().run(erase(file)) && !room.ana().is_up()) must(room.ana().boot());
      if (!room.ana().is_up()) must(room.ana().boot());
      room.ana().disk().clear_faults();
    }
    if (room.ana().run(request_of("file.show").set("file", file)))
      must(room.ana().run(erase(file)));
    if (rng.chance(50)) room.bo().disk().crash_at_change(1 + rng.below(20));
    room.world.heal();
    room.world.run_for(5s);
    must(room.world.make_peace());
    must(room.world.converge(120s));
    room.world.run_for(5s);
    CHECK(Room::pieces(room.bo()) < before);
    CHECK(Room::pieces(room.bo()) == Room::pieces(room.ana()));
    CHECK(Room::written(room.bo()) < written - 250'000);
    CHECK(Room::written(room.bo()) < kept.size() + 20'000);
    for (auto* host : room.world.hosts()) {
      CAPTURE(host->name());
      CHECK(host->run(request_of("file.show").set("file", file)).error().code == Code::not_found);
      CHECK(host->run(request_of("file.read").set("file", file)).error().code == Code::not_found);
      const auto shown =
          must(host->run(request_of("thread.show").set("thread", room.thread)))["messages"];
      const auto& attached = shown.items().back()["attachments"].items();
      REQUIRE(attached.size() == 1);
      CHECK(attached[0]["name"].text() == "");
      CHECK(attached[0]["bytes"].is_null());
      CHECK(attached[0]["erased"].text().starts_with("erased by ana on 2026-03-01"));
    }
    for (auto* host : {&room.ana(), &room.bo()}) {
      const auto read =
          must(host->run(request_of("file.read").set("file", other).set("count", 4 << 20)));
      CHECK(*read["bytes"].as_bytes() == kept);
    }
    room.verify();
    // When the other goes too, nothing is left.
    const auto files = must(room.ana().run(request_of("file.list").set("room", "Yard")))["files"];
    for (const auto& entry : files.items())
      must(room.ana().run(erase(std::string(entry["id"].text()))));
    must(room.world.converge(60s));
    room.world.run_for(5s);
    for (auto* host : room.world.hosts()) {
      CHECK(Room::pieces(*host) == 0);
      CHECK(Room::written(*host) == 0);
    }
    room.verify();
  });
}

TEST_CASE("erase: a message is erased without the files attached to it, and it is said") {
  Room room(3);
  room.ana().desk()["plan.bin"] = room.noise(50'000);
  const auto said = must(room.ana().run(request_of("say")
                                            .set("thread", room.thread)
                                            .set("text", "see this")
                                            .set("attach", Room::paths("plan.bin"))));
  const std::string file(said["attached"].items()[0]["id"].text());
  const auto erased = must(room.ana().run(erase(std::string(said["id"].text()))));
  REQUIRE(erased["notices"].items().size() == 1);
  CHECK(erased["notices"].items()[0].text() ==
        "1 attached file stays in the room; erase it by itself if it is to go");
  CHECK(room.ana().run(request_of("file.show").set("file", file)).has_value());
  must(room.ana().run(erase(file)));
  CHECK(Room::pieces(room.ana()) == 0);
  CHECK(Room::written(room.ana()) == 0);
}

}  // namespace holm::sim
