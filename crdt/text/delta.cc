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

bool is_single(const Outline& outline) {
  return outline.names.size() == 1 && outline.spans.size() == 1 && outline.runs.size() == 1 &&
         !outline.is_marked();
}

void put_single(Bytes& out, const Outline& outline, const Names& names, LogNames log_names) {
  const auto& name = outline.names[0];
  const auto& run = outline.runs[0];
  const bool follows_own = outline.outside.size() == 1 && outline.outside[0].agent == name.agent &&
                           outline.outside[0].seq == name.seq - 1;
  if (follows_own) out[0] |= kFollowsOwn;
  put_log(out, names.log_of(name.agent), log_names);
  put_varint(out, name.seq);
  if (!follows_own) {
    put_varint(out, outline.outside.size());
    for (const auto& parent : outline.outside) {
      put_log(out, names.log_of(parent.agent), log_names);
      put_varint(out, parent.seq);
    }
  }
  put_varint(out, std::uint64_t{run.range.size()} << 2 | (run.flags & (kInsert | kBackward)));
  put_varint(out, run.pos);
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
  const Outline outline(history, pieces);
  const auto content = outline.content_of(history.runs);
  Bytes out{kLayout << 4};
  if (names == LogNames::brief) out[0] |= kBrief;
  if (is_single(outline)) {
    out[0] |= kSingle;
    put_single(out, outline, history.names, names);
    append(out, as_bytes(content));
    return out;
  }
  const bool together = outline.runs.size() <= kTogetherMax;
  if (together) out[0] |= kTogether;
  put_structure(out, outline, history.names, names, together ? Columns::together : Columns::apart);
  put_section(out, as_bytes(content), Effort::thorough);
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
