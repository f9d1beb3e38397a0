#include "node/seen.h"

#include "base/wire.h"

namespace holm::node {
namespace {

constexpr std::string_view kSeen = "seen";  // object -> positions

}  // namespace

Result<std::map<LogId, std::uint64_t>> seen_of(const store::Facts& facts, const work::Ref& ref) {
  const auto stored = TRY(facts.get(kSeen, ref.object.view()));
  if (!stored) return std::map<LogId, std::uint64_t>{};
  return decode_positions(*stored);
}

Status mark_seen(store::Facts& facts, const work::Ref& ref,
                 const std::map<LogId, std::uint64_t>& positions) {
  return facts.put(kSeen, ref.object.view(), encode_positions(positions));
}

Status rename_seen(store::Facts& facts, const std::vector<store::Moved>& moved) {
  for (const auto& [object, stored] : TRY(facts.all(kSeen))) {
    auto positions = TRY(decode_positions(stored));
    const auto before = positions;
    for (const auto& [from, beyond, to] : moved) {
      const auto found = positions.find(from);
      if (found == positions.end() || found->second <= beyond) continue;
      positions[to] = found->second;
      positions[from] = beyond;
    }
    if (positions != before) TRY(facts.put(kSeen, object, encode_positions(positions)));
  }
  return {};
}

Bytes encode_positions(const std::map<LogId, std::uint64_t>& positions) {
  Writer out;
  out.array(positions.size());
  for (const auto& [log, seq] : positions) out.array(2).id(log).uint(seq);
  return out.take();
}

Result<std::map<LogId, std::uint64_t>> decode_positions(ByteView bytes) {
  std::map<LogId, std::uint64_t> out;
  auto in = TRY(Reader::open(bytes));
  const auto count = TRY(in.array());
  for (std::size_t i = 0; i < count; ++i) {
    TRY(in.array(2));
    const auto log = TRY(in.id<LogId>());
    out[log] = TRY(in.uint());
  }
  return out;
}

}  // namespace holm::node
