#include "node/text_history.h"

#include <algorithm>

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
    const auto saved = TRY(in.bytes());
    if (TRY(in.id<Digest>()) != crypto::hash(kGroup, {saved})) {
      return fail(Code::corrupt, "what was kept of a text is damaged");
    }
    text = TRY(crdt::Text::load(saved));
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

Status TextHistories::grew(const SpaceId& space, const store::TextKey& key, std::size_t runs) {
  auto& grown = grown_[{space, key}];
  grown += runs;
  if (grown < kGrownMax) return {};
  grown = 0;
  Reached reached;
  const auto text = TRY(load(space, key, reached));
  Writer out;
  out.array(5).uint(kVersion).array(reached.merged.size());
  for (const auto& [log, seq] : reached.merged) out.array(2).id(log).uint(seq);
  out.array(reached.last_own.size());
  for (const auto& [log, last] : reached.last_own) out.array(3).id(log).id(last.log).uint(last.seq);
  const auto saved = text.save();
  out.bytes(saved).id(crypto::hash(kGroup, {saved}));
  return store_.facts().put(kGroup, fact_key(space, key), out.view());
}

Status TextHistories::drop(const SpaceId& space, const store::TextKey& key) {
  grown_.erase({space, key});
  return store_.facts().remove(kGroup, fact_key(space, key));
}

}  // namespace holm::node
