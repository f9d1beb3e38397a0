#include "crdt/text/delta.h"

#include <utility>

#include "base/ensure.h"
#include "crdt/text/utf8.h"

namespace holm::crdt::text {
namespace {

constexpr std::uint8_t kLayout = 2;  // high half of the first byte
// Flags in its low half.
constexpr std::uint8_t kBrief = 1;
constexpr std::uint8_t kSingle = 2;
constexpr std::uint8_t kFollowsOwn = 4;  // a single run; else: columns stand together
constexpr std::uint8_t kTogether = 4;

constexpr std::size_t kTogetherMax = 64;  // runs

tl::unexpected<Error> damaged() { return fail(Code::reject, "an edit of a text is damaged"); }

bool is_single(const Extract& extract) {
  const auto& history = extract.history;
  return history.names.runs().size() == 1 && history.graph.spans() == 1 &&
         history.runs.size() == 1 && !history.runs.is_marked();
}

void put_single(Bytes& out, const Extract& extract, LogNames names) {
  const auto& history = extract.history;
  const auto id = history.names.id_of(0);
  const auto run = history.runs.run(0);
  const bool follows_own =
      extract.outside.size() == 1 && extract.outside[0].id == OpId{id.log, id.seq - 1};
  if (follows_own) out[0] |= kFollowsOwn;
  put_log(out, id.log, names);
  put_varint(out, id.seq);
  if (!follows_own) {
    put_varint(out, extract.outside.size());
    for (const auto& parent : extract.outside) {
      put_log(out, parent.id.log, names);
      put_varint(out, parent.id.seq);
    }
  }
  put_varint(out, std::uint64_t{run.range.size()} << 2 | (run.flags & (kInsert | kBackward)));
  put_varint(out, run.pos);
  if (run.inserts()) append(out, as_bytes(history.runs.content(run.range)));
}

Result<SingleRun> take_single(Unpacker& in, LogNames names, bool follows_own, const Names& known) {
  SingleRun out;
  out.follows_own = follows_own;
  out.log = TRY(take_log(in, names, known));
  out.seq = in.number();
  if (!follows_own) {
    auto count = in.number();
    if (count > in.left()) return damaged();
    for (; count > 0; --count) {
      const auto log = TRY(take_log(in, names, known));
      out.parents.push_back({log, in.number()});
    }
  }
  const auto head = in.number();
  const auto pos = in.number();
  const auto len = head >> 2;
  const auto flags = static_cast<std::uint32_t>(head & 3);
  if (!in.ok() || len == 0 || len > kLvMax || pos > kLvMax || len > UINT64_MAX - out.seq ||
      (flags & (kInsert | kBackward)) == (kInsert | kBackward) ||
      (flags == kBackward && len > pos + 1) || (follows_own && out.seq == 0)) {
    return damaged();
  }
  out.part = {{0, static_cast<Lv>(len)}, static_cast<std::uint32_t>(pos), flags};
  out.text = as_text(in.rest());
  if (utf8::checked_count(out.text) != (out.part.inserts() ? len : 0)) return damaged();
  return out;
}

}  // namespace

Bytes encode_delta(const History& history, std::span<const Graph::Piece> pieces, LogNames names) {
  const auto part = extract(history, pieces);
  const auto& runs = part.history.runs;
  Bytes out{kLayout << 4};
  if (names == LogNames::brief) out[0] |= kBrief;
  if (is_single(part)) {
    out[0] |= kSingle;
    put_single(out, part, names);
    return out;
  }
  const bool together = runs.size() <= kTogetherMax;
  if (together) out[0] |= kTogether;
  put_structure(out, part, names, together ? Columns::together : Columns::apart);
  std::string content;
  runs.each({0, part.history.end()}, [&](const RunPart& run) {
    if (run.inserts() && !run.is_wiped()) content += runs.content(run.range);
  });
  put_section(out, as_bytes(content));
  return out;
}

Result<std::variant<SingleRun, Extract>> decode_delta(ByteView bytes, const Names& known) {
  Unpacker in(bytes);
  const auto lead = in.byte();
  if (!in.ok()) return damaged();
  if (lead >> 4 != kLayout || (lead & 0xf & ~(kBrief | kSingle | kFollowsOwn)) != 0) {
    return fail(Code::unsupported, "an edit of a text was made by a newer version");
  }
  const auto names = (lead & kBrief) != 0 ? LogNames::brief : LogNames::whole;
  if ((lead & kSingle) != 0) return TRY(take_single(in, names, (lead & kFollowsOwn) != 0, known));
  const auto columns = (lead & kTogether) != 0 ? Columns::together : Columns::apart;
  auto out = TRY(take_structure(in, names, columns, known));
  std::string buffer;
  const auto content = TRY(take_section(in, buffer));
  if (!in.is_empty() || !utf8::checked_count(as_text(content))) return damaged();
  if (buffer.empty()) buffer = as_text(content);
  if (!out.history.runs.fill(std::move(buffer))) return damaged();
  return out;
}

}  // namespace holm::crdt::text
