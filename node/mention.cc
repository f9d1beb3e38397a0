#include "node/mention.h"

#include <algorithm>

#include "base/value.h"
#include "base/wire.h"

namespace holm::node {
namespace {

using Mentions = std::map<LogId, std::uint64_t>;

void mention(Mentions& out, const LogId& log, std::uint64_t seq) {
  auto& reached = out[log];
  reached = std::max(reached, seq);
}

/// Every list that begins with 16 bytes and a number may be a position; what is no log is passed
/// over later.
void look_into(const Value& value, Mentions& out) {
  const auto& items = value.items();
  if (items.size() >= 2 && items[0].as_bytes() != nullptr && items[1].as_int() != nullptr) {
    const auto log = LogId::from(*items[0].as_bytes());
    if (log && *items[1].as_int() > 0) {
      mention(out, *log, static_cast<std::uint64_t>(*items[1].as_int()));
    }
  }
  for (const auto& item : items) look_into(item, out);
}

Mentions mentioned(const std::vector<crdt::Change>& changes) {
  // Shorter than a list of a log and a number.
  constexpr std::size_t kContentMin = 1 + 2 + LogId::kBytes + 1;
  Mentions out;
  for (const auto& change : changes) {
    for (const auto& op : change.ops) {
      for (const auto& ref : op.refs) mention(out, ref.log, ref.seq);
      if (op.kind == crdt::Kind::text || op.content.size() < kContentMin) continue;
      if (const auto value = decode_value(op.content)) look_into(*value, out);
    }
  }
  return out;
}

}  // namespace

Status name_mentioned(const store::Logs& logs, const LogId& own,
                      std::map<LogId, std::uint64_t>& named, std::vector<crdt::Change>& changes) {
  if (changes.empty()) return {};
  for (const auto& change : changes) {
    for (const auto& dep : change.deps) mention(named, dep.log, dep.seq);
  }
  auto& deps = changes.front().deps;
  for (const auto& [log, seq] : mentioned(changes)) {
    const auto known = named.find(log);
    if (log == own || (known != named.end() && known->second >= seq)) continue;
    const auto held = TRY(logs.at(log, seq));
    if (!held) continue;  // the name of a seed, or no log at all
    const auto end = held->change.last_seq();
    const auto hash = TRY(logs.hash_at(log, end));
    if (!hash) continue;
    deps.push_back({log, end, shorten(*hash)});
    named[log] = end;
  }
  std::sort(deps.begin(), deps.end());
  return {};
}

}  // namespace holm::node
