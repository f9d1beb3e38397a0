#include "base/rng.h"
#include "tests/support/seeds.h"
#include "tests/work/views/asking.h"
#include "work/reference.h"

namespace holm::work {
namespace {

using test::ask;
using test::column;
using test::Device;
using test::refused;
using test::Team;
using Strings = std::vector<std::string>;

/// A harbour: two rooms, a thread, a document, a board with a card, a comment.
struct Harbour {
  Team team{{"ana", "bo"}};
  Device& ana = team["ana"];
  Device& bo = team["bo"];
  ObjectId room = ana.run(RoomNew{.name = "Quay", .purpose = {}});
  ObjectId other = ana.run(RoomNew{.name = "Boat house", .purpose = {}});
  ObjectId doc = ana.run(DocNew{"Quay/Timetable", "The ferry leaves at half past nine.\n"});
  ObjectId board = ana.run(BoardNew{"Quay/Works", "W"});
  ObjectId card = ana.run(CardAdd{.board = "Works", .title = "Paint the ferry"});
  ObjectId thread = ana.run(ThreadNew{.room = "Quay", .title = "Bell", .text = "Who rings it?"});

  ObjectId say(Device& device, const std::string& text) {
    Say command;
    command.thread = thread.text();
    command.text = text;
    return device.run(command);
  }
  std::string room_id(const std::string& name) {
    return work::resolve_room(ana, name)->object.text();
  }
  Strings ids(const std::string& query) { return column(find(query)["hits"], "id"); }
  Value find(const std::string& query) { return ask(ana, Search{.query = query}); }
};

std::string only(const Strings& ids) {
  REQUIRE(ids.size() == 1);
  return ids[0];
}

TEST_CASE("search: all words, anywhere in a thing, whatever their case") {
  Harbour at;
  const auto message = at.say(at.ana, "The FERRY is late by nine minutes");
  const auto hits = at.find("ferry nine")["hits"];
  CHECK(hits.items().size() == 2);
  for (const auto& hit : hits.items()) {
    CHECK(hit["room"]["title"].text() == "Quay");
    CHECK(hit["snippet"].text().find("«") != std::string::npos);
    CHECK_FALSE(hit["when"].text().empty());
  }
  CHECK(only(at.ids("ferry minutes")) == message.text());
  CHECK(at.ids("ferry submarine").empty());
}

TEST_CASE("search: a title stands before a text, and a message tells its thread") {
  Harbour at;
  at.say(at.ana, "ferry ferry ferry");
  const auto hits = at.find("ferry")["hits"];
  REQUIRE(hits.items().size() == 3);
  CHECK(hits.items()[0]["title"].text() == "Paint the ferry");
  CHECK(hits.items()[0]["kind"].text() == "card");
  for (const auto& hit : hits.items()) {
    if (hit["kind"].text() != "message") continue;
    CHECK(hit["title"].text() == "Bell");
    CHECK(hit["in"]["title"].text() == "Bell");
    CHECK(hit["by"]["name"].text() == "ana");
  }
}

TEST_CASE("search: phrases stand side by side, and what is excluded does not occur") {
  Harbour at;
  const auto one = at.say(at.ana, "red boat with blue oars");
  const auto two = at.say(at.ana, "blue boat with red oars");
  CHECK(only(at.ids("\"red boat\"")) == one.text());
  CHECK(only(at.ids("boat -\"red boat\" kind:message")) == two.text());
  CHECK(at.ids("boat oars").size() == 2);
  CHECK(only(at.ids("boat -oars")) == at.room_id("Boat house"));
  CHECK(at.ids("submarine OR boat").size() == 3);  // and the room "Boat house"
}

TEST_CASE("search: filters") {
  Harbour at;
  at.team.meet();
  const auto message = at.say(at.bo, "A ferry for you");
  at.team.meet();
  CHECK(only(at.ids("ferry by:bo")) == message.text());
  CHECK(only(at.ids("kind:document ferry")) == at.doc.text());
  CHECK(at.ids("ferry in:\"Boat house\"").empty());
  CHECK(at.ids("ferry in:Quay -kind:message").size() == 2);
  CHECK(at.ids("ferry is:mine").size() == 2);
  CHECK(only(at.ids("kind:card state:open")) == at.card.text());
  CHECK(at.ids("ferry after:2026-01-01 before:2026-02-01").size() == 3);
  CHECK(at.ids("ferry before:2026-01-05").empty());
  CHECK(at.ids("ferry after:2030-01-01").empty());
  CHECK(at.ids("ferry before:1980-01-01").empty());
  at.ana.run(
      CardSet{.card = at.card.text(), .values = {{"assignees", "bo"}, {"tags", "Deck work"}}});
  CHECK(only(at.ids("ferry to:bo")) == at.card.text());
  CHECK(only(at.ids("tag:\"deck work\"")) == at.card.text());
  CHECK(only(at.ids("deck")) == at.card.text());
  CHECK(at.ids("tag:deck").empty());
}

TEST_CASE("search: what is not known or not there yet is refused in words") {
  Harbour at;
  CHECK(refused(at.ana, Search{.query = "colour:red"}).code == Code::usage);
  CHECK(refused(at.ana, Search{.query = "x kind:submarine"}).code == Code::usage);
  CHECK(refused(at.ana, Search{.query = "x has:anchor"}).code == Code::usage);
  CHECK(refused(at.ana, Search{.query = "x in:Nowhere"}).code == Code::not_found);
  CHECK(refused(at.ana, Search{.query = "..."}).code == Code::usage);
  CHECK(refused(at.ana, Search{.query = "-ferry"}).code == Code::usage);
  CHECK(refused(at.ana, Search{.query = "x before:whenever"}).code == Code::usage);
}

TEST_CASE("search: a mistyped word finds what was meant, behind what fits, and says so") {
  Harbour at;
  const auto exact = at.say(at.ana, "a fery is no ferry");
  const auto answer = at.find("fery");
  const auto& hits = answer["hits"].items();
  REQUIRE(hits.size() == 3);
  CHECK(hits[0]["id"].text() == exact.text());
  CHECK_FALSE(hits[0]["corrected"].flag());
  CHECK(hits[1]["corrected"].flag());
  CHECK(hits[2]["corrected"].flag());
  REQUIRE(answer["corrected"].items().size() == 1);
  CHECK(answer["corrected"].items()[0]["word"].text() == "fery");
  CHECK(at.ids("tmietable").size() == 1);
  CHECK(at.ids("timetalbes").size() == 1);
  CHECK(at.ids("fry").empty());  // three letters say too little
}

TEST_CASE("search: while typing the last word may be unfinished") {
  Harbour at;
  CHECK(ask(at.ana, Search{.query = "fe", .typing = true})["hits"].items().size() == 2);
  CHECK(ask(at.ana, Search{.query = "timet", .typing = true})["hits"].items().size() == 1);
  CHECK(ask(at.ana, Search{.query = "half pas", .typing = true})["hits"].items().size() == 1);
  CHECK(at.ids("fe").empty());
  CHECK(at.ids("fer*").size() == 2);
}

TEST_CASE("search: what is put away, retracted or changed is found no longer") {
  Harbour at;
  const auto message = at.say(at.ana, "an anchor in the mud");
  CHECK(at.ids("anchor").size() == 1);
  at.ana.run(MessageEdit{message.text(), "a rope in the mud"});
  CHECK(at.ids("anchor").empty());
  CHECK(at.ids("rope").size() == 1);
  at.ana.run(Retract{message.text()});
  CHECK(at.ids("rope").empty());
  at.ana.run(DocArchive{.doc = at.doc.text()});
  CHECK(at.ids("timetable").empty());
  CHECK(ask(at.ana, Search{.query = "timetable", .archived = true})["hits"].items().size() == 1);
  CHECK(at.ids("timetable state:archived").size() == 1);
}

TEST_CASE("search: what stands in something archived is put away with it") {
  Harbour at;
  at.ana.run(CommentAdd{.target = at.doc.text(), .text = "what about sundays"});
  CHECK(at.ids("sundays").size() == 1);
  at.ana.run(DocArchive{.doc = at.doc.text()});
  CHECK(at.ids("sundays").empty());
  CHECK(ask(at.ana, Search{.query = "sundays", .archived = true})["hits"].items().size() == 1);
}

TEST_CASE("search: every script finds itself") {
  Harbour at;
  const std::pair<const char*, const char*> all[] = {{"私は東京都に住んでいます", "京都に"},
                                                     {"ฉันกินข้าวเช้า", "ข้าว"},
                                                     {"قرأت كِتَابًا جديدا", "كتابا"},
                                                     {"Die Straße ist naß", "STRASSE"},
                                                     {"İstanbul'da ışık", "istanbul isik"},
                                                     {"Тёплый чай", "теплый"},
                                                     {"Καλημέρα κόσμε", "ΚΟΣΜΕ"},
                                                     {"한국어를 공부한다", "국어"},
                                                     {"let us go 🚀", "🚀"},
                                                     {"हिन्दी में", "हिन्दी"}};
  for (const auto& one : all) {
    const auto id = at.say(at.ana, one.first);
    CHECK_MESSAGE(only(at.ids(one.second)) == id.text(), one.second);
  }
}

TEST_CASE("search: any question is answered or refused, and hits are what a scan finds") {
  test::for_each_seed(20, [](test::Seed seed) {
    SeededRng rng(seed);
    Harbour at;
    const Strings words = {"boat", "oar", "rope", "mast", "keel"};
    std::map<std::string, Strings> said;
    for (int i = 0; i < 15; ++i) {
      Strings line;
      std::string text;
      for (auto left = 1 + rng.below(4); left > 0; --left) {
        line.push_back(words[rng.below(words.size())]);
        text += line.back() + " ";
      }
      said[at.say(at.ana, text).text()] = line;
    }
    for (int i = 0; i < 20; ++i) {
      const auto& a = words[rng.below(words.size())];
      const auto& b = words[rng.below(words.size())];
      const auto& c = words[rng.below(words.size())];
      const auto holds = [](const Strings& line, const std::string& word) {
        return std::find(line.begin(), line.end(), word) != line.end();
      };
      std::set<std::string> scan;
      for (const auto& message : said) {
        const auto& line = message.second;
        const auto next = std::search(line.begin(), line.end(), &b, &b + 1);
        const bool phrase = next != line.end() && [&] {
          for (std::size_t j = 0; j + 1 < line.size(); ++j)
            if (line[j] == b && line[j + 1] == c) return true;
          return false;
        }();
        if ((holds(line, a) || phrase) && !holds(line, "keel")) scan.insert(message.first);
      }
      if (scan.size() < 3) continue;  // similar words may come along
      const auto answer =
          ask(at.ana,
              Search{.query = a + " OR \"" + b + " " + c + "\" -keel kind:message", .limit = 100});
      std::set<std::string> found;
      for (const auto& id : column(answer["hits"], "id")) found.insert(id);
      CHECK(found == scan);
    }
  });
}

}  // namespace
}  // namespace holm::work
