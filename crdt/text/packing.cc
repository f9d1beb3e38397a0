#include "crdt/text/packing.h"

#include <zstd.h>

#include <memory>

namespace holm::crdt::text {
namespace {

// Levels beyond which little is won at a multiple of the time: of text; of columns, and of content
// most of which stands in the prefix.
constexpr int kThoroughLevel = 6;
constexpr int kQuickLevel = 3;
constexpr std::size_t kCompressFrom = 96;  // bytes; below, a frame's own bytes eat the gain

tl::unexpected<Error> damaged() { return fail(Code::reject, "a text's history is damaged"); }

// One of each a thread: making one takes longer than most frames.
ZSTD_CCtx* writer() {
  thread_local const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(),
                                                                                  &ZSTD_freeCCtx);
  return context.get();
}
ZSTD_DCtx* reader() {
  thread_local const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(),
                                                                                  &ZSTD_freeDCtx);
  return context.get();
}

}  // namespace

std::uint64_t Unpacker::long_number() {
  std::uint64_t out = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (at_ == end_) return broken();
    const std::uint64_t bits = *at_++;
    out |= (bits & 0x7f) << shift;
    if (bits >= 0x80) continue;
    if ((bits == 0 && shift > 0) || (shift == 63 && bits > 1)) return broken();
    return out;
  }
  return broken();
}

Bytes compress(ByteView raw, Effort effort, ByteView prefix) {
  auto* context = writer();
  if (context == nullptr) return {};
  ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters);
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel,
                         effort == Effort::quick ? kQuickLevel : kThoroughLevel);
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  if (!prefix.empty()) ZSTD_CCtx_refPrefix(context, prefix.data(), prefix.size());
  Bytes out(ZSTD_compressBound(raw.size()));
  const auto size = ZSTD_compress2(context, out.data(), out.size(), raw.data(), raw.size());
  const bool pays = !ZSTD_isError(size) && size < raw.size() && raw.size() / kExpansionMax < size;
  out.resize(pays ? size : 0);
  return out;
}

Result<std::string> expand(ByteView frame, std::uint64_t size, ByteView prefix) {
  auto* context = reader();
  if (context == nullptr || size / kExpansionMax >= frame.size()) return damaged();
  std::string out(size, '\0');
  ZSTD_DCtx_reset(context, ZSTD_reset_session_only);
  if (!prefix.empty()) ZSTD_DCtx_refPrefix(context, prefix.data(), prefix.size());
  const auto got = ZSTD_decompressDCtx(context, out.data(), out.size(), frame.data(), frame.size());
  if (ZSTD_isError(got) || got != size) return damaged();
  return out;
}

void put_section(Bytes& out, ByteView raw, Effort effort, ByteView prefix) {
  put_varint(out, raw.size());
  const auto frame = raw.size() >= kCompressFrom ? compress(raw, effort, prefix) : Bytes{};
  put_varint(out, frame.size());
  append(out, frame.empty() ? raw : ByteView(frame));
}

Result<ByteView> take_section(Unpacker& in, std::string& buffer, ByteView prefix) {
  const auto size = in.number();
  const auto packed = in.number();
  const auto bytes = in.take(packed > 0 ? packed : size);
  if (!in.ok()) return damaged();
  if (packed == 0) return bytes;
  buffer = TRY(expand(bytes, size, prefix));
  return as_bytes(buffer);
}

}  // namespace holm::crdt::text
