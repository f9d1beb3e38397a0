// Machines of which two copies run: each story ends with everybody equal, both histories kept, and
// the device writing under new logs.
#include <doctest/doctest.h>

#include <algorithm>

#include "store/logs.h"
#include "tests/sim/world.h"
#include "tests/support/must.h"

namespace holm::sim {

using namespace std::chrono_literals;
namespace {

using test::must;

/// Three people with a room, a document and a card that all hold.
struct Story {
  explicit Story(std::uint64_t seed) : world(seed, {"ana", "bo", "cy"}) {
    must(world.found_team("ana"));
    must(world.join("bo", "ana"));
    must(world.join("cy", "ana"));
    must(world.connect("bo", "cy"));
    must(run("ana", request_of("room.new").set("name", "Yard")));
    doc = text_of(run("ana", request_of("doc.new").set("path", "Yard/Plan").set("text", "one\n")));
    must(run("ana", request_of("board.new").set("path", "Yard/Jobs").set("key", "J")));
    card = text_of(run("ana", request_of("card.add").set("board", "Jobs").set("title", "Door")));
    must(world.converge(60s));
  }
  static std::string text_of(Result<Value> made) {
    return std::string(must(std::move(made))["id"].text());
  }
  Result<Value> run(const std::string& host, const Value& request) {
    return world[host].tell(request);
  }
  void clone(const std::string& image, const std::string& name) {
    must(world.clone(image, name));
    for (const auto* other : {"bo", "cy"}) {
      if (image != other) must(world.connect(name, other));
    }
  }
  /// Ana's machine runs twice: one with Bo, the other with Cy, and no way between.
  void run_apart() {
    clone("ana", "twin");
    world.split({{"ana", "bo"}, {"twin", "cy"}});
  }
  void write(const std::string& host, const std::string& line) {
    must(run(host, request_of("doc.append").set("doc", doc).set("text", line + "\n")));
  }
  std::string text(const std::string& host) {
    return std::string(must(run(host, request_of("doc.show").set("doc", doc)))["text"].text());
  }
  /// Whether the next change of a device would go into a forked log.
  bool writes_forked_logs(const std::string& host) {
    bool out = false;
    for (const auto& [team, replica] : world[host].node().teams().all()) {
      for (const auto& [space, log] : must(replica->store().facts().all("own_log"))) {
        const auto info = must(replica->store().logs().find(*LogId::from(log)));
        out = out || (info && info->is_forked());
      }
    }
    return out;
  }
  void check(std::initializer_list<const char*> lines) {
    must(world.converge(600s));
    for (auto* host : world.hosts()) {
      CAPTURE(host->name());
      const auto here = text(host->name());
      CHECK(here == text("bo"));
      for (const std::string line : lines) {
        CAPTURE(line);
        CHECK(here.find(line + "\n") != std::string::npos);
      }
      CHECK_FALSE(writes_forked_logs(host->name()));
      must(host->run(request_of("verify").set("deep", true)));
    }
  }

