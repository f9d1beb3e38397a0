// What it takes until a large delta stands in a store: its log, the objects, the disk.
#include "base/rng.h"
#include "base/wire.h"
#include "crdt/author.h"
#include "crdt/order.h"
#include "node/merge.h"
#include "node/store_state.h"
#include "store/logs.h"
#include "store/objects.h"
#include "tools/bench/benches.h"
#include "tools/bench/folder.h"
#include "tools/bench/ids.h"
#include "work/schema.h"

namespace holm::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kObjects = 10'000;

const SpaceId kSpace = filled<SpaceId>(1);
const LogId kLog = filled<LogId>(2);

/// Small cards in one column, a title and a place each, as a device makes them.
Result<std::vector<crdt::Change>> cards(std::uint64_t seed, std::uint64_t next_seq,
                                        std::uint64_t seen) {
  SeededRng rng(seed);
  std::vector<crdt::Write> writes;
  std::optional<Bytes> left;
  for (std::size_t i = 0; i < kObjects; ++i) {
    const auto card = rng.id<ObjectId>();
    auto key = crdt::key_between(left, {}, 7);
    const auto put = [&](std::uint32_t field, crdt::Kind kind, Bytes value) {
      writes.push_back({.object = card,
                        .type = work::kCard,
                        .field = field,
                        .kind = kind,
                        .value = std::move(value)});
    };
    put(work::field::kTitle, crdt::Kind::reg, encode(Value("card " + std::to_string(i))));
    put(work::field::kPlace, crdt::Kind::order,
        crdt::encode(crdt::Place{filled<ObjectId>(9), key}));
    left = std::move(key);
  }
  crdt::AuthorView view;
  view.object = [](const ObjectId& id) -> Result<crdt::ObjectState> {
    crdt::ObjectState fresh;
    fresh.id = id;
    return fresh;
  };
  view.frontier = [](const ObjectId&, std::uint32_t) -> Result<std::vector<crdt::OpId>> {
    return std::vector<crdt::OpId>();
  };
  view.has_salt = [](const ObjectId&) { return false; };
  crdt::AuthorPosition at;
  at.log = kLog;
  at.next_seq = next_seq;
  at.seen_lamport = seen;
  at.wall = WallTime(Millis(1'767'225'600'000));
  return crdt::author(writes, view, at, rng);
}

struct Times {
  double append = 0;
  double merge = 0;
  double again = 0;
  double commit = 0;
};

/// `changes` into a new store: into its log, then into its state, then durable. Merged a second
/// time, every object is there already.
Result<Times> timed(const std::string& path, const std::vector<crdt::Change>& changes) {
  auto store = TRY(store::Store::open({.path = path, .vfs = {}, .tables = node::table_specs()}));
  std::vector<store::StoredChange> stored;
  std::vector<crdt::Delivered> delivered;
  for (const auto& change : changes) {
    stored.push_back({change, {}, crdt::Mark::valid});
    delivered.push_back({change, {}, {}});
  }
  auto copy = delivered;
  Times out;
  TRY(store->begin());
  TRY(store->logs().create(kLog, kSpace, {}, {}));
  auto began = Clock::now();
  TRY(store->logs().append(kLog, stored, WallTime(Millis(1'767'225'600'000))));
  out.append = ms_since(began);
  node::Merger merger(*store);
  began = Clock::now();
  TRY(merger.apply(kSpace, delivered));
  out.merge = ms_since(began);
  began = Clock::now();
  TRY(store->commit());
  out.commit = ms_since(began);
  TRY(store->begin());
  began = Clock::now();
  TRY(merger.apply(kSpace, copy));
  out.again = ms_since(began);
  TRY(store->commit());
  return out;
}

}  // namespace

/// {"ms", "append_ms", "again_ms", "commit_ms"}: a delta of 10,000 objects; ms: into the state.
Status bench_apply(const Options& options, const Report& report) {
  const auto folder = TRY(Folder::make());
  const auto changes = TRY(cards(options.seed, 1, 0));
  std::vector<Times> all;
  for (int i = 0; i < options.runs; ++i) {
    all.push_back(TRY(timed(folder.path() + "/" + std::to_string(i) + ".holm", changes)));
  }
  const auto median = [&](double Times::*part) {
    std::size_t at = 0;
    return median_ms(options.runs, [&] { return all[at++ % all.size()].*part; });
  };
  report.add(Value::object()
                 .set("bench", "apply")
                 .set("case", "10,000 cards")
                 .set("ms", median(&Times::merge))
                 .set("append_ms", median(&Times::append))
                 .set("again_ms", median(&Times::again))
                 .set("commit_ms", median(&Times::commit))
                 .set("rss_kb", rss_kb()));
  return {};
}

}  // namespace holm::bench
