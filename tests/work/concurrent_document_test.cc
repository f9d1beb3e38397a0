// PRODUCT.md 3.3 and 3.2, "concurrent", for document and comment.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/memory_state.h"
#include "tests/support/seeds.h"
#include "work/read.h"
#include "work/reference.h"
#include "work/rules/notices.h"
#include "work/schema.h"

using namespace holm;
using namespace holm::work;
using holm::test::Device;
using holm::test::Team;

namespace {

using Sentences = std::vector<std::string>;

struct Page {
  Team team{{"ana", "bo", "cy"}};
  Device& ana = team["ana"];
  Device& bo = team["bo"];
  Device& cy = team["cy"];
  ObjectId doc;

  explicit Page(const std::string& text) {
    ana.run(RoomNew{"Lab", "project", ""});
    doc = ana.run(DocNew{"Lab/Log", text});
    team.converge();
    bo.now = ana.now;
  }
  std::string id() const { return doc.text(); }
  std::string text(Device& device) { return *device.text(device.ref(doc), document::kText); }
  void write(Device& device, const std::string& text) { device.run(DocWrite{id(), text, {}}); }
  std::vector<rules::ParagraphMark> marks(Device& device) {
    return *rules::paragraph_marks(device, device.ref(doc), document::kText);
  }
  Sentences notices(Device& device) { return device.notices(device.ref(doc)); }
};

}  // namespace

TEST_CASE("document: edits merge by character") {
  Page page("the tide is low\n");
  page.write(page.ana, "the spring tide is low\n");
  page.write(page.bo, "the tide is very low today\n");
  page.team.converge();
  CHECK(page.text(page.ana) == "the spring tide is very low today\n");
  CHECK(page.text(page.bo) == page.text(page.ana));
}

TEST_CASE("document: two people's runs at one spot never interleave") {
  Page page("start\n");
  // Letter by letter, as an editor sends it.
  const std::string a = "anchor up";
  const std::string b = "brass bell";
  for (std::size_t i = 0; i < a.size(); ++i)
    page.ana.run(DocEdit{page.id(), 6 + i, 0, a.substr(i, 1)});
  for (std::size_t i = 0; i < b.size(); ++i)
    page.bo.run(DocEdit{page.id(), 6 + i, 0, b.substr(i, 1)});
  page.team.converge();
  const auto text = page.text(page.cy);
  CHECK((text == "start\n" + a + b || text == "start\n" + b + a));
}

TEST_CASE("document: a paragraph both changed gets a \"merged\" mark with both authors") {
  Page page("calm sea\n\nlow tide\n\nno wind\n");
  page.write(page.ana, "calm sea\n\nvery low tide\n\nno wind\n");
  page.write(page.bo, "calm sea\n\nlow tide today\n\nno wind at all\n");
  page.team.converge();
  for (auto* device : {&page.ana, &page.bo, &page.cy}) {
    CHECK(page.text(*device) == "calm sea\n\nvery low tide today\n\nno wind at all\n");
    const auto marks = page.marks(*device);
    REQUIRE(marks.size() == 1);
    CHECK(marks[0].kind == rules::ParagraphMark::Kind::merged);
    CHECK(page.text(*device).substr(marks[0].from, marks[0].to - marks[0].from) ==
          "very low tide today");
    auto both = std::vector<MemberId>{page.team.member("ana"), page.team.member("bo")};
    std::sort(both.begin(), both.end());
    CHECK(marks[0].authors == both);
    CHECK(page.notices(*device).size() == 1);
  }
  // Someone who has seen both changes the paragraph: the mark is settled.
  page.write(page.cy, "calm sea\n\na very low tide today\n\nno wind at all\n");
  page.team.converge();
  CHECK(page.marks(page.ana).empty());
}

TEST_CASE("document: a \"merged\" mark stays until viewed, at each device") {
  Page page("calm sea\n\nlow tide\n");
  page.write(page.ana, "calm sea\n\nvery low tide\n");
  page.write(page.bo, "calm sea\n\nlow tide today\n");
  page.team.converge();
  page.ana.look_at(page.ana.ref(page.id()));
  CHECK(page.marks(page.ana).empty());
  CHECK(page.marks(page.bo).size() == 1);
  // Typing elsewhere does not bring it back; another change made apart does.
  page.write(page.ana, "calm, calm sea\n\nvery low tide today\n");
  CHECK(page.marks(page.ana).empty());
  page.write(page.cy, "calm sea\n\nvery low tide on Monday\n");
  page.write(page.bo, "calm sea\n\nvery low tide today!\n");
  page.team.converge();
  CHECK(page.marks(page.ana).size() == 1);
}

TEST_CASE("document: changes one after the other, and to different paragraphs, leave no mark") {
  Page page("calm sea\n\nlow tide\n");
  page.write(page.ana, "calm sea\n\nvery low tide\n");
  page.team.converge();
  page.write(page.bo, "calm sea\n\nvery low tide today\n");
  page.team.converge();
  CHECK(page.marks(page.ana).empty());
  page.write(page.ana, "calm, calm sea\n\nvery low tide today\n");
  page.write(page.bo, "calm sea\n\nvery, very low tide today\n");
  page.team.converge();
  CHECK(page.marks(page.cy).empty());
}

