#include "node/text_history.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/wire.h"
#include "crdt/replay.h"
#include "crypto/hash.h"
#include "store/facts.h"
#include "store/logs.h"

namespace holm::node {
namespace {

// Merging this many runs again takes about as long as loading what is kept of a long text.
constexpr std::size_t kGrownMax = 4096;
// Of a run that has to be merged, in bytes of a kept history that take as long.
constexpr std::size_t kRunWeight = 4;

constexpr std::string_view kGroup = "text_history";
constexpr std::uint64_t kVersion = 1;

Bytes fact_key(const SpaceId& space, const store::TextKey& key) {
  return Writer().array(3).id(space).id(key.object).uint(key.field).take();
}

}  // namespace

Result<TextHistories::Unopened> TextHistories::read(const SpaceId& space,
                                                    const store::TextKey& key) const {
  Unopened out;
  const auto unpack = [&](ByteView bytes) -> Status {
    auto in = TRY(Reader::open(bytes, {.bytes_max = bytes.size()}));
    TRY(in.array(5));
    if (TRY(in.uint()) != kVersion) return fail(Code::unsupported, "kept by a newer version");
    for (auto n = TRY(in.array()); n > 0; --n) {
      TRY(in.array(2));
      const auto log = TRY(in.id<LogId>());
      out.reached.merged[log] = TRY(in.uint());
    }
    for (auto n = TRY(in.array()); n > 0; --n) {
      TRY(in.array(3));
      const auto log = TRY(in.id<LogId>());
      auto& last = out.reached.last_own[log];
      last.log = TRY(in.id<LogId>());
      last.seq = TRY(in.uint());
    }
    const auto history = TRY(in.bytes());
    if (TRY(in.id<Digest>()) != crypto::hash(kGroup, {history})) {
      return fail(Code::corrupt, "what was kept of a text is damaged");
    }
    out.kept.assign(history.begin(), history.end());
    return in.end();
  };
  const auto kept = TRY(store_.facts().get(kGroup, fact_key(space, key)));
  if (kept && !unpack(*kept)) out = {};
  out.runs = TRY(runs_since(space, key, out.reached));
  out.weight = out.kept.size();
  for (const auto& run : out.runs) out.weight += kRunWeight + run.text.size();
  return out;
}

Result<std::vector<crdt::TextRun>> TextHistories::runs_since(const SpaceId& space,
                                                             const store::TextKey& key,
                                                             Reached& reached) const {
  const auto changes = TRY(store_.logs().touching(space, key.object, reached.merged));
  auto runs = TRY(crdt::text_runs(key.object, key.field, changes, reached.last_own));
  for (const auto& delivered : changes) {
    auto& seq = reached.merged[delivered.change.log];
    seq = std::max(seq, delivered.change.last_seq());
  }
  return runs;
}

Result<TextHistories::Opened> TextHistories::open(Unopened unopened) {
  Opened out;
  out.reached = std::move(unopened.reached);
  if (!out.text.merge_delta(unopened.kept)) {
    return fail(Code::corrupt, "what was kept of a text is damaged");
  }
  TRY(crdt::merge_runs(out.text, unopened.runs));
  return out;
}

Result<crdt::Text> TextHistories::finish(const SpaceId& space, const store::TextKey& key,
                                         Opened opened) const {
  const auto runs = TRY(runs_since(space, key, opened.reached));
  TRY(crdt::merge_runs(opened.text, runs));
  return std::move(opened.text);
}

Result<crdt::Text> TextHistories::load(const SpaceId& space, const store::TextKey& key) const {
  auto unopened = TRY(read(space, key));
  const bool is_kept = !unopened.kept.empty();
  auto opened = open(std::move(unopened));
  if (opened) return std::move(opened->text);
  if (!is_kept || opened.error().code != Code::corrupt) return fail(std::move(opened).error());
  // What was kept does not go with these logs; they are right.
  Unopened by_logs;
  by_logs.runs = TRY(runs_since(space, key, by_logs.reached));
  return std::move(TRY(open(std::move(by_logs))).text);
}

Status TextHistories::grew(const SpaceId& space, const store::TextKey& key, std::size_t runs,
                           const store::TextRow& row, const crdt::Text* text) {
  auto& grown = grown_[{space, key}];
  grown.runs += runs;
  // A text at hand is encoded whole each time, so the more there is, the less often.
  if (grown.runs < std::max(kGrownMax, text != nullptr ? grown.all / 2 : 0)) return {};
  grown.all += std::exchange(grown.runs, 0);
  Reached reached;
  std::optional<crdt::Text> loaded;
  if (text == nullptr) text = &loaded.emplace(TRY(load(space, key)));
  // All that has been delivered is in it by now.
  for (const auto& log : TRY(store_.logs().of_space(space))) {
    if (log.applied_seq > 0) reached.merged[log.log] = log.applied_seq;
  }
  Writer out;
  out.array(5).uint(kVersion).array(reached.merged.size());
  for (const auto& [log, seq] : reached.merged) out.array(2).id(log).uint(seq);
  out.array(row.last_own.size());
  for (const auto& [log, last] : row.last_own) out.array(3).id(log).id(last.log).uint(last.seq);
  const auto history = TRY(text->delta({}, false));
  out.bytes(history).id(crypto::hash(kGroup, {history}));
  return store_.facts().put(kGroup, fact_key(space, key), out.view());
}

Status TextHistories::drop(const SpaceId& space, const store::TextKey& key) {
  grown_.erase({space, key});
  return store_.facts().remove(kGroup, fact_key(space, key));
}

Status TextHistories::drop(const SpaceId& space) {
  std::erase_if(grown_, [&](const auto& item) { return item.first.first == space; });
  const auto prefix = Writer().array(3).id(space).take();
  for (const auto& [key, value] : TRY(store_.facts().all(kGroup))) {
    if (as_text(key).starts_with(as_text(prefix))) TRY(store_.facts().remove(kGroup, key));
  }
  return {};
}

}  // namespace holm::node
