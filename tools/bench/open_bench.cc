// A large team's store opened, until the first view stands: rooms, and what is in one of them.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "store/descriptor.h"
#include "tools/bench/benches.h"
#include "tools/bench/folder.h"
#include "tools/bench/team_home.h"
#include "tools/bench/team_maker.h"
#include "work/answer.h"

namespace holm::bench {
namespace {

using Clock = std::chrono::steady_clock;

/// Takes a file out of the system's cache: it will be read from the disk.
void make_cold(const std::string& path) {
  const store::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return;
  ::fdatasync(file.get());
  ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED);
}

struct Times {
  double home = 0;
  double open = 0;
  double view = 0;
  std::int64_t kb = 0;
};

Result<Times> timed(const std::string& dir, bool is_cold) {
  Times out;
  auto began = Clock::now();
  auto home = TRY(TeamHome::open(dir));
  const auto team = home.home().teams().front();
  out.home = ms_since(began);
  if (is_cold) make_cold(home.home().store_path(team));
  began = Clock::now();
  const auto replica = TRY(home.replica(team));
  out.open = ms_since(began);
  began = Clock::now();
  const work::Asking asking{.now = WallTime(Millis(1'800'000'000'000)), .zone = "Europe/Lisbon"};
  const auto rooms = TRY(work::answer(replica->state(), asking, work::RoomList{}));
  const auto room = std::string(rooms["rooms"].items()[0]["id"].text());
  TRY(work::answer(replica->state(), asking, work::TeamShow{}));
  TRY(work::answer(replica->state(), asking, work::RoomShow{.room = room}));
  out.view = ms_since(began);
  out.kb = peak_kb();
  return out;
}

}  // namespace

/// {"ms", "home_ms", "open_ms", "view_ms", "peak_kb"}: the first time in this process, its file not
/// in the system's cache ("cold"); then the median of --runs with it there ("warm").
Status bench_open(const Options& options, const Report& report) {
  const auto folder = TRY(Folder::make());
  const auto dir = options.home.value_or(folder.path() + "/home");
  if (!options.home) {
    TRY(make_team(dir, TeamScale().times(options.share), options.seed, [](std::string_view) {}));
  }
  const auto told = [&](std::string_view name, const Times& times) {
    report.add(Value::object()
                   .set("bench", "open")
                   .set("case", name)
                   .set("ms", times.open + times.view)
                   .set("home_ms", times.home)
                   .set("open_ms", times.open)
                   .set("view_ms", times.view)
                   .set("peak_kb", times.kb));
  };
  told("cold", TRY(timed(dir, true)));
  std::vector<Times> all;
  for (int i = 0; i < options.runs; ++i) all.push_back(TRY(timed(dir, false)));
  std::sort(all.begin(), all.end(),
            [](const Times& a, const Times& b) { return a.open + a.view < b.open + b.view; });
  told("warm", all[all.size() / 2]);
  return {};
}

}  // namespace holm::bench
