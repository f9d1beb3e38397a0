// The store of a team of ten years: written, weighed.
#include <cstdio>
#include <filesystem>

#include "store/sqlite.h"
#include "tools/bench/benches.h"
#include "tools/bench/folder.h"
#include "tools/bench/team_home.h"
#include "tools/bench/team_maker.h"

namespace holm::bench {
namespace {

/// What each table and index takes, most first.
Status weigh(const std::string& dir, const TeamMade& made, const Report& report) {
  auto home = TRY(TeamHome::open(dir));
  const auto key = home.home().store_key(made.team);
  const auto db = TRY(store::Db::open(made.store_path, {}, &key, &home.rng()));
  auto rows = TRY(db->prepare(
      "SELECT name, sum(pgsize), sum(unused) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 40"));
  while (TRY(rows.step())) {
    report.add(Value::object()
                   .set("bench", "make-team")
                   .set("case", rows.text(0))
                   .set("bytes", rows.number(1))
                   .set("unused_bytes", rows.number(2)));
  }
  return {};
}

}  // namespace

/// {"ms", "changes", "text_bytes", "bytes", "allowed_bytes"}, then what each table and
/// index takes. --home DIR: the home is kept there; --share X: all but people and rooms times X.
Status bench_make_team(const Options& options, const Report& report) {
  const auto folder = TRY(Folder::make());
  const auto dir = options.home.value_or(folder.path() + "/home");
  const auto began = std::chrono::steady_clock::now();
  const auto made =
      TRY(make_team(dir, TeamScale().times(options.share), options.seed, [](std::string_view line) {
        std::fprintf(stderr, "%s\n", std::string(line).c_str());
      }));
  const auto bytes = std::filesystem::file_size(made.store_path);
  report.add(Value::object()
                 .set("bench", "make-team")
                 .set("case", "ten years times " + std::to_string(options.share))
                 .set("ms", ms_since(began))
                 .set("changes", made.changes)
                 .set("text_bytes", made.text_bytes)
                 .set("bytes", static_cast<std::uint64_t>(bytes))
                 .set("allowed_bytes", made.text_bytes * 5 / 2 + made.changes * 60)
                 .set("peak_kb", peak_kb()));
  return weigh(dir, made, report);
}

}  // namespace holm::bench
