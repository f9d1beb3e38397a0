// Stories of invites that are over: somebody closes them, once, and nobody is asked.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/sim/team.h"
#include "tests/support/must.h"

namespace holm::sim {

using namespace std::chrono_literals;
namespace members = work::members;
using test::must;

namespace {

/// Of one invite, or of all.
std::vector<members::Judged> closings(Team& team, const std::string& who,
                                      const std::string& invite = {}) {
  auto out = team.replica(who).membership().history();
  std::erase_if(out, [&](const members::Judged& judged) {
    return judged.op->kind != members::OpKind::close_invite ||
           (!invite.empty() && judged.op->invite.text() != invite);
  });
  return out;
}

}  // namespace

TEST_CASE("invites: who made one that expired closes it, once, and all know") {
  Team team(31);
  must(team.world["bo"].run(request_of("invite.create").set("expires", "2h")));
  must(team.world.converge(60s));
  team.world.run_for(2h + 30min);
  CHECK(closings(team, "bo").empty());
  team.world.run_for(90min);
  must(team.world.converge(60s));
  team.world.run_for(6h);  // and nobody does it again
  must(team.world.converge(60s));
  for (const auto* who : {"ana", "bo", "cy"}) {
    const auto known = closings(team, who);
    REQUIRE(known.size() == 1);
    CHECK(known[0].op->author == team.replica("bo").self());
    CHECK(known[0].state == members::OpState::counts);
  }
  const auto log = must(team.world["cy"].run(request_of("team.log")))["entries"];
  CHECK(log.items().back()["text"].text().find("nobody can come in") != std::string_view::npos);
}

TEST_CASE("invites: where its maker is away an owner closes it, days later") {
  Team team(32);
  const auto made = must(team.world["bo"].run(request_of("invite.create").set("expires", "2h")));
  const std::string id(made["id"].text());
  must(team.world.converge(60s));
  team.world["bo"].shut_down();
  team.world.run_for(24h);
  CHECK(closings(team, "ana", id).empty());
  team.world.run_for(60h);
  REQUIRE(closings(team, "ana", id).size() == 1);
  CHECK(closings(team, "ana", id)[0].op->author == team.replica("ana").self());
  // Bo comes back, hears of it, and leaves it at that.
  must(team.world["bo"].boot());
  team.world.run_for(24h);
  must(team.world.converge(300s));
  CHECK(closings(team, "cy", id).size() == 1);
}

TEST_CASE("invites: one that was used up is closed a day later, and one that is open is not") {
  Team team(33);
  must(team.world["ana"].run(request_of("invite.create").set("uses", 2).set("expires", "30d")));
  team.world.run_for(30h);
  must(team.world.converge(60s));
  // Bo and Cy came in by one use each.
  CHECK(closings(team, "bo").size() == 2);
  const auto& invites = team.replica("cy").roster().invites;
  CHECK(std::count_if(invites.begin(), invites.end(),
                      [](const auto& item) { return !item.second.closed; }) == 1);
}

}  // namespace holm::sim
