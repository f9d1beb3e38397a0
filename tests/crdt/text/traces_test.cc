// Real editing sessions end as they ended. The traces are shared data beside the project; without
// them these tests say so and pass.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/json.h"
#include "crdt/text/text.h"
#include "crdt/text/utf8.h"
#include "tests/crdt/text/histories.h"

using namespace holm;
using namespace holm::crdt;

namespace {

std::optional<Value> load_trace(const std::string& name) {
  const char* shared = std::getenv("HOLM_SHARED");
  const auto path =
      std::filesystem::path(shared ? shared : "../shared") / "traces" / (name + ".json.gz");
  if (!std::filesystem::exists(path)) {
    MESSAGE("skipped: no " << path.string());
    return std::nullopt;
  }
  // The tests link no decompressor; every Debian has this one.
  std::FILE* pipe = popen(("gzip -dc '" + path.string() + "'").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string json;
  char buffer[1 << 16];
  while (const auto got = std::fread(buffer, 1, sizeof buffer, pipe)) json.append(buffer, got);
  REQUIRE(pclose(pipe) == 0);
  auto value = parse_json(json);
  REQUIRE(value.has_value());
  return std::move(*value);
}

std::vector<TextRun> runs_of(const Value& trace) {
  const bool concurrent = trace.has("kind");
  std::vector<TextRun> runs;
  std::vector<std::vector<OpId>> versions;  // after each transaction
  std::map<std::uint64_t, std::uint64_t> next_seq;
  for (const auto& txn : trace["txns"].items()) {
    const auto agent = static_cast<std::uint64_t>(txn["agent"].number());
    auto& seq = next_seq[agent];
    std::vector<OpId> parents;
    if (concurrent) {
      for (const auto& parent : txn["parents"].items()) {
        const auto& version = versions[static_cast<std::size_t>(parent.number())];
        parents.insert(parents.end(), version.begin(), version.end());
      }
      std::sort(parents.begin(), parents.end());
    } else if (!versions.empty()) {
      parents = versions.back();
    }
    const auto add = [&](TextRun run) {
      run.id = {test::log_of(agent), seq + 1};
      run.parents = parents;
      seq += run.len;
      parents = {{run.id.log, seq}};
      runs.push_back(std::move(run));
    };
    for (const auto& patch : txn["patches"].items()) {
      TextRun run;
      run.pos = static_cast<std::uint64_t>(patch.items()[0].number());
      run.insert = false;
      run.len = static_cast<std::uint64_t>(patch.items()[1].number());
      if (run.len > 0) add(run);
      run.insert = true;
      run.text = patch.items()[2].text();
      run.len = utf8::count(run.text);
      if (run.len > 0) add(run);
    }
    versions.push_back(parents);
  }
  return runs;
}

}  // namespace

TEST_CASE("trace: sveltecomponent, keystroke by keystroke") {
  const auto trace = load_trace("sveltecomponent");
  if (!trace) return;
  Text text;
  for (const auto& run : runs_of(*trace)) REQUIRE(text.merge({&run, 1}).has_value());
  CHECK(text.text() == (*trace)["endContent"].text());
}

TEST_CASE("trace: friendsforever, two typists with a second between them, at once and in pieces") {
  const auto trace = load_trace("friendsforever");
  if (!trace) return;
  const auto runs = runs_of(*trace);
  Text at_once, in_pieces;
  REQUIRE(at_once.merge(runs).has_value());
  CHECK(at_once.text() == (*trace)["endContent"].text());
  for (std::size_t at = 0; at < runs.size(); at += 50) {
    REQUIRE(in_pieces.merge({&runs[at], std::min<std::size_t>(50, runs.size() - at)}).has_value());
  }
  CHECK(in_pieces.text() == at_once.text());
}