  World world;
  std::string doc;
  std::string card;
};

TEST_CASE("fork: an image that runs twice, each meeting another peer before those two meet") {
  Story story(1);
  story.run_apart();
  story.write("ana", "from the first");
  story.write("twin", "from the second");
  story.world.run_for(60s);
  // Others write on what they saw, by the name that it has for them.
  story.write("bo", "after the first");
  story.write("cy", "after the second");
  must(story.run("bo", request_of("doc.edit").set("doc", story.doc).set("pos", 0).set("erase", 3)));
  story.world.run_for(10s);
  story.world.heal();
  story.check({"from the second", "after the first", "after the second"});
  CHECK(story.world.forks("bo") > 0);
  // And both go on, now as incarnations of their own.
  const auto forks = story.world.forks("bo");
  story.write("ana", "the first goes on");
  story.write("twin", "the second goes on");
  story.check({"the first goes on", "the second goes on"});
  CHECK(story.world.forks("bo") == forks);
  // Everybody is told in words; the device itself, that it was the one.
  for (const auto& [host, who] :
       {std::pair("bo", "\"ana's device\" of ana"), {"twin", "this device"}}) {
    const auto warnings = must(story.world[host].run(request_of("status")))["warnings"];
    REQUIRE(warnings.items().size() == 1);
    const auto words = warnings.items()[0].text();
    CHECK(words.starts_with(std::string(who) +
                            " was copied or restored, and two copies wrote: all of it is kept, and "
                            "each goes on apart (since 20"));
    CHECK(words.ends_with(" changes)"));
    const auto copies = must(story.world[host].run(request_of("team.log")))["copies"];
    REQUIRE(copies.items().size() == 1);
    CHECK(copies.items()[0]["text"].text() == words);
    CHECK(copies.items()[0]["kept"].flag());
  }
}

TEST_CASE("fork: both copies online at once, at one peer") {
  Story story(2);
  story.clone("ana", "twin");
  story.world.run_for(60s);
  for (int i = 0; i < 5; ++i) {
    const auto n = std::to_string(i);
    story.write("ana", "first " + n);
    story.write("twin", "second " + n);
    story.world.run_for(300ms);
  }
  story.check({"first 0", "second 0", "first 4", "second 4"});
}

TEST_CASE("fork: a copy that does not know goes on with its branch, and that is taken") {
  Story story(3);
  story.clone("ana", "twin");
  story.world.split({{"ana"}, {"twin"}, {"bo", "cy"}});
  story.write("ana", "first a");
  story.write("twin", "second a");
  story.world.split({{"ana", "bo", "cy"}, {"twin"}});
  story.world.run_for(400s);
  story.world.split({{"ana"}, {"twin", "bo", "cy"}});
  story.world.run_for(400s);
  CHECK(story.world.forks("bo") > 0);
  // Ana has been away since before the fork was found.
  story.write("ana", "first b");
  story.world.heal();
  story.check({"first a", "second a", "first b"});
}

TEST_CASE("fork: copies of copies, and three branches at one place") {
  Story story(4);
  story.clone("ana", "twin");
  story.clone("ana", "third");
  story.world.split({{"ana"}, {"twin"}, {"third"}, {"bo"}, {"cy"}});
  story.write("ana", "first");
  story.write("twin", "second");
  story.write("third", "third");
  story.clone("twin", "fourth");
  story.world.split({{"ana", "bo"}, {"twin"}, {"third"}, {"cy", "fourth"}});
  story.write("twin", "second goes on");
  story.write("fourth", "fourth");
  story.write("ana", "first goes on");
  story.world.run_for(400s);
  story.world.heal();
  story.check({"first", "second", "third", "fourth", "second goes on", "first goes on"});
}

TEST_CASE("fork: a disk rolled back in the middle of a run, witness and all") {
  Story story(5);
  story.write("ana", "kept");
  const auto disk = story.world["ana"].disk().snapshot();
  const auto witnesses = story.world["ana"].witnesses();
  story.write("ana", "rolled back");
  must(story.world.converge(60s));
  story.world["ana"].shut_down();
  story.world["ana"].disk().restore(disk);
  story.world["ana"].witnesses() = witnesses;
  story.world.split({{"ana"}, {"bo", "cy"}});
  must(story.world["ana"].boot());
  story.write("ana", "on the old disk");
  story.world.heal();
  story.check({"kept", "rolled back", "on the old disk"});
  CHECK(story.world.forks("cy") > 0);
}

TEST_CASE("fork: comments, what was settled and what was put away stand where they stood") {
  Story story(6);
  story.write("ana", "a line to talk about");
  must(story.world.converge(60s));
  story.run_apart();
  story.write("ana", "another line of the first");
  story.write("twin", "a line of the second");
  story.world.run_for(60s);
  const auto on_first = Story::text_of(story.run("bo", request_of("comment.add")
                                                           .set("target", story.doc)
                                                           .set("on", "another line of the first")
                                                           .set("text", "why?")));
  const auto made = Story::text_of(
      story.run("ana", request_of("card.add").set("board", "Jobs").set("title", "Window")));
  story.world.run_for(10s);
  must(story.run("bo", request_of("card.archive").set("card", made)));
  must(story.run("cy", request_of("card.add").set("board", "Jobs").set("title", "Roof")));
  story.world.heal();
  story.check({"another line of the first", "a line of the second"});
  for (auto* host : story.world.hosts()) {
    CAPTURE(host->name());
    const auto comments =
        must(host->run(request_of("comment.list").set("target", story.doc)))["comments"];
    REQUIRE(comments.items().size() == 1);
    CHECK(comments.items()[0]["id"].text() == on_first);
    CHECK_FALSE(comments.items()[0]["orphaned"].flag());
    CHECK(must(host->run(request_of("card.show").set("card", made)))["archived"].flag());
  }
}

TEST_CASE("fork: what was done before can still be taken back") {
  Story story(7);
  story.run_apart();
  must(story.run("ana",
                 request_of("card.set")
                     .set("card", story.card)
                     .set("values", Value(Value::Array{Value(Value::Array{"title", "Gate"})}))));
  story.write("twin", "meanwhile");
  story.world.heal();
  story.check({"meanwhile"});
  must(story.world["ana"].run(request_of("undo")));
  must(story.world.converge(60s));
  for (auto* host : story.world.hosts()) {
    CHECK(must(host->run(request_of("card.show").set("card", story.card)))["title"].text() ==
          "Door");
  }
}

TEST_CASE("fork: a power cut at any write of healing loses nothing") {
  for (std::uint64_t at = 1; at < 60; at += 3) {
    CAPTURE(at);
    Story story(8);
    story.run_apart();
    story.write("ana", "first");
    story.write("twin", "second");
    story.world.run_for(60s);
    story.world["bo"].disk().crash_at_change(at);
    story.world.heal();
    story.world.run_for(400s);
    must(story.world.make_peace());
    story.check({"first", "second"});
  }
}

}  // namespace
}  // namespace holm::sim
