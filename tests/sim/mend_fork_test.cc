// Stores that hold forked logs and are damaged: every branch that can be read comes back, alone and
// under the name that all others know it by; the rest comes back from peers.
#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "store/logs.h"
#include "tests/sim/workload.h"
#include "tests/sim/world.h"
#include "tests/support/must.h"
#include "tests/support/seeds.h"

namespace holm::sim {

using namespace std::chrono_literals;
namespace {

using test::must;

constexpr std::uint64_t kPage = 4096;

node::Replica& replica_of(Host& host) { return *host.node().teams().all().begin()->second; }

std::string path_of(Host& host) { return replica_of(host).team().text() + ".db"; }

Value check(Host& host) {
  return must(host.run(request_of("verify").set("deep", true)))["teams"].items()[0];
}

std::string digest_of(Host& host) {
  return std::string(must(host.run(request_of("audit")))["digest"].text());
}

/// Names of all branches, with where they end.
std::set<std::string> branches_of(Host& host) {
  std::set<std::string> out;
  auto& replica = replica_of(host);
  for (const auto& space : replica.spaces()) {
    for (const auto& log : must(replica.store().logs().of_space(space))) {
      if (!log.is_forked()) continue;
      out.insert(log.log.text() + " " + std::to_string(log.base_seq) + ".." +
                 std::to_string(log.stored_seq) + (log.frozen ? " frozen" : ""));
    }
  }
  return out;
}

/// Ana, whose machine was copied, Bo, and work on all of them that all hold.
struct Crew {
  explicit Crew(std::uint64_t seed, int deeds = 12)
      : world(seed, {"ana", "bo"}), work(world, seed) {
    must(world.found_team("ana"));
    must(world.join("bo", "ana"));
    must(work.prepare("ana"));
    must(world.converge(60s));
    must(work.act_all({"ana", "bo"}, deeds));
    must(world.converge(120s));
    for (const auto* name : {"twin", "third"}) {
      must(world.clone("ana", name));
      must(world.connect(name, "bo"));
    }
    world.split({{"ana"}, {"bo"}, {"twin"}, {"third"}});
    must(work.act_all({"ana", "twin", "third"}, 2 * deeds));
    must(world.clone("twin", "fourth"));
    must(world.connect("fourth", "bo"));
    world.split({{"ana"}, {"bo"}, {"twin"}, {"third"}, {"fourth"}});
    must(work.act_all({"ana", "twin", "fourth"}, deeds));
    world.heal();
    must(world.converge(900s));
    must(work.act_all({"ana", "bo", "twin"}, deeds));
    must(world.converge(900s));
    REQUIRE(world.forks("bo") > 0);
  }

  World world;
  Workload work;
};

}  // namespace

TEST_CASE("mend: a forked store, whatever pages are lost, ends equal to the others, and whole") {
  test::for_each_seed(8, [](std::uint64_t seed) {
    SeededRng rng(seed);
    Crew crew(seed);
    std::vector<std::string> others{"ana", "bo", "twin"};
    const auto chosen = others.begin() + static_cast<std::ptrdiff_t>(rng.below(others.size()));
    auto& host = crew.world[*chosen];
    others.erase(chosen);
    CAPTURE(host.name());
    const auto path = path_of(host);
    // Half of the times the others have gone on. What it alone holds may be lost with its disk.
    if (rng.chance(50)) {
      crew.world.split({{host.name()}});
      must(crew.work.act_all(others, 8));
    }
    host.shut_down();
    const auto pages = host.disk().file(path)->size() / kPage;
    for (auto left = 1 + rng.below(pages / 3); left > 0; --left) {
      host.disk().flip(path, rng.below(pages) * kPage + rng.below(kPage));
    }
    must(host.boot());
    CHECK_FALSE(check(host)["mended"].items().empty());
    crew.world.heal();
    if (!host.run(request_of("status"))) {
      must(crew.world.join(host.name(), host.name() == "bo" ? "ana" : "bo"));
    }
    // Where the others are may have been on what was lost.
    for (const auto* other : {"ana", "bo"}) {
      if (host.name() != other) must(crew.world.connect(host.name(), other));
    }
    must(crew.work.act_all({"ana", "bo", "twin"}, 10));
    must(crew.world.converge(900s));
    const auto again = check(host);
    CAPTURE(to_json(again));
    CHECK(again["problems"].items().empty());
    CHECK(again["awaited"].items().empty());
    // All know the same branches by the same names.
    const auto after = branches_of(host);
    for (auto* other : crew.world.hosts()) {
      CAPTURE(other->name());
      CHECK(branches_of(*other) == after);
    }
  });
}

TEST_CASE(
    "mend: a forked store alone, each page by itself: no branch is missing but what lay on it") {
  Crew crew(5);
  auto& bo = crew.world["bo"];
  crew.world.split({{"bo"}, {"ana", "twin", "third", "fourth"}});
  const auto path = path_of(bo);
  const auto before = digest_of(bo);
  const auto branches = branches_of(bo);
  bo.shut_down();
  const auto whole = bo.disk().snapshot();
  const auto witnesses = bo.witnesses();
  const auto pages = whole.at(path).size() / kPage;
  int cut = 0;
  for (std::uint64_t page = 0; page < pages; ++page) {
    CAPTURE(page);
    bo.disk().restore(whole);
    bo.witnesses() = witnesses;
    bo.disk().flip(path, page * kPage + page * 1777 % kPage);
    must(bo.boot());
    const auto told = check(bo);
    CAPTURE(to_json(told));
    REQUIRE_FALSE(told["mended"].items().empty());
    CHECK(told["problems"].items().empty());
    if (digest_of(bo) != before) {
      ++cut;
      CHECK(told["mended"].items().size() > 1);
    } else {
      CHECK(branches_of(bo) == branches);
    }
    must(bo.run(request_of("room.new").set("name", "Quay")));
    CHECK(check(bo)["problems"].items().empty());
    bo.shut_down();
  }
  MESSAGE(pages, " pages, of which ", cut, " held changes");
  CHECK(cut < static_cast<int>(pages) / 2);
}

}  // namespace holm::sim
