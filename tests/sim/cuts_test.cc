// Stories of how far the work of removed people shows: at least as far as their remover had
// answered to it, whatever he names.
#include <doctest/doctest.h>

#include "tests/sim/team.h"
#include "tests/support/must.h"

namespace holm::sim {

using namespace std::chrono_literals;
namespace members = work::members;
using test::must;

namespace {

/// A removal that names position 0 for everything its target wrote.
members::Op removal_without_cut(Team& team, const std::string& by, const std::string& whom) {
  members::Op op;
  op.kind = members::OpKind::reduce;
  op.target = team.replica(whom).self();
  op.role = members::Role::none;
  op.built_on = must(team.replica(by).held_of(team.replica(by).self(), std::nullopt));
  return op;
}

}  // namespace

TEST_CASE("cuts: what the remover had answered to stays visible, though he names nothing of it") {
  Team team(11, {"ana", "bo", "cy", "dan"});
  must(team.append("bo", "asked"));
  must(team.world.converge(60s));
  must(team.append("ana", "answered"));
  must(team.append("bo", "thanked"));  // Ana sees it, and builds nothing on it
  must(team.world.converge(60s));
  team.world.split({{"bo"}, {"ana", "cy"}, {"dan"}});
  must(team.append("bo", "later"));
  team.force("ana", removal_without_cut(team, "ana", "bo"), {});
  team.world.run_for(30s);
  CHECK(team.sees("cy", "asked"));
  CHECK_FALSE(team.sees("cy", "thanked"));
  // Dan hears of it last, and somebody enters who has to fetch all of it.
  team.meet();
  for (const auto* who : {"ana", "cy", "dan"}) {
    CHECK(team.sees(who, "asked"));
    CHECK(team.sees(who, "answered"));
    CHECK_FALSE(team.sees(who, "thanked"));
    CHECK_FALSE(team.sees(who, "later"));
  }
  // One step brings in the rest; a power cut changes nothing of it.
  team.world["cy"].crash();
  must(team.world["cy"].boot());
  CHECK(team.sees("cy", "asked"));
  CHECK_FALSE(team.sees("cy", "thanked"));
  CHECK(must(team.world["cy"].run(request_of("verify").set("deep", true)))["ok"].flag());
  must(team.world["ana"].run(request_of("tray.accept").set("ref", "bo")));
  must(team.world.converge(300s));
  CHECK(team.sees("dan", "thanked"));
  CHECK(team.sees("dan", "later"));
}

TEST_CASE("cuts: an answer that comes after the removal raises it when it is there") {
  // Cy has the removal and what Bo wrote before he gets what Ana wrote: he lets her words in late.
  Team team(12);
  team.world.split({{"ana", "bo"}, {"cy"}});
  must(team.append("bo", "asked"));
  team.world.run_for(30s);
  must(team.append("ana", "answered"));
  team.world.run_for(30s);
  auto op = removal_without_cut(team, "ana", "bo");
  team.force("ana", std::move(op), {});
  team.world.run_for(30s);
  team.meet();
  for (const auto* who : {"ana", "cy"}) {
    CHECK(team.sees(who, "asked"));
    CHECK(team.sees(who, "answered"));
  }
}

TEST_CASE("cuts: who is removed himself cannot go on to let in late work by answering to it") {
  Team team(13, {"ana", "bo", "cy", "dan"});
  must(team.role("ana", "bo", "admin"));
  must(team.append("bo", "here"));
  must(team.world.converge(60s));
  // Bo removes Dan, and claims to have written far more by then than he had.
  auto op = removal_without_cut(team, "bo", "dan");
  for (auto& place : op.built_on) place.seq = 1u << 20;
  op.cut = must(team.replica("bo").held_of(team.replica("dan").self(), std::nullopt));
  team.world.split({{"ana", "bo", "cy"}, {"dan"}});
  must(team.append("dan", "first"));
  team.force("bo", std::move(op), {});
  team.world.run_for(30s);
  team.world.split({{"ana", "cy"}, {"bo", "dan"}});
  team.world.run_for(120s);  // Bo hears what Dan wrote, and answers
  must(team.append("bo", "welcome"));
  team.world.run_for(30s);
  CHECK(team.sees("bo", "first"));
  SUBCASE("while he belongs his word is an answer like any other") {
    team.meet();
    CHECK(team.sees("cy", "first"));
    // It falls with him, if the one who removes him has not seen it.
  }
  SUBCASE("removed behind it he shows nothing") {
    must(team.remove("ana", "bo"));
    team.meet();
    for (const auto* who : {"ana", "cy"}) {
      CHECK_FALSE(team.sees(who, "first"));
      CHECK_FALSE(team.sees(who, "welcome"));
    }
  }
}

}  // namespace holm::sim
