// What is erased is gone from every byte of every device that the order reached, in whatever order
// things came, and chains, digests and heads still fit.
#include <doctest/doctest.h>

#include <algorithm>

#include "base/json.h"
#include "base/wire.h"
#include "tests/sim/workload.h"
#include "tests/sim/world.h"
#include "tests/support/must.h"
#include "tests/support/seeds.h"
#include "work/schema.h"

namespace holm::sim {

using namespace std::chrono_literals;
namespace {

using test::must;

/// Files of a host's disk in which a word stands.
std::string files_with(Host& host, const std::string& word) {
  std::string out;
  for (const auto& [path, content] : host.disk().snapshot()) {
    if (std::search(content.begin(), content.end(), word.begin(), word.end()) != content.end()) {
      out += path + " ";
    }
  }
  return out;
}

/// Ana, who owns the team, and others, in a room; nothing is encrypted.
struct Room {
  explicit Room(std::uint64_t seed, const std::vector<std::string>& names = {"ana", "bo"})
      : world(seed, names) {
    for (auto* host : world.hosts()) host->stop_encrypting();
    must(world.found_team("ana"));
    for (const auto& name : names) {
      if (name != "ana" && name != "dee") must(world.join(name, "ana"));
    }
    must(ana().run(request_of("room.new").set("name", "Yard")));
    settle();
  }
  /// All who have joined hold the same; Dee joins late, if at all.
  void settle() {
    const auto hosts = world.hosts();
    if (hosts.back()->name() == "dee") return world.run_for(20s);
    must(world.converge(120s));
  }
  Host& ana() { return world["ana"]; }
  Host& bo() { return world["bo"]; }
  std::string id(Host& host, const Value& request) {
    return std::string(must(host.run(request))["id"].text());
  }
  void gone(const std::string& word) {
    CAPTURE(word);
    for (auto* host : world.hosts()) {
      if (host->is_up()) CHECK(files_with(*host, word) == "");
    }
  }

