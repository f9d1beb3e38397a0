// Stores that are damaged: whatever can be derived is made anew from the logs, what was lost of
// the logs comes back from those who hold it, and nothing is made worse on the way.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "base/json.h"
#include "store/logs.h"
#include "store/sqlite.h"
#include "tests/sim/workload.h"
#include "tests/sim/world.h"
#include "tests/support/must.h"
#include "tests/support/seeds.h"

namespace holm::sim {

using namespace std::chrono_literals;
namespace {

constexpr std::uint64_t kPage = 4096;

using test::must;

node::Replica& replica_of(Host& host) { return *host.node().teams().all().begin()->second; }

std::string path_of(Host& host) { return replica_of(host).team().text() + ".db"; }

/// A check, as a person makes it.
Value check(Host& host) {
  return must(host.run(request_of("verify").set("deep", true)))["teams"].items()[0];
}

std::string digest_of(Host& host) {
  return std::string(must(host.run(request_of("audit")))["digest"].text());
}

std::set<std::string> files_of(Host& host, const std::string& part) {
  std::set<std::string> out;
  for (const auto& [path, content] : host.disk().snapshot()) {
    if (path.find(part) != std::string::npos) out.insert(path);
  }
  return out;
}

bool is_frozen(Host& host) {
  auto& replica = replica_of(host);
  for (const auto& space : replica.spaces()) {
    for (const auto& log : must(replica.store().logs().of_space(space))) {
      if (log.frozen) return true;
    }
  }
  return false;
}

/// A device that lost even who belongs to its team is let in again.
void let_in(World& world, Host& host, const std::string& by) {
  if (!host.run(request_of("status"))) must(world.join(host.name(), by));
}

/// Ana, Bo and some work that both hold.
struct Crew {
  explicit Crew(std::uint64_t seed, int deeds = 60)
      : world(seed, {"ana", "bo"}), work(world, seed) {
    must(world.found_team("ana"));
    must(world.join("bo", "ana"));
    must(work.prepare("ana"));
    must(world.converge(60s));
    must(work.act_all({"ana", "bo"}, deeds));
    must(world.converge(120s));
  }
  Host& ana() { return world["ana"]; }
  Host& bo() { return world["bo"]; }

  World world;
  Workload work;
};

/// Ana alone.
struct Alone {
  explicit Alone(std::uint64_t seed, int deeds = 60) : world(seed, {"ana"}), work(world, seed) {
    must(world.found_team("ana"));
    must(work.prepare("ana"));
    must(work.act_all({"ana"}, deeds));
  }
  Host& ana() { return world["ana"]; }

