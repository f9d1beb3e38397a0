#include "work/reference.h"

#include <doctest/doctest.h>

#include "tests/support/memory_state.h"
#include "work/fold.h"
#include "work/read.h"
#include "work/schema.h"

using namespace holm;
using namespace holm::work;
using holm::test::Team;

namespace {

/// A room "Lab" with a document in a folder, a board and two cards.
struct Lab {
  Team team{{"ana", "bo"}};
  test::Device& ana = team["ana"];
  ObjectId room = ana.run(RoomNew{"Lab", "project", ""});
  ObjectId doc = ana.run(DocNew{"Lab/notes/Plan", "one\ntwo\n"});
  ObjectId board = ana.run(BoardNew{"Lab/Roadmap", "R"});
  ObjectId first = ana.run(CardAdd{.board = "Roadmap", .title = "Paint"});
  ObjectId second = ana.run(CardAdd{.board = "Roadmap", .title = "Wash"});

  std::string error(const std::string& text, std::vector<std::uint32_t> types = {}) {
    const auto found = resolve(ana, text, types);
    REQUIRE_FALSE(found);
    return found.error().text();
  }
};

}  // namespace

TEST_CASE("reference: id, unique prefix, short number, path and bare title name the same thing") {
  Lab lab;
  for (const auto& text :
       {lab.first.text(), lab.first.text().substr(0, 12), std::string("R-1"), std::string("r-1"),
        std::string("Lab/Paint"), std::string("Paint"), std::string("lab/PAINT")}) {
    INFO(text);
    CHECK(lab.ana.ref(text).object == lab.first);
  }
  CHECK(lab.ana.ref("Lab/notes/Plan").object == lab.doc);
  CHECK(lab.ana.ref("Lab/Plan").object == lab.doc);
  CHECK(lab.ana.ref("Lab").object == lab.room);
  CHECK(resolve_room(lab.ana, "lab")->object == lab.room);
}

TEST_CASE("reference: exact titles come before those that differ in case") {
  Lab lab;
  const auto shout = lab.ana.run(DocNew{"Lab/PLAN", ""});
  CHECK(lab.ana.ref("Lab/PLAN").object == shout);
  CHECK(lab.ana.ref("Lab/Plan").object == lab.doc);
  CHECK(lab.error("Lab/plan").find("may mean several things") != std::string::npos);
}

TEST_CASE("reference: case and spelling of accents make no difference") {
  Lab lab;
  const auto cafe = lab.ana.run(DocNew{"Lab/Caf\xc3\xa9 STRASSE", ""});
  CHECK(lab.ana
            .ref("Lab/cafe\xcc\x81 stra\xc3\x9f"
                 "e")
            .object == cafe);
}

TEST_CASE("reference: several things of one name are listed, up to eight") {
  Lab lab;
  for (int i = 0; i < 9; ++i) lab.ana.run(CardAdd{.board = "Roadmap", .title = "Twin"});
  const auto error = resolve(lab.ana, "Twin", {kCard});
  REQUIRE_FALSE(error);
  CHECK(error.error().code == Code::usage);
  CHECK(error.error().what.find("R-3 Twin (") != std::string::npos);
  CHECK(error.error().what.find("R-10 Twin") != std::string::npos);
  CHECK(error.error().what.find("R-11 Twin") == std::string::npos);
  CHECK(error.error().what.find("and 1 more") != std::string::npos);
}

TEST_CASE("reference: the archived namesake does not stand in the way") {
  Lab lab;
  const auto old = lab.ana.run(CardAdd{.board = "Roadmap", .title = "Twin"});
  lab.ana.run(CardArchive{old.text()});
  CHECK(lab.ana.ref("Twin").object == old);
  const auto fresh = lab.ana.run(CardAdd{.board = "Roadmap", .title = "Twin"});
  CHECK(lab.ana.ref("Twin").object == fresh);
}

TEST_CASE("reference: what is not there is said so; what is something else too") {
  Lab lab;
  CHECK(resolve(lab.ana, "Nowhere", {kDocument}).error().code == Code::not_found);
  CHECK(resolve(lab.ana, "R-99", {kCard}).error().code == Code::not_found);
  CHECK(lab.error(lab.doc.text(), {kCard}).find("is a document, not a card") != std::string::npos);
  CHECK(resolve(lab.ana, "", {}).error().code == Code::usage);
  CHECK(resolve(lab.ana, "\xff", {}).error().code == Code::usage);
  CHECK(resolve(lab.ana, std::string(5000, 'x'), {}).error().code == Code::usage);
}

TEST_CASE("reference: members by name, @name, id and as me; the profile's name wins") {
  Lab lab;
  CHECK(*resolve_member(lab.ana, "bo") == lab.team.member("bo"));
  CHECK(*resolve_member(lab.ana, "@BO") == lab.team.member("bo"));
  CHECK(*resolve_member(lab.ana, "me") == lab.team.member("ana"));
  CHECK(*resolve_member(lab.ana, lab.team.member("bo").text()) == lab.team.member("bo"));
  CHECK(*resolve_member(lab.ana, lab.team.member("bo").text().substr(0, 8)) ==
        lab.team.member("bo"));
  lab.ana.run(ProfileSet{{{"name", "Ana Sousa"}}});
  CHECK(*resolve_member(lab.ana, "ana sousa") == lab.team.member("ana"));
  CHECK(name_of(lab.ana, lab.team.member("ana")) == "Ana Sousa");
  CHECK(name_of(lab.ana, MemberId{}) == "someone who left");
  CHECK(resolve_member(lab.ana, "zoe").error().code == Code::not_found);
}

TEST_CASE("reference: versions by -N, hash prefix and time") {
  Lab lab;
  lab.ana.run(DocWrite{"Plan", "one\ntwo\nthree\n", {}});
  const auto ref = lab.ana.ref(lab.doc);
  const auto history = *lab.ana.history(ref);
  REQUIRE(history.size() == 2);
  const auto version = [&](const std::string& text) {
    return resolve_version(lab.ana, ref, text, lab.ana.now, "UTC");
  };
  CHECK(*version("-0") == 2);
  CHECK(*version("-1") == 1);
  CHECK(*version("-2") == 0);
  CHECK(version("-3").error().code == Code::not_found);
  CHECK(*version(history[0].hash.text().substr(0, 10)) == 1);
  CHECK(*version(history[1].hash.text()) == 2);
  CHECK(*version("2026-01-05T08:00:02Z") == 1);
  CHECK(*version("yesterday") == 0);
  CHECK(version("deadbeefdead").error().code == Code::not_found);
}

TEST_CASE("reference: paths read back as people write them") {
  Lab lab;
  CHECK(path_of(lab.ana, lab.ana.ref(lab.doc)) == "Lab/notes/Plan");
  CHECK(path_of(lab.ana, lab.ana.ref(lab.first)) == "R-1 Paint");
  CHECK(path_of(lab.ana, lab.ana.ref(lab.board)) == "Lab/Roadmap");
  CHECK(path_of(lab.ana, lab.ana.ref(lab.room)) == "Lab");
}

TEST_CASE("reference: derived ids depend on owner and purpose, and are marked as derived") {
  const ObjectId a{{1}};
  const ObjectId b{{2}};
  CHECK(derived_object(a, "x") == derived_object(a, "x"));
  CHECK(derived_object(a, "x") != derived_object(b, "x"));
  CHECK(derived_object(a, "x") != derived_object(a, "y"));
  CHECK((derived_object(a, "x").bytes[0] & 0x80) != 0);
}
