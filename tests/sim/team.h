// A small team for stories of trust: who belongs, and one document that all write in.
#pragma once

#include <string>
#include <vector>

#include "tests/sim/world.h"
#include "tests/support/must.h"

namespace holm::sim {

/// Ana, who founded the team, and others, with a room and a document that all write in.
struct Team {
  explicit Team(std::uint64_t seed, const std::vector<std::string>& who = {"ana", "bo", "cy"})
      : names(who), world(seed, who) {
    test::must(world.found_team("ana"));
    for (const auto& name : names) {
      if (name != "ana") test::must(world.join(name, "ana"));
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) test::must(world.connect(names[i], names[k]));
    }
    test::must(world["ana"].run(request_of("room.new").set("name", "Yard")));
    log = test::must(world["ana"].run(
        request_of("doc.new").set("path", "Yard/Log").set("text", "Log:\n")))["id"]
              .text();
    test::must(world.converge(Millis{120'000}));
  }
  Result<Value> role(const std::string& by, const std::string& whom, const std::string& role) {
    return world[by].run(request_of("member.role").set("member", whom).set("role", role));
  }
  Result<Value> remove(const std::string& by, const std::string& whom) {
    return role(by, whom, "none");
  }
  Result<Value> append(const std::string& by, const std::string& words) {
    return world[by].run(request_of("doc.append").set("doc", log).set("text", words + "\n"));
  }
  bool sees(const std::string& who, const std::string& words) {
    const auto shown = world[who].run(request_of("doc.show").set("doc", log));
    return shown && (*shown)["text"].text().find(words) != std::string_view::npos;
  }
  node::Replica& replica(const std::string& who) {
    return *world[who].node().teams().all().begin()->second;
  }
  std::string role_of(const std::string& whom, const std::string& as) {
    return std::string(work::members::role_name(replica(as).roster().role(replica(whom).self())));
  }
  /// Everybody meets, those who were removed as well; those who remain agree.
  void meet() {
    world.heal();
    world.run_for(Millis{600'000});
    test::must(world.leave_out_removed());
    test::must(world.converge(Millis{600'000}));
  }
  /// A membership op by somebody whose program obeys no rule of its own.
  void force(const std::string& by, work::members::Op op, std::vector<ShortHash> past) {
    auto& it = replica(by);
    test::must(it.begin());
    (void)test::must(it.add_membership(std::move(op), WallTime{}, std::move(past)));
    test::must(it.commit());
    world[by].node().links().on_written(it, false);
  }

  std::vector<std::string> names;
  World world;
  std::string log;
};

}  // namespace holm::sim
