// Stories of trust between whole nodes: what people see when somebody was removed while apart.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/sim/team.h"
#include "tests/support/must.h"

namespace holm::sim {

using namespace std::chrono_literals;
namespace members = work::members;
using test::must;

TEST_CASE("trust: two owners remove each other while apart: the older tenure stays, for all") {
  Team team(1);
  must(team.role("ana", "bo", "owner"));
  must(team.world.converge(60s));
  team.world.split({{"ana"}, {"bo", "cy"}});
  must(team.remove("ana", "bo"));
  must(team.remove("bo", "ana"));
  team.world.run_for(10s);
  CHECK(team.role_of("ana", "cy") == "none");  // as far as cy can know
  team.meet();
  CHECK(team.world.insiders() == std::vector<std::string>{"ana", "cy"});
  CHECK(team.role_of("ana", "cy") == "owner");
  CHECK(team.role_of("bo", "cy") == "none");
}

TEST_CASE("trust: a senior returns against a contestable removal, and all agree") {
  Team team(2);
  must(team.role("ana", "bo", "owner"));
  must(team.world.converge(60s));
  team.world.split({{"ana"}, {"bo", "cy"}});
  const auto removal = must(team.remove("bo", "ana"));
  CHECK_FALSE(removal["final"].flag());
  must(team.append("ana", "written-apart"));
  team.world.heal();
  team.world.run_for(120s);
  // It holds: Ana's work apart waits in the tray.
  CHECK(team.role_of("ana", "cy") == "none");
  CHECK_FALSE(team.sees("cy", "written-apart"));
  const auto tray = must(team.world["bo"].run(request_of("tray.show")))["items"];
  REQUIRE(tray.items().size() == 1);
  CHECK(tray.items()[0]["words"].items()[0].text() == "written-apart\n");
  // Ana, who has not heard of it, removes Bo: she was owner before him.
  must(team.remove("ana", "bo"));
  team.meet();
  CHECK(team.world.insiders() == std::vector<std::string>{"ana", "cy"});
  CHECK(team.sees("cy", "written-apart"));
}

TEST_CASE("trust: a finally removed admin who backdates a removal of everyone changes nothing") {
  Team team(3);
  must(team.role("ana", "bo", "admin"));
  must(team.world.converge(60s));
  const auto before = team.replica("bo").roster().frontier;
  must(team.remove("ana", "bo"));
  team.world.run_for(30s);
  for (const auto* whom : {"ana", "cy"}) {
    members::Op op;
    op.kind = members::OpKind::reduce;
    op.target = team.replica(whom).self();
    op.role = members::Role::none;
    team.force("bo", std::move(op), before);
  }
  team.meet();
  CHECK(team.world.insiders() == std::vector<std::string>{"ana", "cy"});
  CHECK(team.role_of("cy", "ana") == "member");
}

TEST_CASE(
    "trust: a week of work of a removed member lands in the tray, and one step brings it in") {
  Team team(4);
  must(team.append("bo", "before"));
  must(team.world.converge(60s));
  team.world.split({{"bo"}, {"ana", "cy"}});
  for (int day = 0; day < 7; ++day) must(team.append("bo", "day-" + std::to_string(day)));
  must(team.remove("ana", "bo"));
  team.meet();
  for (const auto* who : {"ana", "cy"}) {
    CHECK(team.sees(who, "before"));
    CHECK_FALSE(team.sees(who, "day-3"));
  }
  CHECK(team.world["cy"].run(request_of("tray.show")).error().code == Code::denied);
  const auto tray = must(team.world["ana"].run(request_of("tray.show")));
  REQUIRE(tray["items"].items().size() == 1);
  CHECK(tray["items"].items()[0]["changes"].number() == 7);
  must(team.world["ana"].run(request_of("tray.accept").set("ref", "bo")));
  must(team.world.converge(60s));
  CHECK(team.sees("cy", "day-6"));
  CHECK(must(team.world["ana"].run(request_of("tray.show")))["items"].items().empty());
  // And another lets Bo in again, at whose device nothing was lost.
  must(team.role("ana", "bo", "member"));
  team.world.run_for(600s);
  must(team.world.leave_out_removed());
  must(team.world.converge(600s));
  CHECK(team.world.insiders().size() == 3);
}

TEST_CASE("trust: who leaves while away is heard to have left") {
  Team team(14);
  team.world.split({{"bo"}, {"ana", "cy"}});
  must(team.append("bo", "last words"));
  must(team.remove("bo", "bo"));
  team.meet();
  for (const auto* who : {"ana", "cy"}) {
    CHECK(team.role_of("bo", who) == "none");
    CHECK(team.sees(who, "last words"));  // within the cut that Bo named
  }
  // And comes back as anybody does.
  must(team.role("ana", "bo", "member"));
  team.world.run_for(600s);
  must(team.world.leave_out_removed());
  CHECK(team.world.insiders().size() == 3);
  must(team.world.converge(600s));
}

TEST_CASE("trust: a document all of which is held back goes on when more of it comes") {
  Team team(15);
  team.world.split({{"ana"}, {"bo", "cy"}});
  must(team.remove("ana", "bo"));
  team.log = must(team.world["bo"].run(
      request_of("doc.new").set("path", "Yard/Late").set("text", "one\n")))["id"]
                 .text();
  team.world.run_for(10s);
  CHECK(team.sees("cy", "one"));
  team.world.split({{"ana", "cy"}, {"bo"}});
  must(team.append("bo", "two"));
  team.world.run_for(600s);
  CHECK_FALSE(team.sees("cy", "one"));
  team.meet();
  CHECK_FALSE(team.sees("cy", "two"));
  must(team.world["ana"].run(request_of("tray.accept").set("ref", "bo")));
  must(team.world.converge(60s));
  CHECK(team.sees("cy", "one\ntwo\n"));
}

TEST_CASE("trust: the only owner's leaving waits for the next owner, and all are told") {
  Team team(16);
  const auto leaves_for = [&](const std::string& who) {
    const auto shown = must(team.world[who].run(request_of("team.show")));
    for (const auto& member : shown["members"].items()) {
      if (member["leaving"].flag()) return std::string(member["name"].text());
    }
    return std::string();
  };
  const auto ask = [&](const std::string& whom, const std::string& role, bool checks) {
    return must(team.world["ana"].run(
        request_of("member.role").set("member", whom).set("role", role).set("check", checks)));
  };
  CHECK(ask("ana", "none", true)["waits"].flag());
  CHECK(ask("ana", "none", true)["forewarning"].text().find("only owner") != std::string::npos);
  CHECK(leaves_for("ana").empty());  // asking changes nothing
  CHECK(ask("ana", "none", false)["waits"].flag());
  must(team.world.converge(60s));
  CHECK(leaves_for("ana") == "ana");
  CHECK(leaves_for("bo") == "ana");
  CHECK(team.role_of("ana", "bo") == "owner");
  // She stays after all, and then goes.
  CHECK(ask("ana", "owner", false)["stays"].flag());
  must(team.world.converge(60s));
  CHECK(leaves_for("bo").empty());
  ask("ana", "none", false);
  const auto warned = ask("bo", "owner", true);
  CHECK(warned["forewarning"].text().find("You mean to leave") != std::string::npos);
  CHECK(team.role_of("bo", "ana") == "member");
  CHECK(ask("bo", "owner", false)["left"].flag());
  team.meet();
  CHECK(team.world.insiders() == std::vector<std::string>{"bo", "cy"});
  CHECK(team.role_of("bo", "cy") == "owner");
  CHECK(leaves_for("bo").empty());
  // Whoever comes back later does not leave again by the old word.
  must(team.role("bo", "ana", "owner"));
  team.world.run_for(600s);
  must(team.world.leave_out_removed());
  must(team.world.converge(600s));
  CHECK(team.world.insiders().size() == 3);
  CHECK(team.role_of("ana", "cy") == "owner");
}

TEST_CASE("trust: a log first met while its author was out shows when that is taken back") {
  Team team(17);
  must(team.role("ana", "bo", "owner"));
  must(team.world["cy"].run(request_of("room.new").set("name", "Hut")));
  must(team.world.converge(60s));
  team.world.split({{"ana"}, {"bo", "cy"}});
  (void)must(team.remove("bo", "ana"));
  // Ana's first words in that room: beyond all that the removal names.
  team.log = must(team.world["ana"].run(
      request_of("doc.new").set("path", "Hut/Notes").set("text", "first-words\n")))["id"]
                 .text();
  team.world.heal();
  team.world.run_for(120s);
  CHECK_FALSE(team.sees("cy", "first-words"));
  // Ana, who has not heard of it, removes Bo: she was owner before him.
  must(team.remove("ana", "bo"));
  team.meet();
  CHECK(team.sees("cy", "first-words"));
}

TEST_CASE("trust: a removed device whose machine was copied is heard in both histories") {
  Team team(18);
  must(team.append("bo", "before"));
  must(team.world.converge(60s));
  must(team.world.clone("bo", "bo2"));
  must(team.world.connect("bo2", "ana"));
  team.world.split({{"ana", "cy", "bo"}, {"bo2"}});
  must(team.append("bo", "one"));
  for (const auto* words : {"two", "three", "four"}) must(team.append("bo2", words));
  team.world.run_for(60s);
  CHECK(team.sees("ana", "one"));
  team.world.split({{"ana", "cy"}, {"bo"}, {"bo2"}});
  must(team.remove("ana", "bo"));
  team.world.split({{"ana", "cy", "bo2"}, {"bo"}});
  team.world.run_for(600s);
  std::uint64_t late = 0;
  const auto tray = must(team.world["ana"].run(request_of("tray.show")));
  for (const auto& item : tray["items"].items()) {
    late += static_cast<std::uint64_t>(item["changes"].number());
  }
  CHECK(late >= 2);  // a cut names positions, not histories: what lies below it shows
  must(team.world["ana"].run(request_of("tray.accept").set("ref", "bo")));
  team.world.run_for(60s);
  CHECK(team.sees("cy", "four"));
  CHECK(team.sees("cy", "one"));
}

TEST_CASE("trust: late work that is put away is listed no more, and still kept") {
  Team team(5);
  team.world.split({{"bo"}, {"ana", "cy"}});
  must(team.append("bo", "apart"));
  must(team.remove("ana", "bo"));
  team.meet();
  must(team.world["ana"].run(request_of("tray.drop").set("ref", "bo")));
  CHECK(must(team.world["ana"].run(request_of("tray.show")))["items"].items().empty());
  const auto all = must(team.world["ana"].run(request_of("tray.show").set("all", true)));
  CHECK(all["items"].items().size() == 1);
  must(team.world["ana"].run(request_of("tray.accept").set("ref", "bo")));
  must(team.world.converge(60s));
  CHECK(team.sees("cy", "apart"));
}

TEST_CASE("trust: a device that was dropped is heard, its person's other work is not touched") {
  Team team(6);
  team.world.split({{"bo"}, {"ana", "cy"}});
  must(team.append("bo", "on-the-lost-one"));
  const auto device = team.replica("bo").self_device().text();
  const auto dropped = must(team.world["ana"].run(request_of("device.drop").set("device", device)));
  CHECK(dropped["final"].flag());
  team.meet();
  CHECK(team.role_of("bo", "ana") == "member");  // the person stays
  CHECK_FALSE(team.sees("cy", "on-the-lost-one"));
  CHECK(must(team.world["ana"].run(request_of("tray.show")))["items"].items().size() == 1);
}

TEST_CASE("trust: what was held back survives a power cut and verifies deeply") {
  Team team(7);
  team.world.split({{"bo"}, {"ana", "cy"}});
  must(team.append("bo", "apart"));
  must(team.remove("ana", "bo"));
  team.meet();
  team.world["cy"].crash();
  must(team.world["cy"].boot());
  CHECK_FALSE(team.sees("cy", "apart"));
  CHECK(must(team.world["cy"].run(request_of("verify").set("deep", true)))["ok"].flag());
  must(team.world["ana"].run(request_of("tray.accept").set("ref", "bo")));
  must(team.world.converge(300s));
  CHECK(team.sees("cy", "apart"));
}

TEST_CASE("trust: the only owner cannot step down, nor can members or guests do what admins do") {
  Team team(8);
  CHECK(team.role("ana", "ana", "admin").error().code == Code::denied);
  CHECK(team.remove("bo", "cy").error().code == Code::denied);
  CHECK(team.role("bo", "bo", "admin").error().code == Code::denied);
  CHECK(team.role("ana", "bo", "king").error().code == Code::usage);
  CHECK(team.remove("ana", "nobody").error().code == Code::not_found);
  must(team.role("ana", "bo", "owner"));
  must(team.remove("ana", "ana"));
  team.meet();
  CHECK(team.role_of("ana", "bo") == "none");
  CHECK(team.role_of("bo", "bo") == "owner");
}

TEST_CASE("trust: who outranks the removed makes a contestable removal final, and nobody else") {
  Team team(9, {"ana", "bo", "cy"});
  must(team.role("ana", "bo", "owner"));
  must(team.world.converge(60s));
  must(team.role("bo", "cy", "owner"));
  must(team.world.converge(60s));
  const auto before = team.replica("bo").roster().frontier;
  // Cy, who came last, removes Bo. Bo could answer with what he dates before it.
  const auto told = must(team.world["cy"].run(
      request_of("member.role").set("member", "bo").set("role", "none").set("check", true)));
  CHECK(told["forewarning"].text() ==
        "bo became owner before you. If they removed you before hearing of this, their word "
        "stands.");
  CHECK_FALSE(must(team.remove("cy", "bo"))["final"].flag());
  team.world.run_for(60s);
  CHECK(team.remove("cy", "bo").error().code == Code::denied);
  const auto confirmed = must(team.remove("ana", "bo"));
  CHECK(confirmed["confirmed"].flag());
  CHECK(confirmed["final"].flag());
  team.world.run_for(60s);
  CHECK(team.remove("ana", "bo").error().code == Code::usage);  // it is final by now
  members::Op op;
  op.kind = members::OpKind::reduce;
  op.target = team.replica("cy").self();
  op.role = members::Role::none;
  team.force("bo", std::move(op), before);
  team.meet();
  CHECK(team.world.insiders() == std::vector<std::string>{"ana", "cy"});
  for (const auto* who : {"ana", "cy"}) {
    CHECK(team.role_of("bo", who) == "none");
    CHECK(team.role_of("cy", who) == "owner");
  }
}

TEST_CASE("trust: without being confirmed the same removal falls, and the tray says so before") {
  Team team(10, {"ana", "bo", "cy"});
  must(team.role("ana", "bo", "owner"));
  must(team.world.converge(60s));
  must(team.role("bo", "cy", "owner"));
  must(team.world.converge(60s));
  const auto before = team.replica("bo").roster().frontier;
  team.world.split({{"ana", "cy"}, {"bo"}});
  must(team.append("bo", "apart"));
  must(team.remove("cy", "bo"));
  team.world.heal();
  team.world.run_for(300s);
  const auto tray = must(team.world["ana"].run(request_of("tray.show")))["items"];
  REQUIRE(tray.items().size() == 1);
  CHECK_FALSE(tray.items()[0]["final"].is_null());
  CHECK_FALSE(tray.items()[0]["final"].flag());
  members::Op op;
  op.kind = members::OpKind::reduce;
  op.target = team.replica("cy").self();
  op.role = members::Role::none;
  team.force("bo", std::move(op), before);
  team.meet();
  CHECK(team.role_of("bo", "ana") == "owner");
  CHECK(team.role_of("cy", "ana") == "none");
  // What was held back of a log that came only after the removal shows again.
  CHECK(team.sees("ana", "apart"));
}

TEST_CASE("trust: acts that a restored device did not know to be its own are pointed out") {
  Team team(14);
  const auto before = team.replica("ana").roster().frontier;
  must(team.role("ana", "bo", "admin"));
  members::Op op;
  op.kind = members::OpKind::grant;
  op.target = team.replica("cy").self();
  op.role = members::Role::admin;
  team.force("ana", std::move(op), before);
  must(team.world.converge(60s));
  std::size_t apart = 0;
  const auto log = must(team.world["bo"].run(request_of("team.log")))["entries"];
  for (const auto& entry : log.items()) {
    if (!entry["apart"].flag()) continue;
    ++apart;
    CHECK(entry["text"].text().find("restored or copied") != std::string_view::npos);
  }
  CHECK(apart == 1);
}

}  // namespace holm::sim
