// A large team's store opened, until the first view stands: rooms, and what is in one of them.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "crypto/random.h"
#include "node/home.h"
#include "node/replica.h"
#include "tools/bench/benches.h"
#include "tools/bench/folder.h"
#include "tools/bench/team_maker.h"
#include "work/answer.h"

namespace holm::bench {
namespace {

using Clock = std::chrono::steady_clock;

/// Takes a file out of the system's cache: it will be read from the disk.
void make_cold(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY);
  if (file < 0) return;
  ::fdatasync(file);
  ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  ::close(file);
}

struct Times {
  double home = 0;
  double open = 0;
  double view = 0;
  std::int64_t kb = 0;
};

Result<Times> timed(const std::string& dir, bool is_cold) {
  crypto::SystemRng rng;
  NullLog log;
  Times out;
  auto began = Clock::now();
  const auto home = TRY(node::Home::open(dir, {}, rng));
  const auto team = home->teams().front();
  out.home = ms_since(began);
  const auto path = home->store_path(team);
  if (is_cold) make_cold(path);
  began = Clock::now();
  const node::ReplicaEnv env{
      .identity = home->identity(),
      .rng = rng,
      .log = log,
      .store_path = path,
      .vfs = {},
      .pool = node::Pool::takers,
      .store_key = std::make_shared<const crypto::SecretKey32>(home->store_key(team)),
      .witness = home->witness_place(team)};
  const auto replica = TRY(node::Replica::open(env, team));
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

/// {"ms", "open_ms", "view_ms", "rss_kb"}: the first time in this process, its file not in the
/// system's cache ("cold"); then the median of --runs with it there ("warm").
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
