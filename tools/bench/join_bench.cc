// A large team's changes taken in by a device that has nothing: verified, stored, merged, indexed.
#include <algorithm>
#include <queue>

#include "node/runtime.h"
#include "store/search.h"
#include "tools/bench/benches.h"
#include "tools/bench/folder.h"
#include "tools/bench/team_home.h"
#include "tools/bench/team_maker.h"

namespace holm::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kChanges = 1'000'000;
constexpr std::size_t kDeltaBytes = 192u << 10;  // as sync::Peer
constexpr Millis kTurnMax{500};                  // as node/links.cc

/// The deltas of a space as a peer sends them: ranges of its logs, the oldest first.
class Feed {
 public:
  static Result<Feed> open(node::Replica& from, const SpaceId& space) {
    Feed out(from, space);
    for (const auto& position : TRY(from.positions(space))) TRY(out.push(position.log, 0));
    return out;
  }

  /// Nothing at the end.
  Result<std::optional<sync::Delta>> next() {
    if (ahead_.empty()) return std::nullopt;
    sync::Delta out;
    out.space = space_;
    for (std::size_t bytes = 0; bytes < kDeltaBytes && !ahead_.empty();) {
      auto range = ahead_.top().range;
      ahead_.pop();
      for (const auto& change : range.changes) bytes += crdt::weight(change);
      changes_ += range.changes.size();
      TRY(push(range.head.log, range.head.seq));
      out.ranges.push_back(std::move(range));
    }
    return out;
  }
  std::size_t changes() const { return changes_; }

 private:
  struct Ahead {
    std::uint64_t lamport = 0;
    sync::Range range;
    bool operator<(const Ahead& other) const { return lamport > other.lamport; }
  };

  Feed(node::Replica& from, const SpaceId& space) : from_(&from), space_(space) {}
  Status push(const LogId& log, std::uint64_t seq) {
    auto range = TRY(from_->next_range(log, seq));
    if (range) ahead_.push({range->changes.front().lamport, std::move(*range)});
    return {};
  }

  node::Replica* from_;
  SpaceId space_;
  std::priority_queue<Ahead> ahead_;
  std::size_t changes_ = 0;
};

struct Spent {
  double receive = 0;
  double deliver = 0;
  double commit = 0;
};

/// As links do it: a delta is stored, and what can be delivered is, in turns of at most kTurnMax.
class Taking {
 public:
  Taking(node::Replica& into, Spent& spent) : into_(into), spent_(spent) {}

  Status take(const sync::Delta& delta, WallTime now) {
    began_ = Clock::now();
    if (!into_.store().in_turn()) turn_since_ = began_;
    TRY(into_.begin());
    TRY(into_.receive(delta, now));
    lap(spent_.receive);
    while (into_.is_behind()) {
      TRY(into_.begin());
      TRY(into_.deliver_more());
      lap(spent_.deliver);
      TRY(end_turn(kTurnMax));
    }
    return end_turn(kTurnMax);
  }
  Status end_turn(Millis at_least) {
    began_ = Clock::now();
    if (!into_.store().in_turn() || began_ - turn_since_ < at_least) return {};
    TRY(into_.commit());
    (void)into_.take_changed();
    lap(spent_.commit);
    turn_since_ = began_;
    return {};
  }

 private:
  void lap(double& into_what) {
    into_what += ms_since(began_);
    began_ = Clock::now();
  }

  node::Replica& into_;
  Spent& spent_;
  Clock::time_point began_;
  Clock::time_point turn_since_;
};

}  // namespace

/// {"ms", "changes", "receive_ms", "deliver_ms", "commit_ms", "settle_ms", "processor_ms",
/// "before_kb", "peak_kb"}: 1,000,000 changes of a made team, as deltas of 192 KiB: verified, in
/// the logs, merged, indexed, durable. Reading them from the store they come from is not counted;
/// its memory is. --home DIR: of the team made there; --share X: so many times X.
Status bench_join(const Options& options, const Report& report) {
  const auto folder = TRY(Folder::make());
  const auto most = static_cast<std::size_t>(kChanges * (options.home ? options.share : 1.0));
  auto from_dir = options.home.value_or(folder.path() + "/from");
  if (!options.home)
    TRY(make_team(from_dir, TeamScale().times(options.share), options.seed,
                  [](std::string_view) {}));
  auto from_home = TRY(TeamHome::open(from_dir));
  const auto team = from_home.home().teams().front();
  const auto from = TRY(from_home.replica(team));
  const auto into_dir = folder.path() + "/into";
  TRY(node::init_home(
      {.home = into_dir, .name = "Newcomer", .zone = "UTC", .hours = {}, .unlock = {}}));
  auto into_home = TRY(TeamHome::open(into_dir));
  const auto into = TRY(into_home.replica(team, node::Pool::threads));
  const auto now = WallTime(Millis(1'900'000'000'000));
  Spent spent;
  Taking taking(*into, spent);
  double processor = 0;
  std::size_t changes = 0;
  start_peak();
  const auto before_kb = rss_kb();
  for (const auto& space : from->spaces()) {
    auto feed = TRY(Feed::open(*from, space));
    while (auto delta = TRY(feed.next())) {
      const auto used = processor_ms();
      TRY(taking.take(*delta, now));
      processor += processor_ms() - used;
      if (changes + feed.changes() >= most) break;
    }
    changes += feed.changes();
    if (changes >= most) break;
  }
  TRY(taking.end_turn(Millis{0}));
  const auto began = Clock::now();
  TRY(into->begin());
  TRY(into->store().search().settle());
  TRY(into->commit());
  report.add(Value::object()
                 .set("bench", "join")
                 .set("case", "changes of a large team")
                 .set("ms", spent.receive + spent.deliver + spent.commit + ms_since(began))
                 .set("changes", static_cast<std::uint64_t>(changes))
                 .set("receive_ms", spent.receive)
                 .set("deliver_ms", spent.deliver)
                 .set("commit_ms", spent.commit)
                 .set("settle_ms", ms_since(began))
                 .set("processor_ms", processor)
                 .set("before_kb", before_kb)
                 .set("peak_kb", peak_kb()));
  return {};
}

}  // namespace holm::bench
