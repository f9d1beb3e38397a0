// What scenarios rest on, and single stories of nodes that need no dice.
#include "tests/sim/world.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/must.h"

namespace holm::sim {

using namespace std::chrono_literals;
namespace {

using test::must;

/// Hears a host's links and answers nothing.
struct Listener final : net::TransportEvents {
  void on_accepted(net::LinkId link, const net::Endpoint&) override { accepted.push_back(link); }
  void on_dialled(net::LinkId link) override { dialled.push_back(link); }
  void on_bytes(net::LinkId, ByteView view) override { append(bytes, view); }
  void on_drained(net::LinkId) override { ++drained; }
  void on_closed(net::LinkId link, const Error& why) override {
    closed.push_back(link);
    code = why.code;
  }
  std::vector<net::LinkId> accepted, dialled, closed;
  Bytes bytes;
  int drained = 0;
  Code code{};
};

struct TwoHosts {
  explicit TwoHosts(NetworkOptions options = {})
      : network(1, options, trace), a(network.add_host("a")), b(network.add_host("b")) {
    one = network.bring_up(a, [] { return true; });
    two = network.bring_up(b, [] { return true; });
    one->set_events(&at_one);
    two->set_events(&at_two);
    REQUIRE(two->listen(network.address(b)).has_value());
  }
  void run(Millis span = Millis{10'000}) {
    const auto until = network.now() + span;
    while (network.next() && *network.next() <= until) {
      network.advance(*network.next());
      network.step();
    }
  }
  Trace trace;
  Network network;
  HostId a;
  HostId b;
  std::unique_ptr<net::Transport> one, two;
  Listener at_one, at_two;
};

TEST_CASE("network: bytes arrive whole and in order, in pieces, and drain") {
  TwoHosts hosts({.fragment_max = 7});
  const auto link = hosts.one->dial(hosts.network.address(hosts.b));
  hosts.one->send(link, to_bytes("too early"));
  hosts.run();
  REQUIRE(hosts.at_one.dialled.size() == 1);
  std::string all;
  for (int i = 0; i < 50; ++i) {
    const auto text = "message " + std::to_string(i) + ";";
    all += text;
    hosts.one->send(link, to_bytes(text));
  }
  CHECK(hosts.at_two.bytes.empty());  // never from inside a call
  CHECK(hosts.one->queued_bytes(link) == all.size());
  hosts.one->close(link);
  hosts.run();
  CHECK(as_text(hosts.at_two.bytes) == all);
  CHECK(hosts.at_two.closed.size() == 1);
  CHECK(hosts.at_one.closed.size() == 1);
  CHECK(hosts.network.link_count() == 0);
}

TEST_CASE("network: a cut loses what is in flight and tells both ends to try again") {
  TwoHosts hosts;
  const auto link = hosts.one->dial(hosts.network.address(hosts.b));
  hosts.run();
  hosts.one->send(link, Bytes(1000, 7));
  hosts.network.cut_between(hosts.a, hosts.b);
  hosts.run();
  CHECK(hosts.at_two.bytes.empty());
  CHECK(hosts.at_one.closed.size() == 1);
  CHECK(hosts.at_two.closed.size() == 1);
  CHECK(hosts.at_two.code == Code::retry);
}

TEST_CASE("network: whoever is split off or down cannot be dialled") {
  TwoHosts hosts;
  hosts.network.split({{hosts.a}, {hosts.b}});
  hosts.one->dial(hosts.network.address(hosts.b));
  hosts.run();
  CHECK(hosts.at_one.code == Code::timeout);
  hosts.network.heal();
  hosts.network.take_down(hosts.b);
  hosts.one->dial(hosts.network.address(hosts.b));
  hosts.run();
  CHECK(hosts.at_one.closed.size() == 2);
  CHECK(hosts.at_one.code == Code::retry);
  CHECK(hosts.at_one.dialled.empty());
}

TEST_CASE("network: nothing is read while reading is paused, not even the end") {
  TwoHosts hosts;
  const auto link = hosts.one->dial(hosts.network.address(hosts.b));
  hosts.run();
  hosts.two->pause_reading(hosts.at_two.accepted.front());
  hosts.one->send(link, to_bytes("later"));
  hosts.one->close(link);
  hosts.run();
  CHECK(hosts.at_two.bytes.empty());
  CHECK(hosts.at_two.closed.empty());
  hosts.two->resume_reading(hosts.at_two.accepted.front());
  hosts.run();
  CHECK(as_text(hosts.at_two.bytes) == "later");
  CHECK(hosts.at_two.closed.size() == 1);
}

TEST_CASE("node: a link that a join made is made again after it was cut") {
  World world{1, {"ana", "bo"}};
  must(world.found_team("ana"));
  must(world.join("bo", "ana"));
  must(world.converge(10s));
  world.network().cut_all();
  world.run_for(1s);
  must(world["ana"].tell(request_of("room.new").set("name", "Yard")));
  must(world.converge(600s));
}

TEST_CASE("node: what was written is undone and done again, here and on the others") {
  World world{2, {"ana", "bo"}};
  must(world.found_team("ana"));
  must(world.join("bo", "ana"));
  must(world["ana"].run(request_of("room.new").set("name", "Yard")));
  const auto doc = must(
      world["ana"].run(request_of("doc.new").set("path", "Yard/Plan").set("text", "one two\n")));
  const auto id = doc["id"].text();
  must(world["ana"].run(request_of("doc.write").set("doc", id).set("text", "one three\n")));
  must(world.converge(10s));
  const auto text = [&](const char* who) {
    return std::string(must(world[who].run(request_of("doc.show").set("doc", id)))["text"].text());
  };
  CHECK(text("bo") == "one three\n");
  must(world["ana"].run(request_of("undo").set("object", id)));
  must(world.converge(10s));
  CHECK(text("ana") == "one two\n");
  CHECK(text("bo") == "one two\n");
  must(world["ana"].run(request_of("redo").set("object", id)));
  must(world.converge(10s));
  CHECK(text("bo") == "one three\n");
  // What another wrote is not hers to take back.
  CHECK_FALSE(world["bo"].run(request_of("undo").set("object", id)).has_value());
}

/// A check says that something was damaged, and what became of it.
void check_told_of_damage(Host& host) {
  const auto told = must(host.run(request_of("verify").set("deep", true)));
  CHECK_FALSE(told["ok"].flag());
  CHECK_FALSE(told["teams"].items()[0]["mended"].items().empty());
}

TEST_CASE("node: verify finds a flipped byte wherever a change lies") {
  World world{3, {"ana"}};
  world["ana"].stop_encrypting();
  must(world.found_team("ana"));
  must(world["ana"].run(request_of("room.new").set("name", "Yard")));
  must(world["ana"].run(
      request_of("doc.new").set("path", "Yard/Plan").set("text", "findable words stand here\n")));
  must(world["ana"].run(request_of("verify").set("deep", true)));
  auto& ana = world["ana"];
  const auto path = ana.node().teams().all().begin()->first.text() + ".db";
  ana.shut_down();
  const auto whole = *ana.disk().file(path);
  const std::string needle = "findable words";
  std::vector<std::size_t> places;
  for (auto at = whole.begin();; ++at) {
    at = std::search(at, whole.end(), needle.begin(), needle.end());
    if (at == whole.end()) break;
    places.push_back(static_cast<std::size_t>(at - whole.begin()));
  }
  REQUIRE_FALSE(places.empty());
  for (const auto place : places) {
    auto damaged = whole;
    damaged[place] ^= 0x01;
    ana.disk().set_file(path, damaged);
    must(ana.boot());  // what was damaged is mended, at the latest by whoever checks, and told
    check_told_of_damage(ana);
    ana.shut_down();
  }
  ana.disk().set_file(path, whole);
  must(ana.boot());
  must(ana.run(request_of("verify").set("deep", true)));
}

TEST_CASE("node: verify finds a flipped byte on every page of an encrypted store") {
  World world{3, {"ana"}};
  must(world.found_team("ana"));
  must(world["ana"].run(request_of("room.new").set("name", "Yard")));
  must(world["ana"].run(request_of("doc.new").set("path", "Yard/Plan").set("text", "words\n")));
  auto& ana = world["ana"];
  const auto path = ana.node().teams().all().begin()->first.text() + ".db";
  ana.shut_down();
  const auto whole = *ana.disk().file(path);
  CHECK(as_text(whole).find("words") == std::string_view::npos);
  for (std::size_t page = 0; page * 4096 < whole.size(); ++page) {
    CAPTURE(page);
    auto damaged = whole;
    damaged[page * 4096 + page * 1777 % 4096] ^= 0x01;
    ana.disk().set_file(path, damaged);
    must(ana.boot());
    check_told_of_damage(ana);
    const auto again = must(ana.run(request_of("verify").set("deep", true)));
    CHECK(again["teams"].items()[0]["mended"].items().empty());
    ana.shut_down();
  }
  ana.disk().set_file(path, whole);
  must(ana.boot());
  must(ana.run(request_of("verify").set("deep", true)));
}

TEST_CASE("node: whoever is in already and asks again is told so at once") {
  World world{5, {"ana", "bo"}};
  must(world.found_team("ana"));
  must(world.join("bo", "ana"));
  world.run_for(1s);
  const auto before = world.now();
  must(world.join("bo", "ana"));
  CHECK(world.now() - before < 5s);
}

TEST_CASE("node: a wrong invite code and a used one are refused for good") {
  World world{4, {"ana", "bo", "cy"}};
  must(world.found_team("ana"));
  const auto invite = must(world["ana"].run(request_of("invite.create").set("uses", 1)));
  const auto at = world["ana"].address().text();
  const auto code = std::string(invite["code"].text());
  must(world["bo"].run(request_of("join").set("code", code).set("at", at)));
  const auto again = world["cy"].run(request_of("join").set("code", code).set("at", at));
  REQUIRE_FALSE(again.has_value());
  CHECK(again.error().code == Code::denied);
  auto wrong = code;
  wrong[0] = wrong[0] == 'A' ? 'B' : 'A';
  const auto typo = world["cy"].run(request_of("join").set("code", wrong).set("at", at));
  REQUIRE_FALSE(typo.has_value());
  CHECK(typo.error().code == Code::usage);
}

TEST_CASE("undo: what was made and taken back here lives when it was written on there") {
  World world(7, {"ana", "bo"});
  must(world.found_team("ana"));
  must(world.join("bo", "ana"));
  must(world["ana"].run(request_of("room.new").set("name", "Yard")));
  must(world["ana"].run(request_of("board.new").set("path", "Yard/Boats").set("key", "B")));
  must(world["ana"].run(request_of("card.add").set("board", "Boats").set("title", "Paint")));
  must(world.converge(60s));
  world.split({{"ana"}, {"bo"}});
  must(world["bo"].run(request_of("card.update").set("card", "B-1").set("line", "sanded")));
  must(world["ana"].run(request_of("undo")));
  world.heal();
  must(world.converge(120s));
  for (const auto* name : {"ana", "bo"}) {
    const auto card = must(world[name].run(request_of("card.show").set("card", "B-1")));
    CHECK_FALSE(card["archived"].flag());
    CHECK(card["updates"].items().size() == 1);
    CHECK(card["notices"].items().size() == 1);
  }
  // Alone, a thread goes with the message that it began with.
  must(world["bo"].run(
      request_of("thread.new").set("room", "Yard").set("title", "Bell").set("text", "Who?")));
  must(world["bo"].run(request_of("undo")));
  must(world.converge(120s));
  CHECK(must(world["ana"].run(request_of("thread.list")))["threads"].items().empty());
}

TEST_CASE("node: a join that was refused leaves no team behind") {
  World world{7, {"ana", "bo", "cy"}};
  must(world.found_team("ana"));
  const auto invite = must(world["ana"].run(request_of("invite.create").set("uses", 1)));
  const auto join = request_of("join")
                        .set("code", invite["code"].text())
                        .set("at", world["ana"].address().text());
  must(world["bo"].run(join));
  REQUIRE_FALSE(world["cy"].run(join).has_value());
  CHECK(must(world["cy"].run(request_of("team.list")))["teams"].items().empty());
  must(world["cy"].run(request_of("team.create").set("name", "Own")));
  must(world["cy"].run(request_of("room.new").set("name", "Yard")));
}

TEST_CASE("node: one that stops takes no new links and makes none") {
  World world{9, {"ana", "bo", "cy"}};
  must(world.found_team("ana"));
  must(world.join("bo", "ana"));
  must(world.join("cy", "ana"));
  must(world.connect("ana", "bo"));
  must(world.converge(10s));
  world["ana"].node().stop();
  world.run_for(60s);
  CHECK(world["ana"].node().links().links().empty());
}

TEST_CASE("node: a link that is being made can be hung up at once") {
  World world{10, {"ana", "bo"}};
  must(world.found_team("ana"));
  must(world.join("bo", "ana"));
  must(world.converge(10s));
  world["ana"].shut_down();
  must(world["ana"].boot());
  world.split({{"ana"}, {"bo"}});
  world.run_for(30s);
  must(world.dial("bo", "ana"));
  REQUIRE_FALSE(world["bo"].node().links().links().empty());
  world["bo"].node().stop();
  world.run_for(500ms);
  CHECK(world["bo"].node().links().links().empty());
}

TEST_CASE("node: an exchange with two ends though the first went away after its part") {
  World world{11, {"ana", "bo", "cy"}};
  must(world.found_team("ana"));
  must(world.join("bo", "ana"));
  must(world.join("cy", "ana"));
  must(world.connect("cy", "bo"));
  must(world.converge(10s));
  world.split({{"ana", "cy"}, {"bo"}});
  world.run_for(2s);
  std::optional<Result<Value>> answer;
  world["cy"].ask(request_of("sync").set("timeout_ms", 120'000),
                  [&](Result<Value> outcome) { answer = std::move(outcome); });
  world.run_for(1s);
  REQUIRE_FALSE(answer.has_value());
  world["ana"].shut_down();
  world.run_for(60s);
  REQUIRE(answer.has_value());
  CHECK(answer->has_value());
}

TEST_CASE("node: both ends know that they are in step when one learns of the other only now") {
  World world{8, {"ana", "bo", "cy"}};
  must(world.found_team("ana"));
  must(world.join("bo", "ana"));
  must(world["ana"].run(request_of("room.new").set("name", "Yard")));
  world.run_for(5s);
  world.split({{"ana", "cy"}, {"bo"}});
  must(world.join("cy", "ana"));
  world.run_for(5s);
  world.split({{"ana"}, {"bo", "cy"}});
  must(world.connect("cy", "bo"));
  world.run_for(30s);
  CHECK(world.agrees());
  for (const auto* name : {"bo", "cy"}) {
    CAPTURE(name);
    std::size_t in_sync = 0;
    for (const auto& link : world[name].node().links().links()) in_sync += link.in_sync ? 1 : 0;
    CHECK(in_sync == 1);
  }
}

}  // namespace
}  // namespace holm::sim
