#include "files/list.h"

#include "base/ensure.h"
#include "base/wire.h"
#include "files/cutter.h"

namespace holm::files {
namespace {

constexpr std::uint64_t kFormat = 1;

}  // namespace

std::uint64_t List::bytes() const {
  std::uint64_t out = 0;
  for (const auto& entry : entries) out += entry.bytes;
  return out;
}

Bytes encode(const List& list) {
  ENSURE(list.entries.size() <= kListMax && list.level <= kLevelMax);
  Bytes ids;
  ids.reserve(list.entries.size() * PieceId::kBytes);
  for (const auto& entry : list.entries) append(ids, entry.id.view());
  Writer out;
  out.array(4).uint(kFormat).uint(list.level).bytes(ids).array(list.entries.size());
  for (const auto& entry : list.entries) out.uint(entry.bytes);
  return out.take();
}

Result<List> decode_list(ByteView encoded) {
  auto in = TRY(
      Reader::open(encoded, {.bytes_max = kListBytesMax, .items_max = kListMax, .depth_max = 2}));
  TRY(in.array(4));
  if (TRY(in.uint()) != kFormat) return fail(Code::reject, "a list of a file has an unknown form");
  List out;
  out.level = static_cast<unsigned>(TRY(in.uint(kLevelMax)));
  const auto ids = TRY(in.bytes());
  const auto count = TRY(in.array());
  if (ids.size() != count * PieceId::kBytes) {
    return fail(Code::reject, "a list of a file names more pieces than it has sizes for, or fewer");
  }
  if (out.level > 0 && count == 0) {
    return fail(Code::reject, "a list of a file promises lists beneath it and has none");
  }
  const auto most = out.level == 0 ? kChunkMax : kFileBytesMax;
  std::uint64_t total = 0;
  out.entries.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto bytes = TRY(in.uint(most));
    total += bytes;
    if (bytes == 0 || total > kFileBytesMax) {
      return fail(Code::reject, "a list of a file has a size that cannot be");
    }
    out.entries.push_back(
        {*PieceId::from(ids.subspan(i * PieceId::kBytes, PieceId::kBytes)), bytes});
  }
  TRY(in.end());
  return out;
}

}  // namespace holm::files
