#include <doctest/doctest.h>

#include <algorithm>

#include "base/wire.h"
#include "crdt/text/utf8.h"
#include "tests/support/seeds.h"
#include "tests/work/exchange/source.h"
#include "work/read.h"
#include "work/reference.h"
#include "work/schema.h"
#include "work/when.h"

namespace holm::work {
namespace {

using test::bring_markdown;
using test::Device;
using test::note;
using test::Team;

Ref document(const SpaceId& room, std::string_view path) {
  return {room, derived_id(room, "markdown", path)};
}

std::string text_at(const Device& device, const SpaceId& room, std::string_view path) {
  return *device.text(document(room, path), document::kText);
}

bool names(const std::vector<std::string>& list, std::string_view what) {
  return std::any_of(list.begin(), list.end(),
                     [&](const auto& line) { return line.find(what) != line.npos; });
}

TEST_CASE("markdown: every note comes byte for byte, and what does not come is named") {
  Team team({"ana"});
  auto& ana = team["ana"];
  const auto room = test::new_room(ana, "Quay");
  const std::vector<SourceFile> files{
      note("plain.md", "# One\n"),
      note("no end.md", "no line end at all"),
      note("a/windows.md", "one\r\ntwo\r\n\r\n"),
      note("a/b/marked.md", "\xef\xbb\xbfwith a mark"),
      note("empty.md", ""),
      note("日本/ノート.md", "工具 🔧\n"),
      note("UPPER.MD", "ends in capitals"),
      note("broken.md", "bad \xff byte"),
      note("picture.png", "\x89PNG"),
      note(".obsidian/app.json", "{}"),
      note("a/.trash/old.md", "gone"),
      note("zero.md", std::string_view("a\0b", 3)),
  };
  const auto plan = bring_markdown(ana, room, files);
  CHECK(plan.created == std::map<std::string, std::uint64_t>{{"documents", 8}, {"files", 1}});
  CHECK(plan.warnings.empty());
  CHECK(plan.skipped.size() == 3);
  CHECK(names(plan.skipped, "broken.md: not valid UTF-8"));
  CHECK(names(plan.skipped, ".obsidian/app.json: hidden"));
  CHECK(names(plan.skipped, "a/.trash/old.md: hidden"));
  for (const auto& file : files) {
    if (names(plan.skipped, file.path) || file.path == "picture.png") continue;
    CHECK(text_at(ana, room, file.path) == as_text(file.bytes));
  }
  const auto picture = ana.state(document(room, "picture.png"));
  CHECK(picture.type == kFile);
  CHECK(words_of(picture, field::kTitle) == "picture.png");
  const auto windows = ana.state(document(room, "a/windows.md"));
  CHECK(words_of(windows, field::kTitle) == "windows");
  CHECK(words_of(windows, document::kFolder) == "a");
  CHECK(words_of(ana.state(document(room, "UPPER.MD")), field::kTitle) == "UPPER");
  CHECK(ana.ref("Quay/日本/ノート", {kDocument}) == document(room, "日本/ノート.md"));
}

TEST_CASE("markdown: importing again changes nothing, in whatever order the disk names files") {
  Team team({"ana"});
  auto& ana = team["ana"];
  const auto room = test::new_room(ana, "Quay");
  auto files = test::read_folder(test::own_sample("vault"));
  const auto first = bring_markdown(ana, room, files);
  CHECK(first.created.at("documents") == 28);
  std::reverse(files.begin(), files.end());
  const auto second = bring_markdown(ana, room, files);
  CHECK(test::write_count(second) == 0);
  CHECK(second.unchanged == 29);
  CHECK(second.created.empty());
  CHECK(first.skipped == second.skipped);
}

TEST_CASE("markdown: two homes that import the same folder apart hold one copy, without chips") {
  Team team({"ana", "bo"});
  auto& ana = team["ana"];
  auto& bo = team["bo"];
  const auto room = test::new_room(ana, "Quay");
  team.meet();
  const auto files = test::read_folder(test::own_sample("vault"));
  bring_markdown(ana, room, files);
  bring_markdown(bo, room, files);
  team.converge();
  for (const auto& file : files) {
    if (!file.path.ends_with(".md")) continue;
    CHECK(text_at(bo, room, file.path) == as_text(file.bytes));
  }
  CHECK(test::ask(ana, Conflicts{})["conflicts"].items().empty());
  CHECK(test::ask(ana, DocList{})["documents"].items().size() == 28);
  // Editing what both brought works as on any document.
  ana.run(DocAppend{.doc = "Quay/Home", .text = "from Ana\n"});
  bo.run(
      DocWrite{.doc = "Quay/Home", .text = "from Bo\n" + text_at(bo, room, "Home.md"), .base = {}});
  team.converge();
  CHECK(text_at(ana, room, "Home.md").starts_with("from Bo\n"));
  CHECK(text_at(ana, room, "Home.md").ends_with("from Ana\n"));
}

TEST_CASE("markdown: a changed source is merged with what people wrote here") {
  Team team({"ana", "bo"});
  auto& ana = team["ana"];
  const auto room = test::new_room(ana, "Quay");
  bring_markdown(ana, room, {note("n.md", "one\ntwo\nthree\n"), note("same.md", "same\n")});
  ana.run(DocWrite{.doc = "Quay/n", .text = "one\ntwo, said Ana\nthree\n", .base = {}});
  const auto plan = bring_markdown(
      ana, room, {note("n.md", "zero\none\ntwo\nthree!\n"), note("same.md", "same\n")});
  CHECK(plan.unchanged == 1);
  CHECK(plan.created.empty());
  CHECK(text_at(ana, room, "n.md") == "zero\none\ntwo, said Ana\nthree!\n");
  // The next change of the source is measured against the last source, not against the merged text.
  bring_markdown(ana, room, {note("n.md", "zero\none\nthree!\n")});
  CHECK(text_at(ana, room, "n.md") == "zero\none\n, said Ana\nthree!\n");
  const auto again = bring_markdown(ana, room, {note("n.md", "zero\none\nthree!\n")});
  CHECK(test::write_count(again) == 0);
  // Back to the very first text: local words stay.
  bring_markdown(ana, room, {note("n.md", "one\ntwo\nthree\n")});
  CHECK(text_at(ana, room, "n.md").find(", said Ana") != std::string::npos);
}

TEST_CASE("markdown: a source whose text was edited here back and forth is still known") {
  Team team({"ana"});
  auto& ana = team["ana"];
  const auto room = test::new_room(ana, "Quay");
  bring_markdown(ana, room, {note("n.md", "a b c d\n")});
  ana.run(DocWrite{.doc = "Quay/n", .text = "c d\n", .base = {}});
  bring_markdown(ana, room, {note("n.md", "a b c d e\n")});
  CHECK(text_at(ana, room, "n.md") == "c d e\n");
}

TEST_CASE("markdown: a title that people changed is theirs, and re-import says so once") {
  Team team({"ana"});
  auto& ana = team["ana"];
  const auto room = test::new_room(ana, "Quay");
  bring_markdown(ana, room, {note("n.md", "text")});
  ana.run(DocRename{.doc = "Quay/n", .path = "Quay/sub/New name"});
  const auto plan = bring_markdown(ana, room, {note("n.md", "text")});
  CHECK(test::write_count(plan) == 0);
  CHECK(words_of(ana.state(document(room, "n.md")), field::kTitle) == "New name");
}

TEST_CASE("markdown: an import that arrived in part is completed, not doubled") {
  test::for_each_seed(3, [](test::Seed seed) {
    Team team({"ana", "bo"}, seed);
    auto& ana = team["ana"];
    auto& bo = team["bo"];
    const auto room = test::new_room(ana, "Quay");
    team.meet();
    SeededRng rng(seed);
    std::string text;
    while (text.size() < 900'000) text += rng.chance(50) ? "工具 and ferries\n" : "ö";
    const std::vector<SourceFile> files{note("long.md", text)};
    const work::Acting acting{bo.self(), bo.device(), bo.now, bo.zone, rng};
    auto plan = import_markdown(ana, acting, {room, {}}, files);
    REQUIRE(plan);
    const auto& writes = plan->writes.at(room);
    // Bo holds only the first few writes of Ana's import.
    const auto count = 1 + rng.below(writes.size());
    ana.write(room, {writes.begin(), writes.begin() + static_cast<std::ptrdiff_t>(count)});
    team.meet();
    bring_markdown(bo, room, files);
    CHECK(text_at(bo, room, "long.md") == text);
    ana.write(room, {writes.begin() + static_cast<std::ptrdiff_t>(count), writes.end()});
    team.converge();
    CHECK(text_at(ana, room, "long.md") == text);
  });
}

TEST_CASE("markdown: a note larger than one op comes in pieces cut between characters") {
  Team team({"ana"});
  auto& ana = team["ana"];
  const auto room = test::new_room(ana, "Quay");
  std::string text = "x";
  while (text.size() < 1'300'000) text += "🔧";
  const auto plan = bring_markdown(ana, room, {note("long.md", text)});
  for (const auto& write : plan.writes.at(room)) {
    CHECK(write.text.size() <= 256u << 10);
    CHECK(is_utf8(write.text));
  }
  CHECK(text_at(ana, room, "long.md") == text);
  text.insert(700'001, "in the middle");
  bring_markdown(ana, room, {note("long.md", text)});
  CHECK(text_at(ana, room, "long.md") == text);
  CHECK(test::write_count(bring_markdown(ana, room, {note("long.md", text)})) == 0);
}

TEST_CASE("markdown: random vaults come byte for byte and again change nothing") {
  test::for_each_seed(20, [](test::Seed seed) {
    Team team({"ana", "bo"}, seed);
    auto& ana = team["ana"];
    auto& bo = team["bo"];
    const auto room = test::new_room(ana, "Quay");
    team.meet();
    SeededRng rng(seed);
    const auto random_text = [&](std::uint64_t max) {
      std::string out;
      for (auto left = rng.below(max); left > 0; --left) {
        crdt::utf8::append(out, rng.chance(80) ? static_cast<char32_t>(rng.below(0x80))
                                               : static_cast<char32_t>(0x100 + rng.below(0x2000)));
      }
      return out;
    };
    std::vector<SourceFile> files;
    for (auto left = rng.below(12); left > 0; --left) {
      files.push_back(note("f" + std::to_string(rng.below(3)) + "/n" + std::to_string(left) + ".md",
                           random_text(400)));
    }
    bring_markdown(ana, room, files);
    bring_markdown(bo, room, files);
    team.converge();
    for (auto& file : files) {  // the source goes on
      if (rng.chance(50)) file.bytes = to_bytes(random_text(400));
    }
    bring_markdown(ana, room, files);
    bring_markdown(bo, room, files);
    team.converge();
    for (const auto& file : files) CHECK(text_at(ana, room, file.path) == as_text(file.bytes));
    CHECK(test::write_count(bring_markdown(ana, room, files)) == 0);
  });
}

TEST_CASE("markdown: the shared vault comes whole") {
  const auto shared = test::shared_samples();
  if (!shared) return;
  Team team({"ana"});
  auto& ana = team["ana"];
  const auto room = test::new_room(ana, "Vault");
  const auto files = test::read_folder(*shared / "markdown/personal-vault");
  const auto plan = bring_markdown(ana, room, files);
  CHECK(plan.created.at("documents") == 103);
  CHECK(plan.skipped.size() + plan.created.at("files") == files.size() - 103);
  for (const auto& file : files) {
    if (!file.path.ends_with(".md")) {
      CHECK(names(plan.skipped, file.path) != is_attachment(file));
      continue;
    }
    CHECK(text_at(ana, room, file.path) == as_text(file.bytes));
  }
  CHECK(test::write_count(bring_markdown(ana, room, files)) == 0);
}

}  // namespace
}  // namespace holm::work