  World world;
  Workload work;
};

}  // namespace

TEST_CASE("mend: whatever pages are lost, a team ends equal, whole, and with all that was told") {
  test::for_each_seed(12, [](std::uint64_t seed) {
    SeededRng rng(seed);
    Crew crew(seed);
    auto& ana = crew.ana();
    const auto path = path_of(ana);
    // Half of the times what she wrote last is known to nobody else.
    if (rng.chance(50)) {
      crew.world.split({{"ana"}, {"bo"}});
      must(crew.work.act_all({"bo"}, 5));
    }
    ana.shut_down();
    const auto pages = ana.disk().file(path)->size() / kPage;
    for (auto left = 1 + rng.below(pages / 2); left > 0; --left) {
      ana.disk().flip(path, rng.below(pages) * kPage + rng.below(kPage));
    }
    must(ana.boot());
    CHECK_FALSE(check(ana)["mended"].items().empty());
    crew.world.heal();
    let_in(crew.world, ana, "bo");
    must(crew.work.act_all({"ana", "bo"}, 10));
    crew.world.run_for(30s);
    // By now what was asked for is here.
    const auto again = check(ana);
    CAPTURE(to_json(again));
    CHECK(again["problems"].items().empty());
    CHECK(again["mended"].items().empty());
    CHECK(again["awaited"].items().empty());
    must(crew.world.converge(120s));
    CHECK_FALSE(is_frozen(ana));
    CHECK_FALSE(is_frozen(crew.bo()));
    // A check that found all well lets the damaged file go.
    CHECK(files_of(ana, ".damaged-").empty());
    CHECK(files_of(ana, ".mend").empty());
  });
}

TEST_CASE(
    "mend: alone, each page by itself: nothing is missing but what lay on it, and it is said") {
  Alone alone(5, 60);
  auto& ana = alone.ana();
  const auto path = path_of(ana);
  const auto before = digest_of(ana);
  ana.shut_down();
  const auto whole = ana.disk().snapshot();
  const auto witnesses = ana.witnesses();
  const auto pages = whole.at(path).size() / kPage;
  int cut = 0;
  for (std::uint64_t page = 0; page < pages; ++page) {
    CAPTURE(page);
    ana.disk().restore(whole);
    ana.witnesses() = witnesses;
    ana.disk().flip(path, page * kPage + page * 1777 % kPage);
    must(ana.boot());
    const auto told = check(ana);
    CAPTURE(to_json(told));
    REQUIRE_FALSE(told["mended"].items().empty());
    CHECK(told["problems"].items().empty());
    if (digest_of(ana) != before) {
      ++cut;
      CHECK(told["mended"].items().size() > 1);
      CHECK_FALSE(files_of(ana, ".damaged-").empty());
    } else if (told["mended"].items().size() == 1) {
      CHECK(told["awaited"].items().empty());
      CHECK(check(ana)["mended"].items().empty());  // well again
    }
    const auto more =
        ana.run(request_of("doc.append").set("doc", alone.work.log()).set("text", "goes on\n"));
    if (!more) CHECK(more.error().code == Code::not_found);
    must(ana.run(request_of("room.new").set("name", "Quay")));
    CHECK(check(ana)["problems"].items().empty());
    ana.shut_down();
  }
  MESSAGE(pages, " pages, of which ", cut, " held changes");
  CHECK(cut < static_cast<int>(pages) / 2);
}

TEST_CASE("mend: the power may go at any moment of it") {
  Crew crew(3, 12);
  auto& ana = crew.ana();
  const auto path = path_of(ana);
  const auto before = digest_of(ana);
  // One page that the logs give back, one of the logs.
  for (const bool is_log : {false, true}) {
    crew.world.run_for(1s);
    if (!ana.is_up()) must(ana.boot());
    must(crew.world.converge(60s));
    ana.shut_down();
    const auto whole = ana.disk().snapshot();
    const auto witnesses = ana.witnesses();
    const auto pages = whole.at(path).size() / kPage;
    std::optional<std::uint64_t> chosen;
    for (std::uint64_t page = 1; page < pages && !chosen; ++page) {
      ana.disk().restore(whole);
      ana.witnesses() = witnesses;
      ana.disk().flip(path, page * kPage + 9);
      must(ana.boot());
      const auto told = check(ana);
      if ((told["mended"].items().size() > 1) == is_log) chosen = page;
      ana.crash();
    }
    REQUIRE(chosen.has_value());
    ana.disk().restore(whole);
    ana.witnesses() = witnesses;
    ana.disk().flip(path, *chosen * kPage + 9);
    const auto damaged = ana.disk().snapshot();
    for (std::uint64_t change = 1;; change += 1 + change / 20) {
      CAPTURE(change);
      ana.disk().restore(damaged);
      ana.witnesses() = witnesses;
      if (!ana.disk().is_powered()) ana.disk().power_on();
      ana.disk().crash_at_change(change);
      const bool booted = ana.boot().has_value();
      if (ana.is_up()) (void)ana.run(request_of("verify").set("deep", true));
      const bool survived = booted && ana.is_up();
      ana.disk().clear_faults();
      if (!ana.is_up()) must(ana.boot());
      (void)check(ana);
      crew.world.run_for(20s);
      CHECK(check(ana)["problems"].items().empty());
      CHECK(digest_of(ana) == before);
      CHECK_FALSE(is_frozen(ana));
      CHECK(files_of(ana, ".mend").empty());
      ana.crash();
      if (survived) break;
    }
  }
}

TEST_CASE("mend: a full disk leaves the file as it is, in one clear line, until there is room") {
  Alone alone(7);
  auto& ana = alone.ana();
  const auto path = path_of(ana);
  const auto before = digest_of(ana);
  ana.shut_down();
  ana.disk().flip(path, 100);  // the first page
  const auto damaged = *ana.disk().file(path);
  const auto used = ana.disk().bytes_used();
  for (const std::uint64_t room : {0u, 4096u, 40'000u, 100'000u}) {
    ana.disk().set_capacity(used + room);
    const auto booted = ana.boot();
    REQUIRE_FALSE(booted.has_value());
    CHECK(booted.error().code == Code::failed);
    CHECK(booted.error().text().find("the disk is full") != std::string::npos);
    CHECK(booted.error().text().find("the damaged file is as it was") != std::string::npos);
    ana.disk().power_on();
    CHECK(*ana.disk().file(path) == damaged);
  }
  ana.disk().set_capacity(std::nullopt);
  must(ana.boot());
  CHECK(check(ana)["problems"].items().empty());
  CHECK(digest_of(ana) == before);
}

TEST_CASE("mend: an error of the disk is not damage") {
  Alone alone(9, 20);
  auto& ana = alone.ana();
  const auto before = digest_of(ana);
  ana.shut_down();
  const auto whole = ana.disk().snapshot();
  const auto witnesses = ana.witnesses();
  for (std::uint64_t operation = 1;; ++operation) {
    CAPTURE(operation);
    ana.disk().restore(whole);
    ana.witnesses() = witnesses;
    if (!ana.disk().is_powered()) ana.disk().power_on();
    const auto start = ana.disk().operations();
    ana.disk().fail_at_operation(operation);
    const auto booted = ana.boot();
    const bool survived = ana.is_up() && ana.disk().operations() < start + operation;
    if (!booted) CHECK(booted.error().code != Code::corrupt);
    ana.disk().clear_faults();
    if (!ana.is_up()) must(ana.boot());
    CHECK(files_of(ana, ".damaged-").empty());
    const auto told = check(ana);
    CHECK(told["mended"].items().empty());
    CHECK(told["problems"].items().empty());
    CHECK(digest_of(ana) == before);
    ana.crash();
    if (survived) break;
  }
}

TEST_CASE("mend: what is found damaged while the home is open is mended, and the command done") {
  test::for_each_seed(6, [](std::uint64_t seed) {
    Crew crew(seed, 30);
    auto& ana = crew.ana();
    const auto path = path_of(ana);
    ana.shut_down();
    must(ana.boot());
    const auto pages = ana.disk().file(path)->size() / kPage;
    SeededRng rng(seed);
    for (int i = 0; i < 4; ++i) {
      ana.disk().flip(path, rng.below(pages) * kPage + rng.below(kPage));
    }
    // Done on what is left, or refused since the thing is not here until it is sent again: never a
    // broken answer.
    const auto shown = ana.run(request_of("doc.show").set("doc", crew.work.log()));
    if (!shown) CHECK(shown.error().code == Code::not_found);
    (void)check(ana);
    let_in(crew.world, ana, "bo");
    crew.world.run_for(60s);
    CHECK(check(ana)["problems"].items().empty());
    must(crew.world.converge(120s));
  });
}

TEST_CASE("mend: values that are not what the logs say are made anew in place") {
  test::for_each_seed(6, [](std::uint64_t seed) {
    SeededRng rng(seed);
    World world(seed, {"ana"});
    auto& ana = world["ana"];
    ana.stop_encrypting();
    Workload work(world, seed);
    must(world.found_team("ana"));
    must(work.prepare("ana"));
    must(work.act_all({"ana"}, 60));
    const auto before = digest_of(ana);
    const auto path = path_of(ana);
    ana.shut_down();
    const char* kHarm[] = {
        "UPDATE object SET state = x'c0' WHERE no = (SELECT max(no) FROM object WHERE state IS NOT "
        "NULL)",
        "UPDATE object SET state = NULL WHERE no IN (SELECT no FROM object WHERE type = 10 LIMIT "
        "3)",
        "UPDATE text SET content = content || 'x'",
        "UPDATE text SET graph = x'00' WHERE no % 2 = 0",
        "DELETE FROM text WHERE no = (SELECT max(no) FROM text)",
        "UPDATE w_card SET f_title = 'other'",
        "DELETE FROM w_message",
        "DELETE FROM also",
        "INSERT INTO search (search) VALUES ('delete-all')",
        "DELETE FROM search_word",
        "UPDATE fact SET value = x'00' WHERE kind = 'text_history'",
    };
    for (const auto* harm : kHarm) {
      CAPTURE(harm);
      {
        auto db = must(store::Db::open(path, ana.disk().name()));
        must(db->run_script(harm));
      }
      must(ana.boot());
      const auto told = check(ana);
      CAPTURE(to_json(told));
      CHECK(told["problems"].items().empty());
      const auto again = check(ana);
      CHECK(again["mended"].items().empty());
      CHECK(again["problems"].items().empty());
      CHECK(digest_of(ana) == before);
      CHECK(must(ana.run(request_of("status")))["warnings"].items().empty());
      ana.shut_down();
    }
  });
}

TEST_CASE("mend: status says what was mended until a check found all well") {
  Alone alone(11, 20);
  auto& ana = alone.ana();
  const auto path = path_of(ana);
  ana.shut_down();
  ana.disk().flip(path, 50);
  must(ana.boot());
  auto warnings = must(ana.run(request_of("status")))["warnings"];
  REQUIRE(warnings.items().size() == 1);
  CHECK(warnings.items()[0].text().find("made anew from its logs") != std::string_view::npos);
  CHECK(files_of(ana, ".damaged-").size() >= 1);
  (void)check(ana);
  CHECK(must(ana.run(request_of("status")))["warnings"].items().size() == 1);
  (void)check(ana);
  CHECK(must(ana.run(request_of("status")))["warnings"].items().empty());
  CHECK(files_of(ana, ".damaged-").empty());
}

TEST_CASE("mend: a file of another key is left alone") {
  Alone alone(13, 5);
  auto& ana = alone.ana();
  const auto path = path_of(ana);
  ana.shut_down();
  auto noise = *ana.disk().file(path);
  SeededRng(13).fill(noise);
  ana.disk().set_file(path, noise);
  const auto booted = ana.boot();
  REQUIRE_FALSE(booted.has_value());
  CHECK(booted.error().code == Code::corrupt);
  CHECK(*ana.disk().file(path) == noise);
  CHECK(files_of(ana, ".damaged-").empty());
}

}  // namespace holm::sim