  World world;
};

Value erase(const std::string& id) { return request_of("erase").set("object", id); }

}  // namespace

TEST_CASE("erase: words are gone from every file, whoever had what when the order came") {
  test::for_each_seed(12, [](std::uint64_t seed) {
    SeededRng rng(seed);
    Room room(seed);
    const auto doc = room.id(
        room.bo(),
        request_of("doc.new").set("path", "Yard/Plan").set("text", "zanzibarquux was here\n"));
    const auto thread = room.id(
        room.ana(),
        request_of("thread.new").set("room", "Yard").set("title", "Bells").set("text", "harmless"));
    must(room.world.converge(60s));
    const auto message = room.id(
        room.bo(), request_of("say").set("thread", thread).set("text", "vexillumhorn rings"));
    const auto comment = room.id(
        room.ana(), request_of("comment.add").set("target", doc).set("text", "cromlechtide too"));
    must(room.world.converge(60s));
    const bool is_apart = rng.chance(70);
    if (is_apart) room.world.split({{"ana"}, {"bo"}});
    // Bo writes on, knowing of nothing; Ana erases, now or later.
    const auto write = [&] {
      must(room.bo().run(
          request_of("doc.append").set("doc", doc).set("text", "quoinfalcon comes late\n")));
      must(room.bo().run(
          request_of("message.edit").set("message", message).set("text", "ostlerpike now")));
    };
    const bool writes_first = rng.chance(50);
    if (writes_first || !is_apart) write();
    must(room.ana().run(erase(doc)));
    must(room.ana().run(erase(message)));
    if (!writes_first && is_apart) write();
    if (rng.chance(30)) {
      room.bo().crash();
      must(room.bo().boot());
    }
    room.world.heal();
    must(room.world.converge(120s));
    for (const auto* word :
         {"zanzibarquux", "vexillumhorn", "cromlechtide", "quoinfalcon", "ostlerpike"}) {
      room.gone(word);
    }
    for (auto* host : room.world.hosts()) {
      const auto shown = host->run(request_of("doc.show").set("doc", doc));
      REQUIRE_FALSE(shown.has_value());
      CHECK(shown.error().code == Code::not_found);
      CHECK(shown.error().what.find("was erased by ana on 2026-03-01") != std::string::npos);
      for (const auto* what : {"history", "blame", "diff"}) {
        const auto asked = host->run(request_of(what).set("object", doc).set("doc", doc));
        CHECK_FALSE(asked.has_value());
      }
      const auto lines = must(host->run(request_of("thread.show").set("thread", thread)));
      CAPTURE(to_json(lines));
      REQUIRE(lines["erased"].items().size() == 1);
      CHECK(lines["erased"].items()[0]["by"]["name"].text() == "ana");
      CHECK(lines["messages"].items().size() == 1);
      CHECK(
          must(host->run(request_of("doc.list").set("room", "Yard")))["documents"].items().empty());
    }
    CHECK_FALSE(room.bo().run(request_of("undo").set("object", doc)).has_value());
    CHECK_FALSE(room.bo()
                    .run(request_of("comment.reply").set("comment", comment).set("text", "x"))
                    .has_value());
  });
}

TEST_CASE("erase: an author erases what is theirs alone, an owner anything, others nothing") {
  Room room(3, {"ana", "bo", "cy"});
  const auto thread = room.id(
      room.ana(),
      request_of("thread.new").set("room", "Yard").set("title", "Bells").set("text", "harmless"));
  must(room.world.converge(60s));
  const auto message =
      room.id(room.bo(), request_of("say").set("thread", thread).set("text", "vexillumhorn"));
  const auto doc = room.id(
      room.bo(), request_of("doc.new").set("path", "Yard/Plan").set("text", "zanzibarquux\n"));
  must(room.world.converge(60s));
  must(room.world["cy"].run(request_of("doc.append").set("doc", doc).set("text", "ostlerpike\n")));
  must(room.world.converge(60s));
  CHECK(room.world["cy"].run(erase(message)).error().code == Code::denied);
  CHECK(room.bo().run(erase(doc)).error().code == Code::denied);
  must(room.bo().run(erase(message)));
  must(room.world.converge(60s));
  room.gone("vexillumhorn");
  CHECK(must(room.world["cy"].run(request_of("doc.show").set("doc", doc)))["text"].text() ==
        "zanzibarquux\nostlerpike\n");
  must(room.ana().run(erase(doc)));
  must(room.world.converge(60s));
  room.gone("zanzibarquux");
  room.gone("ostlerpike");
  CHECK(room.bo().run(erase(doc)).error().code == Code::not_found);
}

TEST_CASE("erase: an order that its author may not give reaches no words but their own") {
  Room room(5);
  const auto doc = room.id(
      room.ana(), request_of("doc.new").set("path", "Yard/Plan").set("text", "zanzibarquux\n"));
  must(room.world.converge(60s));
  must(room.bo().run(request_of("doc.append").set("doc", doc).set("text", "vexillumhorn\n")));
  must(room.world.converge(60s));
  // Bo's program obeys no rule of its own.
  auto& replica = *room.bo().node().teams().all().begin()->second;
  const auto space = replica.roster().rooms.begin()->first;
  const auto order = [&](const char* scope) {
    const ObjectId id = room.world.rng().id<ObjectId>();
    std::vector<crdt::Write> writes(3);
    for (auto& write : writes) {
      write.object = id;
      write.type = work::kErasure;
    }
    writes[0].field = work::erasure::kTarget;
    writes[0].value = encode(Value(to_bytes(ObjectId::from_text(doc)->view())));
    writes[1].field = work::erasure::kScope;
    writes[1].value = encode(Value(scope));
    writes[2].field = work::erasure::kKind;
    writes[2].value = encode(Value(work::kDocument));
    must(replica.begin());
    (void)must(replica.write(space, writes, WallTime{}));
    must(replica.commit());
    room.bo().node().links().on_written(replica, false);
  };
  order("all");
  room.world.run_for(5s);
  CHECK(must(room.ana().run(request_of("doc.show").set("doc", doc)))["text"].text() ==
        "zanzibarquux\nvexillumhorn\n");
  order("own");
  room.world.run_for(5s);
  CHECK(must(room.ana().run(request_of("doc.show").set("doc", doc)))["text"].text() ==
        "zanzibarquux\n");
  CHECK(files_with(room.ana(), "vexillumhorn") == "");
}

TEST_CASE("erase: who joins later, and who comes back from before it, end like the others") {
  Room room(7, {"ana", "bo", "cy", "dee"});
  const auto doc = room.id(
      room.bo(), request_of("doc.new").set("path", "Yard/Plan").set("text", "zanzibarquux\n"));
  room.settle();
  room.world["cy"].shut_down();
  const auto before = room.world["cy"].disk().snapshot();
  must(room.world["cy"].boot());
  must(
      room.world["cy"].run(request_of("doc.append").set("doc", doc).set("text", "vexillumhorn\n")));
  room.settle();
  must(room.ana().run(erase(doc)));
  room.settle();
  room.gone("zanzibarquux");
  // A backup from before the order: the words are there again, until a teammate is met.
  room.world["cy"].crash();
  room.world["cy"].disk().restore(before);
  must(room.world["cy"].boot());
  CHECK(files_with(room.world["cy"], "zanzibarquux") != "");
  must(room.world.connect("cy", "ana"));
  room.settle();
  must(room.world.join("dee", "bo"));
  must(room.world.converge(120s));
  room.gone("zanzibarquux");
  room.gone("vexillumhorn");
}

TEST_CASE("erase: under random work and power cuts all devices agree and no erased word is left") {
  test::for_each_seed(8, [](std::uint64_t seed) {
    SeededRng rng(seed);
    Room room(seed, {"ana", "bo", "cy"});
    const std::vector<std::string> names{"ana", "bo", "cy"};
    std::vector<std::string> docs;
    std::vector<std::string> words;
    for (int i = 0; i < 4; ++i) {
      const auto word = "plantedword" + std::to_string(i) + "x";
      docs.push_back(
          room.id(room.world[names[rng.below(3)]], request_of("doc.new")
                                                       .set("path", "Yard/Plan" + std::to_string(i))
                                                       .set("text", word + "\n")));
      words.push_back(word);
    }
    must(room.world.converge(60s));
    std::vector<bool> erased(docs.size());
    for (int step = 0; step < 25; ++step) {
      if (rng.chance(15)) {
        room.world.split({{names[rng.below(3)]}});
      } else if (rng.chance(20)) {
        room.world.heal();
      }
      auto& host = room.world[names[rng.below(3)]];
      const auto which = rng.below(docs.size());
      if (!host.is_up()) must(host.boot());
      if (rng.chance(10)) {
        host.crash();
        must(host.boot());
      }
      if (rng.chance(12)) {
        if (room.ana().is_up() && room.ana().run(erase(docs[which]))) erased[which] = true;
      } else {
        (void)host.run(request_of("doc.edit")
                           .set("doc", docs[which])
                           .set("pos", rng.below(8))
                           .set("insert", words[which]));
      }
      room.world.run_for(Millis{static_cast<Millis::rep>(rng.below(400))});
    }
    must(room.world.make_peace());
    must(room.world.converge(180s));
    for (auto* host : room.world.hosts()) {
      const auto& state = host->node().teams().all().begin()->second->state();
      for (const auto type : {work::kDocument, work::kErasure, work::kComment}) {
        for (const std::size_t limit : {std::size_t{1}, std::size_t{2}, SIZE_MAX}) {
          work::Lookup all{.type = type};
          all.limit = limit;
          auto in_room = all;
          in_room.space = state.roster().rooms.begin()->first;
          for (const auto& lookup : {all, in_room}) {
            auto whole = lookup;
            whole.limit = SIZE_MAX;
            CHECK(must(state.count(lookup)) == std::min(limit, must(state.find(whole)).size()));
          }
        }
      }
    }
    for (std::size_t i = 0; i < docs.size(); ++i) {
      CAPTURE(i);
      if (erased[i]) room.gone(words[i]);
      for (auto* host : room.world.hosts()) {
        CHECK(host->run(request_of("doc.show").set("doc", docs[i])).has_value() != erased[i]);
      }
    }
  });
}

}  // namespace holm::sim
