// Getting back in by the recovery phrase, one more device by a code, and how both are refused.
#include <doctest/doctest.h>

#include <set>

#include "base/json.h"
#include "base/wire.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "node/recovery.h"
#include "tests/sim/world.h"
#include "tests/support/must.h"
#include "tests/support/seeds.h"
#include "work/reference.h"
#include "work/schema.h"

namespace holm::sim {
namespace {

using namespace std::chrono_literals;
using test::must;

Value recovery(const std::string& phrase, Host& at, Millis patience = Millis{60'000}) {
  return request_of("recover")
      .set("phrase", phrase)
      .set("at", at.address().text())
      .set("timeout_ms", patience.count());
}

Value joining(std::string_view code, Host& at) {
  return request_of("join")
      .set("code", code)
      .set("at", at.address().text())
      .set("timeout_ms", 60'000);
}

node::Replica& team_of(Host& host) { return *host.node().teams().all().begin()->second; }

std::string refused(Result<Value> outcome) {
  REQUIRE_FALSE(outcome.has_value());
  return outcome.error().text();
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

bool has_no_team(Host& host) {
  return must(host.run(request_of("team.list")))["teams"].items().empty();
}

/// Ana founded the team, Bo is in it; a document that both have.
struct Crew {
  explicit Crew(std::uint64_t seed, std::vector<std::string> names = {"ana", "bo", "new"})
      : world(seed, names) {
    must(world.found_team("ana"));
    must(world.join("bo", "ana"));
    must(world["ana"].run(request_of("room.new").set("name", "Yard")));
    must(world["ana"].tell(
        request_of("doc.new").set("path", "Yard/Plan").set("text", "Paint the boat.\n")));
    world.run_for(5s);
  }
  World world;
};

TEST_CASE("recover: by the phrase alone, at a teammate's device, everything comes back") {
  Crew crew{1};
  auto& world = crew.world;
  const auto phrase = world["ana"].phrase();
  const auto before = team_of(world["ana"]).self();
  must(world["ana"].run(
      request_of("profile.set").set("values", must(parse_json(R"([["name", "Ana B."]])")))));
  world.run_for(2s);
  world["ana"].crash();
  const auto back = must(world["new"].run(recovery(phrase, world["bo"])));
  REQUIRE(back["teams"].items().size() == 1);
  CHECK(back["teams"].items()[0]["name"].text() == "Crew");
  CHECK(back["teams"].items()[0]["other_devices"].number() == 1);
  CHECK(team_of(world["new"]).self() == before);
  const auto shown = must(world["new"].run(request_of("team.show")));
  CHECK(has(to_json(shown), "Ana B."));
  CHECK(must(world["new"].run(request_of("doc.show").set("doc", "Yard/Plan")))["text"].text() ==
        "Paint the boat.\n");
  must(world["new"].tell(
      request_of("doc.append").set("doc", "Yard/Plan").set("text", "And the oars.\n")));
  must(world["ana"].boot());
  must(world.connect("ana", "bo"));
  must(world.converge(120s));
  // The lost one is dropped, and what it wrote meanwhile lands in the tray.
  world.split({{"ana"}, {"bo", "new"}});
  must(world["ana"].run(
      request_of("doc.append").set("doc", "Yard/Plan").set("text", "Written late.\n")));
  std::string lost;
  const auto devices = must(world["new"].run(request_of("device.list").set("member", "me")));
  CHECK(devices["devices"].items().size() == 2);
  for (const auto& device : devices["devices"].items()) {
    CHECK(device.has("words"));
    if (!device["this"].flag()) lost = device["id"].text();
  }
  const auto dropped = must(world["new"].run(request_of("device.drop").set("device", lost)));
  (void)dropped;
  world.run_for(5s);
  world.heal();
  CHECK(world.run_until(
      [&] {
        const auto tray = world["bo"].node().teams().all().empty()
                              ? Result<Value>(Value())
                              : world["new"].run(request_of("tray.show"));
        return tray && !(*tray)["items"].items().empty();
      },
      120s));
  const auto plan = must(world["new"].run(request_of("doc.show").set("doc", "Yard/Plan")));
  CHECK_FALSE(has(std::string(plan["text"].text()), "Written late."));
}

TEST_CASE("recover: on two machines apart, both work, and the member sees all three") {
  Crew crew{2, {"ana", "bo", "cy", "one", "two"}};
  auto& world = crew.world;
  must(world.join("cy", "ana"));
  must(world.connect("cy", "bo"));
  world.run_for(10s);
  const auto phrase = world["ana"].phrase();
  world.split({{"ana"}, {"bo", "one"}, {"cy", "two"}});
  must(world["one"].run(recovery(phrase, world["bo"])));
  must(world["two"].run(recovery(phrase, world["cy"])));
  must(world["one"].tell(
      request_of("doc.append").set("doc", "Yard/Plan").set("text", "From one.\n")));
  must(world["two"].tell(
      request_of("doc.append").set("doc", "Yard/Plan").set("text", "From two.\n")));
  world.heal();
  must(world.converge(300s));
  const auto devices = must(world["two"].run(request_of("device.list").set("member", "me")));
  CHECK(devices["devices"].items().size() == 3);
}

TEST_CASE("recover: every team that the reached device is in comes back, further ones elsewhere") {
  World world{14, {"ana", "bo", "cy", "new"}};
  const auto found = [&](const char* name) {
    return std::string(
        must(world["ana"].run(request_of("team.create").set("name", name)))["team"].text());
  };
  const auto join = [&](const char* who, const std::string& team) {
    const auto invite = must(world["ana"].run(request_of("invite.create").set("team", team)));
    must(world[who].run(joining(invite["code"].text(), world["ana"])));
  };
  const auto one = found("One");
  const auto two = found("Two");
  const auto three = found("Three");
  join("bo", one);
  join("bo", two);
  join("cy", three);
  world.run_for(5s);
  world["ana"].shut_down();
  const auto names = [&] {
    std::set<std::string> out;
    const auto listed = must(world["new"].run(request_of("team.list")));
    for (const auto& team : listed["teams"].items()) {
      out.emplace(team["name"].text());
    }
    return out;
  };
  const auto back = must(world["new"].run(recovery(world["ana"].phrase(), world["bo"])));
  CHECK(back["teams"].items().size() == 2);
  CHECK(names() == std::set<std::string>{"One", "Two"});
  must(world["new"].run(recovery(world["ana"].phrase(), world["cy"])));
  CHECK(names() == std::set<std::string>{"One", "Two", "Three"});
  // Again, where all is back already, changes nothing.
  must(world["new"].run(recovery(world["ana"].phrase(), world["bo"])));
  CHECK(names().size() == 3);
  for (const auto& [team, replica] : world["new"].node().teams().all()) {
    CHECK(replica->has_root());
    CHECK(replica->roster().devices.size() == 3);
  }
}

TEST_CASE("recover: what goes wrong is told, and leaves the home as it was") {
  Crew crew{3, {"ana", "bo", "new", "eve"}};
  auto& world = crew.world;
  const auto own = world["new"].phrase();
  const auto phrase = world["ana"].phrase();
  // Mistyped.
  auto typo = phrase;
  typo[0] = typo[0] == 'b' ? 'd' : 'b';
  CHECK(has(refused(world["new"].run(recovery(typo, world["bo"]))), "mistyped"));
  // Of nobody there.
  CHECK(has(refused(world["new"].run(recovery(world["eve"].phrase(), world["bo"]))),
            "knows nobody with this recovery phrase"));
  CHECK(has_no_team(world["new"]));
  // Nobody home; it goes on by itself once somebody is.
  world["bo"].shut_down();
  CHECK(has(refused(world["new"].run(recovery(phrase, world["bo"], 5s), 60s)), "came back yet"));
  CHECK(has_no_team(world["new"]));
  must(world["bo"].boot());
  CHECK(world.run_until([&] { return !has_no_team(world["new"]); }, 120s));
  // A home with a team of its own keeps its phrase.
  must(world["eve"].run(request_of("team.create").set("name", "Own")));
  CHECK(has(refused(world["eve"].run(recovery(phrase, world["bo"]))), "another recovery phrase"));
  CHECK(own != phrase);
}

TEST_CASE("recover: whoever was removed does not come back by the phrase") {
  Crew crew{4};
  auto& world = crew.world;
  const auto phrase = world["bo"].phrase();
  must(world["ana"].run(request_of("member.role").set("member", "bo").set("role", "none")));
  world.run_for(2s);
  CHECK(has(refused(world["new"].run(recovery(phrase, world["ana"]))), "knows nobody"));
  CHECK(has_no_team(world["new"]));
}

TEST_CASE("recover: the power may go at any moment of it, at either side") {
  test::for_each_seed(6, [](test::Seed seed) {
    Crew crew{seed};
    auto& world = crew.world;
    const auto phrase = world["ana"].phrase();
    world["ana"].shut_down();
    auto& victim = world[seed % 2 == 0 ? "new" : "bo"];
    victim.disk().crash_at_change(1 + world.rng().below(60));
    const auto first = world["new"].run(recovery(phrase, world["bo"]), 30s);
    if (!victim.is_up()) must(victim.boot());
    victim.disk().clear_faults();
    if (!world["new"].is_up()) must(world["new"].boot());
    if (!first) must(world["new"].run(recovery(phrase, world["bo"])));
    must(world["ana"].boot());
    must(world.connect("ana", "bo"));
    must(world.converge(300s));
    CHECK(team_of(world["new"]).self() == team_of(world["ana"]).self());
  });
}

/// Somebody who has a key to knock with and says what they like.
class Knocker final : public net::TransportEvents {
 public:
  Knocker(World& world, Host& at, const crypto::SecretKey32& psk)
      : world_(world), transport_(world.network().bring_up(at.id(), [] { return true; })) {
    transport_->set_events(this);
    net::SessionConfig config;
    config.prologue = to_bytes("holm/1");
    session_ = net::Session::dial(
        config, key_, {.tag = 0, .psk = psk, .payload = encode(node::Hello{})}, rng_, world.now());
  }
  ~Knocker() override { transport_->set_events(nullptr); }

  void knock(Host& at) {
    link_ = transport_->dial(at.address());
    world_.run_for(2s);
  }
  void say(const sync::Message& message) {
    if (session_->send(sync::encode(message), world_.now())) pump();
    world_.run_for(2s);
  }

  std::optional<node::Hello> hello;
  Digest handshake;
  std::vector<sync::Message> heard;
  bool is_closed = false;

  void on_accepted(net::LinkId, const net::Endpoint&) override {}
  void on_dialled(net::LinkId) override { pump(); }
  void on_bytes(net::LinkId, ByteView bytes) override {
    session_->on_bytes(bytes, world_.now());
    pump();
  }
  void on_drained(net::LinkId) override { session_->on_drained(world_.now()); }
  void on_closed(net::LinkId, const Error&) override { is_closed = true; }

 private:
  void pump() {
    while (auto output = session_->poll()) {
      if (auto* send = std::get_if<net::Send>(&*output)) {
        transport_->send(link_, std::move(send->bytes));
      } else if (auto* met = std::get_if<net::Established>(&*output)) {
        hello = must(node::decode_hello(met->payload));
        handshake = crypto::hash("holm handshake v1", met->handshake_hash.view());
      } else if (auto* received = std::get_if<net::Received>(&*output)) {
        heard.push_back(must(sync::decode(received->message)));
      } else {
        is_closed = true;
      }
    }
  }

  World& world_;
  SeededRng rng_{99};
  crypto::KexKey key_ = crypto::KexKey::make(rng_);
  std::unique_ptr<net::Transport> transport_;
  std::unique_ptr<net::Session> session_;
  net::LinkId link_ = 0;
};

node::Identity identity_by(const std::string& phrase) {
  SeededRng rng(1);
  return node::make_identity(must(node::parse_recovery_phrase(phrase)), "x", "UTC", "", "x", rng);
}

TEST_CASE("recover: a member who knows another's knocking key learns nothing by it") {
  for (int way = 0; way < 4; ++way) {
    CAPTURE(way);
    Crew crew{5};
    auto& world = crew.world;
    const auto& team = team_of(world["bo"]).team();
    const auto& state = team_of(world["bo"]).state();
    const auto ana = team_of(world["ana"]).self();
    const auto bo = team_of(world["bo"]).self();
    const auto profile = must(state.object(work::profile_ref(state, ana)));
    REQUIRE(profile.has_value());
    const auto* held = profile->value(work::profile::kRecovery, ana.view());
    REQUIRE(held != nullptr);
    const auto value = must(decode_value(*held));
    const auto& roster = state.roster();
    const auto root_of = [&](const MemberId& member) { return roster.person(member)->root; };
    const auto entry = must(node::decode_recovery_entry(*value.as_bytes(), team, root_of(ana)));
    // It is signed by the root, so that no device without the phrase puts another in its place.
    CHECK_FALSE(node::decode_recovery_entry(*value.as_bytes(), team, root_of(bo)));
    CHECK_FALSE(node::decode_recovery_entry(*value.as_bytes(), TeamId{}, root_of(ana)));
    world["new"].shut_down();
    Knocker eve(world, world["new"], must(crypto::SecretKey32::from(entry.psk)));
    eve.knock(world["ana"]);
    REQUIRE(eve.hello.has_value());
    CHECK(eve.hello->team.is_nil());
    CHECK(eve.hello->device.is_nil());
    CHECK(eve.heard.empty());
    const auto prove = [&](const std::string& phrase, const TeamId& wanted) {
      const auto key = node::recovery_signing_key(identity_by(phrase).recovery);
      return sync::RecoverRequest{crypto::sign(key, node::kRecoverLabel,
                                               node::recovery_signed_bytes(wanted, eve.handshake))};
    };
    if (way == 0) eve.say(prove(world["bo"].phrase(), {}));
    if (way == 1) eve.say(sync::Summary{});
    if (way == 2) eve.say(prove(world["ana"].phrase(), team));  // of another link
    if (way < 3) {
      CHECK(eve.is_closed);
      for (const auto& message : eve.heard) CHECK(std::holds_alternative<sync::Refused>(message));
      continue;
    }
    // With the phrase itself: the team, and until the device has signed in no more than that.
    eve.say(prove(world["ana"].phrase(), {}));
    REQUIRE(eve.heard.size() == 1);
    CHECK(eve.heard[0] == sync::Message(sync::Recoverable{{team}}));
    eve.say(sync::Vector{});
    CHECK(eve.is_closed);
    CHECK(eve.heard.size() == 1);
  }
}

TEST_CASE("links: another's exchange key in a certificate of one's own shuts nobody out") {
  Crew crew{12, {"ana", "bo", "cy"}};
  auto& world = crew.world;
  must(world.join("cy", "ana"));
  must(world.converge(60s));
  auto& bo = team_of(world["bo"]);
  const auto* ana = bo.roster().device(team_of(world["ana"]).state().device());
  REQUIRE(ana != nullptr);
  const auto victim = *ana;
  const auto root = identity_by(world["bo"].phrase()).root(bo.team());
  namespace members = work::members;
  SeededRng rng(3);
  for (int below = 0, above = 0; below < 1 || above < 1;) {  // ids on either side of hers
    const auto signing = crypto::SigningKey::make(rng);
    members::DeviceCertificate forged;
    forged.signing = signing.public_key();
    forged.exchange = victim.exchange;
    forged.label = "not Bo's at all";
    forged.possession = members::possess(signing, root.public_key(), bo.team(), victim.exchange);
    forged = members::certify(root, bo.team(), std::move(forged));
    ++(forged.device < victim.id ? below : above);
    members::Op add;
    add.kind = members::OpKind::add_device;
    add.certificate = members::encode(forged);
    members::Op drop;
    drop.kind = members::OpKind::drop_device;
    drop.target = bo.self();
    drop.dropped = forged.device;
    must(bo.begin());
    must(bo.add_membership(add, WallTime{Millis{1'800'000'000'000}}));
    must(bo.add_membership(drop, WallTime{Millis{1'800'000'000'000}}));
    must(bo.commit());
    CHECK(bo.roster().device(forged.device)->dropped);
  }
  world["bo"].node().links().on_written(bo, false);
  must(world.converge(60s));
  // Ana's links, old and new, are hers.
  world["cy"].shut_down();
  must(world["cy"].boot());
  must(world.connect("cy", "ana"));
  must(world["ana"].tell(
      request_of("doc.append").set("doc", "Yard/Plan").set("text", "Still here.\n")));
  must(world.converge(120s));
  bool is_hers = false;
  for (const auto& link : world["cy"].node().links().links()) {
    is_hers = is_hers || (link.stage == node::LinkStage::open && link.device == victim.id);
  }
  CHECK(is_hers);
}

TEST_CASE("links: an invite whose key is the network's own turns no device away") {
  Crew crew{13, {"ana", "bo", "cy"}};
  auto& world = crew.world;
  must(world.join("cy", "ana"));
  must(world.converge(60s));
  auto& bo = team_of(world["bo"]);
  namespace members = work::members;
  SeededRng rng(4);
  members::Op op;
  op.kind = members::OpKind::invite;
  op.role = members::Role::member;
  op.uses = 1;
  op.expires = WallTime{Millis{2'000'000'000'000}};
  op.invite_key = crypto::SigningKey::make(rng).public_key();
  op.invite_psk = to_bytes(bo.epochs().known({}).front()->reveal());
  must(bo.begin());
  must(bo.add_membership(op, WallTime{Millis{1'800'000'000'000}}));
  must(bo.commit());
  world["bo"].node().links().on_written(bo, false);
  must(world.converge(60s));
  for (const auto* name : {"ana", "cy"}) {
    world[name].shut_down();
    must(world[name].boot());
  }
  must(world.connect("cy", "ana"));
  must(world["ana"].tell(
      request_of("doc.append").set("doc", "Yard/Plan").set("text", "Still here.\n")));
  must(world.converge(120s));
}

TEST_CASE("device code: one more device of a person, and two of them edit one document") {
  Crew crew{6};
  auto& world = crew.world;
  const auto code = must(world["ana"].run(request_of("device.add")));
  const auto in = must(world["new"].run(joining(code["code"].text(), world["ana"])));
  CHECK(in["device_of"].text() == "ana");
  CHECK(in["member"].text() == team_of(world["ana"]).self().text());
  // Both show the same words.
  std::string words;
  const auto listed = must(world["ana"].run(request_of("device.list").set("member", "me")));
  for (const auto& device : listed["devices"].items()) {
    if (!device["this"].flag()) words = device["words"].text();
  }
  CHECK(words == in["words"].text());
  CHECK_FALSE(words.empty());
  must(world.converge(60s));
  must(world["new"].tell(
      request_of("doc.append").set("doc", "Yard/Plan").set("text", "From the phone.\n")));
  must(world["ana"].tell(
      request_of("doc.append").set("doc", "Yard/Plan").set("text", "From the laptop.\n")));
  must(world.converge(60s));
  // The name of the person is not the new machine's.
  CHECK_FALSE(has(to_json(must(world["bo"].run(request_of("team.show")))), "\"name\":\"new\""));
  // It acts for the person, and cannot let in more.
  CHECK(has(refused(world["new"].run(request_of("device.add"))), "cannot let in more"));
  // It goes on after a restart, as who it is.
  world["new"].crash();
  must(world["new"].boot());
  CHECK(team_of(world["new"]).self() == team_of(world["ana"]).self());
  must(world["new"].tell(request_of("doc.append").set("doc", "Yard/Plan").set("text", "Again.\n")));
  must(world.converge(120s));
}

TEST_CASE(
    "device code: used, expired, of another device, or into a home that is somebody already") {
  Crew crew{7, {"ana", "bo", "new", "late", "cy"}};
  auto& world = crew.world;
  const auto code = std::string(must(world["ana"].run(request_of("device.add")))["code"].text());
  must(world["new"].run(joining(code, world["ana"])));
  CHECK(has(refused(world["late"].run(joining(code, world["ana"]))), "used by another device"));
  CHECK(has_no_team(world["late"]));
  const auto other = std::string(must(world["ana"].run(request_of("device.add")))["code"].text());
  CHECK(has(refused(world["late"].run(joining(other, world["bo"]))), "does not know this code"));
  CHECK(has(refused(world["bo"].run(joining(other, world["ana"]))), "as somebody else"));
  world.run_for(16min);
  CHECK(has(refused(world["late"].run(joining(other, world["ana"]))), "has expired"));
  CHECK(has_no_team(world["late"]));
  must(world["late"].run(request_of("team.create").set("name", "Own")));
}

TEST_CASE("device code: the power may go at any moment of it, at either side") {
  test::for_each_seed(6, [](test::Seed seed) {
    Crew crew{seed};
    auto& world = crew.world;
    const auto code = must(world["ana"].run(request_of("device.add")));
    auto& victim = world[seed % 2 == 0 ? "new" : "ana"];
    victim.disk().crash_at_change(1 + world.rng().below(40));
    const auto first = world["new"].run(joining(code["code"].text(), world["ana"]), 30s);
    if (!victim.is_up()) must(victim.boot());
    victim.disk().clear_faults();
    if (!world["new"].is_up()) must(world["new"].boot());
    if (!first) must(world["new"].run(joining(code["code"].text(), world["ana"])));
    must(world.connect("bo", "ana"));
    must(world.converge(300s));
    CHECK(team_of(world["new"]).self() == team_of(world["ana"]).self());
    const auto& roster = team_of(world["bo"]).roster();
    CHECK(roster.devices.size() == 3);
  });
}

TEST_CASE("device label: whose device it is renames it, the later wins, nobody else does") {
  Crew crew{8};
  auto& world = crew.world;
  const auto code = must(world["ana"].run(request_of("device.add")));
  must(world["new"].run(joining(code["code"].text(), world["ana"])));
  const auto id = team_of(world["new"]).state().device().text();
  const auto rename = [&](const char* who, const char* label) {
    return world[who].run(request_of("device.rename").set("device", id).set("label", label));
  };
  must(rename("ana", "Ana's phone"));
  must(world.converge(60s));
  must(rename("new", "The old phone"));
  must(world.converge(60s));
  const auto listed = must(world["bo"].run(request_of("device.list").set("member", "ana")));
  CHECK(has(to_json(listed), "The old phone"));
  CHECK(has(refused(rename("bo", "Bo's")), "only whose device it is"));
  CHECK(has(refused(rename("ana", "")), "one line"));
}

TEST_CASE("safety words: the same at both, and kept until keys change") {
  Crew crew{9};
  auto& world = crew.world;
  const auto verify = [&](const char* who, const char* whom, const char* outcome = "") {
    return world[who].run(request_of("member.verify").set("member", whom).set("outcome", outcome));
  };
  const auto here = must(verify("ana", "bo"));
  CHECK(here["words"].text() == must(verify("bo", "ana"))["words"].text());
  CHECK(here["verified"].text().empty());
  must(verify("bo", "ana", "same"));
  const auto standing = [&] {
    const auto shown = must(world["bo"].run(request_of("profile.show").set("member", "ana")));
    return std::string(shown["verified"].text());
  };
  CHECK(standing() == "same");
  const auto code = must(world["ana"].run(request_of("device.add")));
  must(world["new"].run(joining(code["code"].text(), world["ana"])));
  must(world.converge(60s));
  CHECK(standing() == "changed");
  must(verify("bo", "ana", "different"));
  CHECK(standing() == "different");
  CHECK(has(refused(verify("bo", "me")), "yourself"));
}

TEST_CASE("join: used, cancelled, expired, foreign, or with a clock that is years off") {
  Crew crew{10, {"ana", "bo", "cy", "dee"}};
  auto& world = crew.world;
  const auto invite = [&](const char* expires) {
    return must(world["ana"].run(request_of("invite.create").set("expires", expires)));
  };
  const auto cancelled = invite("7d");
  must(world["ana"].run(request_of("invite.cancel").set("id", cancelled["id"])));
  CHECK(has(refused(world["cy"].run(joining(cancelled["code"].text(), world["ana"]))),
            "the invite was cancelled; ask for another; nothing was changed"));
  const auto brief = invite("1h");
  world.run_for(2h);
  CHECK(has(refused(world["cy"].run(joining(brief["code"].text(), world["ana"]))), "has expired"));
  must(world["dee"].run(request_of("team.create").set("name", "Other")));
  const auto foreign = must(world["dee"].run(request_of("invite.create")));
  CHECK(has(refused(world["cy"].run(joining(foreign["code"].text(), world["ana"]))),
            "does not know this code"));
  CHECK(has_no_team(world["cy"]));
  // The clock of who lets in is the one that counts; the person hears of it.
  world["ana"].set_skew(std::chrono::hours{24 * 365 * 3});
  const auto good = invite("7d");
  world["ana"].set_skew(Millis{0});
  const auto in = must(world["cy"].run(joining(good["code"].text(), world["ana"])));
  CHECK_FALSE(in.has("notices"));
  for (const auto* none : {"0d", "0h", "-1d"}) {
    CHECK_FALSE(world["ana"].run(request_of("invite.create").set("expires", none)).has_value());
  }
  CHECK(has(refused(world["ana"].run(request_of("invite.create").set("expires", "0d"))),
            "hold for a while"));
}

TEST_CASE("join: who comes with a clock that is years off gets in and is told of it") {
  World world{11, {"ana", "bo"}};
  must(world.found_team("ana"));
  const auto invite = must(world["ana"].run(request_of("invite.create")));
  world["bo"].set_skew(std::chrono::hours{24 * 365 * 3});
  const auto in = must(world["bo"].run(joining(invite["code"].text(), world["ana"])));
  CHECK(has(to_json(in["notices"]), "days ahead of"));
}

}  // namespace
}  // namespace holm::sim
