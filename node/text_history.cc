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

constexpr std::string_view kGroup = "text_history";
constexpr std::uint64_t kVersion = 1;

Bytes fact_key(const SpaceId& space, const store::TextKey& key) {
  return Writer().array(3).id(space).id(key.object).uint(key.field).take();
}

}  // namespace

Result<crdt::Text> TextHistories::load(const SpaceId& space, const store::TextKey& key) const {
  Reached reached;
  return load(space, key, reached);
}

Result<crdt::Text> TextHistories::load(const SpaceId& space, const store::TextKey& key,
                                       Reached& reached) const {
  crdt::Text text;
  const auto read = [&](ByteView bytes) -> Status {
    auto in = TRY(Reader::open(bytes, {.bytes_max = bytes.size()}));
    TRY(in.array(5));
    if (TRY(in.uint()) != kVersion) return fail(Code::unsupported, "kept by a newer version");
    for (auto n = TRY(in.array()); n > 0; --n) {
      TRY(in.array(2));
      const auto log = TRY(in.id<LogId>());
      reached.merged[log] = TRY(in.uint());
    }
    for (auto n = TRY(in.array()); n > 0; --n) {
      TRY(in.array(3));
      const auto log = TRY(in.id<LogId>());
      auto& last = reached.last_own[log];
      last.log = TRY(in.id<LogId>());
      last.seq = TRY(in.uint());
    }
    const auto history = TRY(in.bytes());
    if (TRY(in.id<Digest>()) != crypto::hash(kGroup, {history})) {
      return fail(Code::corrupt, "what was kept of a text is damaged");
    }
    TRY(text.merge_delta(history));
    return in.end();
  };
  if (const auto kept = TRY(store_.facts().get(kGroup, fact_key(space, key)))) {
    if (!read(*kept)) {
      text = {};
      reached = {};
    }
  }
  const auto changes = TRY(store_.logs().touching(space, key.object, reached.merged));
  const auto runs = TRY(crdt::text_runs(key.object, key.field, changes, reached.last_own));
  TRY(crdt::merge_runs(text, runs));
  for (const auto& delivered : changes) {
    auto& seq = reached.merged[delivered.change.log];
    seq = std::max(seq, delivered.change.last_seq());
  }
  return text;
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
  if (text == nullptr) text = &loaded.emplace(TRY(load(space, key, reached)));
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

}  // namespace holm::node
