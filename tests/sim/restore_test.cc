// Homes that come back from a backup, lose what vouches for them, or run on a clock that went back:
// each story ends with everybody equal and nothing lost.
#include <doctest/doctest.h>

#include "store/logs.h"
#include "tests/sim/world.h"
#include "tests/support/must.h"

namespace holm::sim {

using namespace std::chrono_literals;
namespace {

using test::must;

/// Two people with a room and a document that both hold.
struct Story {
  explicit Story(std::uint64_t seed) : world(seed, {"ana", "bo"}) {
    must(world.found_team("ana"));
    must(world.join("bo", "ana"));
    must(ana().run(request_of("room.new").set("name", "Yard")));
    doc = must(ana().run(request_of("doc.new").set("path", "Yard/Plan").set("text", "one\n")));
    must(world.converge(60s));
  }
  Host& ana() { return world["ana"]; }
  Host& bo() { return world["bo"]; }
  void write(Host& host, const std::string& line) {
    must(host.tell(request_of("doc.append").set("doc", doc["id"].text()).set("text", line + "\n")));
  }
  std::string text(Host& host) {
    return std::string(
        must(host.run(request_of("doc.show").set("doc", doc["id"].text())))["text"].text());
  }
  /// Logs that ana's device has in the room of the document.
  std::size_t logs() {
    auto& replica = *ana().node().teams().all().begin()->second;
    const auto device = own_device(replica);
    std::size_t out = 0;
    for (const auto& space : replica.spaces()) {
      for (const auto& log : must(replica.store().logs().of_space(space))) {
        out += log.device == device ? 1 : 0;
        CHECK_FALSE(log.frozen);
      }
    }
    return out;
  }
  static DeviceId own_device(node::Replica& replica) {
    for (const auto& log : must(replica.store().logs().of_space(replica.trust()))) {
      if (log.member == replica.self()) return log.device;
    }
    FAIL("no own log");
    return {};
  }
  void check(std::initializer_list<const char*> lines) {
    must(world.converge(60s));
    CHECK(text(ana()) == text(bo()));
    for (const std::string line : lines) {
      CAPTURE(line);
      CHECK(text(ana()).find(line + "\n") != std::string::npos);
    }
    must(ana().run(request_of("verify").set("deep", true)));
    must(bo().run(request_of("verify").set("deep", true)));
  }

  World world;
  Value doc;
};

TEST_CASE("restore: a home that was closed, killed, and opened again goes on with its logs") {
  Story story(1);
  const auto before = story.logs();
  for (int i = 0; i < 4; ++i) {
    story.write(story.ana(), "day " + std::to_string(i));
    i % 2 == 0 ? story.ana().shut_down() : story.ana().crash();
    must(story.ana().boot());
  }
  story.write(story.ana(), "the end");
  CHECK(story.logs() == before);
  story.check({"one", "day 0", "day 1", "day 2", "day 3", "the end"});
}

TEST_CASE(
    "restore: an old copy with work done offline on it loses neither that work nor the other") {
  Story story(2);
  story.write(story.ana(), "before the backup");
  must(story.world.converge(60s));
  story.ana().shut_down();
  const auto backup = story.ana().disk().snapshot();
  must(story.ana().boot());
  story.write(story.ana(), "after the backup");
  must(story.world.converge(60s));
  const auto before = story.logs();
  story.ana().shut_down();
  story.ana().disk().restore(backup);
  story.world.split({{"ana"}, {"bo"}});
  must(story.ana().boot());
  CHECK(story.text(story.ana()).find("after the backup") == std::string::npos);
  story.write(story.ana(), "on the old copy");
  story.write(story.bo(), "meanwhile");
  story.world.heal();
  story.check({"before the backup", "after the backup", "on the old copy", "meanwhile"});
  CHECK(story.logs() > before);
}

TEST_CASE("restore: a home without its witness starts new logs, once") {
  Story story(3);
  story.write(story.ana(), "first");
  const auto before = story.logs();
  story.ana().shut_down();
  story.ana().witnesses().clear();
  must(story.ana().boot());
  story.write(story.ana(), "second");
  const auto after = story.logs();
  CHECK(after == before + 1);
  story.ana().shut_down();
  must(story.ana().boot());
  story.write(story.ana(), "third");
  CHECK(story.logs() == after);
  story.check({"first", "second", "third"});
}

TEST_CASE("restore: a damaged witness vouches for nothing") {
  Story story(4);
  story.write(story.ana(), "first");
  const auto before = story.logs();
  story.ana().shut_down();
  for (auto& [team, bytes] : story.ana().witnesses()) bytes[bytes.size() / 2] ^= 0x40;
  must(story.ana().boot());
  story.write(story.ana(), "second");
  CHECK(story.logs() == before + 1);
  story.check({"first", "second"});
}

TEST_CASE("restore: a machine rolled back as a whole learns from a peer that it is old") {
  Story story(5);
  story.ana().shut_down();
  const auto disk = story.ana().disk().snapshot();
  const auto witnesses = story.ana().witnesses();
  must(story.ana().boot());
  story.write(story.ana(), "seen by bo");
  must(story.world.converge(60s));
  const auto before = story.logs();
  story.ana().shut_down();
  story.ana().disk().restore(disk);
  story.ana().witnesses() = witnesses;
  must(story.ana().boot());
  story.world.run_for(20s);  // they meet before anything is written
  story.write(story.ana(), "written after");
  CHECK(story.logs() == before + 1);
  story.check({"seen by bo", "written after"});
}

TEST_CASE("restore: a clock set back a year changes no order of what was seen") {
  Story story(6);
  story.ana().shut_down();
  story.ana().set_skew(-std::chrono::duration_cast<Millis>(365 * 24h));
  must(story.ana().boot());
  const auto before = story.logs();
  must(story.ana().run(
      request_of("doc.rename").set("doc", story.doc["id"].text()).set("path", "Yard/Later")));
  story.write(story.ana(), "a year ago");
  must(story.world.converge(60s));
  story.write(story.bo(), "today");
  CHECK(story.logs() == before);
  story.check({"a year ago", "today"});
  for (auto* host : {&story.ana(), &story.bo()}) {
    CHECK(must(host->run(request_of("doc.show").set("doc", story.doc["id"].text())))["title"]
              .text() == "Later");
  }
}

}  // namespace
}  // namespace holm::sim