TEST_CASE(
    "document: a paragraph deleted here and edited there: the surviving words stay with a notice") {
  Page page("calm sea\n\nlow tide in the evening\n\nno wind\n");
  page.write(page.ana, "calm sea\n\nno wind\n");
  page.write(page.bo, "calm sea\n\nlow tide at the pier in the evening\n\nno wind\n");
  page.team.converge();
  for (auto* device : {&page.ana, &page.bo, &page.cy}) {
    const auto text = page.text(*device);
    CHECK(text.find("at the pier") != std::string::npos);
    CHECK(text.find("low tide") == std::string::npos);
    const auto marks = page.marks(*device);
    REQUIRE(marks.size() == 1);
    CHECK(marks[0].kind == rules::ParagraphMark::Kind::survived);
    CHECK(marks[0].deleted_by == page.team.member("ana"));
    CHECK(marks[0].authors == std::vector<MemberId>{page.team.member("bo")});
    CHECK(text.substr(marks[0].from, marks[0].to - marks[0].from).find("at the pier") !=
          std::string::npos);
    CHECK(page.notices(*device) ==
          Sentences{"ana deleted a paragraph while bo was writing in it: the new words stay"});
  }
}

TEST_CASE("document: deleted here, edited there: lives, with notice") {
  for (const int lead : {-60'000, 60'000}) {
    Page page("calm sea\n");
    page.bo.now += Millis{lead};
    page.ana.run(DocArchive{page.id(), false});
    page.write(page.bo, "calm sea, for now\n");
    page.team.converge();
    CHECK(page.notices(page.ana) ==
          Sentences{"ana archived this while bo was working on it: it lives on"});
  }
}

TEST_CASE("document: written from an older text, only what differs from it is written") {
  Page page("one\ntwo\nthree\n");
  const std::string base = "one\ntwo\nthree\n";
  page.write(page.ana, "one\ntwo and a half\nthree\n");
  // An editor that was opened on the old text saves: ana's words survive.
  page.ana.run(DocWrite{page.id(), "zero\none\ntwo\nthree\n", base});
  CHECK(page.text(page.ana) == "zero\none\ntwo and a half\nthree\n");
  // Also when the old text never stood here in that form.
  page.ana.run(DocWrite{page.id(), "one\ntwo\nthree!\n", "one\ntwo\nthree\n\n"});
  CHECK(page.text(page.ana).find("two and a half") != std::string::npos);
  CHECK(page.text(page.ana).find("three!") != std::string::npos);
}

TEST_CASE("document: whatever two people write from one base apart, nothing of either is lost") {
  test::for_each_seed(30, [](test::Seed seed) {
    SeededRng rng(seed);
    std::string base;
    for (int i = 0; i < 8; ++i) base += "line " + std::to_string(i) + "\n";
    Page page(base);
    const auto add = [&](const std::string& mark) {
      auto text = base;
      for (int i = 0; i < 3; ++i) text.insert(rng.below(text.size() + 1), mark + std::to_string(i));
      return text;
    };
    // Both through one device, as two editors opened on the same text would.
    page.ana.run(DocWrite{page.id(), add("<a"), base});
    page.ana.run(DocWrite{page.id(), add("<b"), base});
    std::size_t marks = 0;
    const auto text = page.text(page.ana);
    for (std::size_t i = 0; i + 1 < text.size(); ++i)
      if (text[i] == '<') ++marks;
    CHECK(marks == 6);
    CHECK(text.size() == base.size() + 18);
  });
}

TEST_CASE("comment: its anchor follows the words it is on") {
  Page page("the low tide is here\n");
  const auto comment = page.ana.run(CommentAdd{page.id(), "how low?", "low tide"});
  page.team.converge();
  page.write(page.bo, "mind you, the low tide is really here\n");
  page.team.converge();
  for (auto* device : {&page.ana, &page.bo}) {
    const auto place = *rules::comment_place(*device, device->ref(comment));
    REQUIRE(place);
    CHECK_FALSE(place->orphaned);
    CHECK(page.text(*device).substr(place->from, place->to - place->from) == "low tide");
  }
}

TEST_CASE("comment: if the text is deleted the comment stays with the quoted words, orphaned") {
  Page page("calm sea\n\nlow tide\n");
  const auto comment = page.ana.run(CommentAdd{page.id(), "how low?", "low tide"});
  page.write(page.bo, "calm sea\n");
  page.team.converge();
  for (auto* device : {&page.ana, &page.bo}) {
    const auto place = *rules::comment_place(*device, device->ref(comment));
    REQUIRE(place);
    CHECK(place->orphaned);
    CHECK(place->quote == "low tide");
    CHECK(device->notices(device->ref(comment)) ==
          Sentences{"the words it is about are gone: \"low tide\""});
  }
}

TEST_CASE("comment: resolved here, replied there: the reply stays, \"resolved, 1 new\"") {
  for (const int lead : {-60'000, 60'000}) {
    Page page("low tide\n");
    const auto comment = page.ana.run(CommentAdd{page.id(), "how low?", {}});
    page.team.converge();
    page.bo.now += Millis{lead};
    page.ana.run(CommentResolve{comment.text(), false});
    const auto reply = page.bo.run(CommentReply{comment.text(), "30 cm"});
    page.team.converge();
    for (auto* device : {&page.ana, &page.bo}) {
      const auto resolution = *rules::resolution_of(*device, device->ref(comment));
      CHECK(resolution.text() == "resolved, 1 new");
      REQUIRE(resolution.unseen.size() == 1);
      CHECK(resolution.unseen[0].object == reply);
      CHECK(resolution.open_to(page.team.member("bo")));
      CHECK_FALSE(resolution.open_to(page.team.member("ana")));
    }
  }
}
